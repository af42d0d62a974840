package controller

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ktypes "k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

const (
	chartMedia    types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	manifestMedia types.MediaType = "application/vnd.cncf.flux.content.v1.tar+gzip"
)

// archive packs files as helm package and flux push artifact do.
func archive(t *testing.T, files fs.FS, under string, edit func(name string, content []byte) []byte) []byte {
	t.Helper()
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
		content = edit(name, content)
		if err := w.WriteHeader(&tar.Header{Name: path.Join(under, name), Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}); err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// newRegistry starts an OCI registry, for those who log in if a password is given, and returns its host.
func newRegistry(t *testing.T, password string) string {
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

// push puts an artifact of one layer into a registry and returns its digest.
func push(t *testing.T, ref string, content []byte, media types.MediaType, options ...remote.Option) string {
	t.Helper()
	image, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: static.NewLayer(content, media), MediaType: media})
	if err != nil {
		t.Fatal(err)
	}
	at, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(at, image, options...); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

// helmRepository serves an index and archives.
type helmRepository struct {
	mu    sync.Mutex
	index string
	files map[string][]byte
}

func (h *helmRepository) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.URL.Path == "/index.yaml" {
		fmt.Fprint(w, h.index)
		return
	}
	_, _ = w.Write(h.files[r.URL.Path])
}

func (h *helmRepository) publish(chart, version string, content []byte) (digest string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.index == "" {
		h.index, h.files = "apiVersion: v1\nentries:\n  "+chart+":\n", map[string][]byte{}
	}
	sum := sha256.Sum256(content)
	digest = hex.EncodeToString(sum[:])
	file := fmt.Sprintf("%s-%s.tgz", chart, version)
	h.index += fmt.Sprintf("  - version: %s\n    urls: [%s]\n    digest: %q\n    maintainers: [{name: Gacko}]\n", version, file, digest)
	h.files["/"+file] = content
	return "sha256:" + digest
}

// TestIngressNginxDeliveredFromItsOwnForm delivers a chart by a range of versions from both kinds of repository, and
// follows it to its next version.
func TestIngressNginxDeliveredFromItsOwnForm(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "corpora", "ingress-nginx-chart", "ingress-nginx")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpora beside the checkout: ", dir)
	}
	const packaged = "4.15.1"
	chart := func(version string) []byte {
		return archive(t, os.DirFS(dir), "ingress-nginx", func(name string, content []byte) []byte {
			if name == "Chart.yaml" {
				content = bytes.Replace(content, []byte("version: "+packaged), []byte("version: "+version), 1)
			}
			return content
		})
	}
	sandboxtest.StartWithNodes(t)
	w := newWorld(t, gitserver.Options{})
	repository := &helmRepository{}
	web := httptest.NewServer(repository)
	t.Cleanup(web.Close)
	host := newRegistry(t, "")
	for kind, c := range map[string]struct {
		repo    string
		publish func(version string) (digest string)
	}{
		"https": {web.URL, func(version string) string { return repository.publish("ingress-nginx", version, chart(version)) }},
		"oci": {"oci://" + host + "/charts", func(version string) string {
			return push(t, host+"/charts/ingress-nginx:"+version, chart(version), chartMedia)
		}},
	} {
		t.Run(kind, func(t *testing.T) {
			c.publish("5.0.0") // out of range
			first := c.publish(packaged)
			app := w.application("web-"+kind, "", func(a *v1alpha1.Application) {
				a.Spec.Source = v1alpha1.Source{Helm: &v1alpha1.HelmSource{Repo: c.repo, Chart: "ingress-nginx", Version: "~4.15"}}
				a.Spec.Render.Helm = &v1alpha1.HelmRender{Values: &runtime.RawExtension{Raw: []byte(
					`{"controller":{"admissionWebhooks":{"enabled":false},"replicaCount":2,"service":{"type":"ClusterIP"},"ingressClassResource":{"name":"` + kind + `","controllerValue":"k8s.io/` + kind + `"}}}`)}}
			})
			got := w.until(app, "delivered", ready(first))
			if got.Status.ShortRevision != packaged {
				t.Errorf("short revision = %q", got.Status.ShortRevision)
			}
			w.wantDeployment(app.Name+"-ingress-nginx-controller", packaged)
			if kind == "https" {
				w.untilSyncSays(app, "Synced", "4.15.1 by Gacko: ingress-nginx 4.15.1")
			}

			second := c.publish("4.15.2")
			if n := w.controller.Pushed(c.repo, c.repo+"/ingress-nginx"); n != 1 {
				t.Errorf("%d sources follow %s", n, c.repo)
			}
			w.until(app, "followed", ready(second))
			w.wantDeployment(app.Name+"-ingress-nginx-controller", "4.15.2")
			releases := w.releases(app.Name)
			if len(releases) != 2 || releases[1].Spec.ShortRevision != "4.15.2" || releases[1].Spec.PreviousRevision != first {
				t.Errorf("releases = %+v", releases)
			}
		})
	}
}

// wantDeployment looks at what a chart's version and the application's values have made.
func (w *world) wantDeployment(name, version string) {
	w.Helper()
	var d appsv1.Deployment
	if err := w.api.Get(w.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, &d); err != nil {
		w.Fatal(err)
	}
	if chart := d.Labels["helm.sh/chart"]; chart != "ingress-nginx-"+version || *d.Spec.Replicas != 2 {
		w.Errorf("chart %s with %d replicas, want version %s and 2", chart, *d.Spec.Replicas, version)
	}
}

func TestAnArtifactWithALogin(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	host := newRegistry(t, "correct horse")
	files := tree{"app/a.yaml": configMap("a", "1")}
	digest := push(t, host+"/config:v1", archive(t, files.fs(), "", unchanged), manifestMedia, remote.WithAuth(horse))
	app := w.artifact("shop", host, "app", func(o *v1alpha1.OCISource) { o.SecretRef = &v1alpha1.SecretRef{Name: "registry"} })
	w.untilSyncSays(app, "FetchFailed", "the login's Secret "+w.namespace+"/registry does not exist")
	login := func(password string) []byte {
		auth := base64.StdEncoding.EncodeToString([]byte("ann:" + password))
		return fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, host, auth)
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "registry"}, Type: corev1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{corev1.DockerConfigJsonKey: login("battery staple")},
	}
	if err := w.api.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	refused := w.untilSyncSays(app, "FetchFailed", "refuses the login")
	if text := fmt.Sprint(refused.Status); strings.Contains(text, "battery") {
		t.Errorf("the password is in the status: %s", text)
	}
	secret.Data[corev1.DockerConfigJsonKey] = login("correct horse")
	if err := w.api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	got := w.until(app, "delivered", ready(digest))
	if got.Status.ShortRevision != digest[7:19] {
		t.Errorf("short revision = %q", got.Status.ShortRevision)
	}
	w.wantConfigMaps("a=1")
}

func TestAWildcardPathOfAnArtifact(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	host := newRegistry(t, "")
	files := tree{"apps/one/a.yaml": configMap("a", "1"), "apps/two/b.yaml": configMap("b", "1")}
	digest := push(t, host+"/config:v1", archive(t, files.fs(), "", unchanged), manifestMedia)
	all := w.artifact("all", host, "apps/*", func(*v1alpha1.OCISource) {})
	w.until(all, "all ready", ready(digest))
	w.wantConfigMaps("a=1", "b=1")
	files["apps/one/a.yaml"] = configMap("a", "2")
	digest = push(t, host+"/config:v1", archive(t, files.fs(), "", unchanged), manifestMedia)
	w.controller.Pushed("oci://" + host + "/config")
	w.until(all, "all followed", ready(digest))
	w.until(ktypes.NamespacedName{Namespace: w.namespace, Name: "one"}, "followed", ready(digest))
	w.wantConfigMaps("a=2", "b=1")
}

func TestWhatCannotBeVerifiedIsNotDelivered(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	host := newRegistry(t, "")
	files := tree{"app/a.yaml": configMap("a", "1")}
	push(t, host+"/config:v1", archive(t, files.fs(), "", unchanged), manifestMedia)
	app := w.artifact("shop", host, "app", func(o *v1alpha1.OCISource) {
		o.Verify = &v1alpha1.Verification{SecretRef: v1alpha1.SecretRef{Name: "keys"}}
	})
	w.untilSyncSays(app, "FetchFailed", "keys to verify with does not exist")
	w.wantConfigMaps()
}

// tree is files by path.
type tree map[string]string

func (t tree) fs() fs.FS {
	files := fstest.MapFS{}
	for name, content := range t {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

func unchanged(_ string, content []byte) []byte { return content }

var horse = authn.FromConfig(authn.AuthConfig{Username: "ann", Password: "correct horse"})

// artifact makes an Application of the tag v1 of the repository config.
func (w *world) artifact(name, host, dir string, edit func(*v1alpha1.OCISource)) ktypes.NamespacedName {
	w.Helper()
	return w.application(name, "", func(a *v1alpha1.Application) {
		oci := &v1alpha1.OCISource{URL: "oci://" + host + "/config", Ref: v1alpha1.OCIRef{Tag: "v1"}, Path: dir}
		edit(oci)
		a.Spec.Source = v1alpha1.Source{OCI: oci}
	})
}
