package hint

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest returns the up to three names most like name, best first.
func Nearest(name string, have []string) []string {
	const enough = 3
	type candidate struct {
		name     string
		distance int
	}
	var candidates []candidate
	for _, h := range have {
		candidates = append(candidates, candidate{h, distance(name, h)})
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, c := range candidates[:min(enough, len(candidates))] {
		names = append(names, c.name)
	}
	return names
}

// distance is how many letters must be added, dropped or replaced to make a into b, cases aside (Levenshtein).
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
