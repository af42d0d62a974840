package report

import (
	"encoding/json"
	"io"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// resultJSON is the stable JSON form of a Result (docs/check.md): lists are there when they are empty, too.
type resultJSON struct {
	Summary  countsJSON         `json:"summary"`
	Findings []practice.Finding `json:"findings"`
	Allowed  []practice.Finding `json:"allowed"`
	Scopes   []check.Scope      `json:"scopes"`
	Skipped  []manifest.Skipped `json:"skipped"`
}

type countsJSON struct {
	Errors    int            `json:"errors"`
	Warnings  int            `json:"warnings"`
	Infos     int            `json:"infos"`
	Score     *int           `json:"score,omitempty"` // not there if nothing was judged
	Practices map[string]int `json:"practices"`       // scores, by id
}

func writeJSON(w io.Writer, r *check.Result, _ Options) error {
	by := tally(r.Findings)
	summary := countsJSON{Errors: by[practice.Error], Warnings: by[practice.Warning], Infos: by[practice.Info], Practices: map[string]int{}}
	if score, ok := r.Score(); ok {
		summary.Score = &score
	}
	for _, p := range r.Checked {
		if score, judged := r.PracticeScore(p.ID); judged {
			summary.Practices[p.ID] = score
		}
	}
	return encode(w, resultJSON{
		Summary:  summary,
		Findings: append([]practice.Finding{}, r.Findings...),
		Allowed:  append([]practice.Finding{}, r.Allowed...),
		Scopes:   append([]check.Scope{}, r.Scopes...),
		Skipped:  append([]manifest.Skipped{}, r.Skipped...),
	})
}

func encode(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}
