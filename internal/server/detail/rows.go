package detail

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/manifest"
)

// releaseRow is a Release as the page's table of them has it.
type releaseRow struct {
	ID        string           `json:"id"`
	App       string           `json:"app"`
	Number    int64            `json:"number"`
	Revision  string           `json:"revision"`
	Previous  string           `json:"previous"`
	Author    string           `json:"author"`
	Subject   string           `json:"subject"`
	Committed int64            `json:"committed"`
	Reason    string           `json:"reason"`
	By        string           `json:"by"`
	Started   int64            `json:"started"`
	Finished  int64            `json:"finished"`
	Result    string           `json:"result"`
	Message   string           `json:"message"`
	Summary   string           `json:"summary"`
	Changes   int              `json:"changes"`
	Images    []string         `json:"images"`
	Durations map[string]int64 `json:"durations"`
}

func rowOf(r *v1alpha1.Release) releaseRow {
	s := r.Spec
	row := releaseRow{
		ID: r.Namespace + "/" + r.Name, App: r.Namespace + "/" + s.Application, Number: s.Number, Revision: s.ShortRevision, Previous: s.PreviousRevision,
		Author: cut(s.Author), Subject: cut(s.Subject), Committed: seconds(s.CommittedAt), Reason: cut(s.Reason), By: cut(s.RequestedBy),
		Started: seconds(r.CreationTimestamp), Result: r.Status.Result, Message: cut(r.Status.Message), Summary: cut(s.Summary), Changes: len(s.Changes),
		Images: []string{}, Durations: s.DurationsMillis,
	}
	if r.Status.FinishedAt != nil {
		row.Finished = seconds(*r.Status.FinishedAt)
	}
	for _, i := range s.Images {
		row.Images = append(row.Images, cut(fmt.Sprintf("%s %s→%s", i.Image, i.From, i.To)))
	}
	return row
}

// driftRow is what is not as git has it, or was not lately.
type driftRow struct {
	Object    string                  `json:"object"`
	Change    string                  `json:"change"`
	Since     int64                   `json:"since"`
	By        string                  `json:"by"`
	Fields    []v1alpha1.DriftedField `json:"fields"`
	More      int32                   `json:"more"`
	Contested bool                    `json:"contested"`
	Reverts   int32                   `json:"reverts"`
	Reverted  bool                    `json:"reverted"`
	Next      string                  `json:"next"`
}

// driftsOf are those of an application, or of one of its objects.
func driftsOf(app *v1alpha1.Application, of func(manifest.ID) bool) []driftRow {
	rows := []driftRow{}
	if app == nil || app.Status.Drift == nil {
		return rows
	}
	add := func(all []v1alpha1.DriftedObject, reverted bool) {
		for _, o := range all {
			if id := manifest.ID(o.ObjectRef); of(id) {
				rows = append(rows, driftRow{operate.RowID(id), o.Change, seconds(o.Since), cut(o.By), o.Fields, o.More, o.Contested, o.Reverts, reverted, cut(o.Next)})
			}
		}
	}
	add(app.Status.Drift.Objects, false)
	add(app.Status.Drift.Reverted, true)
	return rows
}

func findingsOf(app *v1alpha1.Application, object string) []v1alpha1.FindingStatus {
	found := []v1alpha1.FindingStatus{}
	if app == nil || app.Status.Practices == nil {
		return found
	}
	for _, f := range app.Status.Practices.Findings {
		if object == "" || f.Object == object {
			found = append(found, f)
		}
	}
	return found
}

// mostText is how many characters of a text are told.
const mostText = 300

func cut(text string) string { return reply.Cut(text, mostText) }

func seconds(t metav1.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// ago is a time in a sentence: "2 h ago".
func ago(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return ""
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}
