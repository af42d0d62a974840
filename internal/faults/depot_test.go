package faults

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// depot is a server of artifacts and charts: the shop comes from there, and the calm application from git. It is an OCI
// registry and, at /charts, a Helm repository.
type depot struct {
	*world
	goods
	server *httptest.Server
	proxy  *Proxy
	charts *helmRepository
}

// goods are what the shop is delivered as.
type goods struct {
	where   string // in the table
	source  func(host string) v1alpha1.Source
	publish func(d *depot, version string, tree files) (digest string)
}

var (
	artifact = goods{
		where: "registry, artifact",
		source: func(host string) v1alpha1.Source {
			return v1alpha1.Source{OCI: &v1alpha1.OCISource{URL: "oci://" + host + "/shop", Ref: v1alpha1.OCIRef{Tag: "main"}, Path: "shop"}}
		},
		publish: func(d *depot, _ string, tree files) string {
			return d.upload("shop:main", "application/vnd.cncf.flux.content.v1.tar+gzip", packed(tree.of("shop")))
		},
	}
	registryChart = goods{
		where: "registry, chart",
		source: func(host string) v1alpha1.Source {
			return v1alpha1.Source{Helm: &v1alpha1.HelmSource{Repo: "oci://" + host + "/charts", Chart: "shop", Version: "^1.0"}}
		},
		publish: func(d *depot, version string, tree files) string {
			return d.upload("charts/shop:"+version, "application/vnd.cncf.helm.chart.content.v1.tar+gzip", packed(chartOf(version, tree)))
		},
	}
	repositoryChart = goods{
		where: "Helm repository",
		source: func(host string) v1alpha1.Source {
			return v1alpha1.Source{Helm: &v1alpha1.HelmSource{Repo: "http://" + host + "/charts", Chart: "shop", Version: "^1.0"}}
		},
		publish: func(d *depot, version string, tree files) string {
			return d.charts.publish(version, packed(chartOf(version, tree)))
		},
	}
)

func newDepot(t *testing.T, g goods) *depot {
	t.Helper()
	d := &depot{world: newWorld(t), goods: g, charts: &helmRepository{index: "apiVersion: v1\nentries:\n  shop:\n", archives: map[string][]byte{}}}
	mux := http.NewServeMux()
	mux.Handle("/v2/", registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	mux.Handle("/charts/", http.StripPrefix("/charts/", d.charts))
	d.server = httptest.NewServer(mux)
	t.Cleanup(d.server.Close)
	var err error
	if d.proxy, err = Start(Options{Server: d.server.URL}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.proxy.Close)
	return d
}

// open puts up the shop: first is delivered and nothing is wrong yet.
func (d *depot) open() {
	d.Helper()
	d.addBystanders()
	d.push(first.of("calm"))
	d.ship(first.of("shop"))
	d.applicationOf("shop", d.source(strings.TrimPrefix(d.proxy.URL(), "http://")))
	d.application("calm")
	d.run()
	d.holds(both)
}

// ship publishes changes of the shop as its next version.
func (d *depot) ship(changes files) {
	d.Helper()
	tree := d.changed(changes)
	version := fmt.Sprintf("1.%d.0", len(d.pushed))
	d.pushed = append(d.pushed, commit{hash: d.publish(d, version, tree), tree: tree})
}

// goesOn shows that what runs of the shop stays, and that the calm application still follows git.
func (d *depot) goesOn() {
	d.Helper()
	d.report("what runs stays", d.delivered("shop", commit{tree: first}))
	d.push(files{"calm/q.yaml": configMap("q", "2")})
	d.until("the other application goes on", func() error { return d.statusIsTrue("calm", d.pushed[len(d.pushed)-1]) })
	d.report("what runs stays", d.delivered("shop", commit{tree: first}))
}

// upload puts an artifact of one layer into the registry, past the proxy, and returns its digest.
func (d *depot) upload(ref string, media types.MediaType, content []byte) string {
	d.Helper()
	at, err := name.ParseReference(strings.TrimPrefix(d.server.URL, "http://") + "/" + ref)
	if err != nil {
		d.Fatal(err)
	}
	image, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer(content, media), MediaType: media})
	if err != nil {
		d.Fatal(err)
	}
	if err := remote.Write(at, image); err != nil {
		d.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		d.Fatal(err)
	}
	return digest.String()
}

// chartOf makes the shop's manifests the templates of a chart.
func chartOf(version string, tree files) files {
	chart := files{"shop/Chart.yaml": fmt.Sprintf("apiVersion: v2\nname: shop\nversion: %s\n", version)}
	for file, text := range tree.of("shop") {
		chart["shop/templates/"+strings.TrimPrefix(file, "shop/")] = text
	}
	return chart
}

// packed is a tar of files, compressed: the same files give the same bytes.
func packed(tree files) []byte {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	var broken error
	for _, file := range slices.Sorted(maps.Keys(tree)) {
		broken = cmp.Or(broken, archive.WriteHeader(&tar.Header{Name: file, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(tree[file]))}))
		_, err := io.WriteString(archive, tree[file])
		broken = cmp.Or(broken, err)
	}
	if broken = cmp.Or(broken, archive.Close(), zip.Close()); broken != nil {
		panic(broken) // of a buffer
	}
	return out.Bytes()
}

// helmRepository serves an index, which clients may ask for only if it has changed, and archives.
type helmRepository struct {
	mu       sync.Mutex
	index    string
	archives map[string][]byte
}

func (h *helmRepository) publish(version string, archive []byte) (digest string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	digest = hexSum(archive)
	file := "shop-" + version + ".tgz"
	h.index += fmt.Sprintf("  - {name: shop, version: %s, urls: [%s], digest: %q}\n", version, file, digest)
	h.archives[file] = archive
	return "sha256:" + digest
}

func (h *helmRepository) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	content := h.archives[r.URL.Path]
	if r.URL.Path == "index.yaml" {
		content = []byte(h.index)
	}
	h.mu.Unlock()
	if content == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"`+hexSum(content)+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func hexSum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
