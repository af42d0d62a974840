package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/practice"
)

// scopesOf is a Result by scope.
type scopesOf struct {
	names    []string
	scopes   map[string]check.Scope
	findings map[string][]practice.Finding
}

// byScope takes a Result apart. A finding may be of a scope in which nothing could be judged (a broken file).
func byScope(r *check.Result) scopesOf {
	all := scopesOf{scopes: map[string]check.Scope{}, findings: map[string][]practice.Finding{}}
	for _, s := range r.Scopes {
		all.names = append(all.names, s.Name)
		all.scopes[s.Name] = s
	}
	for _, f := range r.Findings {
		if _, known := all.scopes[f.Scope]; !known {
			all.names = append(all.names, f.Scope)
			all.scopes[f.Scope] = check.Scope{Name: f.Scope, Scores: practice.Scores{Score: notJudged}}
		}
		all.findings[f.Scope] = append(all.findings[f.Scope], f)
	}
	slices.Sort(all.names)
	all.names = slices.Compact(all.names)
	return all
}

// notJudged stands for a score where nothing was judged.
const notJudged = -1

// scoreIn is that of one chapter in a scope.
func scoreIn(s check.Scope, c practice.Category) int {
	if score, judged := s.Categories[c]; judged {
		return score
	}
	return notJudged
}

// bySeverity is how many findings there are of each.
type bySeverity [practice.Error + 1]int

func tally(findings []practice.Finding) bySeverity {
	var by bySeverity
	for _, f := range findings {
		by[f.Severity]++
	}
	return by
}

// String reads "3 errors, 1 warning", or nothing.
func (by bySeverity) String() string {
	var counts []string
	for s := practice.Error; s >= practice.Info; s-- {
		if by[s] > 0 {
			counts = append(counts, plural(by[s], s.String()))
		}
	}
	return strings.Join(counts, ", ")
}

// compare orders by errors, then warnings, then infos.
func (by bySeverity) compare(other bySeverity) int {
	for s := practice.Error; s >= practice.Info; s-- {
		if by[s] != other[s] {
			return cmp.Compare(by[s], other[s])
		}
	}
	return 0
}
