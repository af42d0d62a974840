package follow

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/fairlead-dev/fairlead/manifest"
)

// endpoint lists and watches one kind.
type endpoint interface {
	list(ctx context.Context, o metav1.ListOptions) (page, error)
	watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error)
	// read is what an object says; nil if it says nothing.
	read(o runtime.Object) *unstructured.Unstructured
}

type page struct {
	items         []runtime.Object
	next, version string
}

// feed reads one kind: all of it page by page, then each change; and again from the start when that breaks.
type feed struct {
	from  endpoint
	kind  schema.GroupKind
	to    chan<- event
	known map[manifest.ID]bool
}

const (
	pageSize    = 500 // as kubectl asks for
	firstWait   = 500 * time.Millisecond
	longestWait = 30 * time.Second
	absentWait  = time.Minute // until a kind that is not there any more, or not allowed, is asked for again
)

func (f *feed) run(ctx context.Context) {
	wait := firstWait
	for ctx.Err() == nil {
		began := time.Now()
		err := f.follow(ctx)
		switch {
		case apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err):
			f.forget(ctx, f.known)
			wait = absentWait
		case time.Since(began) > longestWait || apierrors.IsResourceExpired(err) || apierrors.IsGone(err): // it went well for a while
			wait = firstWait
		default:
			wait = min(2*wait, longestWait)
		}
		sleep(ctx, wait/2+rand.N(wait))
	}
}

// follow ends with the reason why it can't go on; nil is the server's wish.
func (f *feed) follow(ctx context.Context) error {
	version, err := f.list(ctx)
	for err == nil && ctx.Err() == nil {
		version, err = f.watch(ctx, version)
	}
	return err
}

func (f *feed) list(ctx context.Context) (version string, err error) {
	gone := f.known
	f.known = make(map[manifest.ID]bool, len(gone))
	defer func() {
		if err != nil { // of what wasn't read nothing new is known
			for id := range gone {
				f.known[id] = true
			}
		}
	}()
	for next := ""; ; {
		p, err := f.from.list(ctx, metav1.ListOptions{Limit: pageSize, Continue: next})
		if err != nil {
			return "", err
		}
		var e event
		for _, item := range p.items {
			if o := f.from.read(item); o != nil {
				f.known[idOf(o)] = true
				delete(gone, idOf(o))
				e.set = append(e.set, o)
			}
		}
		if len(e.set) > 0 {
			send(ctx, f.to, e)
		}
		if next = p.next; next == "" {
			version = p.version
			break
		}
	}
	f.forget(ctx, gone)
	return version, nil
}

// forget tells that objects are gone.
func (f *feed) forget(ctx context.Context, all map[manifest.ID]bool) {
	var e event
	for id := range all {
		e.gone = append(e.gone, id)
		delete(f.known, id)
	}
	if len(e.gone) > 0 {
		send(ctx, f.to, e)
	}
}

// watch returns the version that it has come to when the server ends it.
func (f *feed) watch(ctx context.Context, version string) (string, error) {
	news, err := f.from.watch(ctx, metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true})
	if err != nil {
		return version, err
	}
	defer news.Stop()
	for n := range news.ResultChan() {
		named, err := meta.Accessor(n.Object)
		if n.Type == watch.Error || err != nil {
			return version, apierrors.FromObject(n.Object)
		}
		if n.Type != watch.Bookmark {
			f.hear(ctx, n, named)
		}
		if version = named.GetResourceVersion(); version == "" {
			return "", fmt.Errorf("%s without a version", f.kind)
		}
	}
	sleep(ctx, firstWait) // a server that ends watches at once is not asked in a circle
	return version, nil
}

// hear tells one change. What says nothing any more, like a pod that a controller has taken over, is as good as gone.
func (f *feed) hear(ctx context.Context, n watch.Event, named metav1.Object) {
	id := manifest.ID{Group: f.kind.Group, Kind: f.kind.Kind, Namespace: named.GetNamespace(), Name: named.GetName()}
	if n.Type != watch.Deleted {
		if o := f.from.read(n.Object); o != nil {
			f.known[id] = true
			send(ctx, f.to, event{set: []*unstructured.Unstructured{o}})
			return
		}
	}
	if f.known[id] {
		f.forget(ctx, map[manifest.ID]bool{id: true})
	}
}

func idOf(o *unstructured.Unstructured) manifest.ID {
	return (&manifest.Object{Unstructured: *o}).ID()
}
