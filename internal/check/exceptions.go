package check

import (
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// letBe parts what exceptions let be from what counts. An exception that one scope needs is needed, whatever another one
// that is made of the same file has to say.
func (r *Result) letBe(findings []practice.Finding) {
	r.Findings = findings[:0]
	needed := map[manifest.Origin]bool{}
	for _, f := range findings {
		if f.Allowed != nil {
			needed[f.Allowed.Origin] = true
			r.Allowed = append(r.Allowed, f)
		} else {
			r.Findings = append(r.Findings, f)
		}
	}
	r.Findings = slices.DeleteFunc(r.Findings, func(f practice.Finding) bool {
		return f.Practice == practice.Exceptions.ID && f.Severity == practice.Info && needed[f.Origin]
	})
}

// Exception is one that let something be.
type Exception struct {
	Practice, Because string
	Origin            manifest.Origin
	Findings          int // how many it let be
}

// Exceptions are those that were needed, in the order of what they let be: none is to be forgotten.
func (r *Result) Exceptions() []Exception {
	var all []Exception
	at := map[Exception]int{}
	for _, f := range r.Allowed {
		e := Exception{Practice: f.Practice, Because: f.Allowed.Because(), Origin: f.Allowed.Origin}
		i, known := at[e]
		if !known {
			i = len(all)
			at[e] = i
			all = append(all, e)
		}
		all[i].Findings++
	}
	return all
}
