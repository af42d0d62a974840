package cli

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/report"
	"github.com/fairlead-dev/fairlead/practice"
)

// printCheck tells each thing to mend once, the worst and most frequent first, and ends with what was judged and how it
// stands: the first screen and the last one are what people read. All findings come file by file instead.
func (a *app) printCheck(r *check.Result, all bool) {
	defer a.out.gather()()
	by := report.Likeness
	if all {
		by = report.Places
	}
	groups := report.Grouped(r.Findings, by)
	slices.SortStableFunc(groups, func(x, y *report.Group) int {
		if all {
			return cmp.Or(cmp.Compare(x.Origin.Path, y.Origin.Path), cmp.Compare(x.Origin.Line, y.Origin.Line))
		}
		return cmp.Or(cmp.Compare(urgency(y), urgency(x)), cmp.Compare(len(y.More), len(x.More)), cmp.Compare(x.Origin.Path, y.Origin.Path))
	})
	source := report.SourceOf(r)
	for _, g := range groups {
		a.printFinding(g, source, len(r.Scopes) > 1)
		fmt.Fprintln(a.out)
	}
	a.printPractices(r, groups)
	a.printScopes(r, all)
	a.out.paragraph(0, a.checkSummary(r, groups))
	a.printAllowed(r)
	a.printPassedOver(r)
}

// urgency is how severe it is; what could not be read at all comes before everything else.
func urgency(g *report.Group) int {
	if g.Practice == check.Readable.ID {
		return int(g.Severity) + int(practice.Error)
	}
	return int(g.Severity)
}

func (a *app) printFinding(g *report.Group, source *report.Source, isOneOfMany bool) {
	shown := *g.Finding
	_, style := a.style.mark(shown.Severity)
	head := a.style.severity(shown.Severity) + "  "
	if shown.Object.Name != "" && !strings.Contains(strings.ToLower(shown.Message), strings.ToLower(shown.Object.Kind)) {
		head += a.style.bold.Render(harmless(shown.Object.String())) + ": "
	}
	a.out.paragraph(2, head+harmless(shown.Message)+"  "+a.style.dim.Render(shown.Practice))
	switch {
	case shown.Origin.Path != "":
		a.out.paragraph(10, "    "+a.style.dim.Render("at:")+"   "+harmless(report.Place(shown)))
	case shown.Object.Name != "":
		at := strings.TrimSpace(shown.Object.String() + "  " + shown.Field)
		if isOneOfMany {
			at += "  in " + shown.Scope
		}
		a.out.paragraph(10, "    "+a.style.dim.Render("at:")+"   "+harmless(at))
	}
	if in := shown.Git; in != nil && shown.Origin.Path == "" { // else it is shown there already
		a.out.paragraph(10, "    "+a.style.dim.Render("git:")+"  "+harmless(in.Origin.String()+" of "+in.Application))
	}
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
	if shown.Values != "" {
		a.out.paragraph(10, "    "+a.style.dim.Render("value:")+" "+harmless(shown.Values))
	}
	beside, elsewhere := split(g)
	if len(beside) > 0 {
		a.out.paragraph(10, "    "+a.style.dim.Render("and:")+"  "+harmless(strings.Join(shorten(beside, named), "; ")))
	}
	if len(elsewhere) > 0 {
		a.out.paragraph(10, "    "+a.style.dim.Render("also:")+" "+harmless(alsoAt(&shown, elsewhere)))
	}
}

// split parts what else is said of the same object, and mended by the same change, from what is said elsewhere.
func split(g *report.Group) (beside []string, elsewhere []*practice.Finding) {
	for _, other := range g.More {
		isSame := other.Object == g.Object && other.Origin.Path == g.Origin.Path && other.Scope == g.Scope
		if isSame && !report.IsLike(other, g.Finding) {
			beside = append(beside, other.Message)
			continue
		}
		elsewhere = append(elsewhere, other)
	}
	return beside, elsewhere
}

// alsoAt reads "and 7 more like it: cart.yaml:12, web.yaml:30, …", those near the one shown first.
func alsoAt(shown *practice.Finding, also []*practice.Finding) string {
	near := [farthest + 1][]*practice.Finding{}
	known := make(map[spot]bool, len(also))
	for _, f := range also {
		if at := spotOf(f); !known[at] {
			known[at] = true
			d := distance(shown, f)
			near[d] = append(near[d], f)
		}
	}
	places := make([]string, len(known))
	for i, f := range slices.Concat(near[:]...) {
		if i <= named { // the rest is counted
			places[i] = shortPlace(shown, f)
		}
	}
	return fmt.Sprintf("%d more like it: %s", len(also), strings.Join(shorten(places, named), ", "))
}

// spot is as much of a place as is shown of it.
type spot struct {
	path, object string
	line         int
	isRendered   bool
}

func spotOf(f *practice.Finding) spot {
	if f.Origin.Path == "" {
		return spot{object: f.Object.String()}
	}
	return spot{path: f.Origin.Path, line: f.Origin.Line, isRendered: f.Origin.Rendered}
}

// farthest of the distances.
const farthest = 3

// distance of a place from the one shown.
func distance(shown, f *practice.Finding) int {
	switch {
	case f.Origin.Path == shown.Origin.Path:
		return 0
	case f.Origin.Rendered:
		return farthest
	case path.Dir(f.Origin.Path) == path.Dir(shown.Origin.Path):
		return 1
	}
	return 2
}

// shortPlace is as much of a place as tells it from the one shown.
func shortPlace(shown, f *practice.Finding) string {
	at := f.Origin
	switch {
	case at.Path == "":
		return f.Object.String()
	case at.Path == shown.Origin.Path:
		return fmt.Sprintf("line %d", at.Line)
	case path.Dir(at.Path) == path.Dir(shown.Origin.Path):
		at.Path = path.Base(at.Path)
	}
	return at.String()
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

// mostScopes are listed, unless all are wanted: in a repository of hundreds the worst are what matters.
const mostScopes = 12

func (a *app) printScopes(r *check.Result, all bool) {
	scopes := slices.Clone(r.Scopes)
	if !all && len(scopes) > mostScopes+1 {
		slices.SortStableFunc(scopes, func(x, y check.Scope) int { return cmp.Compare(x.Score, y.Score) })
		scopes = scopes[:mostScopes]
	}
	var rows [][]string
	for _, s := range scopes {
		count := plural(s.Objects, "object")
		if s.Kind == check.Dockerfiles {
			count = plural(s.Dockerfiles, "file")
		}
		rows = append(rows, []string{a.score(s.Score), count, string(s.Kind), harmless(s.Name)})
	}
	a.table([]string{"SCORE", "HOLDS", "KIND", "SCOPE"}, rows)
	if more := len(r.Scopes) - len(scopes); more > 0 {
		a.out.line(a.style.dim.Render(fmt.Sprintf("and %s with more: --all shows each", plural(more, "scope"))))
	}
	fmt.Fprintln(a.out)
}

// fewPractices speak for themselves.
const fewPractices = 2

// printPractices shows how the practices fare of which something was found, the worst first.
func (a *app) printPractices(r *check.Result, groups []*report.Group) {
	found := map[string]map[practice.Severity]int{}
	for _, g := range groups {
		for one := range g.All() {
			if found[one.Practice] == nil {
				found[one.Practice] = map[practice.Severity]int{}
			}
			found[one.Practice][one.Severity]++
		}
	}
	type row struct {
		cells []string
		by    map[practice.Severity]int
	}
	var rows []row
	for _, p := range r.Checked {
		if score, judged := r.PracticeScore(p.ID); found[p.ID] != nil && judged {
			rows = append(rows, row{[]string{a.score(score), p.ID, a.counts(found[p.ID])}, found[p.ID]})
		}
	}
	if len(rows) <= fewPractices {
		return
	}
	slices.SortStableFunc(rows, func(x, y row) int {
		return cmp.Or(cmp.Compare(y.by[practice.Error], x.by[practice.Error]), cmp.Compare(y.by[practice.Warning], x.by[practice.Warning]), cmp.Compare(y.by[practice.Info], x.by[practice.Info]))
	})
	var cells [][]string
	for _, r := range rows {
		cells = append(cells, r.cells)
	}
	a.table([]string{"SCORE", "PRACTICE", "FOUND"}, cells)
	fmt.Fprintln(a.out)
}

// counts reads "2 errors, 1 warning, 4 infos".
func (a *app) counts(by map[practice.Severity]int) string {
	var counts []string
	for _, s := range []practice.Severity{practice.Error, practice.Warning, practice.Info} {
		if _, style := a.style.mark(s); by[s] > 0 {
			counts = append(counts, style.Render(plural(by[s], s.String())))
		}
	}
	return strings.Join(counts, ", ")
}

// score colours a share of 100, in a column as wide as that.
func (a *app) score(n int) string { return strings.Repeat(" ", 3-len(strconv.Itoa(n))) + a.share(n) }

func (a *app) share(n int) string {
	text := strconv.Itoa(n)
	switch {
	case n >= 90:
		return a.style.good.Render(text)
	case n >= 60:
		return a.style.warn.Render(text)
	}
	return a.style.bad.Render(text)
}

// checkSummary counts what there is to mend, and the places.
func (a *app) checkSummary(r *check.Result, groups []*report.Group) string {
	if len(r.Findings) == 0 {
		return a.style.good.Render("✓") + " nothing found by " + plural(len(r.Checked), "practice")
	}
	places, files := map[practice.Severity]int{}, map[string]bool{}
	for _, g := range groups {
		for one := range g.All() {
			places[one.Severity]++
			files[one.Origin.Path] = true
		}
	}
	text := fmt.Sprintf("%s to mend: %s", plural(len(groups), "thing"), a.counts(places))
	if delete(files, ""); len(files) > 0 {
		text += " in " + plural(len(files), "file")
	}
	if score, ok := r.Score(); ok {
		text += " · score " + a.share(score)
	}
	if n := mendable(r.Findings); n > 0 {
		text += fmt.Sprintf(" · --fix has changes for %d", n)
	}
	return text
}

// mendable counts the findings that come with the change that mends them.
func mendable(findings []practice.Finding) (n int) {
	for i := range findings {
		if len(findings[i].Edits) > 0 {
			n++
		}
	}
	return n
}

// printAllowed tells what exceptions let be.
func (a *app) printAllowed(r *check.Result) {
	for _, e := range r.Exceptions() {
		where := e.Origin.String()
		if e.Findings > 1 {
			where = fmt.Sprintf("%s, %d times", where, e.Findings)
		}
		a.out.paragraph(2, a.style.dim.Render(harmless(fmt.Sprintf("let be: %s (%s): %s", e.Practice, where, e.Because))))
	}
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
