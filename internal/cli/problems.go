package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// problem is one thing wrong, in words.
type problem struct{ where, object, message, next string }

// cause is what is wrong at one or more places.
type cause struct {
	message, next string
	places        []string
}

// causes folds problems that say the same into one, in the order they come, those with the same next step together.
func causes(problems []problem) []cause {
	type said struct{ message, next string }
	var folded []cause
	index, order := map[said]int{}, map[string]int{}
	for _, p := range problems {
		key := said{p.message, p.next}
		i, known := index[key]
		if !known {
			i = len(folded)
			index[key] = i
			folded = append(folded, cause{message: p.message, next: p.next})
		}
		place := strings.Join(slices.DeleteFunc([]string{p.where, p.object}, func(s string) bool { return s == "" }), ": ")
		folded[i].places = append(folded[i].places, place)
		if _, known := order[p.next]; !known {
			order[p.next] = len(order)
		}
	}
	slices.SortStableFunc(folded, func(a, b cause) int { return cmp.Compare(order[a.next], order[b.next]) })
	return folded
}

// printProblems tells each cause once, with the first places it was found at.
func (a *app) printProblems(to screen, problems []problem) {
	all := causes(problems)
	for i, c := range all {
		if len(c.places) == 1 {
			to.paragraph(4, a.style.bad.Render("✗")+" "+sentence(c.places[0], c.message))
		} else {
			to.paragraph(4, a.style.bad.Render("✗")+" "+harmless(c.message)+fmt.Sprintf(" (%d places)", len(c.places)))
			for _, place := range shorten(c.places, named) {
				to.paragraph(6, "    "+harmless(place))
			}
		}
		if i == len(all)-1 || all[i+1].next != c.next {
			a.printNext(to, c.next)
		}
	}
}

// printNext prints the next step below what it is about.
func (a *app) printNext(to screen, next string) {
	if next != "" {
		to.paragraph(10, "    "+a.style.dim.Render("next:")+" "+harmless(next))
	}
}

func sentence(place, message string) string {
	if place == "" {
		return harmless(message)
	}
	return harmless(place + ": " + message)
}

// named is how many places of a cause are named before the rest is only counted.
const named = 3

// shorten names the first of a long list and counts the rest: "a", "b", "c", "and 11 more".
func shorten(list []string, most int) []string {
	if len(list) <= most+1 {
		return list
	}
	return append(slices.Clone(list[:most]), fmt.Sprintf("and %d more", len(list)-most))
}
