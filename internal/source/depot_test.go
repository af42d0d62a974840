package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// depot is an OCI registry that a test pushes to, and a Store to read it into.
type depot struct {
	t     *testing.T
	host  string
	url   string // of its repository apps/shop
	store *Store

	mu       sync.Mutex
	requests []string // METHOD path
	answer   func(http.ResponseWriter, *http.Request) bool
}

func newDepot(t *testing.T) *depot {
	t.Helper()
	d := &depot{t: t, store: newStore(t)}
	backend := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		d.requests = append(d.requests, r.Method+" "+r.URL.Path)
		answer := d.answer
		d.mu.Unlock()
		if answer == nil || !answer(w, r) {
			backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	d.host = strings.TrimPrefix(server.URL, "http://")
	d.url = "oci://" + d.host + "/apps/shop"
	return d
}

// answers has requests answered by f, if it does, in place of the registry.
func (d *depot) answers(f func(http.ResponseWriter, *http.Request) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = f
}

func (d *depot) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests = nil
}

// count returns how many requests since the last call of forget began with a method and had text in their path.
func (d *depot) count(method, text string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, r := range d.requests {
		if strings.HasPrefix(r, method+" ") && strings.Contains(r, text) {
			n++
		}
	}
	return n
}

// pushed is what a test pushes.
type pushed struct {
	layers      []mutate.Addendum
	annotations map[string]string
}

func layerOf(content []byte, media types.MediaType, annotations map[string]string) mutate.Addendum {
	return mutate.Addendum{Layer: static.NewLayer(content, media), MediaType: media, Annotations: annotations}
}

func (d *depot) push(tag string, p pushed) string {
	d.t.Helper()
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image, err := mutate.Append(image, p.layers...)
	if err != nil {
		d.t.Fatal(err)
	}
	image = mutate.Annotations(image, p.annotations).(v1.Image)
	ref, err := name.ParseReference(strings.TrimPrefix(d.url, "oci://") + ":" + tag)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		d.t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		d.t.Fatal(err)
	}
	return digest.String()
}

// pushFiles pushes what flux push artifact does.
func (d *depot) pushFiles(tag string, files ...string) string {
	d.t.Helper()
	return d.push(tag, pushed{layers: []mutate.Addendum{layerOf(tgz(files...), fluxLayer, nil)}})
}

func (d *depot) head(a Artifact) Head {
	d.t.Helper()
	if a.URL == "" {
		a.URL = d.url
	}
	head, err := d.store.Artifact(a)
	if err != nil {
		d.t.Fatal(err)
	}
	return head
}

func (d *depot) fetch(a Artifact) (*Snapshot, error) {
	d.t.Helper()
	return d.head(a).Fetch(d.t.Context())
}

func (d *depot) mustFetch(a Artifact) *Snapshot {
	d.t.Helper()
	snapshot, err := d.fetch(a)
	if err != nil {
		d.t.Fatal(err)
	}
	return snapshot
}

// tgz packs files, each given as "path=content".
func tgz(files ...string) []byte {
	var headers []tar.Header
	var texts []string
	for _, f := range files {
		path, content, _ := strings.Cut(f, "=")
		headers = append(headers, tar.Header{Name: path, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))})
		texts = append(texts, content)
	}
	return gzipped(tarOf(headers, texts))
}

func tarOf(headers []tar.Header, contents []string) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i, h := range headers {
		if err := w.WriteHeader(&h); err != nil {
			panic(err)
		}
		if i < len(contents) {
			if _, err := io.WriteString(w, contents[i]); err != nil {
				panic(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func gzipped(content []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// all reads every file of a snapshot, as "path=content".
func all(t *testing.T, s *Snapshot) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(s.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := fs.ReadFile(s.FS(), path)
		files = append(files, path+"="+string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sha256Of(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
