package practice_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestSortOrdersByCompareAndDropsWhatIsThereTwice(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	text := func(of string, n int) string { return fmt.Sprint(of, dice.IntN(n)) }
	for n := range 200 {
		var all []practice.Finding
		for range n {
			all = append(all, practice.Finding{
				Scope: text("scope", 3), Practice: text("practice", 3), Message: text("message", 2),
				Object: manifest.ID{Kind: "Pod", Name: text("pod", 3)},
				Origin: manifest.Origin{Path: text("file", 4), Line: dice.IntN(3), Column: dice.IntN(2)},
			})
		}
		plain := slices.Clone(all)
		slices.SortStableFunc(plain, practice.Compare)
		plain = slices.CompactFunc(plain, func(a, b practice.Finding) bool { return practice.Compare(a, b) == 0 })
		sorted := practice.Sort(all)
		if !slices.EqualFunc(sorted, plain, func(a, b practice.Finding) bool { return practice.Compare(a, b) == 0 }) {
			t.Fatalf("%d findings: the order is another than that of Compare", n)
		}
	}
}
