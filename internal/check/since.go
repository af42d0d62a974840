package check

import (
	"regexp"

	"github.com/fairlead-dev/fairlead/practice"
)

// Since takes out of a Result what was found before already: the same practice, object, field and message, wherever it
// stood. What is there more often than before is new.
func (r *Result) Since(before *Result) {
	there, moved := map[known]int{}, map[known]int{}
	for _, f := range before.Findings {
		there[identity(f)]++
	}
	var left []practice.Finding
	for _, f := range r.Findings {
		if id := identity(f); there[id] > 0 {
			there[id]--
			continue
		}
		left = append(left, f)
	}
	// What is in another scope or file by now was only moved.
	for id, n := range there {
		moved[id.anywhere()] += n
	}
	r.Findings = left[:0]
	for _, f := range left {
		if id := identity(f).anywhere(); moved[id] > 0 {
			moved[id]--
			continue
		}
		r.Findings = append(r.Findings, f)
	}
}

// known is what makes a finding the same as one before.
type known struct {
	practice, scope, path, object, field, message string
}

func identity(f practice.Finding) known {
	return known{f.Practice, f.Scope, f.Origin.Path, f.Object.Group + "/" + f.Object.String(), index.ReplaceAllString(f.Field, "[]"), f.Message}
}

// index of a list: what is put before an item doesn't make it another.
var index = regexp.MustCompile(`\[\d+\]`)

func (k known) anywhere() known {
	k.scope, k.path = "", ""
	return k
}
