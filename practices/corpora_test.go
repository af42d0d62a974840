package practices

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

// Of all that is found in real repositories every edit that is offered mends, breaks no other practice, and changes nothing
// when it is made again. The log says how much is offered.
func TestEditsOfRealRepositoriesMend(t *testing.T) {
	t.Parallel()
	fsys := os.DirFS(corpustest.Dir(t, ""))
	const found, offered, held, uncovers = 0, 1, 2, 3
	counts, rows := map[string]*[4]int{}, []string{}
	for _, p := range All {
		rows = append(rows, p.ID)
	}
	rows = append(rows, "all")
	for _, row := range rows {
		counts[row] = new([4]int)
	}
	for _, dir := range corpustest.Units(t, fsys, render.Detect, render.HelmKind, render.KustomizeKind) {
		rendering, err := render.Render(t.Context(), fsys, dir, render.Options{})
		if err != nil {
			continue
		}
		scope := &practice.Scope{Name: dir, Objects: rendering.Set.Objects, Chart: practice.ReadChart(fsys, dir, "")}
		findings := practice.Judge(scope, All)
		for i, f := range findings {
			count := func(column int) {
				counts[f.Practice][column]++
				counts["all"][column]++
			}
			count(found)
			if len(f.Edits) == 0 {
				continue
			}
			count(offered)
			switch err := practicetest.Mend(scope, findings, i, All, nil); {
			case err == nil:
				count(held)
			case errors.Is(err, practicetest.ErrUncovers):
				count(uncovers)
			default:
				t.Errorf("%s: %s: %v", f.Origin, f.Message, err)
			}
		}
	}
	table := "practice                       found offered  held uncovers\n"
	for _, id := range rows {
		if n := counts[id]; n[found] > 0 {
			table += fmt.Sprintf("%-30s %5d %7d %5d %8d\n", id, n[found], n[offered], n[held], n[uncovers])
		}
	}
	t.Log(table)
	if n := counts["all"]; n[offered] < 100 {
		t.Errorf("only %d findings offer edits: the look at them is wrong", n[offered])
	}
}
