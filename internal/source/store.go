// Package source reads where manifests live: git repositories over https, http, ssh and file, artifacts of OCI
// registries, charts of Helm repositories, and directories of this machine. In go an address, a login and a Ref; out
// comes a Snapshot: the Revision and its files as an fs.FS.
//
// The git program (2.39 or newer) does the work as a child process, with none of the machine's settings unless they
// are asked for (Auth.UseLocal), no hooks, no prompts and no secret on a command line. What a repository must not do
// (links out of the tree, submodules, paths with ..) is refused by name. Only Commit writes to a source.
package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// Store is a directory of mirrors: one for each repository, however many applications read it; and of shelves, which
// hold what came from registries and Helm repositories. All of it is a cache, which may be deleted at any time; several
// processes may share it. Safe for concurrent use.
type Store struct {
	dir string

	mu      sync.Mutex
	mirrors map[string]*mirror // by address
	shelves map[string]*shelf  // by address
	closed  bool
}

// NewStore keeps its mirrors in dir, which is made at need. It should be a directory that only the program's user can
// read, since the content of private repositories is kept there.
func NewStore(dir string) *Store {
	return &Store{dir: dir, mirrors: map[string]*mirror{}, shelves: map[string]*shelf{}}
}

// Repo is the repository at url, read with auth. It neither waits nor contacts anybody; an error means that the
// address, the login or the two together cannot be used. What Repos of one url fetch is shared; that they may read it
// is asked of the server with each one's own login. A login in the url is taken as if given in auth.
func (s *Store) Repo(url string, auth Auth, limits Limits) (*Repo, error) {
	at, err := parseAddress(url)
	if err != nil {
		return nil, err
	}
	auth = auth.orElse(at.login)
	if err := auth.check(at); err != nil {
		return nil, fmt.Errorf("repository %s: %w", at, err)
	}
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return nil, err
	}
	if at.isUnder(dir) {
		return nil, fmt.Errorf("repository %s: it is one of the program's own mirrors", at)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("repository %s: the store is closed: %w", at, os.ErrClosed)
	}
	m := s.mirrors[at.url]
	if m == nil {
		m = newMirror(filepath.Join(dir, mirrorName(at)))
		s.mirrors[at.url] = m
	}
	limits = limits.orDefault()
	return &Repo{at: at, auth: auth, limits: limits, mirror: m, key: auth.fingerprint(limits)}, nil
}

// shelf is where packs of the repository at url are kept.
func (s *Store) shelf(url string) (*shelf, error) {
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, fmt.Errorf("repository %s: the store is closed: %w", url, os.ErrClosed)
	}
	if s.shelves[url] == nil {
		_, readable, _ := strings.Cut(url, "://")
		s.shelves[url] = &shelf{dir: filepath.Join(dir, fileName(readable, url)+".packs")}
	}
	return s.shelves[url], nil
}

// Close ends the git processes that serve reads. Snapshots can't be read from afterwards.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, m := range s.mirrors {
		m.objects.close()
		m.annals.close()
	}
	return nil
}

var notInFileName = pattern.New(`[^A-Za-z0-9.-]+`)

func mirrorName(at address) string {
	return fileName(at.host+"-"+filepath.Base(at.path), at.url) + ".git"
}

// fileName says to a person looking into the store what it is, and tells apart what reads alike.
func fileName(readable, url string) string {
	sum := sha256.Sum256([]byte(url))
	return fmt.Sprintf("%.60s-%s", notInFileName().ReplaceAllString(readable, "-"), hex.EncodeToString(sum[:8]))
}
