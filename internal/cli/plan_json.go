package cli

import (
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// reportJSON is the stable JSON form of a report (docs/cli.md).
type reportJSON struct {
	Revision string         `json:"revision,omitempty"`
	Base     string         `json:"base,omitempty"` // the revision that was merged into
	Note     string         `json:"note,omitempty"`
	Clean    bool           `json:"clean"`
	Counts   map[string]int `json:"counts"`
	Changes  []changeJSON   `json:"changes"` // without the unchanged ones
	Outcomes []outcomeJSON  `json:"outcomes,omitempty"`
	Guard    *apply.Guard   `json:"guard,omitempty"`
	Problems []problemJSON  `json:"problems"`
	// Practices are what is found in what is delivered; absent if it wasn't judged.
	Practices *judgementJSON     `json:"practices,omitempty"`
	Skipped   []manifest.Skipped `json:"skipped"`
}

type changeJSON struct {
	ID     manifest.ID      `json:"id"`
	Action apply.Action     `json:"action"`
	Origin manifest.Origin  `json:"origin,omitzero"`
	Reason string           `json:"reason,omitempty"`
	Takes  []cluster.Taking `json:"takes,omitempty"`
	Fields []fieldJSON      `json:"fields,omitempty"`
	// What happens to pods: how many restart, how many end, and who reads a ConfigMap or Secret.
	Restarts int           `json:"restarts,omitempty"`
	Ends     int           `json:"ends,omitempty"`
	ReadBy   []manifest.ID `json:"readBy,omitempty"`
}

type fieldJSON struct {
	Path   string          `json:"path"`
	From   any             `json:"from"`
	To     any             `json:"to"`
	Origin manifest.Origin `json:"origin,omitzero"`
}

type outcomeJSON struct {
	ID     manifest.ID     `json:"id"`
	Action apply.Action    `json:"action"`
	Origin manifest.Origin `json:"origin,omitzero"`
	Error  string          `json:"error,omitempty"`
}

type problemJSON struct {
	Origin  manifest.Origin `json:"origin,omitzero"`
	ID      *manifest.ID    `json:"id,omitempty"`
	Message string          `json:"message"`
	Next    string          `json:"next,omitempty"`
}

type judgementJSON struct {
	Score    int                `json:"score"`
	Findings []practice.Finding `json:"findings"`
	Added    []practice.Finding `json:"added,omitempty"`   // of a merge: those that it brings
	Closing  []practice.Finding `json:"closing,omitempty"` // those that close the gate: a sync is refused
}

func toJSON(r *deliver.Report) reportJSON {
	out := reportJSON{
		Revision: r.Revision().Commit, Base: r.Base.Commit, Counts: map[string]int{}, Changes: []changeJSON{},
		Problems: problemsJSON(r), Practices: toJudgementJSON(r), Skipped: skippedJSON(r),
	}
	if r.Plan == nil { // the gate is closed
		return out
	}
	out.Clean, out.Guard = r.Plan.Clean() && len(r.Problems()) == 0, r.Plan.Guard
	for _, c := range r.Plan.Changes {
		out.Counts[string(c.Action)]++
		if c.Action != apply.ActionUnchanged {
			out.Changes = append(out.Changes, toChangeJSON(r, c))
		}
	}
	for _, o := range r.Outcomes {
		shown := outcomeJSON{ID: o.ID, Action: o.Action, Origin: shownOrigin(r, o.Origin)}
		if o.Err != nil {
			shown.Error = r.Words(o.Err.Error())
		}
		out.Outcomes = append(out.Outcomes, shown)
	}
	return out
}

func toChangeJSON(r *deliver.Report, c *apply.Change) changeJSON {
	pods := r.Pods(c)
	out := changeJSON{
		ID: c.ID, Action: c.Action, Origin: shownOrigin(r, c.Origin), Reason: c.Reason, Takes: c.Takes,
		Restarts: pods.Restarts, Ends: pods.Ends, ReadBy: pods.ReadBy,
	}
	for _, f := range c.Fields {
		out.Fields = append(out.Fields, fieldJSON{Path: f.Path, From: f.From, To: f.To, Origin: shownOrigin(r, c.Sets(f))})
	}
	return out
}

func toJudgementJSON(r *deliver.Report) *judgementJSON {
	j := r.Judgement
	if j == nil {
		return nil
	}
	shown := func(findings []practice.Finding) []practice.Finding {
		out := make([]practice.Finding, 0, len(findings))
		for _, f := range findings {
			out = append(out, shownFinding(r, f))
		}
		return out
	}
	out := &judgementJSON{Score: j.Scores.Score, Findings: shown(j.Findings), Added: shown(r.Added)}
	if r.Closed != nil {
		out.Closing = shown(r.Closed.Findings)
	}
	return out
}

// shownOrigin has the path as the person knows it.
func shownOrigin(r *deliver.Report, o manifest.Origin) manifest.Origin {
	if o.Path != "" {
		o.Path = r.Snapshot.Display(o.Path)
	}
	return o
}

func problemsJSON(r *deliver.Report) []problemJSON {
	out := []problemJSON{}
	for _, p := range r.Problems() {
		shown := problemJSON{Origin: shownOrigin(r, p.Origin), Message: r.Words(p.Err.Error()), Next: r.Words(hint.Of(p.Err))}
		if p.ID != (manifest.ID{}) {
			shown.ID = &p.ID
		}
		out = append(out, shown)
	}
	return out
}

func skippedJSON(r *deliver.Report) []manifest.Skipped {
	out := []manifest.Skipped{}
	for _, s := range r.Rendering.Set.Skipped {
		out = append(out, manifest.Skipped{Path: r.Words(s.Path), Reason: r.Words(s.Reason)})
	}
	return out
}
