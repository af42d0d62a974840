package practice

import (
	"cmp"
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Compare orders findings by place, then practice: the order in which people read them.
func Compare(a, b Finding) int {
	if c := compareHomes(home{a.Scope, a.Origin.Path}, home{b.Scope, b.Origin.Path}); c != 0 {
		return c
	}
	return compareInHome(&a, &b)
}

// home is what a finding is in.
type home struct{ scope, path string }

func compareHomes(a, b home) int {
	return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.path, b.path))
}

// compareInHome looks only as far as it has to: it is asked a dozen times for each finding.
func compareInHome(a, b *Finding) int {
	if c := cmp.Or(cmp.Compare(a.Origin.Line, b.Origin.Line), cmp.Compare(a.Origin.Column, b.Origin.Column)); c != 0 {
		return c
	}
	if c := manifest.Compare(a.Object, b.Object); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Practice, b.Practice), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message, b.Message))
}

// Sort orders findings in place and removes what is there twice.
func Sort(findings []Finding) []Finding {
	order := make([]ranked, len(findings))
	ranks := rankHomes(findings)
	for i := range findings {
		order[i] = ranked{ranks[home{findings[i].Scope, findings[i].Origin.Path}], i}
	}
	slices.SortFunc(order, func(a, b ranked) int {
		if a.home != b.home {
			return a.home - b.home
		}
		return compareInHome(&findings[a.at], &findings[b.at])
	})
	arrange(findings, order)
	return slices.CompactFunc(findings, func(a, b Finding) bool { return Compare(a, b) == 0 })
}

// ranked is a finding by the rank of its home, so that long names are compared once and not for each of two findings.
type ranked struct{ home, at int }

func rankHomes(findings []Finding) map[home]int {
	ranks := map[home]int{}
	var homes []home
	for i := range findings {
		h := home{findings[i].Scope, findings[i].Origin.Path}
		if _, known := ranks[h]; !known {
			ranks[h] = 0
			homes = append(homes, h)
		}
	}
	slices.SortFunc(homes, compareHomes)
	for i, h := range homes {
		ranks[h] = i
	}
	return ranks
}

// arrange puts the findings into an order, each moved once: they are large.
func arrange(findings []Finding, order []ranked) {
	for i := range order {
		if order[i].at == i {
			continue
		}
		held, to := findings[i], i
		for from := order[to].at; from != i; from = order[to].at {
			findings[to], order[to].at, to = findings[from], to, from
		}
		findings[to], order[to].at = held, to
	}
}
