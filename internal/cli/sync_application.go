package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
)

// syncApplication asks the controller for a sync and follows it to its end.
func (a *app) syncApplication(ctx context.Context, arg string, flags syncFlags) error {
	api, namespace, err := a.connection.resources()
	if err != nil {
		return err
	}
	found, err := findApplication(ctx, api, arg, namespace)
	if err != nil {
		return norPath(arg, err)
	}
	if s := found.Spec.Suspend; s != nil {
		return hint.With(fmt.Errorf("application %s is suspended: %s", found.Name, s.Reason), "fairlead resume "+found.Name)
	}
	before := found.DeepCopy()
	operate.RequestSync(found, whoami())
	if flags.approvePrune {
		if err := a.approve(found, flags); err != nil {
			return err
		}
	}
	if flags.approveReplace {
		report, err := a.previewApplication(ctx, found.Namespace+"/"+found.Name)
		if err != nil {
			return err
		}
		yes, err := a.approveReplace(report, found.Name, flags)
		if err != nil {
			return err
		}
		if yes {
			found.Annotations[v1alpha1.ApproveReplaceAnnotation] = report.Revision().Commit
		}
	}
	if err := api.Patch(ctx, found, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("ask for a sync of %s/%s: %w", found.Namespace, found.Name, err)
	}
	if !flags.wait {
		if a.json() {
			return a.printJSON(toApplicationJSON(found))
		}
		fmt.Fprintf(a.out, "sync of %s/%s asked for\n", found.Namespace, found.Name)
		return nil
	}
	last, err := a.follow(ctx, api, found, flags.timeout)
	if err != nil {
		return err
	}
	return a.printApplication(last)
}

// syncNow has what was just committed delivered, and waits for that.
func (a *app) syncNow(ctx context.Context, api client.WithWatch, app *v1alpha1.Application, timeout time.Duration) error {
	before := app.DeepCopy()
	operate.RequestSync(app, whoami())
	if err := api.Patch(ctx, app, client.MergeFrom(before)); err != nil {
		return hint.With(fmt.Errorf("ask for a sync of %s/%s: %w", app.Namespace, app.Name, err), "it is delivered at the next look at the repository all the same")
	}
	last, err := a.follow(ctx, api, app, timeout)
	if err != nil {
		return err
	}
	return a.printApplication(last)
}

// approve shows what would go and takes a person's yes for exactly that revision.
func (a *app) approve(app *v1alpha1.Application, flags syncFlags) error {
	waiting := app.Status.PruneWaiting
	switch {
	case waiting == nil:
		fmt.Fprintf(a.err, "nothing of %s waits to be pruned\n", app.Name)
		return nil
	case len(app.Status.Problems) > 0:
		return hint.With(fmt.Errorf("what %s has lost can't be removed while its source is broken: it may be what is broken", app.Name),
			"mend what is named by: fairlead status "+app.Namespace+"/"+app.Name)
	}
	for _, reason := range waiting.Reasons {
		a.err.paragraph(2, a.style.warn.Render("!")+" "+reason)
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

// follow watches an Application until its request was carried out and it is ready, has failed, or time is up.
func (a *app) follow(ctx context.Context, api client.WithWatch, app *v1alpha1.Application, timeout time.Duration) (*v1alpha1.Application, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request := app.Annotations[v1alpha1.SyncRequestAnnotation]
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
			return last, unfollowed(ctx, last, request)
		case event, open := <-events.ResultChan():
			if !open && ctx.Err() == nil {
				return nil, fmt.Errorf("watch application %s/%s: the API server ended it", app.Namespace, app.Name)
			}
			seen, ok := event.Object.(*v1alpha1.Application)
			if !ok {
				continue
			}
			last = seen
			switch {
			case event.Type == watch.Deleted:
				return nil, fmt.Errorf("application %s/%s was deleted meanwhile", app.Namespace, app.Name)
			case seen.Status.HandledRequest != request:
				progress.show("waiting for the controller")
			case settledApplication(seen):
				return last, nil
			default:
				progress.wait(timeout, a.readySign(seen)+"  "+detail(seen))
			}
		}
	}
}

// unfollowed says why an Application was not followed to its end; nil when only its health is lacking.
func unfollowed(ctx context.Context, last *v1alpha1.Application, request string) error {
	name := last.Namespace + "/" + last.Name
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return hint.With(errors.New("interrupted"), "the controller goes on by itself: fairlead status "+name)
	case last.Status.HandledRequest != request:
		return hint.With(fmt.Errorf("the controller has not taken up the sync of %s", name), "see whether it runs: fairlead controller, or its pod's log")
	}
	return nil
}

// settledApplication says whether waiting longer would change nothing.
func settledApplication(app *v1alpha1.Application) bool {
	ready := readyCondition(app)
	return ready != nil && (ready.Status == metav1.ConditionTrue || ready.Reason != "Progressing" && ready.Reason != "Missing" && ready.Reason != "Unknown")
}
