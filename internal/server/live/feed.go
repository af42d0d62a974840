package live

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// sink takes in the objects of one kind. It keeps what it needs of each and lets go of the object. round counts the full
// lists: what is not seen in one is gone, which sweep tells.
type sink interface {
	see(object runtime.Object, round uint64)
	gone(object runtime.Object)
	sweep(namespace string, round uint64)
}

// endpoint lists and watches one kind, everywhere or in one namespace.
type endpoint interface {
	List(ctx context.Context, o metav1.ListOptions) (runtime.Object, error)
	Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error)
}

// feed reads one kind: all of it once, page by page, then each change; and again from the start when that breaks. (A
// reflector of client-go would hold all objects of the first list at once, which for 50,000 pods is half a gigabyte.)
type feed struct {
	table, kind string   // "workloads", "deployments.apps"
	optional    bool     // not to be there is nothing to tell
	namespace   string   // "" for all
	shows       question // the right to list it
	from        endpoint
	to          sink
	narrow      func(context.Context) // reads namespaces one by one instead, where all may not be listed; nil: there are none
	heard       func(*feed)           // each time it is known anew how it stands

	back chan struct{} // of capacity one: the API server is there again

	round   uint64 // of the last list
	version string // as of which all is known; "" if it has to be listed

	mu     sync.Mutex
	read   bool      // all of it, once
	state  error     // why nothing is heard; nil while it is
	since  time.Time // of state
	absent string    // why there is nothing to read: not installed, not allowed
}

const (
	pageSize     = 500 // as kubectl asks for
	firstWait    = 500 * time.Millisecond
	longestWait  = 15 * time.Second
	absentWait   = 10 * time.Second // until a kind that is not there, or not allowed, is asked for again
	longestWatch = 5 * time.Minute
	listWithin   = time.Minute // a page of a list
)

// run reads until ctx ends.
func (f *feed) run(ctx context.Context) {
	wait := firstWait
	for ctx.Err() == nil {
		began := time.Now()
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if status := apierrors.APIStatus(nil); errors.As(err, &status) { // it has answered; else there was no answer, and nothing is missed
			f.version = ""
		}
		if time.Since(began) > longestWait { // it went well for a while
			wait = firstWait
		}
		switch {
		case isExpired(err): // too old a version: from the start
			f.sleep(ctx, wait/2)
			wait = min(2*wait, longestWait)
		case apierrors.IsForbidden(err) && f.narrow != nil:
			f.narrow(ctx)
			return
		case isAbsent(err):
			f.to.sweep(f.namespace, f.next())
			f.note(nil, f.absence(err))
			f.sleep(ctx, absentWait)
		default:
			f.note(err, "")
			f.sleep(ctx, wait/2+rand.N(wait))
			wait = min(2*wait, longestWait)
		}
	}
}

func (f *feed) next() uint64 {
	f.round++
	return f.round
}

// note says how it stands: err is why nothing is heard, absent why nothing will be.
func (f *feed) note(err error, absent string) {
	f.mu.Lock()
	if err != nil && f.state == nil {
		f.since = time.Now()
	}
	f.state, f.absent = err, absent
	f.read = f.read || err == nil
	f.mu.Unlock()
	f.heard(f)
}

// trouble is why nothing is heard, and since when; nil while it is.
func (f *feed) trouble() (since time.Time, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.since, f.state
}

// isRead says whether all of it was read once, or there is nothing to read.
func (f *feed) isRead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read
}

// follow lists, unless it can go on from where it was, and watches until that breaks.
func (f *feed) follow(ctx context.Context) error {
	if f.version == "" {
		version, err := f.list(ctx)
		if err != nil {
			return err
		}
		f.version = version
		f.note(nil, "")
	}
	for {
		if err := f.watch(ctx); err != nil {
			return err
		}
	}
}

func (f *feed) list(ctx context.Context) (version string, err error) {
	round := f.next()
	for next := ""; ; {
		page, err := f.page(ctx, next)
		if err != nil {
			return "", err
		}
		list, err := meta.ListAccessor(page)
		if err != nil {
			return "", err
		}
		if err := meta.EachListItem(page, func(o runtime.Object) error { f.to.see(o, round); return nil }); err != nil {
			return "", err
		}
		if next = list.GetContinue(); next == "" {
			f.to.sweep(f.namespace, round)
			return list.GetResourceVersion(), nil
		}
	}
}

func (f *feed) page(ctx context.Context, next string) (runtime.Object, error) {
	ctx, cancel := context.WithTimeout(ctx, listWithin)
	defer cancel()
	return f.from.List(ctx, metav1.ListOptions{Limit: pageSize, Continue: next})
}

// watch tells changes until the server ends it, in good order without an error.
func (f *feed) watch(ctx context.Context) error {
	timeout := int64(longestWatch.Seconds()) + rand.Int64N(60) // so that not all end at once
	w, err := f.from.Watch(ctx, metav1.ListOptions{ResourceVersion: f.version, AllowWatchBookmarks: true, TimeoutSeconds: &timeout})
	if err != nil {
		return err
	}
	defer w.Stop()
	if _, err := f.trouble(); err != nil {
		f.note(nil, "")
	}
	began, heard := time.Now(), false
	for event := range w.ResultChan() {
		if event.Type == watch.Error {
			return apierrors.FromObject(event.Object)
		}
		object, err := meta.Accessor(event.Object)
		if err != nil {
			return err
		}
		heard, f.version = true, object.GetResourceVersion()
		switch event.Type {
		case watch.Added, watch.Modified:
			f.to.see(event.Object, f.round)
		case watch.Deleted:
			f.to.gone(event.Object)
		}
	}
	if !heard && time.Since(began) < time.Second { // a server that hangs up at once
		return errHungUp
	}
	return nil
}

var errHungUp = errors.New("the API server ends watches as soon as they begin")

func isExpired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }

// isAbsent: the kind is not installed, or may not be listed.
func isAbsent(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err)
}

// absence is why there is nothing to read, in words.
func (f *feed) absence(err error) string {
	text := "the cluster has no " + f.kind
	if apierrors.IsForbidden(err) {
		text = "Fairlead may not list " + f.kind
	}
	if f.namespace != "" {
		text += " in " + f.namespace
	}
	return text
}

// missing says in words why there is nothing to read; "" if there is.
func (f *feed) missing() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.absent
}

// sleep waits, unless the API server is back.
func (f *feed) sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-f.back:
	case <-time.After(d):
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
