package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/graph/follow"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/action"
	"github.com/fairlead-dev/fairlead/internal/server/detail"
	"github.com/fairlead-dev/fairlead/internal/server/door"
	"github.com/fairlead-dev/fairlead/internal/server/live"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/web"
)

// PageOptions of a Page.
type PageOptions struct {
	Door    door.Options
	Cluster string // its name, for people
	Version string // of Fairlead
	// Traffic tells what was seen to go from one workload to another of late; nil: nobody looks.
	Traffic func(context.Context) ([]graph.Traffic, error)
	// Fetched is when the source of an Application last answered (live.Options).
	Fetched func(namespace, name string) time.Time
	Mirrors string // a directory for repositories, which can be lost at any time
	// Author of commits, if not the person by the name that the cluster knows (action.Options).
	Author func(context.Context) (name, email string, err error)
}

// Page is the page and its API.
type Page struct {
	Door *door.Door

	live    *live.Live
	details detail.Handlers
	actions action.Handlers
	store   *source.Store

	asked chan struct{} // closed when somebody asks for the state
	first sync.Once

	once  sync.Once
	files map[string]file // by path, without a slash before it
}

// NewPage makes a Page, which has nothing to show until it runs.
func NewPage(o PageOptions) (*Page, error) {
	d, err := door.New(o.Door)
	if err != nil {
		return nil, err
	}
	p := &Page{Door: d, asked: make(chan struct{})}
	edges, err := follow.New(follow.Options{Config: o.Door.Config, Traffic: o.Traffic, Log: o.Door.Log})
	if err != nil {
		return nil, err
	}
	p.live, err = live.New(live.Options{
		Config: o.Door.Config, Namespaces: o.Door.Namespaces, Rights: d.Rights, Person: nameOf, Cluster: o.Cluster, Version: o.Version, Edges: dependencies{edges}, Fetched: o.Fetched, Log: o.Door.Log,
	})
	if err != nil {
		return nil, err
	}
	p.store = source.NewStore(o.Mirrors)
	// Whoever has started a page for themselves has git's logins on this machine; others have those of the Application.
	sites, err := operate.NewSites(o.Door.Config, p.store, o.Door.Local != nil)
	if err != nil {
		return nil, err
	}
	p.details = detail.New(detail.Options{Sites: sites, Config: d.ConfigFor})
	p.actions = action.New(action.Options{Sites: sites, Config: d.ConfigFor, Person: actor, Author: o.Author, Log: o.Door.Log})
	return p, nil
}

// Run keeps what the page shows up to date until ctx ends, from when somebody first asks for it: a page that nobody opens
// costs nothing.
func (p *Page) Run(ctx context.Context) error {
	select {
	case <-p.asked:
		p.live.Run(ctx)
	case <-ctx.Done():
	}
	return p.store.Close()
}

// ask has the live model kept from now on. Browsers may keep the answer, and ask each time whether it still holds.
func (p *Page) ask(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.first.Do(func() { close(p.asked) })
		w.Header().Set("Cache-Control", "private, no-cache")
		next(w, r)
	}
}

func actor(ctx context.Context) (action.Person, error) {
	p, ok := door.From(ctx)
	if !ok {
		return action.Person{}, door.ErrNobody
	}
	return action.Person{Name: p.Name, Via: p.Via}, nil
}

func nameOf(ctx context.Context) (name, via string, ok bool) {
	p, ok := door.From(ctx)
	return p.Name, p.Via, ok
}

// file of the page, ready to be sent.
type file struct {
	text, gzipped []byte // gzipped is nil where it isn't smaller
	kind, etag    string
}

const index = "index.html"

// rest answers what no route does: files of the page, its own paths (they lead to the page, which reads them), and
// refusals.
func (p *Page) rest(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if allowed := methods(mux, r); allowed != "" {
			w.Header().Set("Allow", allowed)
			reply.Fail(w, reply.With(http.StatusMethodNotAllowed, hint.With(fmt.Errorf("there is no %s here", r.Method), "use "+allowed)))
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		f, found := p.all()[name]
		if first, _, _ := strings.Cut(name, "/"); !found && path.Ext(name) == "" && first != "api" && first != "hooks" {
			f, found = p.all()[index]
		}
		switch {
		case !found:
			reply.Fail(w, reply.With(http.StatusNotFound, hint.With(errors.New("there is nothing at this path"), "see what there is: /api/v1/openapi.json")))
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			reply.Fail(w, reply.With(http.StatusMethodNotAllowed, errors.New("files are only read")))
		default:
			f.send(w, r, strings.HasPrefix(name, "assets/"))
		}
	})
}

// methods by which a route answers at the path of r.
func methods(mux *http.ServeMux, r *http.Request) string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	return strings.Join(allowed, ", ")
}

// send a file. The names of assets change with their content.
func (f file) send(w http.ResponseWriter, r *http.Request, isAsset bool) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if isAsset {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	text := f.text
	if f.gzipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		text = f.gzipped
	}
	h.Set("Content-Length", fmt.Sprint(len(text)))
	_, _ = w.Write(text) // of HEAD the server sends the header alone
}

// all files, read and compressed when the first is asked for.
func (p *Page) all() map[string]file {
	p.once.Do(func() {
		p.files = map[string]file{}
		page, err := web.Files()
		if err != nil {
			return // what is embedded can be read
		}
		_ = fs.WalkDir(page, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
				return err
			}
			text, err := fs.ReadFile(page, name)
			if err == nil {
				p.files[name] = newFile(name, text)
			}
			return err
		})
	})
	return p.files
}

func newFile(name string, text []byte) file {
	f := file{text: text, kind: mime.TypeByExtension(path.Ext(name)), etag: fmt.Sprintf(`"%x"`, sha256.Sum256(text))[:20] + `"`}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return f
	}
	if _, err := w.Write(text); err == nil && w.Close() == nil && packed.Len() < len(text)*9/10 {
		f.gzipped = packed.Bytes()
	}
	return f
}
