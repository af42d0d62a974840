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
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
}

func writeJSON(w io.Writer, r *check.Result, _ Options) error {
	return encode(w, resultJSON{
		Summary:  countsJSON{Errors: counted(r, practice.Error), Warnings: counted(r, practice.Warning), Infos: counted(r, practice.Info)},
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

// counted is how many findings are exactly so severe.
func counted(r *check.Result, s practice.Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}
