// Package sourcetest gives tests the places that artifacts and charts come from, in this process: an OCI registry and a
// Helm repository, and packs what they hold as flux push artifact and helm package do.
package sourcetest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// What a layer holds.
const (
	Chart     types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	Manifests types.MediaType = "application/vnd.cncf.flux.content.v1.tar+gzip"
)

// Pack packs files below a directory of the archive ("" is its root); edits may change their content.
func Pack(files fs.FS, under string, edits ...func(name string, content []byte) []byte) ([]byte, error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		for _, edit := range edits {
			content = edit(name, content)
		}
		if err := w.WriteHeader(&tar.Header{Name: path.Join(under, name), Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// PackChart packs a chart's directory as one of its versions: its Chart.yaml says another, which is replaced.
func PackChart(t testing.TB, files fs.FS, chart, says, version string) []byte {
	t.Helper()
	packed, err := Pack(files, chart, func(name string, content []byte) []byte {
		if name == "Chart.yaml" {
			content = bytes.Replace(content, []byte("version: "+says), []byte("version: "+version), 1)
		}
		return content
	})
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// Registry starts an OCI registry, for those who log in if a password is given, and returns its host.
func Registry(t testing.TB, password string) (host string) {
	t.Helper()
	backend := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, given, _ := r.BasicAuth(); given != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// Push puts an artifact of one layer into a registry (host/repository:tag) and returns its digest.
func Push(ref string, content []byte, media types.MediaType, options ...remote.Option) (digest string, err error) {
	at, err := name.ParseReference(ref)
	if err != nil {
		return "", err
	}
	image, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer(content, media), MediaType: media})
	if err != nil {
		return "", err
	}
	if err := remote.Write(at, image, options...); err != nil {
		return "", err
	}
	hash, err := image.Digest()
	return hash.String(), err
}

// HelmRepository serves an index and the archives in it. The zero value has none.
type HelmRepository struct {
	mu       sync.Mutex
	entries  map[string][]string // by chart
	archives map[string][]byte   // by path
}

func (h *HelmRepository) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.URL.Path == "/index.yaml" {
		fmt.Fprint(w, h.index())
		return
	}
	content, ok := h.archives[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(content)
}

func (h *HelmRepository) index() string {
	var charts []string
	for chart, versions := range h.entries {
		charts = append(charts, "  "+chart+":\n"+strings.Join(versions, ""))
	}
	slices.Sort(charts)
	return "apiVersion: v1\nentries:\n" + strings.Join(charts, "")
}

// Publish lists a version of a chart and returns its digest.
func (h *HelmRepository) Publish(chart, version string, content []byte) (digest string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.entries == nil {
		h.entries, h.archives = map[string][]string{}, map[string][]byte{}
	}
	sum := sha256.Sum256(content)
	digest = hex.EncodeToString(sum[:])
	file := fmt.Sprintf("%s-%s.tgz", chart, version)
	h.entries[chart] = append(h.entries[chart],
		fmt.Sprintf("  - version: %s\n    urls: [%s]\n    digest: %q\n    maintainers: [{name: Gacko}]\n", version, file, digest))
	h.archives["/"+file] = content
	return "sha256:" + digest
}
