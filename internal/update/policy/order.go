package policy

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// order says which of two tags is newer.
type order interface {
	read(text string) (rank any, err error)
	compare(a, b any) int
	outside(rank any) (why string) // "" if the rank is one of those wanted
}

// semVer compares versions as semver.org has it; a tag may leave out the last numbers, and begin with a v.
type semVer struct {
	within *semver.Constraints
	text   string
}

func bySemVer(within string) (order, error) {
	wanted, err := semver.NewConstraint(within)
	if err != nil {
		return nil, hint.With(fmt.Errorf("semver: range %q: %w", within, err), `write it like ">=1.2 <2" or "~1.4"`)
	}
	return semVer{wanted, within}, nil
}

// read takes + as it stands in tags, which can't have one: as _, as Helm writes it.
func (semVer) read(text string) (any, error) {
	return semver.NewVersion(strings.Replace(text, "_", "+", 1))
}

func (semVer) compare(a, b any) int { return a.(*semver.Version).Compare(b.(*semver.Version)) }

func (o semVer) outside(rank any) string {
	v := rank.(*semver.Version)
	if o.within.Check(v) {
		return ""
	}
	if stable, err := v.SetPrerelease(""); err == nil && v.Prerelease() != "" && o.within.Check(&stable) {
		return "it is a pre-release, and the range names none: " + o.text
	}
	return "it is not in the range: " + o.text
}

// numerical compares whole numbers of any length.
type numerical struct{}

func (numerical) read(text string) (any, error) {
	const longest = 100 // digits
	n, ok := new(big.Int).SetString(text, 10)
	if !ok || len(text) > longest {
		return nil, errors.New("it is no number")
	}
	return n, nil
}

func (numerical) compare(a, b any) int { return a.(*big.Int).Cmp(b.(*big.Int)) }
func (numerical) outside(any) string   { return "" }

type alphabetical struct{}

func (alphabetical) read(text string) (any, error) {
	if text == "" {
		return nil, errors.New("it is empty")
	}
	return text, nil
}

func (alphabetical) compare(a, b any) int { return strings.Compare(a.(string), b.(string)) }
func (alphabetical) outside(any) string   { return "" }

type reversed struct{ order }

func (r reversed) compare(a, b any) int { return r.order.compare(b, a) }

// calVer compares dates and numbers, from left to right, as a layout of calver.org names them.
type calVer struct {
	parts  []calPart
	layout string
}

// calPart is a number of a layout, and what stands before it.
type calPart struct {
	before      string
	name        string
	width       int // digits, if that is fixed
	least, most int
}

// The names of calver.org, longer ones before those that they begin with.
var calNames = []calPart{
	{name: "YYYY", width: 4, least: 1970, most: 9999}, {name: "0Y", width: 2, most: 99}, {name: "YY", most: 999},
	{name: "0M", width: 2, least: 1, most: 12}, {name: "MM", least: 1, most: 12},
	{name: "0W", width: 2, least: 1, most: 53}, {name: "WW", least: 1, most: 53},
	{name: "0D", width: 2, least: 1, most: 31}, {name: "DD", least: 1, most: 31},
	{name: "MAJOR", most: 1 << 31}, {name: "MINOR", most: 1 << 31}, {name: "MICRO", most: 1 << 31},
}

func byCalVer(layout string) (order, error) {
	o := calVer{layout: layout}
	before := ""
	for rest := layout; rest != ""; {
		i := slices.IndexFunc(calNames, func(p calPart) bool { return strings.HasPrefix(rest, p.name) })
		if i < 0 {
			before += rest[:1]
			rest = rest[1:]
			continue
		}
		part := calNames[i]
		if part.before = before; before == "" && part.width == 0 && len(o.parts) > 0 {
			return nil, hint.With(fmt.Errorf("calver: %s follows another number at once", part.name), "write what has a fixed width, such as 0M, or put a dot between them")
		}
		o.parts = append(o.parts, part)
		rest, before = rest[len(part.name):], ""
	}
	if len(o.parts) == 0 || before != "" {
		return nil, hint.With(fmt.Errorf("calver: %q is no layout", layout), "write it like YYYY.0M.MICRO, with a number at its end: https://calver.org")
	}
	return o, nil
}

func (o calVer) read(text string) (any, error) {
	unlike := fmt.Errorf("it is not written as %s", o.layout)
	rest := strings.TrimPrefix(text, "v")
	rank := make([]int, 0, len(o.parts))
	for _, p := range o.parts {
		var ok bool
		if rest, ok = strings.CutPrefix(rest, p.before); !ok {
			return nil, unlike
		}
		n := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if p.width > 0 {
			n = min(n, p.width)
		}
		number, err := strconv.Atoi(rest[:n])
		if err != nil || p.width > 0 && n != p.width || number < p.least || number > p.most {
			return nil, unlike
		}
		rank, rest = append(rank, number), rest[n:]
	}
	if rest != "" {
		return nil, unlike
	}
	return rank, nil
}

func (calVer) compare(a, b any) int {
	return slices.CompareFunc(a.([]int), b.([]int), cmp.Compare[int])
}
func (calVer) outside(any) string { return "" }
