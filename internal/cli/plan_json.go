package cli

import (
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// reportJSON is the stable JSON form of a report (docs/cli.md).
type reportJSON struct {
	Revision string             `json:"revision,omitempty"`
	Clean    bool               `json:"clean"`
	Counts   map[string]int     `json:"counts"`
	Changes  []*apply.Change    `json:"changes"` // without the unchanged ones
	Outcomes []outcomeJSON      `json:"outcomes,omitempty"`
	Guard    *apply.Guard       `json:"guard,omitempty"`
	Problems []problemJSON      `json:"problems"`
	Skipped  []manifest.Skipped `json:"skipped"`
}

type outcomeJSON struct {
	apply.Outcome
	Error string `json:"error,omitempty"`
}

type problemJSON struct {
	Path    string `json:"path,omitempty"`
	Line    int    `json:"line,omitempty"`
	Object  string `json:"object,omitempty"`
	Message string `json:"message"`
	Next    string `json:"next,omitempty"`
}

func toJSON(r *deliver.Report) reportJSON {
	out := reportJSON{
		Revision: r.Revision().Commit, Counts: map[string]int{}, Guard: r.Plan.Guard,
		Changes: []*apply.Change{}, Problems: []problemJSON{}, Skipped: []manifest.Skipped{},
	}
	for _, c := range r.Plan.Changes {
		out.Counts[string(c.Action)]++
		if c.Action != apply.ActionUnchanged {
			shown := *c
			shown.Origin.Path = r.Snapshot.Display(c.Origin.Path)
			out.Changes = append(out.Changes, &shown)
		}
	}
	for _, o := range r.Outcomes {
		shown := outcomeJSON{Outcome: o}
		if o.Err != nil {
			shown.Error = o.Err.Error()
		}
		out.Outcomes = append(out.Outcomes, shown)
	}
	for _, p := range r.Problems() {
		shown := problemJSON{Path: r.Snapshot.Display(p.Origin.Path), Line: p.Origin.Line, Message: r.Words(p.Err.Error()), Next: r.Words(hint.Of(p.Err))}
		if p.ID != (manifest.ID{}) {
			shown.Object = p.ID.String()
		}
		out.Problems = append(out.Problems, shown)
	}
	for _, s := range r.Rendering.Set.Skipped {
		out.Skipped = append(out.Skipped, manifest.Skipped{Path: r.Words(s.Path), Reason: r.Words(s.Reason)})
	}
	out.Clean = r.Plan.Clean() && len(out.Problems) == 0
	return out
}
