package report

import (
	"cmp"
	"fmt"
	"io"

	"github.com/fairlead-dev/fairlead/internal/check"
)

// writeSummary prints one line.
func writeSummary(w io.Writer, r *check.Result, _ Options) error {
	_, err := fmt.Fprintln(w, summary(r))
	return err
}

// summary reads "3 errors, 1 warning in 12 objects and 2 Dockerfiles, 1 skipped · score 83, lowest overlays/prod 61".
func summary(r *check.Result) string {
	text, judged := found(r), judged(r)
	score, ok := r.Score()
	switch low := lowest(judged); {
	case !ok:
	case len(judged) == 1:
		text += fmt.Sprintf(" · score %d", score)
	default:
		text += fmt.Sprintf(" · score %d, lowest %s %d", score, harmless(low.Name), low.Score)
	}
	return text
}

// judged are the scopes that have anything in them.
func judged(r *check.Result) []check.Scope {
	var judged []check.Scope
	for _, s := range r.Scopes {
		if s.Objects+s.Dockerfiles > 0 {
			judged = append(judged, s)
		}
	}
	return judged
}

// found is the part about findings.
func found(r *check.Result) string {
	text := cmp.Or(tally(r.Findings).String(), "nothing found")
	objects, files := 0, 0
	for _, s := range r.Scopes {
		objects, files = objects+s.Objects, files+s.Dockerfiles
	}
	text += " in " + plural(objects, "object")
	if files > 0 {
		text += " and " + plural(files, "Dockerfile")
	}
	if len(r.Skipped) > 0 {
		text += fmt.Sprintf(", %d skipped", len(r.Skipped))
	}
	return text
}

func lowest(scopes []check.Scope) check.Scope {
	var low check.Scope
	for i, s := range scopes {
		if i == 0 || s.Score < low.Score {
			low = s
		}
	}
	return low
}
