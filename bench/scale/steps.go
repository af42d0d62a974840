package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

var applications = schema.GroupVersionResource{Group: "fairlead.dev", Version: "v1alpha1", Resource: "applications"}

const patience = 10 * time.Minute

// delivered waits until every Application says that it is ready at the commit.
func (w *world) delivered(ctx context.Context, n int, commit string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := w.client.Dynamic.Resource(applications).Namespace(ownNamespace)
	list, err := client.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	done := map[string]bool{}
	note := func(u *unstructured.Unstructured) { done[u.GetName()] = isReady(u, commit) }
	for i := range list.Items {
		note(&list.Items[i])
	}
	for version := list.GetResourceVersion(); ; {
		events, err := client.Watch(ctx, metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true})
		if err != nil {
			return err
		}
		for event := range events.ResultChan() {
			u, ok := event.Object.(*unstructured.Unstructured)
			if !ok || event.Type == watch.Error {
				return fmt.Errorf("watch applications: %v", event.Object)
			}
			version = u.GetResourceVersion()
			if event.Type == watch.Bookmark {
				continue
			}
			note(u)
			if count(done) == n {
				events.Stop()
				return nil
			}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%d of %d applications are ready at %.8s after %s", count(done), n, commit, patience)
		}
	}
}

func count(done map[string]bool) int {
	n := 0
	for _, yes := range done {
		if yes {
			n++
		}
	}
	return n
}

func isReady(u *unstructured.Unstructured, commit string) bool {
	revision, _, _ := unstructured.NestedString(u.Object, "status", "revision")
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	return revision == commit && slices.ContainsFunc(conditions, func(c any) bool {
		fields, _ := c.(map[string]any)
		return fields["type"] == "Ready" && fields["status"] == "True"
	})
}

// idle watches the controller with nothing to do.
func (r run) idle(ctx context.Context, w *world) error {
	const settle = 5 * time.Second // for what the last step has set in motion
	if err := wait(ctx, settle); err != nil {
		return err
	}
	b, err := w.before()
	if err != nil {
		return err
	}
	if err := wait(ctx, r.steady); err != nil {
		return err
	}
	used, err := r.row(w, "steady", 0, r.steady, b)
	fmt.Printf("%-34s %9s %8.2f%%\n", "  of one core", "", 100*used.CPU.Seconds()/r.steady.Seconds())
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// pushes is how often a single application is changed; the median is what counts.
const pushes = 11

// pushOne changes one application and waits until its ConfigMap is what git says.
func (r run) pushOne(ctx context.Context, w *world) error {
	b, err := w.before()
	if err != nil {
		return err
	}
	var took []time.Duration
	for k := range pushes {
		d, err := w.pushAndSee(ctx, (k*37)%r.n, fmt.Sprintf("one-%d", k))
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	if err := wait(ctx, 2*time.Second); err != nil { // what follows a delivery counts as well
		return err
	}
	slices.Sort(took)
	used, err := r.row(w, fmt.Sprintf("push that changes one (median of %d)", pushes), 0, took[pushes/2], b)
	fmt.Printf("%-34s %9s %7.1fms   slowest %.2fs\n", "  controller CPU a push", "", used.CPU.Seconds()*1000/pushes, took[pushes-1].Seconds())
	return err
}

func (w *world) pushAndSee(ctx context.Context, i int, version string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	events, err := w.client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace(namespaceOf(i)).
		Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + applicationOf(i)})
	if err != nil {
		return 0, err
	}
	defer events.Stop()
	start := time.Now()
	if _, err := w.push(ctx, files(i, version)); err != nil {
		return 0, err
	}
	for event := range events.ResultChan() {
		if u, ok := event.Object.(*unstructured.Unstructured); ok {
			if live, _, _ := unstructured.NestedString(u.Object, "data", "version"); live == version {
				return time.Since(start), nil
			}
		}
	}
	return 0, fmt.Errorf("the push to %s was not delivered", applicationOf(i))
}

// pushAll changes every object of every application in one commit.
func (r run) pushAll(ctx context.Context, w *world, floor time.Duration) error {
	b, err := w.before()
	if err != nil {
		return err
	}
	start := time.Now()
	commit, err := w.push(ctx, allFiles(r.n, "all"))
	if err != nil {
		return err
	}
	if err := w.delivered(ctx, r.n, commit); err != nil {
		return err
	}
	_, err = r.row(w, "push that changes all, all ready", floor, time.Since(start), b)
	return err
}

// restart stops the controller and starts it again with everything delivered.
func (r run) restart(ctx context.Context, w *world) error {
	w.stopController()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	start := time.Now()
	if err := w.startController(); err != nil {
		return err
	}
	if err := w.ready(ctx); err != nil {
		return err
	}
	_, err := r.row(w, "restart, all looked at", 0, time.Since(start), before{})
	return err
}
