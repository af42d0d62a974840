// Package policy chooses the version that an image or a chart is to have. In go the tags that there are, the one that git
// has, and a way to ask more of a tag; out comes the one chosen, and why each newer one was not. It writes nothing, and asks
// only what it must: nothing of a tag that its name rules out.
package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/hours"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// Rule is what a person writes. Exactly one of the orders is set.
type Rule struct {
	SemVer       string // a range of versions, such as ">=1.4 <2"
	CalVer       string // how dates are written, such as "YYYY.0M.MICRO"; see calver.org
	Numerical    Direction
	Alphabetical Direction
	Newest       bool   // by the time at which it was built
	Digest       string // a tag that moves: what it names now

	Include string // an expression that the tag matches, RE2
	Exclude string // one that it doesn't
	Extract string // what of the tag is compared, with the groups of Include: "$version"; "" is all of it
	// CoolDown is how old a version has to be, by the time at which it was built.
	CoolDown time.Duration
	// Windows are when another version may be chosen; none is always.
	Windows []hours.Hours
}

// Direction in which versions grow.
type Direction string

// The directions.
const (
	Ascending  Direction = "Ascending"
	Descending Direction = "Descending"
)

// Version is a tag and what is known of it.
type Version struct {
	Tag    string
	Digest string    // sha256:…; "" if it wasn't asked for
	Built  time.Time // zero if it isn't known
}

// Refusal is a version that isn't chosen.
type Refusal struct {
	Version
	Why   string
	Until time.Time // when that ends by itself; zero if it doesn't
}

// Decision is what a Policy says.
type Decision struct {
	Chosen  *Version  // nil if none will do; the current one if there is no newer
	Next    *Refusal  // the newest that only has to wait
	Refused []Refusal // those newer than the chosen one, the newest first
	More    int       // refused ones that aren't listed
	Passed  int       // tags that say nothing of how new they are
}

// Lookup tells what is known of a tag. An error that is ErrUnusable refuses the tag, any other ends the choice.
type Lookup func(ctx context.Context, tag string) (Version, error)

// Guard has the last word on a version: why it must not be chosen, "" if it may.
type Guard func(ctx context.Context, v Version) (why string, until time.Time, err error)

// ErrUnusable is that of a tag which has gone, or doesn't name an image.
var ErrUnusable = image.ErrUnusable

// Policy is a Rule that can be followed.
type Policy struct {
	rule             Rule
	order            order
	include, exclude *regexp.Regexp
}

// Compile reads a Rule. Its errors say which part of it is wrong, with a hint.
func Compile(r Rule) (*Policy, error) {
	p := &Policy{rule: r}
	orders := 0
	for _, isSet := range []bool{r.SemVer != "", r.CalVer != "", r.Numerical != "", r.Alphabetical != "", r.Newest, r.Digest != ""} {
		if isSet {
			orders++
		}
	}
	if orders != 1 {
		return nil, hint.With(fmt.Errorf("a policy has one order, this one has %d", orders), "set one of semver, calver, numerical, alphabetical, newest and digest")
	}
	var err error
	switch {
	case r.SemVer != "":
		p.order, err = bySemVer(r.SemVer)
	case r.CalVer != "":
		p.order, err = byCalVer(r.CalVer)
	case r.Numerical != "":
		p.order, err = numerical{}, r.Numerical.check()
	case r.Alphabetical != "":
		p.order, err = alphabetical{}, r.Alphabetical.check()
	}
	if err != nil {
		return nil, err
	}
	if r.Numerical == Descending || r.Alphabetical == Descending {
		p.order = reversed{p.order}
	}
	for _, e := range []struct {
		name, text string
		to         **regexp.Regexp
	}{{"include", r.Include, &p.include}, {"exclude", r.Exclude, &p.exclude}} {
		if e.text == "" {
			continue
		}
		if *e.to, err = regexp.Compile(e.text); err != nil {
			return nil, hint.With(fmt.Errorf("%s: %w", e.name, err), "write it as RE2 does: https://github.com/google/re2/wiki/Syntax")
		}
	}
	switch {
	case r.Extract != "" && p.include == nil:
		return nil, hint.With(errors.New("extract without include"), "give include, with a group in it: ^main-(?P<build>[0-9]+)$, and extract $build")
	case r.CoolDown < 0:
		return nil, errors.New("coolDown is negative")
	}
	return p, nil
}

func (d Direction) check() error {
	if d == Ascending || d == Descending {
		return nil
	}
	return hint.With(fmt.Errorf("direction %q is unknown", d), "write Ascending or Descending")
}

// NeedsTags says whether the list of tags has to be read.
func (p *Policy) NeedsTags() bool { return p.rule.Digest == "" }

// Question is what a Policy is asked.
type Question struct {
	Tags    []string
	Current Version // what git has; without a Tag there is none
	Held    []Held  // neither these come back nor what is older
	Now     time.Time
	Lookup  Lookup
	Guards  []Guard // asked in turn, the cool-down first
}

// Held is a version that somebody took back. What is newer is chosen all the same.
type Held struct {
	Version        // its Digest only if a tag that moves is followed
	Why     string // for people
}

// candidate is a tag that can be compared.
type candidate struct {
	Version
	rank any
	why  string // its name alone rules it out
}

// mostRefused bounds how many refusals are listed, mostAsked how many versions are looked at for one choice.
const (
	mostRefused = 20
	mostAsked   = 500
)

// Choose makes a Decision. A version that is older than the current one is never chosen.
func (p *Policy) Choose(ctx context.Context, q Question) (*Decision, error) {
	d := &Decision{}
	all, err := p.candidates(ctx, q, d)
	if err != nil {
		return nil, err
	}
	asked := 0
	for _, c := range all {
		if p.isCurrent(c, q) {
			d.Chosen = &c.Version
			return d, nil
		}
		r := Refusal{Version: c.Version, Why: cmp.Or(c.why, p.heldBack(c, all, q.Held))}
		if r.Why == "" {
			if asked++; asked > mostAsked {
				return nil, hint.With(fmt.Errorf("the newest %d versions are all refused", mostAsked), "narrow it with include or exclude")
			}
			if r, err = p.judge(ctx, c.Version, q); err != nil {
				return nil, err
			}
		}
		if r.Why == "" {
			d.Chosen = &r.Version
			return d, nil
		}
		d.refuse(r)
	}
	if current := p.currentOf(q); current != nil {
		d.Chosen = current // older ones are no update
	}
	return d, nil
}

func (d *Decision) refuse(r Refusal) {
	if !r.Until.IsZero() && d.Next == nil {
		d.Next = &r
	}
	if len(d.Refused) == mostRefused {
		d.More++
		return
	}
	d.Refused = append(d.Refused, r)
}

// isCurrent says whether a candidate is what git has.
func (p *Policy) isCurrent(c candidate, q Question) bool {
	if p.rule.Digest != "" {
		return q.Current.Tag == c.Tag && q.Current.Digest == c.Digest && c.Digest != ""
	}
	return q.Current.Tag == c.Tag
}

// heldBack says why a candidate must not come back.
func (p *Policy) heldBack(c candidate, all []candidate, held []Held) (why string) {
	for _, h := range held {
		switch {
		case p.rule.Digest != "":
			if h.Tag == c.Tag && h.Digest == c.Digest {
				return "it is held: " + h.Why
			}
		case h.Tag == c.Tag:
			return "it is held: " + h.Why
		case !p.isNewer(c, h.Tag, all):
			return "it is older than " + h.Tag + ", which is held: " + h.Why
		}
	}
	return ""
}

// isNewer says whether a candidate comes after a tag; what can't be compared it does.
func (p *Policy) isNewer(c candidate, tag string, all []candidate) bool {
	if p.rule.Newest {
		i := slices.IndexFunc(all, func(other candidate) bool { return other.Tag == tag })
		return i < 0 || c.Built.After(all[i].Built)
	}
	other, err := p.read(tag)
	return err != nil || p.order.compare(c.rank, other.rank) > 0
}

// currentOf is what git has, if it can be compared with others.
func (p *Policy) currentOf(q Question) *Version {
	if q.Current.Tag == "" {
		return nil
	}
	return &q.Current
}

// candidates are the tags that can be compared, the newest first, and none that is older than the current one.
func (p *Policy) candidates(ctx context.Context, q Question, d *Decision) ([]candidate, error) {
	switch {
	case p.rule.Digest != "":
		v, err := q.Lookup(ctx, p.rule.Digest)
		if err != nil {
			return nil, err
		}
		return []candidate{{Version: v}}, nil
	case p.rule.Newest:
		return p.byAge(ctx, q, d)
	}
	current, err := p.read(q.Current.Tag)
	hasCurrent := q.Current.Tag != "" && err == nil
	var all []candidate
	for _, tag := range q.Tags {
		c, err := p.read(tag)
		switch {
		case err != nil:
			d.Passed++
		case !hasCurrent || tag == q.Current.Tag || p.order.compare(c.rank, current.rank) > 0:
			all = append(all, c)
		}
	}
	if hasCurrent && !slices.Contains(q.Tags, q.Current.Tag) {
		all = append(all, current)
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(p.order.compare(b.rank, a.rank), cmp.Compare(len(b.Tag), len(a.Tag)), cmp.Compare(b.Tag, a.Tag))
	})
	return all, nil
}

// read ranks a tag. Its error says that the tag can't be compared.
func (p *Policy) read(tag string) (candidate, error) {
	c := candidate{Version: Version{Tag: tag}}
	text, why := p.matched(tag)
	rank, err := p.order.read(text)
	if err != nil {
		return c, err
	}
	c.rank, c.why = rank, why
	if c.why == "" {
		c.why = p.order.outside(rank)
	}
	return c, nil
}

// matched is what of a tag is compared, and why it must not be.
func (p *Policy) matched(tag string) (text, why string) {
	if p.exclude != nil && p.exclude.MatchString(tag) {
		return tag, "exclude matches it: " + p.rule.Exclude
	}
	if p.include == nil {
		return tag, ""
	}
	found := p.include.FindStringSubmatchIndex(tag)
	switch {
	case found == nil:
		return tag, "include doesn't match it: " + p.rule.Include
	case p.rule.Extract == "":
		return tag, ""
	}
	return string(p.include.ExpandString(nil, p.rule.Extract, tag, found)), ""
}

// byAge are the tags by the time at which they were built.
func (p *Policy) byAge(ctx context.Context, q Question, d *Decision) ([]candidate, error) {
	var names []string
	for _, tag := range q.Tags {
		if _, why := p.matched(tag); why != "" {
			d.Passed++
			continue
		}
		names = append(names, tag)
	}
	if len(names) > mostAsked {
		return nil, hint.With(fmt.Errorf("%d tags would have to be asked for when they were built, more than %d", len(names), mostAsked), "narrow it with include or exclude")
	}
	var all []candidate
	var current time.Time
	for _, tag := range names {
		v, err := q.Lookup(ctx, tag)
		switch {
		case errors.Is(err, ErrUnusable) || err == nil && v.Built.IsZero():
			d.Passed++
			continue
		case err != nil:
			return nil, err
		case tag == q.Current.Tag && isToCome(v, q.Now):
			return nil, hint.With(fmt.Errorf("git has %s, which says that it was built at %s: what is newer can't be told", tag, v.Built.UTC().Format(time.DateTime)),
				"somebody's clock is wrong: write another version by hand (fairlead release), and mend the clock of what builds")
		case tag == q.Current.Tag:
			current = v.Built
		}
		all = append(all, candidate{Version: v})
	}
	all = slices.DeleteFunc(all, func(c candidate) bool { return c.Built.Before(current) })
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(b.Built.Compare(a.Built), cmp.Compare(b.Tag, a.Tag)) })
	return all, nil
}

// judge asks what a name doesn't tell.
func (p *Policy) judge(ctx context.Context, v Version, q Question) (Refusal, error) {
	r := Refusal{Version: v}
	if until := p.opens(q.Now); until.After(q.Now) {
		r.Why, r.Until = "it waits for its window", until
		return r, nil
	}
	if p.rule.Newest && isToCome(v, q.Now) {
		r.Why = "it says that it was built at " + v.Built.UTC().Format(time.DateTime) + ", which is to come: a clock is wrong"
		return r, nil
	}
	if p.rule.CoolDown == 0 && len(q.Guards) == 0 {
		return r, nil
	}
	if v.Digest == "" || v.Built.IsZero() {
		known, err := q.Lookup(ctx, v.Tag)
		if errors.Is(err, ErrUnusable) {
			r.Why = err.Error()
			return r, nil
		}
		if err != nil {
			return r, err
		}
		r.Version = known
	}
	if why, until := p.tooYoung(r.Version, q.Now); why != "" {
		r.Why, r.Until = why, until
		return r, nil
	}
	for _, guard := range q.Guards {
		why, until, err := guard(ctx, r.Version)
		if err != nil || why != "" {
			r.Why, r.Until = why, until
			return r, err
		}
	}
	return r, nil
}

// isToCome says whether a version says that it was built in the future, farther ahead than clocks differ.
func isToCome(v Version, now time.Time) bool { return v.Built.After(now.Add(time.Hour)) }

// opens is when the next window begins; now if one is open, or there is none.
func (p *Policy) opens(now time.Time) time.Time {
	first := now
	for i, w := range p.rule.Windows {
		if at := w.Next(now); i == 0 || at.Before(first) {
			first = at
		}
	}
	return first
}

func (p *Policy) tooYoung(v Version, now time.Time) (why string, until time.Time) {
	if p.rule.CoolDown == 0 {
		return "", until
	}
	if v.Built.IsZero() {
		return "it doesn't say when it was built, and has to be " + p.rule.CoolDown.String() + " old", until
	}
	if until = v.Built.Add(p.rule.CoolDown); now.Before(until) {
		return "it has to be " + p.rule.CoolDown.String() + " old", until
	}
	return "", time.Time{}
}

// String is the Rule in a few words: "semver >=1.4 <2, 2h0m0s old".
func (r Rule) String() string {
	text := ""
	switch {
	case r.SemVer != "":
		text = "semver " + r.SemVer
	case r.CalVer != "":
		text = "calver " + r.CalVer
	case r.Numerical != "":
		text = "numerical"
	case r.Alphabetical != "":
		text = "alphabetical"
	case r.Newest:
		text = "newest"
	case r.Digest != "":
		text = "what " + r.Digest + " names"
	}
	if r.CoolDown > 0 {
		text += ", " + r.CoolDown.String() + " old"
	}
	return text
}
