package guide

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

func TestTextIsTakenApart(t *testing.T) {
	got := Parse("One `a b`\ntwo.\n\n- item\n  goes on\n- next\n\n```yaml\na:\n  b: 1\n\nc: 2\n```\n## When it does not fit\nNever.\n")
	want := []Block{
		{Paragraph, "One `a b` two."}, {Item, "item goes on"}, {Item, "next"}, {Code, "a:\n  b: 1\n\nc: 2"}, {Heading, "When it does not fit"}, {Paragraph, "Never."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string][]Span{
		"plain":            {{Text: "plain"}},
		"a `b c` d":        {{Text: "a "}, {Text: "b c", Code: true}, {Text: " d"}},
		"**all** of it":    {{Text: "all", Strong: true}, {Text: " of it"}},
		"`*` is a star":    {{Text: "*", Code: true}, {Text: " is a star"}},
		"2 * 3 `x`":        {{Text: "2 *"}, {Text: " 3 "}, {Text: "x", Code: true}},
		"a backtick ` too": {{Text: "a backtick `"}, {Text: " too"}},
		"":                 nil,
	} {
		if diff := cmp.Diff(want, Spans(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a `b` **c**\n\n- d\n```\ne\n")
	f.Fuzz(func(_ *testing.T, text string) {
		for _, b := range Parse(text) {
			Spans(b.Text)
		}
	})
}

var made = &practice.Practice{
	ID: "named", Severity: practice.Error, Inputs: practice.Manifests | practice.Cluster,
	Run: func(p *practice.Pass) {
		for o := range p.Of("", "ConfigMap") {
			if o.Text("metadata", "name") == "bad" {
				p.Reportf(o.At("metadata", "name"), "it is called bad")
			}
		}
	},
	Files: fstest.MapFS{
		"practice.md": {Data: []byte("Why.")},
		"testdata/bad-name-of-it.yaml": {Data: []byte("# a comment stays\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  # want \"called bad\"\n  name: bad\n" +
			"---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: bad # want \"called \\\"b\" \"x\"\n")},
		"testdata/good-name-of-it-complete.yaml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\n")},
		"testdata/good-a.yaml":                   {Data: []byte("apiVersion: v1\nkind: ConfigMap\n")},
		"testdata/live-bad-several/one.yaml":     {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad} # want \"bad\"\n")},
		"testdata/live-bad-several/two.yaml":     {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n")},
		"testdata/fix-pod.yaml":                  {Data: []byte("a: b")},
	},
}

func TestExamplesShowWhatIsFoundInThem(t *testing.T) {
	examples := Examples(made)
	var names []string
	for _, e := range examples {
		names = append(names, e.Name+" is "+e.Title())
	}
	if diff := cmp.Diff([]string{"bad-name-of-it.yaml is name of it", "good-a.yaml is a", "good-name-of-it-complete.yaml is name of it", "live-bad-several is several"}, names); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
	bad := examples[0]
	want := "# a comment stays|apiVersion: v1|kind: ConfigMap|metadata:|  name: bad|---|apiVersion: v1|kind: ConfigMap|metadata:|  name: bad"
	if diff := cmp.Diff(want, strings.Join(bad.Files[0].Lines, "|")); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	var lines []int
	for _, f := range bad.Findings {
		lines = append(lines, f.Origin.Line)
	}
	if !slices.Equal(lines, []int{5, 10}) {
		t.Errorf("found on lines %v", lines)
	}
	if live := examples[3]; !live.IsLive || !live.IsBad || len(live.Files) != 2 || len(live.Findings) != 1 || live.Findings[0].Origin.Path != live.Files[0].Path {
		t.Errorf("the live example is %+v", live)
	}
}

func TestBestIsAPair(t *testing.T) {
	best := Best(Examples(made))
	if len(best) != 2 || best[0].Name != "bad-name-of-it.yaml" || best[1].Name != "good-name-of-it-complete.yaml" {
		t.Errorf("best are %v", best)
	}
	if Best(nil) != nil {
		t.Error("of nothing something is best")
	}
}

// TestEveryPracticeCanBeExplained holds the catalogue, and what is added to it, to what explain and the docs show.
func TestEveryPracticeCanBeExplained(t *testing.T) {
	for _, p := range practices.All {
		blocks, examples := Text(p), Examples(p)
		if len(blocks) == 0 || !slices.ContainsFunc(blocks, func(b Block) bool { return b.Kind == Heading && b.Text == "When it does not fit" }) {
			t.Errorf("%s: practice.md has no part called \"When it does not fit\"", p.ID)
		}
		if best := Best(examples); len(best) < 2 {
			t.Errorf("%s: there is no bad and good example to show", p.ID)
		}
		for _, e := range examples {
			if e.IsBad && len(e.Findings) == 0 {
				t.Errorf("%s: nothing is found in %s", p.ID, e.Name)
			}
			for _, f := range e.Files {
				if strings.Contains(strings.Join(f.Lines, "\n"), "# want") {
					t.Errorf("%s: %s shows what its test wants", p.ID, f.Path)
				}
			}
		}
	}
}
