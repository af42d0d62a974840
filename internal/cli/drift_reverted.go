package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// followApplications hands on each Application as its controller writes it, until ctx ends.
func followApplications(ctx context.Context, api client.WithWatch, namespace string, changed func(*v1alpha1.Application)) (wait func()) {
	in := client.InNamespace(namespace)
	informer := cache.NewSharedInformer(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			list := &v1alpha1.ApplicationList{}
			return list, api.List(ctx, list, in, &client.ListOptions{Raw: &options})
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return api.Watch(ctx, &v1alpha1.ApplicationList{}, in, &client.ListOptions{Raw: &options})
		},
	}, &v1alpha1.Application{}, 0)
	hand := func(o any) {
		if app, ok := o.(*v1alpha1.Application); ok {
			changed(app)
		}
	}
	_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: hand, UpdateFunc: func(_, o any) { hand(o) }}) // fails when stopped
	var group sync.WaitGroup
	group.Go(func() { informer.Run(ctx.Done()) })
	return group.Wait
}

// originIsDue is how long what was put back waits to be told until it is known where git has it.
const originIsDue = 700 * time.Millisecond

// reverts remembers what was put back and told.
type reverts struct {
	known map[string]bool      // by Application and object, with when and how often
	since map[string]time.Time // when those that aren't told yet were seen first
	again func(app string)     // has the Application looked at later
}

// of are those that are to be told now.
func (r *reverts) of(app *v1alpha1.Application, isFirst bool) []v1alpha1.DriftedObject {
	if app.Status.Drift == nil {
		return nil
	}
	name := app.Namespace + "/" + app.Name
	var news []v1alpha1.DriftedObject
	for _, o := range slices.Backward(app.Status.Drift.Reverted) {
		key := fmt.Sprint(name, manifest.ID(o.ObjectRef), o.Since.Unix(), o.Reverts)
		if r.known[key] {
			continue
		}
		seen, isKnown := r.since[key]
		if !isKnown && !isFirst && !hasOrigin(o) {
			r.since[key] = time.Now()
			time.AfterFunc(originIsDue, func() { r.again(name) })
			continue
		}
		if isKnown && !hasOrigin(o) && time.Since(seen) < originIsDue {
			continue
		}
		r.known[key] = true
		delete(r.since, key)
		if !isFirst {
			news = append(news, o)
		}
	}
	return news
}

func hasOrigin(o v1alpha1.DriftedObject) bool {
	return o.Where != "" || slices.ContainsFunc(o.Fields, func(f v1alpha1.DriftedField) bool { return f.Where != "" })
}

// revertedEvents are the lines that tell of an object that was put back.
func revertedEvents(app string, o v1alpha1.DriftedObject) []driftEvent {
	event := driftEvent{At: time.Now().UTC(), Application: app, ID: manifest.ID(o.ObjectRef), Kind: cluster.DriftKind(o.Change), Reverted: true}
	if len(o.Fields) == 0 {
		event.By, event.Written = cluster.Actor{User: o.By}, writtenIn(o.Where, "", "")
		return []driftEvent{event}
	}
	var all []driftEvent
	for _, f := range o.Fields {
		by := cluster.Actor{Manager: f.Manager, Operation: f.Operation, At: f.At.Time, User: f.User}
		one := event
		one.By, one.Field = by, &cluster.DriftedField{Path: f.Path, Git: valueOf(f.Git), Live: valueOf(f.Live), By: by, Written: writtenIn(f.Where, f.Commit, f.Author)}
		all = append(all, one)
	}
	return all
}

// valueOf reads a value as a status has it: a text as it is, all else as JSON, "" for none.
func valueOf(text string) (v any) {
	if text == "" {
		return nil
	}
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	return v
}

// writtenIn reads a place as a status has it: "shop/web.yaml:6".
func writtenIn(where, commit, author string) *cluster.Written {
	if where == "" {
		return nil
	}
	w := &cluster.Written{File: where, Commit: commit, Author: author}
	if at := strings.LastIndexByte(where, ':'); at > 0 {
		if line, err := strconv.Atoi(where[at+1:]); err == nil {
			w.File, w.Line = where[:at], line
		}
	}
	return w
}
