package cli

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/report"
	"github.com/fairlead-dev/fairlead/practice"
)

// printCheck tells the findings file by file, each cause once, and ends with what was judged and how it stands.
func (a *app) printCheck(r *check.Result, all bool) {
	folded := foldFindings(r.Findings, all)
	byFile := slices.Clone(folded)
	slices.SortStableFunc(byFile, func(x, y *folding) int { return cmp.Compare(x.shown.Origin.Path, y.shown.Origin.Path) })
	source, before := report.SourceOf(r), ""
	for i, f := range byFile {
		if file := cmp.Or(f.shown.Origin.Path, f.shown.Scope); i == 0 || file != before {
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			a.out.line(a.style.bold.Render(harmless(file)))
			before = file
		}
		a.printFinding(f, source)
	}
	if len(folded) > 0 {
		fmt.Fprintln(a.out)
	}
	a.printScopes(r)
	a.out.paragraph(0, a.checkSummary(r))
	a.printPassedOver(r)
}

// folding is a finding and those that are like it.
type folding struct {
	shown practice.Finding
	also  []practice.Finding // at other places
}

var (
	quotedName = regexp.MustCompile(`"[^"]*"`)
	number     = regexp.MustCompile(`\d+`)
)

// foldFindings makes one of those that one change mends, that are the same in several scopes, or that say the same of
// several objects.
func foldFindings(findings []practice.Finding, all bool) []*folding {
	type place struct {
		practice, path, field, message string
		line, column                   int
	}
	places := map[place]bool{}
	alike := map[string]*folding{}
	var folded []*folding
	for _, f := range findings {
		at := place{f.Practice, f.Origin.Path, f.Field, f.Message, f.Origin.Line, f.Origin.Column}
		if f.Origin.Path != "" && places[at] {
			continue // a base that several overlays use
		}
		places[at] = true
		key := f.Practice + "\x00" + cmp.Or(f.Cause, likeness(f))
		if known := alike[key]; known != nil && !all {
			known.also = append(known.also, f)
			continue
		}
		one := &folding{shown: f}
		alike[key] = one
		folded = append(folded, one)
	}
	return folded
}

// likeness is what a finding says, but for whom of.
func likeness(f practice.Finding) string {
	message := strings.ReplaceAll(f.Message, f.Object.String(), "")
	if f.Object.Name != "" {
		message = strings.ReplaceAll(message, f.Object.Name, "")
	}
	return f.Severity.String() + number.ReplaceAllString(quotedName.ReplaceAllString(message, `""`), "0")
}

func (a *app) printFinding(f *folding, source *report.Source) {
	shown := f.shown
	mark, style := a.severity(shown.Severity)
	head := style.Render(mark+" "+shown.Severity.String()) + "  "
	if shown.Object.Name != "" && !strings.Contains(shown.Message, shown.Object.Kind) {
		head += a.style.bold.Render(harmless(shown.Object.String())) + ": "
	}
	a.out.paragraph(4, "  "+head+harmless(shown.Message)+"  "+a.style.dim.Render(shown.Practice))
	a.printLine(shown, style, source)
	if shown.Leads != "" {
		a.out.paragraph(10, "    "+a.style.dim.Render("why:")+"  "+harmless(shown.Leads))
	}
	for i, step := range strings.Split(strings.TrimSuffix(shown.Fix, "\n"), "\n") {
		switch {
		case shown.Fix == "":
		case i == 0:
			a.out.paragraph(10, "    "+a.style.good.Render("fix:")+"  "+harmless(step))
		default:
			a.out.line("          " + harmless(step))
		}
	}
	if len(f.also) > 0 {
		a.out.paragraph(10, "    "+a.style.dim.Render("also:")+" "+harmless(alsoAt(shown, f.also)))
	}
}

// alsoAt reads "and 7 more like it: cart.yaml:12, web.yaml:30, …".
func alsoAt(shown practice.Finding, also []practice.Finding) string {
	var places []string
	for _, f := range also {
		where := shortPlace(shown, f)
		if !slices.Contains(places, where) {
			places = append(places, where)
		}
	}
	return fmt.Sprintf("%d more like it: %s", len(also), strings.Join(shorten(places, named), ", "))
}

// shortPlace is as much of a place as tells it from the one shown.
func shortPlace(shown, f practice.Finding) string {
	switch {
	case f.Origin.Path == "":
		return f.Object.String()
	case f.Origin.Path == shown.Origin.Path:
		return fmt.Sprintf("line %d", f.Origin.Line)
	case path.Dir(f.Origin.Path) == path.Dir(shown.Origin.Path):
		f.Origin.Path = path.Base(f.Origin.Path)
	}
	return f.Origin.String()
}

// printLine shows the line of the source, its secrets masked, and below it the place that is meant.
func (a *app) printLine(f practice.Finding, style lipgloss.Style, source *report.Source) {
	if f.Origin.Rendered {
		a.out.line("    " + a.style.dim.Render(fmt.Sprintf("line %d of what it renders: %s", f.Origin.Line, f.Field)))
		return
	}
	for _, line := range source.Around(f, 0, 0) {
		number, text := fmt.Sprintf("%8d", line.Number), []rune(harmless(line.Text))
		if len(text) == 0 {
			continue
		}
		a.out.line(a.style.dim.Render(number+" │ ") + string(text))
		under := strings.Map(func(r rune) rune {
			if r == '\t' {
				return r
			}
			return ' '
		}, string(text[:line.From])) + style.Render(strings.Repeat("^", max(1, line.To-line.From)))
		a.out.line(a.style.dim.Render(strings.Repeat(" ", len(number))+" │ ") + under)
	}
}

// severity draws one as shape, to go with its word.
func (a *app) severity(s practice.Severity) (mark string, style lipgloss.Style) {
	switch s {
	case practice.Error:
		return "✗", a.style.bad
	case practice.Warning:
		return "!", a.style.warn
	}
	return "·", a.style.info
}

func (a *app) printScopes(r *check.Result) {
	rows := make([][]string, len(r.Scopes))
	for i, s := range r.Scopes {
		count := plural(s.Objects, "object")
		if s.Kind == check.Dockerfiles {
			count = plural(s.Dockerfiles, "file")
		}
		rows[i] = []string{a.score(s.Score), count, string(s.Kind), harmless(s.Name)}
	}
	a.table([]string{"SCORE", "HOLDS", "KIND", "SCOPE"}, rows)
	fmt.Fprintln(a.out)
}

// score colours a share of 100.
func (a *app) score(n int) string {
	text := fmt.Sprintf("%3d", n)
	switch {
	case n >= 90:
		return a.style.good.Render(text)
	case n >= 60:
		return a.style.warn.Render(text)
	}
	return a.style.bad.Render(text)
}

func (a *app) checkSummary(r *check.Result) string {
	if len(r.Findings) == 0 {
		return a.style.good.Render("✓") + " nothing found by " + plural(len(r.Checked), "practice")
	}
	var counts []string
	for _, s := range []practice.Severity{practice.Error, practice.Warning, practice.Info} {
		if n := r.Count(s) - r.Count(s+1); n > 0 {
			word := map[practice.Severity]string{practice.Error: "error", practice.Warning: "warning", practice.Info: "remark"}[s]
			_, style := a.severity(s)
			counts = append(counts, style.Render(plural(n, word)))
		}
	}
	files := map[string]bool{}
	for _, f := range r.Findings {
		files[f.Origin.Path] = true
	}
	return strings.Join(counts, ", ") + " in " + plural(len(files), "file")
}

// printPassedOver counts what nobody should take for checked.
func (a *app) printPassedOver(r *check.Result) {
	byReason := map[string][]string{}
	var reasons []string
	for _, s := range r.Skipped {
		if byReason[s.Reason] == nil {
			reasons = append(reasons, s.Reason)
		}
		byReason[s.Reason] = append(byReason[s.Reason], s.Path)
	}
	slices.SortStableFunc(reasons, func(x, y string) int { return len(byReason[y]) - len(byReason[x]) })
	for _, reason := range reasons {
		paths := byReason[reason]
		a.out.paragraph(2, a.style.dim.Render(harmless(fmt.Sprintf("not checked: %s (%s)", strings.Join(shorten(paths, named), ", "), reason))))
	}
}
