package controller

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/demo/repository"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

var quietFor = flag.Duration("quiet-for", 10*time.Second, "how long TestNoFalseDrift watches what it has delivered")

const (
	scaled     = "argocd-example-apps/guestbook" // the folder that an autoscaler works on
	scaledName = "guestbook-ui"
	autoscaled = 3 // replicas; git has 1
)

// Nobody answers for these here: they would refuse the objects of the others.
var isWebhook = regexp.MustCompile(`(?m)^kind: *(Validating|Mutating)WebhookConfiguration`)

// TestNoFalseDrift delivers every folder of the corpora and the demo's repository into a cluster whose own controllers are at
// work: defaults, an autoscaler, rollouts, endpoints, quotas. Nobody changes anything, so nothing may be told. docs/drift.md
// has the figures of ten minutes (-quiet-for 10m).
func TestNoFalseDrift(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	root := os.DirFS(corpustest.Dir(t, ""))
	sandboxtest.StartWithNodes(t)
	w := newWorld(t, gitserver.Options{})
	w.stop()
	var mu sync.Mutex
	var news []DriftEvent
	w.options = func(o *Options) {
		o.Drifted = func(e DriftEvent) {
			mu.Lock()
			defer mu.Unlock()
			news = append(news, e)
		}
	}
	w.start()
	told := func() []DriftEvent {
		mu.Lock()
		defer mu.Unlock()
		return news
	}

	rev := w.commit("all", filesOfAll(t, root))
	w.application("demo", "apps/*", into(""))
	guestbook := sandboxtest.Namespace(t)
	for i, unit := range corpustest.Units(t, root, render.Detect, render.HelmKind, render.KustomizeKind) {
		namespace := guestbook
		if unit != scaled {
			namespace = sandboxtest.Namespace(t)
			w.keepIdle(namespace)
		}
		w.application(fmt.Sprintf("unit-%d", i), unit, into(namespace))
	}
	w.autoscale(guestbook, scaledName)
	all, delivered := w.untilAllTried(rev)
	replicas := func() int32 { return *w.deployment(guestbook, scaledName).Spec.Replicas }
	w.eventually("the autoscaler is at work", func() bool { return replicas() == autoscaled }, func() string { return fmt.Sprint(replicas()) })
	select {
	case <-time.After(*quietFor):
	case <-t.Context().Done():
	}
	if n := replicas(); n != autoscaled {
		t.Errorf("%s has %d replicas: the autoscaler was undone", scaledName, n)
	}
	for _, e := range told() {
		t.Errorf("%s: %s %+v", w.get(e.Application).Spec.Source.Git.Path, e.What, e.Drift)
	}
	t.Logf("%d applications, %d of them delivered without a problem, quiet for %s", all, delivered, *quietFor)

	byHand := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"revisionHistoryLimit":7}}`))
	if err := w.api.Patch(t.Context(), w.deployment(guestbook, scaledName), byHand); err != nil {
		t.Fatal(err)
	}
	w.eventually("this silence is no deafness", func() bool { return len(told()) > 0 }, func() string { return "silent" })
}

// filesOfAll are the repositories side by side, without what would break the cluster for the others.
func filesOfAll(t *testing.T, root fs.FS) map[string]string {
	files := map[string]string{}
	for name, text := range repository.Files() {
		files[name] = string(text)
	}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(files, func(_, text string) bool { return isWebhook.MatchString(text) })
	return files
}

func into(namespace string) func(*v1alpha1.Application) {
	return func(a *v1alpha1.Application) { a.Spec.Destination.Namespace = namespace }
}

// untilAllTried waits for the first delivery of all Applications, those that the demo's finds included.
func (w *world) untilAllTried(rev string) (all, delivered int) {
	w.Helper()
	var list v1alpha1.ApplicationList
	for tried := -1; tried < len(list.Items); {
		tried = len(list.Items)
		if err := w.api.List(w.Context(), &list, client.InNamespace(w.namespace)); err != nil {
			w.Fatal(err)
		}
		for _, app := range list.Items {
			w.until(client.ObjectKeyFromObject(&app), "tried", func(a *v1alpha1.Application) bool {
				synced := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionSynced)
				return synced != nil && synced.Status != metav1.ConditionUnknown
			})
		}
	}
	for _, app := range list.Items {
		if ready(rev)(&app) {
			delivered++
		}
	}
	return len(list.Items), delivered
}

// keepIdle has deployments of the namespace never start a pod: hundreds of them slow the server down.
func (w *world) keepIdle(namespace string) {
	w.Helper()
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "idle"}}
	quota.Spec.Hard = corev1.ResourceList{"count/replicasets.apps": resource.MustParse("0")}
	if err := w.api.Create(w.Context(), quota); err != nil {
		w.Fatal(err)
	}
}

func (w *world) autoscale(namespace, name string) {
	w.Helper()
	least := int32(autoscaled)
	scaler := &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	scaler.Spec.ScaleTargetRef = autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: name}
	scaler.Spec.MinReplicas, scaler.Spec.MaxReplicas = &least, 5
	if err := w.api.Create(w.Context(), scaler); err != nil {
		w.Fatal(err)
	}
}

func (w *world) deployment(namespace, name string) *appsv1.Deployment {
	w.Helper()
	d := &appsv1.Deployment{}
	if err := w.api.Get(w.Context(), client.ObjectKey{Namespace: namespace, Name: name}, d); err != nil {
		w.Fatal(err)
	}
	return d
}
