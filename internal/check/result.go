// Package check gathers what is to be judged (files, directories, kustomizations, charts, git refs, a cluster), judges it
// by practices, and returns a Result. It only reads; the formats in which a Result is shown are in its sub-package report.
package check

import (
	"time"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Result is what came of a check.
type Result struct {
	Findings []practice.Finding `json:"findings"` // sorted by practice.Compare
	Allowed  []practice.Finding `json:"allowed"`  // what exceptions let be; sorted, too
	Scopes   []Scope            `json:"scopes"`   // sorted by name
	// Skipped is what was passed over, and why: it is counted and shown, so that nobody takes it for checked.
	Skipped  []manifest.Skipped   `json:"skipped,omitempty"`
	Duration time.Duration        `json:"-"`
	Sources  func(string) []byte  `json:"-"` // the text of a file that a finding is in, for its line and caret; nil if it can't be had
	Checked  []*practice.Practice `json:"-"` // those that were run
}

// Kind of a scope.
type Kind string

// The kinds of scopes.
const (
	Plain       Kind = "manifests"
	Kustomize   Kind = "kustomization"
	Helm        Kind = "chart"
	Dockerfiles Kind = "dockerfiles"
	Cluster     Kind = "cluster"
	Settings    Kind = "settings" // a file of them that is named itself
)

// Scope sums up what was judged together.
type Scope struct {
	Name        string `json:"name"`
	Kind        Kind   `json:"kind"`
	Objects     int    `json:"objects"`
	Dockerfiles int    `json:"dockerfiles,omitempty"`
	// Scores are those of all, and of the chapters and practices that judge something in it.
	practice.Scores
}

// Count returns how many findings are at least so severe.
func (r *Result) Count(least practice.Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity >= least {
			n++
		}
	}
	return n
}
