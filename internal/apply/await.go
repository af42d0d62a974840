package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	// DefaultTimeout is how long one object is waited for.
	DefaultTimeout = 5 * time.Minute
	// maxWatches bounds the objects that are waited for by a watch at once; the others wait for their turn.
	maxWatches = 64
	// pause before a watch that ended is begun anew. Where the right to watch is missing it makes a slow poll.
	pause = time.Second
)

// end judges a live object (nil: not there) that is waited for. done: it is as wanted; gone wrong: it won't be.
type end func(live *unstructured.Unstructured) (done bool, reason string, wrong error)

// healthy is the end of the wait for an object that others come after.
func (r *runner) healthy(live *unstructured.Unstructured) (done bool, reason string, wrong error) {
	health := r.client.HealthOf(live)
	switch {
	case health.State == cluster.Healthy, health.State == cluster.Suspended && !runs(live.GroupVersionKind().GroupKind()):
		return true, "", nil
	case health.State == cluster.Degraded:
		return false, "", hint.With(fmt.Errorf("is degraded: %s", health.Reason), "mend it: what comes after it follows by itself")
	}
	return false, health.Reason, nil
}

// hookEnd is the end of a hook: of a Job or Pod that it has completed, of anything else that it is there.
func hookEnd(client *cluster.Client, live *unstructured.Unstructured) (done bool, reason string, wrong error) {
	if live == nil {
		return false, "", errors.New("was deleted before it ended")
	}
	gk := live.GroupVersionKind().GroupKind()
	if !runs(gk) {
		return true, "", nil
	}
	health := client.HealthOf(live)
	phase, _, _ := unstructured.NestedString(live.Object, "status", "phase")
	switch {
	case health.State == cluster.Degraded && (gk.Kind == "Job" || phase == "Failed"):
		return false, "", hint.With(errors.New(health.Reason), fmt.Sprintf("see why: kubectl logs -n %s %s/%s", live.GetNamespace(), kindWord(gk), live.GetName()))
	case health.State == cluster.Healthy && (gk.Kind == "Job" || phase == "Succeeded"):
		return true, "", nil
	}
	return false, health.Reason, nil
}

func kindWord(gk schema.GroupKind) string {
	if gk.Kind == "Job" {
		return "job"
	}
	return "pod"
}

// await returns when an object has come to its end. live is what is known of it; nil asks the server.
func (r *runner) await(ctx context.Context, c *Change, live *unstructured.Unstructured, judge end) error {
	reason, known := "", live != nil
	var wrong error
	see := func(live *unstructured.Unstructured) (over bool) {
		over, reason, wrong = judge(live)
		return over || wrong != nil
	}
	if known && see(live) {
		return wrong
	}
	if r.options.Idle != nil {
		defer r.options.Idle()()
	}
	whole, stop := r.interruptible(ctx)
	defer stop()
	ctx, cancel := context.WithTimeout(whole, r.timeout)
	defer cancel()
	select {
	case r.watches <- struct{}{}:
		defer func() { <-r.watches }()
	case <-ctx.Done():
	}
	for ctx.Err() == nil {
		if !known {
			var err error
			if live, err = r.client.Get(ctx, c.mapping, c.ID.Namespace, c.ID.Name); err != nil && ctx.Err() == nil {
				return err
			}
			if ctx.Err() == nil && see(live) {
				return wrong
			}
		}
		if live != nil && watchUntil(ctx, r.client, c.mapping, live, see) {
			return wrong
		}
		known = false
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	if whole.Err() != nil {
		return hint.With(errInterrupted, "sync again: what is done already isn't sent twice")
	}
	if reason != "" {
		reason = ": " + reason
	}
	return hint.With(fmt.Errorf("is not done after %s%s", r.timeout, reason), "see why: kubectl describe "+describe(c.ID))
}

// interruptible ends with ctx, and when all waiting is to end.
func (r *runner) interruptible(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	if r.options.Waits == nil {
		return ctx, cancel
	}
	unhook := context.AfterFunc(r.options.Waits, cancel)
	return ctx, func() {
		unhook()
		cancel()
	}
}

func describe(id manifest.ID) string {
	if id.Namespace == "" {
		return fmt.Sprintf("%s %s", id.Kind, id.Name)
	}
	return fmt.Sprintf("-n %s %s %s", id.Namespace, id.Kind, id.Name)
}

// watchUntil shows how a live object changes until that is over; false when the watch ended before.
func watchUntil(ctx context.Context, client *cluster.Client, mapping *meta.RESTMapping, live *unstructured.Unstructured, see func(*unstructured.Unstructured) (over bool)) bool {
	changes, err := client.Resource(mapping, live.GetNamespace()).Watch(ctx, metav1.SingleObject(metav1.ObjectMeta{Name: live.GetName(), ResourceVersion: live.GetResourceVersion()}))
	if err != nil {
		return false
	}
	defer changes.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case event, open := <-changes.ResultChan():
			object, _ := event.Object.(*unstructured.Unstructured)
			switch {
			case !open || event.Type == watch.Error || object == nil:
				return false
			case event.Type == watch.Deleted:
				object = nil
			}
			if event.Type != watch.Bookmark && see(object) {
				return true
			}
			if object == nil {
				return false // it may be made anew
			}
		}
	}
}
