package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/hours"
)

var now = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// ages is a Lookup of versions that were built so long ago; those it doesn't have are gone.
func ages(of map[string]time.Duration) Lookup {
	return func(_ context.Context, tag string) (Version, error) {
		age, ok := of[tag]
		if !ok {
			return Version{}, fmt.Errorf("%s: %w", tag, ErrUnusable)
		}
		return Version{Tag: tag, Digest: "sha256:" + tag, Built: now.Add(-age)}, nil
	}
}

// told is a Decision in a few words.
func told(d *Decision) string {
	var b strings.Builder
	b.WriteString("none")
	if d.Chosen != nil {
		b.Reset()
		b.WriteString(d.Chosen.Tag)
	}
	for _, r := range d.Refused {
		fmt.Fprintf(&b, "; not %s: %s", r.Tag, r.Why)
	}
	if d.Passed > 0 {
		fmt.Fprintf(&b, "; %d passed", d.Passed)
	}
	return b.String()
}

func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		rule    Rule
		tags    string
		current string
		want    string
	}{
		"the highest version in the range":                  {Rule{SemVer: ">=1.4 <2"}, "1.4.0 1.10.0 1.9.9 latest", "1.4.0", "1.10.0; 1 passed"},
		"what is newer but out of the range is told":        {Rule{SemVer: "<2"}, "1.1.0 2.0.0", "1.0.0", "1.1.0; not 2.0.0: it is not in the range: <2"},
		"a pre-release is told apart":                       {Rule{SemVer: "1.x"}, "1.1.0 1.2.0-rc.1", "1.1.0", "1.1.0; not 1.2.0-rc.1: it is a pre-release, and the range names none: 1.x"},
		"a range that names pre-releases takes them":        {Rule{SemVer: ">=1.0.0-0"}, "1.1.0 1.2.0-rc.1", "1.1.0", "1.2.0-rc.1"},
		"never back, though the current one left the range": {Rule{SemVer: "<2"}, "1.1.0 2.0.0", "2.0.0", "2.0.0"},
		"a current one that the registry has lost stays":    {Rule{SemVer: "*"}, "1.0.0 1.1.0", "1.2.0", "1.2.0"},
		"a current one that is no version gives way":        {Rule{SemVer: "*"}, "1.0.0 latest", "latest", "1.0.0; 1 passed"},
		"nothing to choose from":                            {Rule{SemVer: "*"}, "latest", "", "none; 1 passed"},
		"the longer of two names of one version":            {Rule{SemVer: "*"}, "1 1.0 1.0.0", "", "1.0.0"},
		"build numbers as Helm writes them":                 {Rule{SemVer: "*"}, "1.0.0_3", "0.9.0", "1.0.0_3"},
		"numbers by their value":                            {Rule{Numerical: Ascending}, "9 10 x", "", "10; 1 passed"},
		"numbers of any length":                             {Rule{Numerical: Ascending}, "20261102120000000000001 20261102120000000000002", "", "20261102120000000000002"},
		"the lowest number":                                 {Rule{Numerical: Descending}, "9 10", "10", "9"},
		"the alphabet":                                      {Rule{Alphabetical: Ascending}, "a c b", "b", "c"},
		"a part of the tag":                                 {Rule{Numerical: Ascending, Include: `^main-(?P<build>\d+)-\w+$`, Extract: "$build"}, "main-9-aa main-10-bb dev-11-cc", "main-9-aa", "main-10-bb; 1 passed"},
		"what is left out is told if it is newer":           {Rule{SemVer: "*", Exclude: "alpine"}, "1.1.0 1.2.0-alpine", "1.0.0", "1.1.0; not 1.2.0-alpine: exclude matches it: alpine"},
		"what isn't taken in is told if it is newer":        {Rule{SemVer: "*", Include: `^\d+\.\d+\.0$`}, "1.1.0 1.2.1", "1.0.0", "1.1.0; not 1.2.1: include doesn't match it: ^\\d+\\.\\d+\\.0$"},
		"dates":              {Rule{CalVer: "YYYY.0M.MICRO"}, "2025.12.9 2026.01.1 2026.01.10 2026.13.1 2026.1.11", "2025.12.9", "2026.01.10; 2 passed"},
		"dates without dots": {Rule{CalVer: "YYYY0M0D"}, "20261101 20261031 20261132", "", "20261101; 1 passed"},
		"dates with a word":  {Rule{CalVer: "release-YY.MM"}, "release-26.4 release-26.10 26.11", "", "release-26.10; 1 passed"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Compile(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			d, err := p.Choose(t.Context(), Question{Tags: strings.Fields(c.tags), Current: Version{Tag: c.current}, Now: now, Lookup: func(context.Context, string) (Version, error) {
				t.Error("a tag was asked for, whose name says all")
				return Version{}, errors.New("no")
			}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, told(d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatTheNameDoesNotTell(t *testing.T) {
	built := ages(map[string]time.Duration{"1.0.0": 90 * time.Hour, "1.1.0": 5 * time.Hour, "1.2.0": time.Hour, "moving": time.Minute, "1.9.0": -30 * 24 * time.Hour})
	held := func(_ context.Context, v Version) (string, time.Time, error) {
		if v.Tag == "1.1.0" {
			return "it is held", time.Time{}, nil
		}
		return "", time.Time{}, nil
	}
	for name, c := range map[string]struct {
		rule    Rule
		current Version
		tags    string
		guards  []Guard
		want    string
		next    string
	}{
		"too young":                          {rule: Rule{SemVer: "*", CoolDown: 2 * time.Hour}, tags: "1.0.0 1.1.0 1.2.0", current: Version{Tag: "1.0.0"}, want: "1.1.0; not 1.2.0: it has to be 2h0m0s old", next: "1.2.0 2026-11-02 13:00:00 +0000 UTC"},
		"gone since it was listed":           {rule: Rule{SemVer: "*", CoolDown: time.Hour}, tags: "1.0.0 1.3.0", want: "1.0.0; not 1.3.0: 1.3.0: it names no image"},
		"a guard says no":                    {rule: Rule{SemVer: "<1.2"}, tags: "1.0.0 1.1.0", current: Version{Tag: "1.0.0"}, guards: []Guard{held}, want: "1.0.0; not 1.1.0: it is held"},
		"newest by the time of the build":    {rule: Rule{Newest: true}, tags: "1.0.0 1.2.0 1.1.0 gone", current: Version{Tag: "1.1.0"}, want: "1.2.0; 1 passed"},
		"newest, but what git has":           {rule: Rule{Newest: true}, tags: "1.0.0 1.1.0", current: Version{Tag: "1.1.0"}, want: "1.1.0"},
		"newest, but too young, stays":       {rule: Rule{Newest: true, CoolDown: 2 * time.Hour}, tags: "1.0.0 1.1.0 1.2.0", current: Version{Tag: "1.1.0"}, want: "1.1.0; not 1.2.0: it has to be 2h0m0s old", next: "1.2.0 2026-11-02 13:00:00 +0000 UTC"},
		"newest by a clock that is wrong":    {rule: Rule{Newest: true}, tags: "1.0.0 1.1.0 1.9.0", current: Version{Tag: "1.0.0"}, want: "1.1.0; not 1.9.0: it says that it was built at 2026-12-02 12:00:00, which is to come: a clock is wrong"},
		"a tag that names another digest":    {rule: Rule{Digest: "moving"}, current: Version{Tag: "moving", Digest: "sha256:old"}, want: "moving"},
		"a tag that moved a moment ago":      {rule: Rule{Digest: "moving", CoolDown: time.Hour}, current: Version{Tag: "moving", Digest: "sha256:old"}, want: "moving; not moving: it has to be 1h0m0s old", next: "moving 2026-11-02 12:59:00 +0000 UTC"},
		"a tag that names what it did":       {rule: Rule{Digest: "moving", CoolDown: time.Hour}, current: Version{Tag: "moving", Digest: "sha256:moving"}, want: "moving"},
		"a guard isn't asked of the current": {rule: Rule{SemVer: "<1.2"}, tags: "1.1.0", current: Version{Tag: "1.1.0"}, guards: []Guard{held}, want: "1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Compile(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			d, err := p.Choose(t.Context(), Question{Tags: strings.Fields(c.tags), Current: c.current, Now: now, Lookup: built, Guards: c.guards})
			if err != nil {
				t.Fatal(err)
			}
			next := ""
			if d.Next != nil {
				next = d.Next.Tag + " " + d.Next.Until.String()
			}
			if diff := cmp.Diff([]string{c.want, c.next}, []string{told(d), next}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsHeld(t *testing.T) {
	built := ages(map[string]time.Duration{"1.0.0": 90 * time.Hour, "1.0.5": 80 * time.Hour, "1.1.0": 5 * time.Hour, "1.2.0": time.Hour, "moving": time.Minute})
	bad := []Held{{Version{Tag: "1.1.0"}, "it loses orders"}}
	for name, c := range map[string]struct {
		rule    Rule
		tags    string
		current string
		held    []Held
		want    string
	}{
		"neither it nor what is older comes back": {Rule{SemVer: "*"}, "1.0.0 1.0.5 1.1.0", "1.0.0", bad, "1.0.0; not 1.1.0: it is held: it loses orders; not 1.0.5: it is older than 1.1.0, which is held: it loses orders"},
		"what is newer releases it":               {Rule{SemVer: "*"}, "1.0.0 1.1.0 1.2.0", "1.0.0", bad, "1.2.0"},
		"by the time of the build":                {Rule{Newest: true}, "1.0.0 1.0.5 1.1.0", "1.0.0", bad, "1.0.0; not 1.1.0: it is held: it loses orders; not 1.0.5: it is older than 1.1.0, which is held: it loses orders"},
		"newer by the time of the build":          {Rule{Newest: true}, "1.0.0 1.1.0 1.2.0", "1.0.0", bad, "1.2.0"},
		"what a tag names":                        {Rule{Digest: "moving"}, "", "moving", []Held{{Version{Tag: "moving", Digest: "sha256:moving"}, "no"}}, "moving; not moving: it is held: no"},
		"what a tag named":                        {Rule{Digest: "moving"}, "", "moving", []Held{{Version{Tag: "moving", Digest: "sha256:old"}, "no"}}, "moving"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Compile(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			d, err := p.Choose(t.Context(), Question{Tags: strings.Fields(c.tags), Current: Version{Tag: c.current}, Held: c.held, Now: now, Lookup: built})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, told(d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNothingIsChosenOutsideOfItsWindows(t *testing.T) {
	office, err := hours.New("09:00", "10:00", nil, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	late, err := hours.New("15:00", "16:00", nil, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(Rule{SemVer: "*", Windows: []hours.Hours{office, late}})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]string{
		now: "1.0.0; not 1.1.0: it waits for its window until 15:00", now.Add(3 * time.Hour): "1.1.0", now.Add(5 * time.Hour): "1.0.0; not 1.1.0: it waits for its window until 09:00",
	} {
		d, err := p.Choose(t.Context(), Question{Tags: []string{"1.0.0", "1.1.0"}, Current: Version{Tag: "1.0.0"}, Now: at})
		if err != nil {
			t.Fatal(err)
		}
		got := told(d)
		if d.Next != nil {
			got += " until " + d.Next.Until.Format("15:04")
		}
		if got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}
}

func TestWhatIsNewerThanAWrongClockCanNotBeTold(t *testing.T) {
	p, err := Compile(Rule{Newest: true})
	if err != nil {
		t.Fatal(err)
	}
	built := ages(map[string]time.Duration{"1.0.0": time.Hour, "1.9.0": -30 * 24 * time.Hour})
	_, err = p.Choose(t.Context(), Question{Tags: []string{"1.0.0", "1.9.0"}, Current: Version{Tag: "1.9.0"}, Now: now, Lookup: built})
	if err == nil || !strings.Contains(err.Error(), "what is newer can't be told") || hint.Of(err) == "" {
		t.Errorf("got %v, next: %s", err, hint.Of(err))
	}
}

func TestARegistryThatFailsEndsTheChoice(t *testing.T) {
	down := errors.New("unreachable")
	for name, rule := range map[string]Rule{"cool-down": {SemVer: "*", CoolDown: 1}, "newest": {Newest: true}, "digest": {Digest: "a"}} {
		p, err := Compile(rule)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Choose(t.Context(), Question{Tags: []string{"1.0.0"}, Now: now, Lookup: func(context.Context, string) (Version, error) { return Version{}, down }})
		if !errors.Is(err, down) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyRefusalsAreCounted(t *testing.T) {
	p, err := Compile(Rule{SemVer: "<1"})
	if err != nil {
		t.Fatal(err)
	}
	tags := []string{"0.1.0"}
	for i := range 30 {
		tags = append(tags, fmt.Sprintf("1.%d.0", i))
	}
	d, err := p.Choose(t.Context(), Question{Tags: tags})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Refused) != mostRefused || d.More != 10 || d.Refused[0].Tag != "1.29.0" || d.Chosen.Tag != "0.1.0" {
		t.Errorf("%d refused, %d more, %v", len(d.Refused), d.More, d.Chosen)
	}
}

func TestRulesThatSayNothing(t *testing.T) {
	for name, rule := range map[string]Rule{
		"no order":                   {},
		"two orders":                 {SemVer: "*", Newest: true},
		"no range":                   {SemVer: "newest please"},
		"no expression":              {SemVer: "*", Include: "("},
		"extract without groups":     {SemVer: "*", Extract: "$1"},
		"no layout":                  {CalVer: "year"},
		"a layout that can't be cut": {CalVer: "MMDD"},
		"no direction":               {Numerical: "up"},
	} {
		if _, err := Compile(rule); err == nil || hint.Of(err) == "" {
			t.Errorf("%s: %v, next: %q", name, err, hint.Of(err))
		}
	}
	if _, err := Compile(Rule{SemVer: "*", CoolDown: -1}); err == nil {
		t.Error("a negative cool-down was taken")
	}
}

func FuzzTags(f *testing.F) {
	for _, seed := range []string{"1.0.0", "v1", "2026.01.1", "latest", "", "$(id)", "1.0.0-rc.1_3", "999999999999999999999"} {
		f.Add(seed, seed)
	}
	var policies []*Policy
	for _, rule := range []Rule{{SemVer: "*"}, {CalVer: "YYYY.0M.MICRO"}, {Numerical: Ascending}, {Alphabetical: Descending}, {SemVer: "*", Include: "(.*)", Extract: "$1"}} {
		p, err := Compile(rule)
		if err != nil {
			f.Fatal(err)
		}
		policies = append(policies, p)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, p := range policies {
			one, err := p.Choose(t.Context(), Question{Tags: []string{a, b}})
			if err != nil {
				t.Fatal(err)
			}
			other, err := p.Choose(t.Context(), Question{Tags: []string{b, a}})
			if err != nil {
				t.Fatal(err)
			}
			if told(one) != told(other) {
				t.Errorf("%q, %q: it depends on their order: %s, %s", a, b, told(one), told(other))
			}
		}
	})
}
