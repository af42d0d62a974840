package cli

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// nasty are texts that try to get out of the code they are put into.
var nasty = []string{
	"`", "``", "```", "a`b", "`@everyone`", "```\n@everyone\n```", "~~~\n<b>x</b>", "x | y", `x \| y`, `x \\| y`, "\\", "trailing\\",
	"<script>alert(1)</script>", "</code></summary></details><h1>x</h1>", "<!-- -->", "--> <b>", "@ada", "acme/config#7", "![x](https://evil.example/x.png)",
	"[x](javascript:alert(1))", "https://evil.example", "# title", "\r\n\r\n@ada", "\u2028@ada", "\x1b[31m", "/merge\n/close", "&lt;b&gt;", "$`x`$", "", " ", "\n",
	"<details>", "a``b```c", strings.Repeat("`", 100), strings.Repeat("x", 10_000), "\u202egnp.exe",
}

// fence and summary are the shapes that the comment's blocks have; whatever is in them is code.
var (
	fence     = regexp.MustCompile("^(`{3,})(diff)?$")
	summaries = regexp.MustCompile(`^<details><summary>(<code>[^<>\n]*</code> ?)+</summary>$`)
)

// outsideOfCode is what is left of a comment once blocks and spans of code are taken out as CommonMark finds them.
// Source: https://spec.commonmark.org/0.31.2/#fenced-code-blocks and #code-spans
func outsideOfCode(t *testing.T, text string) string {
	t.Helper()
	var left []string
	open := ""
	for line := range strings.SplitSeq(text, "\n") {
		ticks := len(line) - len(strings.TrimLeft(line, "`"))
		switch {
		case open != "" && ticks >= len(open) && strings.TrimSpace(line[ticks:]) == "":
			open = ""
		case open != "":
		case fence.MatchString(line):
			open = fence.FindStringSubmatch(line)[1]
		case summaries.MatchString(line):
		default:
			if strings.HasPrefix(line, "|") {
				line = cells(line)
			}
			left = append(left, withoutSpans(line))
		}
	}
	if open != "" {
		t.Errorf("a code block stays open:\n%s", text)
	}
	return strings.Join(left, "\n")
}

// cells splits a row before it looks for code, as GitHub does, and joins it again.
func cells(row string) string {
	if n := strings.Count(row, "|"); n != 6 {
		return fmt.Sprintf("a row with %d bars: %s", n, row)
	}
	var out []string
	for part := range strings.SplitSeq(row, "|") {
		out = append(out, withoutSpans(part)) // a span can't reach into the next cell
	}
	return strings.Join(out, "|")
}

func withoutSpans(line string) string {
	var out strings.Builder
	for {
		from := strings.IndexByte(line, '`')
		if from < 0 {
			return out.String() + line
		}
		out.WriteString(line[:from])
		ticks := len(line[from:]) - len(strings.TrimLeft(line[from:], "`"))
		rest, end := line[from+ticks:], -1
		for at := 0; at < len(rest); {
			if rest[at] != '`' {
				at++
				continue
			}
			run := len(rest[at:]) - len(strings.TrimLeft(rest[at:], "`"))
			if run == ticks {
				end = at
				break
			}
			at += run
		}
		if end < 0 {
			return out.String() + line[from:] // not a span: all of it is live
		}
		out.WriteString("‹›")
		line = rest[end+ticks:]
	}
}

// commentOn is the comment of a report in which every text is t's.
func commentOn(t *testing.T, text string) string {
	t.Helper()
	snapshot, _, err := source.Local(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	snapshot.Revision = source.Revision{Commit: strings.Repeat("0123456789", 4), Author: text, Message: text}
	id := manifest.ID{Kind: text, Namespace: text, Name: text}
	field := cluster.FieldChange{Path: text, From: text, To: text + "2"}
	report := &deliver.Report{
		Snapshot: snapshot, Base: snapshot.Revision,
		Rendering: &render.Rendering{Set: &manifest.Set{}},
		Plan: &apply.Plan{Changes: []*apply.Change{
			{ID: id, Action: apply.ActionUpdate, Fields: []cluster.FieldChange{field}, Origin: manifest.Origin{Path: text, Line: 1}},
			{ID: id, Action: "replace", Reason: text},
			{ID: id, Action: apply.ActionUnknown, Reason: text},
			{ID: id, Action: apply.ActionPrune, Reason: text},
			{ID: id, Action: apply.ActionBlocked, Problem: hint.With(fmt.Errorf("%s", text), text)},
		}, Guard: &apply.Guard{Reasons: []string{text}}},
	}
	found := practice.Finding{Practice: text, Severity: practice.Error, Field: text, Message: text, Fix: text, Origin: manifest.Origin{Path: text, Line: 1}}
	report.Judgement, report.Added = &deliver.Judgement{}, []practice.Finding{found}
	report.Closed = &deliver.GateError{Findings: report.Added}
	waits := *report
	waits.Plan = &apply.Plan{Changes: report.Plan.Changes[:4], Guard: report.Plan.Guard}
	c := &comparison{name: text, from: text, to: text, many: true, sections: []section{
		{name: text, path: text, report: report, note: text},
		{name: text, path: text, report: &waits},
		{name: text, path: text, err: fmt.Errorf("%s", text)},
	}}
	return c.markdown(diffFlags{})
}

func TestNothingBreaksOutOfAComment(t *testing.T) {
	// What is ours is what a harmless text leaves.
	want := afterMarker(t, outsideOfCode(t, commentOn(t, "harmless")))
	if strings.Contains(want, "harmless") {
		t.Fatalf("a text stands outside of code:\n%s", want)
	}
	for _, text := range nasty {
		text = "x" + text + "x" // an empty one is written otherwise
		got := afterMarker(t, outsideOfCode(t, commentOn(t, text)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-harmless +got):\n%s", text, diff)
		}
	}
}

// afterMarker takes the first line off, which has to be the marker.
func afterMarker(t *testing.T, text string) string {
	t.Helper()
	first, rest, _ := strings.Cut(text, "\n")
	if !regexp.MustCompile(`^<!-- fairlead diff [A-Za-z0-9./_-]* -->$`).MatchString(first) || strings.Contains(first[4:len(first)-3], "--") {
		t.Errorf("the marker is %q", first)
	}
	return strings.ReplaceAll(rest, "‹› ‹› → ‹›", "‹›") // values are shown where they are short
}

func TestCodeKeepsWhatIsPutIntoIt(t *testing.T) {
	for text, want := range map[string]string{
		"a": "`a`", "a`b": "``a`b``", "`a`": "`` `a` ``", "": "–", "a\nb": "`a b`", "a|b": "`a|b`", "a\x1bb": "`a�b`",
	} {
		if got := span(text); got != want {
			t.Errorf("span(%q) = %q, want %q", text, got, want)
		}
	}
	if got, want := cell("a|b"), "`a¦b`"; got != want {
		t.Errorf("cell = %q, want %q", got, want)
	}
	if got, want := codeHTML("a<b>&`|"), "<code>a&lt;b&gt;&amp;`|</code>"; got != want {
		t.Errorf("codeHTML = %q, want %q", got, want)
	}
	if got, want := fencedDiff([]string{"+ ```", "- ````"}), "`````diff\n+ ```\n- ````\n`````\n"; got != want {
		t.Errorf("fencedDiff = %q, want %q", got, want)
	}
}

func TestACommentIsNeverTooLong(t *testing.T) {
	for name, parts := range map[string][]commentPart{
		"many details":         {{"table\n", false}, {fencedDiff([]string{strings.Repeat("x", 40_000)}), true}, {fencedDiff([]string{strings.Repeat("y", 40_000)}), true}, {"small detail\n", true}},
		"a table that is huge": {{strings.Repeat("z", 70_000), false}, {"table\n", false}, {"small detail\n", true}},
	} {
		t.Run(name, func(t *testing.T) {
			got := bounded("head\n", parts, "closing\n")
			if len(got) > 65_536 {
				t.Errorf("%d bytes", len(got))
			}
			for _, part := range []string{"head\n", "table\n", "small detail\n", "closing\n", "Too long for a comment: "} {
				if !strings.Contains(got, part) {
					t.Errorf("%q is missing", part)
				}
			}
		})
	}
	whole := bounded("head\n", []commentPart{{"table\n", false}, {"detail\n", true}}, "")
	if diff := cmp.Diff("head\ntable\ndetail\n", whole); diff != "" {
		t.Errorf("a short one (-want +got):\n%s", diff)
	}
}
