package cli

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

func TestProblemsWithOneCauseAreToldAsOne(t *testing.T) {
	s, out := onTerminal(0)
	(&app{style: newStyles()}).printProblems(s, []problem{
		{"a.yaml:1", "Widget a", "the server has no kind Widget", "install it"},
		{"b.yaml:1", "ConfigMap b", "namespace does not exist", "create it"},
		{"c.yaml:1", "Gadget c", "the server has no kind Gadget", "install it"},
		{"d.yaml:1", "Widget d", "the server has no kind Widget", "install it"},
		{"e.yaml:1", "Widget e", "the server has no kind Widget", "install it"},
		{"f.yaml:1", "Widget f", "the server has no kind Widget", "install it"},
		{"g.yaml:1", "Widget g", "the server has no kind Widget", "install it"},
		{"", "", "and 12 more", ""},
	})
	want := `
✗ the server has no kind Widget (5 places)
    a.yaml:1: Widget a
    d.yaml:1: Widget d
    e.yaml:1: Widget e
    and 2 more
✗ c.yaml:1: Gadget c: the server has no kind Gadget
    next: install it
✗ b.yaml:1: ConfigMap b: namespace does not exist
    next: create it
✗ and 12 more
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestDiffering(t *testing.T) {
	lines := func(text string) []string { return strings.Split(text, " ") }
	for name, c := range map[string]struct {
		from, to, want string
		context        int
	}{
		"the same":                           {"a b c", "a b c", "", 1},
		"one line, with context":             {"a b c d e", "a b X d e", "  b|- c|+ X|  d", 1},
		"two distant ones":                   {"a b c d e f g", "A b c d e f G", "- a|+ A|  b|…|  f|- g|+ G", 1},
		"without context":                    {"a b c", "a X c", "- b|+ X", 0},
		"an empty line at the end of one":    {"a ", "a", "  a|- ", 1},
		"context at the edges is what it is": {"a", "a b", "  a|+ b", 3},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, strings.Join(differing(lines(c.from), lines(c.to), c.context), "|")); diff != "" {
				t.Errorf("differing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValuesReadAsInYAML(t *testing.T) {
	for want, v := range map[string]any{
		"3": int64(3), `"3"`: "3", `""`: "", `"true"`: "true", "true": true, "*** (changed)": "*** (changed)",
		"ghcr.io/acme/front:1.5.0": "ghcr.io/acme/front:1.5.0", "one\ntwo": "one\ntwo", "- a\n- b": []any{"a", "b"},
		strings.Repeat("word ", 50) + "end": strings.Repeat("word ", 50) + "end",
	} {
		if got := strings.TrimSuffix(valueText(v), "\n"); got != want {
			t.Errorf("valueText(%#v) = %q, want %q", v, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for reason, want := range map[string]string{"Healthy": "healthy", "RollingOut": "rolling out", "": ""} {
		if got := words(reason); got != want {
			t.Errorf("words(%q) = %q, want %q", reason, got, want)
		}
	}
}

// TestHelp holds every command, those to come too, to what a person who asks for help at 80 columns needs.
func TestHelp(t *testing.T) {
	root := (&app{}).root()
	for _, c := range append(root.Commands(), root) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: its short text %q is empty or ends with a period", c.CommandPath(), c.Short)
		}
		if c.Example == "" && c.Long == "" {
			t.Errorf("%s has neither an example nor an explanation", c.CommandPath())
		}
		if c.HasParent() && c.Args == nil {
			t.Errorf("%s doesn't say how many arguments it takes", c.CommandPath())
		}
		for line := range strings.Lines(c.Short + "\n" + c.Long + "\n" + c.UsageString()) {
			if line = strings.TrimSuffix(line, "\n"); len([]rune(line)) > 80 {
				t.Errorf("%s: this line of its help is wider than 80 columns:\n%s", c.CommandPath(), line)
			}
		}
	}
}

func TestDocsNameEveryCommandAndFlag(t *testing.T) {
	docs, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	missing := func(text string) bool { return !strings.Contains(string(docs), text) }
	root := (&app{}).root()
	for _, c := range append(root.Commands(), root) {
		if missing("`"+c.CommandPath()) && missing("$ "+c.CommandPath()) {
			t.Errorf("docs/cli.md says nothing of %s", c.CommandPath())
		}
		flags := func(f *pflag.Flag) {
			if !f.Hidden && f.Name != "help" && missing("--"+f.Name) {
				t.Errorf("docs/cli.md says nothing of %s --%s", c.CommandPath(), f.Name)
			}
		}
		c.Flags().VisitAll(flags)
		c.PersistentFlags().VisitAll(flags)
	}
}

func TestWhatWasNotWrittenIsToldOnce(t *testing.T) {
	a, b := errors.New("write a: permission denied"), errors.New("write b: permission denied")
	for name, test := range map[string]struct {
		failed []error
		files  int
		want   string
	}{
		"the only file": {[]error{a}, 1, "write a: permission denied"},
		"one of two":    {[]error{a}, 2, "error: write a: permission denied\n1 of 2 files could not be written; the others are"},
		"both":          {[]error{a, b}, 2, "error: write a: permission denied\nerror: write b: permission denied\nno file was written"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := (&app{err: newScreen(&out, nil), style: newStyles()}).unwritten(test.failed, test.files)
			if diff := cmp.Diff(test.want, out.String()+err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
