package controller

import (
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ktypes "k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/source/sourcetest"
)

// TestIngressNginxDeliveredFromItsOwnForm delivers a chart by a range of versions from both kinds of repository, and
// follows it to its next version.
func TestIngressNginxDeliveredFromItsOwnForm(t *testing.T) {
	dir := corpustest.Dir(t, "ingress-nginx-chart/ingress-nginx")
	const packaged = "4.15.1"
	chart := func(version string) []byte {
		return sourcetest.PackChart(t, os.DirFS(dir), "ingress-nginx", packaged, version)
	}
	sandboxtest.StartWithNodes(t)
	w := newWorld(t, gitserver.Options{})
	repository := &sourcetest.HelmRepository{}
	web := httptest.NewServer(repository)
	t.Cleanup(web.Close)
	host := sourcetest.Registry(t, "")
	for kind, c := range map[string]struct {
		repo    string
		publish func(version string) (digest string)
	}{
		"https": {web.URL, func(version string) string { return repository.Publish("ingress-nginx", version, chart(version)) }},
		"oci": {"oci://" + host + "/charts", func(version string) string {
			return push(t, host+"/charts/ingress-nginx:"+version, chart(version), sourcetest.Chart)
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
	host := sourcetest.Registry(t, "correct horse")
	files := tree{"app/a.yaml": configMap("a", "1")}
	digest := push(t, host+"/config:v1", files.packed(t), sourcetest.Manifests, remote.WithAuth(horse))
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
	host := sourcetest.Registry(t, "")
	files := tree{"apps/one/a.yaml": configMap("a", "1"), "apps/two/b.yaml": configMap("b", "1")}
	digest := push(t, host+"/config:v1", files.packed(t), sourcetest.Manifests)
	all := w.artifact("all", host, "apps/*", func(*v1alpha1.OCISource) {})
	w.until(all, "all ready", ready(digest))
	w.wantConfigMaps("a=1", "b=1")
	files["apps/one/a.yaml"] = configMap("a", "2")
	digest = push(t, host+"/config:v1", files.packed(t), sourcetest.Manifests)
	w.controller.Pushed("oci://" + host + "/config")
	w.until(all, "all followed", ready(digest))
	w.until(ktypes.NamespacedName{Namespace: w.namespace, Name: "one"}, "followed", ready(digest))
	w.wantConfigMaps("a=2", "b=1")
}

func TestWhatCannotBeVerifiedIsNotDelivered(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	host := sourcetest.Registry(t, "")
	files := tree{"app/a.yaml": configMap("a", "1")}
	push(t, host+"/config:v1", files.packed(t), sourcetest.Manifests)
	app := w.artifact("shop", host, "app", func(o *v1alpha1.OCISource) {
		o.Verify = &v1alpha1.Verification{SecretRef: v1alpha1.SecretRef{Name: "keys"}}
	})
	w.untilSyncSays(app, "FetchFailed", "keys to verify with does not exist")
	w.wantConfigMaps()
}

// tree is files by path.
type tree map[string]string

func (f tree) packed(t *testing.T) []byte {
	t.Helper()
	files := fstest.MapFS{}
	for name, content := range f {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	packed, err := sourcetest.Pack(files, "")
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// push puts an artifact of one layer into a registry and returns its digest.
func push(t *testing.T, ref string, content []byte, media types.MediaType, options ...remote.Option) string {
	t.Helper()
	digest, err := sourcetest.Push(ref, content, media, options...)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

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
