// Package gitserver serves bare git repositories of one directory over git's smart HTTP protocol, for tests and for
// the demo: clone, fetch (protocol v2, partial and shallow) and push, with basic authentication if asked for. Commit
// writes straight into a repository, without a work tree.
//
// It drives the git program and needs none of its optional parts. It is not meant for the open internet: no rate
// limits, no quotas, no TLS of its own.
package gitserver

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
)

// Options of a Server. The zero value serves to everyone and tells nobody.
type Options struct {
	Username, Password string // if Username is set, basic authentication is demanded for everything

	// OnPush is called after a push, once for each ref that it created, moved or deleted, in the order of their
	// names. The push's client is answered only after all calls have returned.
	OnPush func(repo, ref string)
}

// Server is an http.Handler; the path of a repository is /<name>.git below where it is mounted
// (mount it with http.StripPrefix).
type Server struct {
	dir     string
	options Options

	mu      sync.Mutex
	writing map[string]*sync.Mutex // one writer per repository, so that OnPush tells its own push from others
}

// New serves the repositories of dir, which are made with Create.
func New(dir string, o Options) *Server {
	return &Server{dir: dir, options: o, writing: map[string]*sync.Mutex{}}
}

// ServeHTTP answers the three requests of the smart protocol (gitprotocol-http(5)); any other is not found.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.admits(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	for _, route := range []struct {
		method, suffix string
		serve          func(http.ResponseWriter, *http.Request, repository)
	}{
		{http.MethodGet, "/info/refs", s.advertise},
		{http.MethodPost, "/git-upload-pack", s.uploadPack},
		{http.MethodPost, "/git-receive-pack", s.receivePack},
	} {
		name, ok := strings.CutSuffix(path, route.suffix)
		if !ok || r.Method != route.method {
			continue
		}
		repo, err := s.find(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		route.serve(w, r, repo)
		return
	}
	http.NotFound(w, r)
}

func (s *Server) admits(r *http.Request) bool {
	if s.options.Username == "" {
		return true
	}
	username, password, _ := r.BasicAuth()
	return same(username, s.options.Username) && same(password, s.options.Password)
}

// same compares in a time that tells nothing about where, or in what length, the two differ.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func (s *Server) advertise(w http.ResponseWriter, r *http.Request, repo repository) {
	service := r.URL.Query().Get("service")
	if service != "git-upload-pack" && service != "git-receive-pack" {
		http.Error(w, "only git's smart protocol is served", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/x-"+service+"-advertisement")
	fmt.Fprintf(w, "%04x# service=%s\n0000", len("0000# service=\n")+len(service), service)
	cmd := command(r.Context(), "", strings.TrimPrefix(service, "git-"), "--stateless-rpc", "--http-backend-info-refs", repo.dir)
	stream(w, r, cmd)
}

func (s *Server) uploadPack(w http.ResponseWriter, r *http.Request, repo repository) {
	w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	stream(w, r, command(r.Context(), "", "upload-pack", "--stateless-rpc", repo.dir))
}

func (s *Server) receivePack(w http.ResponseWriter, r *http.Request, repo repository) {
	defer s.lock(repo.name)()
	before, err := refs(r.Context(), repo.dir)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	stream(w, r, command(r.Context(), "", "receive-pack", "--stateless-rpc", repo.dir))
	if s.options.OnPush == nil {
		return
	}
	// A client that hung up early has pushed all the same.
	after, err := refs(context.WithoutCancel(r.Context()), repo.dir)
	if err != nil {
		return
	}
	for _, ref := range changed(before, after) {
		s.options.OnPush(repo.name, ref)
	}
}

// stream runs cmd between the request's body and the response. The head of the response is out by the time that git
// can fail: it tells the client itself what is wrong, in the protocol, so its exit code is of no use here.
func stream(w http.ResponseWriter, r *http.Request, cmd *exec.Cmd) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, "body is not gzip", http.StatusBadRequest)
			return
		}
		defer unzipped.Close()
		body = unzipped
	}
	// gitprotocol-v2(5): over HTTP the version is asked for in this header.
	if protocol := r.Header.Get("Git-Protocol"); protocol != "" {
		cmd.Env = append(cmd.Env, "GIT_PROTOCOL="+protocol)
	}
	cmd.Stdin, cmd.Stdout = body, w
	_ = cmd.Run()
}
