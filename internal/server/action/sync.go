package action

import (
	"context"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/differ"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/manifest"
)

func planSync(ctx context.Context, j *job) (*plan, error) {
	if err := j.isDelivered(); err != nil {
		return nil, err
	}
	p := &plan{Preview: Preview{Title: "Sync " + operate.Name(j.app)}}
	if controller.IsWildcard(j.app) {
		p.Effects = []string{"the directories of " + controller.Path(j.app) + " are listed anew, and each of its applications is synced"}
	} else if err := p.foretell(ctx, j); err != nil {
		return nil, err
	}
	p.do = func(ctx context.Context, _ operate.Author) (*Done, error) {
		if err := j.requestSync(ctx); err != nil {
			return nil, err
		}
		return &Done{Done: "a sync of " + operate.Name(j.app) + " was asked for"}, nil
	}
	return p, nil
}

// isDelivered refuses an Application that nothing is delivered of.
func (j *job) isDelivered() error {
	if s := j.app.Spec.Suspend; s != nil {
		return reply.With(http.StatusConflict, hint.With(fmt.Errorf("%s is suspended: %s", operate.Name(j.app), s.Reason), "resume it first"))
	}
	return nil
}

// foretell says what a sync to what git has now changes.
func (p *plan) foretell(ctx context.Context, j *job) error {
	tip, err := controller.SnapshotAt(ctx, j.Logins, j.Store, j.app, "")
	if err != nil {
		return err
	}
	report, note, err := j.Compare(ctx, j.app, nil, tip)
	if err != nil {
		return err
	}
	r := tip.Revision
	p.Effects = append(p.Effects, fmt.Sprintf("it is made what %s says (%s: %s)", r.Short(), r.Author, r.Subject()))
	p.reported(report, note)
	return nil
}

// reported adds what a report says would change.
func (p *plan) reported(report *deliver.Report, note string) {
	if note != "" {
		p.Warnings = append(p.Warnings, note)
	}
	changes := 0
	for _, c := range report.Plan.Changes {
		if c.Action == apply.ActionUnchanged || c.Problem != nil {
			continue
		}
		changes++
		text := fmt.Sprintf("%s: %s", c.ID, c.Action)
		if n := len(c.Fields); n > 0 {
			text += ", " + operate.Plural(n, "field")
		}
		if c.Reason != "" {
			text += " (" + c.Reason + ")"
		}
		if n := report.Pods(c).Restarts; n > 0 {
			text += "; restarts " + operate.Plural(n, "pod")
		}
		p.Effects, p.Diff = append(p.Effects, text), append(p.Diff, differ.Change(c))
	}
	if changes == 0 {
		p.Effects = append(p.Effects, "nothing changes in the cluster")
	}
	if g := report.Plan.Guard; g != nil {
		for _, reason := range g.Reasons {
			p.Warnings = append(p.Warnings, "what would be removed waits for a person: "+reason)
		}
	}
	p.problems(report.Problems())
	if report.Closed != nil {
		p.Warnings = append(p.Warnings, "the gate holds it back: "+report.Closed.Error())
	}
}

// problems adds what is wrong with objects. What the API server refuses is the right that is missing, once for all of them.
func (p *plan) problems(all []manifest.Problem) {
	untold, rights := map[string]int{}, []string{}
	for _, problem := range all {
		if reply.Status(problem.Err) != http.StatusForbidden {
			p.Warnings = append(p.Warnings, problem.ID.String()+": "+problem.Err.Error())
			continue
		}
		_, told := new(reply.Outage).Tell(problem.Err)
		if untold[told.Message]++; untold[told.Message] == 1 {
			rights = append(rights, told.Message)
		}
	}
	for _, right := range rights {
		p.Warnings = append(p.Warnings, fmt.Sprintf("what becomes of %s can't be told: %s", operate.Plural(untold[right], "object"), right))
	}
}

func planSuspend(_ context.Context, j *job) (*plan, error) {
	if s := j.app.Spec.Suspend; s != nil {
		return nil, reply.With(http.StatusConflict, hint.With(fmt.Errorf("%s is suspended already: %s", operate.Name(j.app), s.Reason), "resume it first, to say another reason"))
	}
	p := &plan{Preview: Preview{Title: "Suspend " + operate.Name(j.app), Effects: []string{
		"nothing of it is delivered until it is resumed; what runs stays as it is",
		"what is changed in the cluster meanwhile is left alone",
		"the reason, and your name, are shown wherever it is",
	}}}
	if n := len(j.app.Status.Discovered); n > 0 {
		p.Effects = append(p.Effects, fmt.Sprintf("the %s made for its path are suspended, too", operate.Plural(n, "application")))
	}
	p.do = func(ctx context.Context, _ operate.Author) (*Done, error) {
		err := j.edit(ctx, func(app *v1alpha1.Application) {
			app.Spec.Suspend = &v1alpha1.Suspension{Reason: j.Reason, By: j.person.Name, Since: metav1.Now()}
		})
		return &Done{Done: operate.Name(j.app) + " is suspended: " + j.Reason}, err
	}
	return p, nil
}

func planResume(_ context.Context, j *job) (*plan, error) {
	s := j.app.Spec.Suspend
	if s == nil {
		return nil, reply.With(http.StatusConflict, hint.With(fmt.Errorf("%s is not suspended", operate.Name(j.app)), "there is nothing to resume"))
	}
	why := s.Reason
	if s.By != "" {
		why = s.By + ": " + why
	}
	p := &plan{Preview: Preview{Title: "Resume " + operate.Name(j.app), Effects: []string{
		"it was suspended (" + why + ")",
		"what git says now is delivered, and what was changed in the cluster is treated as its drift policy says",
	}}}
	p.do = func(ctx context.Context, _ operate.Author) (*Done, error) {
		err := j.edit(ctx, func(app *v1alpha1.Application) { app.Spec.Suspend = nil })
		return &Done{Done: operate.Name(j.app) + " is delivered again"}, err
	}
	return p, nil
}

func planApprovePrune(_ context.Context, j *job) (*plan, error) {
	name, waiting := operate.Name(j.app), j.app.Status.PruneWaiting
	switch {
	case waiting == nil:
		return nil, reply.With(http.StatusConflict, hint.With(fmt.Errorf("nothing of %s waits to be pruned", name), "look again: somebody may have approved it"))
	case len(j.app.Status.Problems) > 0:
		return nil, reply.With(http.StatusConflict, hint.With(fmt.Errorf("what %s has lost can't be removed while its source is broken: it may be what is broken", name), "mend its problems first"))
	}
	p := &plan{Preview: Preview{Title: fmt.Sprintf("Remove %s of %s that %s no longer has", operate.Plural(len(waiting.Objects), "object"), name, waiting.Revision), Warnings: waiting.Reasons}}
	for _, o := range waiting.Objects {
		p.Effects = append(p.Effects, objectName(o)+" is removed")
	}
	p.do = func(ctx context.Context, _ operate.Author) (*Done, error) {
		err := j.edit(ctx, func(app *v1alpha1.Application) {
			operate.RequestSync(app, j.person.Name)
			app.Annotations[v1alpha1.ApprovePruneAnnotation] = waiting.Revision
		})
		return &Done{Done: operate.Plural(len(waiting.Objects), "object") + " of " + name + " will be removed"}, err
	}
	return p, nil
}
