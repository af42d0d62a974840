package detail

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/check/guide"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/differ"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/practices"
)

// comparison is what a sync of one revision changes in a cluster that has the other.
type comparison struct {
	From     string                   `json:"from"` // a short revision, or "live"
	To       string                   `json:"to"`
	Objects  []differ.Object          `json:"objects"`
	Problems []v1alpha1.ProblemStatus `json:"problems"`
	Note     string                   `json:"note,omitempty"`
}

// live stands for what runs, head for what the source has now.
const live, head = "live", "git"

func (s *server) compare(ctx context.Context, v *view, r *http.Request) (any, error) {
	select { // each renders a source twice, and asks for all of its objects
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	q := r.URL.Query()
	namespace, name, _ := strings.Cut(q.Get("application"), "/")
	if namespace == "" || name == "" {
		return nil, reply.Bad("no application is named", "add application=NAMESPACE/NAME")
	}
	app, err := v.app(ctx, namespace, name)
	if err != nil {
		return nil, err
	}
	if q.Get("to") == live {
		return nil, reply.Bad("what runs can't be what is gone to", "say from=live and to=REVISION")
	}
	out := &comparison{From: live, Objects: []differ.Object{}, Problems: []v1alpha1.ProblemStatus{}}
	to, err := v.snapshot(ctx, app, q.Get("to"))
	if err != nil {
		return nil, err
	}
	var from *source.Snapshot
	if text := q.Get("from"); text != live && text != "" {
		if from, err = v.snapshot(ctx, app, text); err != nil {
			return nil, err
		}
		out.From = from.Revision.Short()
	}
	out.To = to.Revision.Short()
	report, note, err := v.Compare(ctx, app, from, to)
	if err != nil {
		return nil, err
	}
	out.Note = note
	for _, c := range report.Plan.Changes {
		if c.Action != apply.ActionUnchanged && c.Problem == nil {
			out.Objects = append(out.Objects, differ.Change(c))
		}
	}
	for _, p := range report.Problems() {
		_, told := new(reply.Outage).Tell(p.Err)
		out.Problems = append(out.Problems, v1alpha1.ProblemStatus{Where: p.Origin.String(), Object: operate.RowID(p.ID), Message: told.Message, Next: told.Next})
	}
	out.Objects = differ.Bounded(out.Objects)
	return out, nil
}

// snapshot brings a revision: as git names it, by the number of a Release, or what the source has now.
func (v *view) snapshot(ctx context.Context, app *v1alpha1.Application, text string) (*source.Snapshot, error) {
	if text == head {
		text = ""
	}
	if _, err := strconv.Atoi(text); err == nil && len(text) < 7 { // else the beginning of a hash
		revision, err := operate.RevisionOf(ctx, v.API, app, text)
		if err != nil {
			return nil, reply.Asked(err)
		}
		text = revision
	}
	snapshot, err := controller.SnapshotAt(ctx, v.Logins, v.Store, app, text)
	return snapshot, reply.Asked(err)
}

func practiceOf(_ context.Context, _ *view, r *http.Request) (any, error) {
	id := r.PathValue("id")
	var ids []string
	for _, p := range practices.All {
		if p.ID == id {
			return guide.Whole(p), nil
		}
		ids = append(ids, p.ID)
	}
	return nil, reply.NotFound("there is no such practice", "did you mean: "+strings.Join(hint.Nearest(reply.Cut(id, 100), ids), ", "))
}
