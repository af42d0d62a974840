package controller

import (
	"context"
	"fmt"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/source/sourcetest"
)

// published are the versions of each chart: below the example's ranges, in them, and above or a pre-release.
var published = map[string][]string{
	"podinfo":      {"0.9.0", "6.9.3", "6.9.4", "7.0.0-rc.1"},
	"cert-manager": {"0.16.1", "1.18.0", "1.19.2", "1.20.0-alpha.1", "2.0.0"},
	"gateway-helm": {"1.7.3", "1.8.0-rc.0", "1.8.0", "1.9.0-rc.1"},
}

// TestTheFluxExampleDeliveredFromItsOwnForm reads Flux's own example in place and delivers what its two clusters would
// get: the charts by the ranges, with the values, and in the order that the example gives. The charts themselves are
// published elsewhere; testdata/charts stands in for them.
func TestTheFluxExampleDeliveredFromItsOwnForm(t *testing.T) {
	dir := corpustest.Dir(t, "flux2-kustomize-helm-example")
	sandboxtest.StartWithNodes(t)
	for cluster, newest := range map[string]map[string]string{
		"staging":    {"podinfo": "7.0.0-rc.1", "cert-manager": "1.19.2", "gateway-helm": "1.9.0-rc.1"}, // podinfo's range names a pre-release
		"production": {"podinfo": "6.9.4", "cert-manager": "1.19.2", "gateway-helm": "1.9.0-rc.1"},
	} {
		t.Run(cluster, func(t *testing.T) {
			steps := readFluxCluster(t, os.DirFS(dir), cluster)
			if got, want := order(steps), []string{"infra-controllers", "infra-configs after infra-controllers", "apps after infra-configs"}; !slices.Equal(got, want) {
				t.Fatalf("steps = %q, want %q", got, want)
			}
			t.Cleanup(func() { removeAll(t, steps) }) // when the controller has ended: it would put back what goes
			w := newWorld(t, gitserver.Options{})
			revisions := w.deliverFluxSteps(os.DirFS(dir), steps, newest)
			for _, s := range steps {
				for _, app := range s.applications {
					w.until(w.key(app.Name), "delivered", ready(revisions[app.Name]))
					for _, d := range app.Spec.Sync.DependsOn {
						if mine, its := w.releases(app.Name)[0], w.releases(d.Name)[0]; mine.CreationTimestamp.Before(&its.CreationTimestamp) {
							t.Errorf("%s was delivered at %s, before %s at %s", app.Name, mine.CreationTimestamp, d.Name, its.CreationTimestamp)
						}
					}
				}
			}
			w.wantChart("podinfo", "podinfo", "podinfo-"+newest["podinfo"])
			w.wantChart("cert-manager", "cert-manager", "cert-manager-"+newest["cert-manager"])
			w.wantChart("envoy-gateway-system", "envoy-gateway", "gateway-helm-"+newest["gateway-helm"])
			w.wantFluxValues(cluster)
		})
	}
}

// deliverFluxSteps makes the Applications of all steps, the last step first, so that they have something to wait for. It
// returns the revision that each should come to.
func (w *world) deliverFluxSteps(example fs.FS, steps []fluxStep, newest map[string]string) (revisions map[string]string) {
	w.Helper()
	depots := newDepots(w.T)
	revisions = map[string]string{}
	for _, s := range slices.Backward(steps) {
		for _, name := range s.namespaces {
			if err := w.api.Create(w.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
				w.Fatal(err)
			}
		}
		for _, app := range s.applications {
			if helm := app.Spec.Source.Helm; helm != nil {
				helm.Repo = depots.address(helm.Repo)
				digests := depots.publish(w.T, helm)
				revisions[app.Name] = digests[newest[helm.Chart]]
			} else {
				app.Spec.Source.Git.URL = w.url
				revisions[app.Name] = w.commit("from the example", textsBelow(w.T, example, app.Spec.Source.Git.Path))
			}
			key := w.application(app.Name, "", func(a *v1alpha1.Application) {
				a.Spec.Source, a.Spec.Render, a.Spec.Destination = app.Spec.Source, app.Spec.Render, app.Spec.Destination
				a.Spec.Sync.DependsOn = app.Spec.Sync.DependsOn
			})
			if len(app.Spec.Sync.DependsOn) > 0 {
				w.until(key, "waits", func(a *v1alpha1.Application) bool { return syncSays(a, "Waiting", "which does not exist") })
			}
		}
	}
	return revisions
}

func (w *world) key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: w.namespace, Name: name}
}

func (w *world) wantChart(namespace, deployment, chart string) {
	w.Helper()
	var d appsv1.Deployment
	if err := w.api.Get(w.Context(), client.ObjectKey{Namespace: namespace, Name: deployment}, &d); err != nil {
		w.Fatal(err)
	}
	if got := d.Labels["helm.sh/chart"]; got != chart {
		w.Errorf("Deployment %s/%s is of chart %s, want %s", namespace, deployment, got, chart)
	}
}

// wantFluxValues looks for the example's values in the objects that its charts made of them.
func (w *world) wantFluxValues(cluster string) {
	w.Helper()
	route := w.object("gateway.networking.k8s.io/v1", "HTTPRoute", "podinfo", "podinfo")["spec"]
	want := map[string]any{
		"hostnames":  []any{"podinfo." + cluster}, // of the overlay
		"parentRefs": []any{map[string]any{"name": "envoy", "namespace": "envoy-gateway-system", "sectionName": "http"}},
		"rules":      []any{map[string]any{"matches": []any{map[string]any{"path": map[string]any{"type": "PathPrefix", "value": "/"}}}}},
	}
	if diff := cmp.Diff(want, route); diff != "" {
		w.Errorf("route (-want +got):\n%s", diff)
	}
	var redis appsv1.Deployment
	if err := w.api.Get(w.Context(), client.ObjectKey{Namespace: "podinfo", Name: "podinfo-redis"}, &redis); err != nil {
		w.Fatal(err)
	}
	if image := redis.Spec.Template.Spec.Containers[0].Image; image != "public.ecr.aws/docker/library/redis:8.6.2" {
		w.Errorf("redis runs %s", image)
	}
	config := w.object("v1", "ConfigMap", "cert-manager", "cert-manager")["data"]
	if diff := cmp.Diff(map[string]any{"config.yaml": `{"enableGatewayAPI":true}`}, config); diff != "" {
		w.Errorf("cert-manager's configuration (-want +got):\n%s", diff)
	}
	definition := w.object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "clusterissuers.cert-manager.io")
	if policy, kept, _ := unstructured.NestedString(definition, "metadata", "annotations", "helm.sh/resource-policy"); kept {
		w.Errorf("the CRDs' policy is %s, though the example says crds.keep: false", policy)
	}
	w.object("cert-manager.io/v1", "ClusterIssuer", "", "letsencrypt")
}

func (w *world) object(apiVersion, kind, namespace, name string) map[string]any {
	w.Helper()
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind}}
	if err := w.api.Get(w.Context(), client.ObjectKey{Namespace: namespace, Name: name}, o); err != nil {
		w.Fatal(err)
	}
	return o.Object
}

// depots stand in for the registries and Helm repositories of the world.
type depots struct {
	registry string // host
	web      string // address
	helm     *sourcetest.HelmRepository
}

func newDepots(t *testing.T) depots {
	d := depots{registry: sourcetest.Registry(t, ""), helm: &sourcetest.HelmRepository{}}
	web := httptest.NewServer(d.helm)
	t.Cleanup(web.Close)
	d.web = web.URL
	return d
}

// publish puts all versions of a stand-in where a source looks for its chart, and returns their digests.
func (d depots) publish(t *testing.T, from *v1alpha1.HelmSource) (digests map[string]string) {
	t.Helper()
	digests = map[string]string{}
	for _, version := range published[from.Chart] {
		packed := sourcetest.PackChart(t, os.DirFS(filepath.Join("testdata", "charts", from.Chart)), from.Chart, "0.0.0", version)
		if repo, isOCI := strings.CutPrefix(from.Repo, "oci://"); isOCI {
			digests[version] = push(t, fmt.Sprintf("%s/%s:%s", repo, from.Chart, version), packed, sourcetest.Chart)
		} else {
			digests[version] = d.helm.Publish(from.Chart, version, packed)
		}
	}
	return digests
}

// address is where the stand-in of a repository is.
func (d depots) address(repo string) string {
	if rest, isOCI := strings.CutPrefix(repo, "oci://"); isOCI {
		_, path, _ := strings.Cut(rest, "/")
		return "oci://" + d.registry + "/" + path
	}
	return d.web
}

func textsBelow(t *testing.T, files fs.FS, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := fs.WalkDir(files, dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		texts[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// removeAll takes away what a cluster's steps have put outside of the test's own namespace, and waits until it is gone:
// the next one has the same names.
func removeAll(t *testing.T, steps []fluxStep) {
	t.Helper()
	api, err := client.New(sandboxtest.Start(t), client.Options{Scheme: Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	definition := func(name string) client.Object {
		o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}}
		o.SetName(name)
		return o
	}
	all := []client.Object{
		definition("clusterissuers.cert-manager.io"), definition("gatewayclasses.gateway.networking.k8s.io"),
		definition("gateways.gateway.networking.k8s.io"), definition("httproutes.gateway.networking.k8s.io"),
	}
	for _, s := range steps {
		for _, name := range s.namespaces {
			all = append(all, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
	}
	for _, o := range all {
		if err := client.IgnoreNotFound(api.Delete(context.Background(), o)); err != nil {
			t.Error(err)
		}
	}
	err = wait.PollUntilContextTimeout(context.Background(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		for _, o := range all {
			if err := api.Get(ctx, client.ObjectKeyFromObject(o), o); !apierrors.IsNotFound(err) {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		t.Errorf("what the example made is still there: %v", err)
	}
}
