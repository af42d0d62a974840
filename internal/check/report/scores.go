package report

import (
	"slices"

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
			all.scopes[f.Scope] = check.Scope{Name: f.Scope}
		}
		all.findings[f.Scope] = append(all.findings[f.Scope], f)
	}
	slices.Sort(all.names)
	all.names = slices.Compact(all.names)
	return all
}

// applicable are the practices that judge something of what the scope has.
func applicable(practices []*practice.Practice, s check.Scope) []*practice.Practice {
	var has practice.Inputs
	if s.Dockerfiles > 0 {
		has |= practice.Dockerfiles
	}
	switch {
	case s.Objects > 0 && s.Kind == check.Cluster:
		has |= practice.Cluster
	case s.Objects > 0:
		has |= practice.Manifests
	}
	var out []*practice.Practice
	for _, p := range practices {
		if p.Inputs&has != 0 {
			out = append(out, p)
		}
	}
	return out
}

// score is that of a check.Scope, of one category: the share of its practices that hold, errors counting three times
// and warnings twice; -1 if none of them judges anything.
func score(practices []*practice.Practice, broken map[string]bool, category practice.Category) int {
	held, all := 0, 0
	for _, p := range practices {
		if p.Category != category {
			continue
		}
		all += int(p.Severity)
		if !broken[p.ID] {
			held += int(p.Severity)
		}
	}
	if all == 0 {
		return -1
	}
	return 100 * held / all
}
