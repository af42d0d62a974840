package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/google/go-cmp/cmp"
)

// onTerminal is a screen of some columns that keeps what is written; of 0 columns it is a pipe.
func onTerminal(width int) (screen, *bytes.Buffer) {
	var out bytes.Buffer
	return screen{Writer: &colorprofile.Writer{Forward: &out, Profile: colorprofile.NoTTY}, width: width}, &out
}

func TestWrap(t *testing.T) {
	for name, c := range map[string]struct {
		text          string
		width, indent int
		want          string
	}{
		"what fits stays as it is":                   {"one two", 7, 2, "one two"},
		"breaks between words, and indents the rest": {"one two three four", 9, 2, "one two\n  three\n  four"},
		"never inside a word":                        {"see apps/a-long/path/front.yaml:14 please", 16, 2, "see\n  apps/a-long/path/front.yaml:14\n  please"},
		"keeps the spaces of a first indent":         {"    next: do this and that", 16, 6, "    next: do\n      this and\n      that"},
		"without a terminal nothing is broken":       {strings.Repeat("word ", 100), 0, 4, strings.Repeat("word ", 100)},
		"colours take no room":                       {"\x1b[31mone\x1b[m two", 7, 2, "\x1b[31mone\x1b[m two"},
		"a wide character takes two columns":         {"漢字 漢字", 8, 2, "漢字\n  漢字"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, wrap(c.text, c.width, c.indent)); diff != "" {
				t.Errorf("wrap (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPathsAreCutFromTheLeft(t *testing.T) {
	for name, c := range map[string]struct {
		width, used int
		want        string
	}{
		"it fits":                       {80, 40, "apps/shop/front.yaml:14"},
		"at a directory, if one is cut": {58, 40, "…/front.yaml:14"},
		"anywhere, if there is none":    {50, 40, "…t.yaml:14"},
		"not to nothing":                {44, 40, "apps/shop/front.yaml:14"},
		"never without a terminal":      {0, 40, "apps/shop/front.yaml:14"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := onTerminal(c.width)
			if got := s.fit("apps/shop/front.yaml:14", c.used); got != c.want {
				t.Errorf("fit = %q, want %q", got, c.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	rows := [][]string{{"shop", "● ready", "3 of 3 objects healthy"}, {"payments", "▲ not ready", "5 problems, first: front.yaml:3: no name"}}
	for name, c := range map[string]struct {
		width int
		want  string
	}{
		"columns are as wide as they need": {0, `
NAME      STATE        DETAIL
shop      ● ready      3 of 3 objects healthy
payments  ▲ not ready  5 problems, first: front.yaml:3: no name
`},
		"a terminal's edge cuts them": {40, `
NAME      STATE        DETAIL
shop      ● ready      3 of 3 objects h…
payments  ▲ not ready  5 problems, firs…
`},
	} {
		t.Run(name, func(t *testing.T) {
			s, out := onTerminal(c.width)
			(&app{out: s, style: newStyles()}).table([]string{"NAME", "STATE", "DETAIL"}, rows)
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), out.String()); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTextOfOthersPlaysNoTricks(t *testing.T) {
	if got, want := harmless("a\x1b[2Jb\rc\u202ed\te\nf"), "a�[2Jb�c�d\te\nf"; got != want {
		t.Errorf("harmless = %q, want %q", got, want)
	}
}

func TestNoColor(t *testing.T) {
	terminal := []string{"TERM=xterm-256color", "TTY_FORCE=1"}
	for setting, want := range map[string]colorprofile.Profile{
		"NO_COLOR=1": colorprofile.ASCII, "NO_COLOR=please": colorprofile.ASCII, "NO_COLOR=": colorprofile.ANSI256, "OTHER=1": colorprofile.ANSI256,
	} {
		if got := newScreen(&bytes.Buffer{}, append(terminal, setting)).Profile; got != want {
			t.Errorf("with %s the profile is %v, want %v", setting, got, want)
		}
	}
}
