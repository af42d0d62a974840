package manifest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Set is all of an application at one revision.
type Set struct {
	Objects  []*Object
	Problems []Problem
	Skipped  []Skipped
}

// Merge adds everything of other.
func (s *Set) Merge(other *Set) {
	s.Objects = append(s.Objects, other.Objects...)
	s.Problems = append(s.Problems, other.Problems...)
	s.Skipped = append(s.Skipped, other.Skipped...)
}

// Complete says whether the set is all that the source meant: an absent object of an incomplete set may be a
// broken one, so nothing may be pruned because of it.
func (s *Set) Complete() bool { return len(s.Problems) == 0 }

// Sort orders the set by ID and the rest by place: same input, same bytes.
func (s *Set) Sort() {
	slices.SortStableFunc(s.Objects, func(a, b *Object) int { return Compare(a.ID(), b.ID()) })
	slices.SortStableFunc(s.Problems, func(a, b Problem) int {
		if a.Origin.Path != b.Origin.Path {
			return strings.Compare(a.Origin.Path, b.Origin.Path)
		}
		return a.Origin.Line - b.Origin.Line
	})
	slices.SortStableFunc(s.Skipped, func(a, b Skipped) int { return strings.Compare(a.Path, b.Path) })
}

// Unique removes objects that are in the set more than once. Equal copies become one; copies that differ are all
// left out with a Problem, since which of them is meant would be a guess.
func (s *Set) Unique() {
	byID := map[ID][]*Object{}
	for _, o := range s.Objects {
		byID[o.ID()] = append(byID[o.ID()], o)
	}
	kept := s.Objects[:0]
	for _, o := range s.Objects {
		copies := byID[o.ID()]
		if copies[0] != o {
			continue
		}
		if other := firstDifferent(copies); other != nil {
			s.Problems = append(s.Problems, Problem{
				Origin: other.Origin,
				ID:     o.ID(),
				Err: hint.With(
					fmt.Errorf("defined twice with different content, first at %s: neither is applied", o.Origin),
					"keep one of the two, or give one another name or namespace"),
			})
			continue
		}
		kept = append(kept, o)
	}
	s.Objects = kept
}

func firstDifferent(copies []*Object) *Object {
	for _, c := range copies[1:] {
		if !reflect.DeepEqual(c.Object, copies[0].Object) {
			return c
		}
	}
	return nil
}
