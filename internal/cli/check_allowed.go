package cli

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/check"
)

// printAllowed tells what exceptions let be, so that none is forgotten: a line for each exception.
func (a *app) printAllowed(r *check.Result) {
	type exception struct{ practice, place, because string }
	times := map[exception]int{}
	var order []exception
	for _, f := range r.Allowed {
		e := exception{f.Practice, f.Allowed.Origin.String(), f.Allowed.Because()}
		if times[e]++; times[e] == 1 {
			order = append(order, e)
		}
	}
	for _, e := range order {
		where := e.place
		if n := times[e]; n > 1 {
			where = fmt.Sprintf("%s, %d times", where, n)
		}
		a.out.paragraph(2, a.style.dim.Render(harmless(fmt.Sprintf("let be: %s (%s): %s", e.practice, where, e.because))))
	}
}
