package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// syncApplication asks the controller for a sync and follows it to its end.
func (a *app) syncApplication(ctx context.Context, arg string, flags syncFlags) error {
	api, namespace, err := a.connection.resources()
	if err != nil {
		return err
	}
	found, err := findApplication(ctx, api, arg, namespace)
	if err != nil {
		return err
	}
	if s := found.Spec.Suspend; s != nil {
		return hint.With(fmt.Errorf("application %s is suspended: %s", found.Name, s.Reason), "fairlead resume "+found.Name)
	}
	before := found.DeepCopy()
	request := strconv.FormatInt(time.Now().UnixNano(), 36)
	if found.Annotations == nil {
		found.Annotations = map[string]string{}
	}
	found.Annotations[v1alpha1.SyncRequestAnnotation] = request
	if flags.approvePrune {
		if err := a.approve(found, flags); err != nil {
			return err
		}
	}
	if err := api.Patch(ctx, found, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("ask for a sync of %s/%s: %w", found.Namespace, found.Name, err)
	}
	if !flags.wait {
		fmt.Fprintf(a.out, "sync of %s/%s asked for\n", found.Namespace, found.Name)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flags.timeout)
	defer cancel()
	last, err := a.follow(ctx, api, found, request)
	if err != nil {
		return err
	}
	return a.printApplication(ctx, api, last)
}

// approve shows what would go and takes a person's yes for exactly that revision.
func (a *app) approve(app *v1alpha1.Application, flags syncFlags) error {
	waiting := app.Status.PruneWaiting
	if waiting == nil {
		fmt.Fprintf(a.err, "nothing of %s waits to be pruned\n", app.Name)
		return nil
	}
	for _, reason := range waiting.Reasons {
		fmt.Fprintf(a.err, "%s %s\n", a.style.warn.Render("!"), reason)
	}
	for _, o := range waiting.Objects {
		fmt.Fprintf(a.err, "  %s %s\n", a.style.bad.Render("-"), objectName(o))
	}
	if err := a.confirm(fmt.Sprintf("Remove these %d objects?", len(waiting.Objects)), flags.yes); err != nil {
		return err
	}
	app.Annotations[v1alpha1.ApprovePruneAnnotation] = waiting.Revision
	return nil
}

// follow watches an Application until the request was carried out and it is ready, has failed, or time is up.
func (a *app) follow(ctx context.Context, api client.WithWatch, app *v1alpha1.Application, request string) (*v1alpha1.Application, error) {
	progress := a.progress()
	defer progress.done()
	var list v1alpha1.ApplicationList
	events, err := api.Watch(ctx, &list, client.InNamespace(app.Namespace),
		client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("metadata.name", app.Name)})
	if err != nil {
		return nil, fmt.Errorf("watch application %s/%s: %w", app.Namespace, app.Name, err)
	}
	defer events.Stop()
	last := app
	for {
		select {
		case <-ctx.Done():
			if last.Status.HandledRequest != request {
				return nil, hint.With(fmt.Errorf("the controller has not taken up the sync of %s/%s", app.Namespace, app.Name),
					"see whether it runs: fairlead controller, or its pod's log")
			}
			return last, nil
		case event, open := <-events.ResultChan():
			if !open {
				return nil, fmt.Errorf("watch application %s/%s: the API server ended it", app.Namespace, app.Name)
			}
			seen, ok := event.Object.(*v1alpha1.Application)
			if !ok || event.Type == watch.Deleted {
				continue
			}
			last = seen
			progress.show("%s", readyMessage(seen))
			if seen.Status.HandledRequest == request && settledApplication(seen) {
				return last, nil
			}
		}
	}
}

// settledApplication says whether waiting longer would change nothing.
func settledApplication(app *v1alpha1.Application) bool {
	ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && (ready.Status == metav1.ConditionTrue || ready.Reason != "Progressing" && ready.Reason != "Missing" && ready.Reason != "Unknown")
}

func readyMessage(app *v1alpha1.Application) string {
	ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return "waiting for the controller"
	}
	return ready.Reason + ": " + ready.Message
}
