// Command quiet draws a sample of what `fairlead check` finds, for a person to judge: is it true, and does it matter
// there? A line of the sample is one cause, as the reports show it. The same seed draws the same sample; docs/quiet.md
// holds the last one that was judged.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/quiet -n 200 -seed 1 DIR...
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/report"
	"github.com/fairlead-dev/fairlead/practices"
)

// least is how many findings of each practice are drawn before chance decides, where there are so many: those that find
// little are judged, too.
const least = 3

func main() {
	n := flag.Int("n", 200, "how many findings to draw")
	seed := flag.Uint64("seed", 1, "the same one draws the same sample")
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("name the directories to check")
	}
	result, err := check.Run(context.Background(), check.Input{Targets: flag.Args()}, practices.All)
	if err != nil {
		log.Fatal(err)
	}
	groups := report.Grouped(result.Findings, report.Changes)
	drawn := draw(groups, *n, *seed)
	printCounts(os.Stdout, groups, drawn)
	source := report.SourceOf(result)
	for i, g := range drawn {
		printGroup(os.Stdout, i+1, g, source)
	}
}

// draw takes so many groups by chance, at least a few of each practice, and sorts them by practice and place.
func draw(groups []*report.Group, n int, seed uint64) []*report.Group {
	chance := rand.New(rand.NewPCG(seed, 0))
	var drawn, rest []*report.Group
	for _, of := range sortedByPractice(groups) {
		chance.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		first := min(least, len(of))
		drawn, rest = append(drawn, of[:first]...), append(rest, of[first:]...)
	}
	chance.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	drawn = append(drawn, rest[:max(0, min(n-len(drawn), len(rest)))]...)
	place := map[*report.Group]int{}
	for i, g := range groups {
		place[g] = i
	}
	slices.SortFunc(drawn, func(a, b *report.Group) int {
		return cmp.Or(cmp.Compare(a.Practice, b.Practice), cmp.Compare(place[a], place[b]))
	})
	return drawn
}

// sortedByPractice are the groups of each practice, in the order of their ids.
func sortedByPractice(groups []*report.Group) [][]*report.Group {
	of := map[string][]*report.Group{}
	for _, g := range groups {
		of[g.Practice] = append(of[g.Practice], g)
	}
	var sorted [][]*report.Group
	for _, id := range slices.Sorted(maps.Keys(of)) {
		sorted = append(sorted, of[id])
	}
	return sorted
}

// printCounts says how many there are of each practice, and how many of them were drawn.
func printCounts(w io.Writer, all, drawn []*report.Group) {
	picked := map[string]int{}
	for _, g := range drawn {
		picked[g.Practice]++
	}
	for _, of := range sortedByPractice(all) {
		fmt.Fprintf(w, "%-28s %4d of %4d\n", of[0].Practice, picked[of[0].Practice], len(of))
	}
	fmt.Fprintf(w, "%-28s %4d of %4d\n", "", len(drawn), len(all))
}

// printGroup shows a finding with all that a person needs to judge it.
func printGroup(w io.Writer, number int, g *report.Group, source *report.Source) {
	const above, below = 4, 4
	place := g.Origin.String()
	if g.Origin.Rendered {
		place += " (of what it renders)"
	}
	fmt.Fprintf(w, "\n[%d] %s  %s  %s\n    %s  %s\n    %s\n", number, g.Practice, g.Severity, g.Object, place, g.Field, g.Message)
	for _, line := range []struct{ what, text string }{
		{"leads", g.Leads}, {"fix", g.Fix}, {"value", g.Values}, {"in", strings.Join(g.Scopes, ", ")},
	} {
		if line.text != "" {
			fmt.Fprintf(w, "    %s: %s\n", line.what, strings.ReplaceAll(line.text, "\n", "\n      "))
		}
	}
	if others := g.Elsewhere(); len(others) > 0 {
		fmt.Fprintf(w, "    and %d more, the first at %s: %s\n", len(others), others[0].Origin, others[0].Message)
	}
	for _, line := range source.Around(*g.Finding, above, below) {
		mark := " "
		if line.Number == g.Origin.Line {
			mark = ">"
		}
		fmt.Fprintf(w, "  %s %5d │ %s\n", mark, line.Number, line.Text)
	}
}
