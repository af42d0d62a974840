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
	folded := foldFindings(r.Findings, all)
	slices.SortStableFunc(folded, func(x, y *folding) int {
		if all {
			return cmp.Or(cmp.Compare(x.shown.Origin.Path, y.shown.Origin.Path), cmp.Compare(x.shown.Origin.Line, y.shown.Origin.Line))
		}
		return cmp.Or(cmp.Compare(y.urgency(), x.urgency()), cmp.Compare(len(y.also), len(x.also)), cmp.Compare(x.shown.Origin.Path, y.shown.Origin.Path))
	})
	source := report.SourceOf(r)
	for _, f := range folded {
		a.printFinding(f, source, len(r.Scopes) > 1)
		fmt.Fprintln(a.out)
	}
	a.printPractices(r, folded)
	a.printScopes(r, all)
	a.out.paragraph(0, a.checkSummary(r, folded))
	a.printAllowed(r)
	a.printPassedOver(r)
}

// folding is a finding and those that are like it.
type folding struct {
	shown practice.Finding
	also  []*practice.Finding // at other places
}

// all are the one shown and the others.
func (f *folding) all() []*practice.Finding {
	return append(f.also[:len(f.also):len(f.also)], &f.shown)
}

// urgency is how severe it is; what could not be read at all comes before everything else.
func (f *folding) urgency() int {
	if f.shown.Practice == check.Readable.ID {
		return int(f.shown.Severity) + int(practice.Error)
	}
	return int(f.shown.Severity)
}

// foldFindings makes one of those that one change mends, that are the same in several scopes, or that say the same of
// several objects.
func foldFindings(findings []practice.Finding, all bool) []*folding {
	type place struct {
		practice, path, field, message string
		line, column                   int
	}
	type cause struct{ practice, scope, cause string }
	places, caused, alike := map[place]bool{}, map[cause]*folding{}, map[string]*folding{}
	var folded []*folding
	for i := range findings {
		f := &findings[i]
		at := place{f.Practice, f.Origin.Path, f.Field, f.Message, f.Origin.Line, f.Origin.Column}
		if f.Origin.Path != "" && places[at] {
			continue // a base that several overlays use
		}
		places[at] = true
		because, like := cause{f.Practice, f.Scope, f.Cause}, report.Likeness(*f)
		known := alike[like]
		if known == nil && f.Cause != "" {
			known = caused[because]
		}
		switch {
		case known == nil || all:
			known = &folding{shown: *f}
			folded = append(folded, known)
		case known.shown.Origin.Rendered && !f.Origin.Rendered: // one whose line can be shown says more
			before := known.shown
			known.also, known.shown = append(known.also, &before), *f
		default:
			known.also = append(known.also, f)
		}
		alike[like], caused[because] = known, known
	}
	return folded
}

func (a *app) printFinding(f *folding, source *report.Source, isOneOfMany bool) {
	shown := f.shown
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
	beside, elsewhere := f.split()
	if len(beside) > 0 {
		a.out.paragraph(10, "    "+a.style.dim.Render("and:")+"  "+harmless(strings.Join(shorten(beside, named), "; ")))
	}
	if len(elsewhere) > 0 {
		a.out.paragraph(10, "    "+a.style.dim.Render("also:")+" "+harmless(alsoAt(shown, elsewhere)))
	}
}

// split parts what else is said of the same object, and mended by the same change, from what is said elsewhere.
func (f *folding) split() (beside []string, elsewhere []*practice.Finding) {
	for _, other := range f.also {
		isSame := other.Object == f.shown.Object && other.Origin.Path == f.shown.Origin.Path && other.Scope == f.shown.Scope
		if isSame && report.Likeness(*other) != report.Likeness(f.shown) {
			beside = append(beside, other.Message)
			continue
		}
		elsewhere = append(elsewhere, other)
	}
	return beside, elsewhere
}

// alsoAt reads "and 7 more like it: cart.yaml:12, web.yaml:30, …".
func alsoAt(shown practice.Finding, also []*practice.Finding) string {
	var places []string
	known := make(map[string]bool, len(also))
	for group := range farthest + 1 {
		for _, f := range also {
			if distance(shown, *f) != group {
				continue
			}
			if where := shortPlace(shown, *f); !known[where] {
				known[where] = true
				places = append(places, where)
			}
		}
	}
	return fmt.Sprintf("%d more like it: %s", len(also), strings.Join(shorten(places, named), ", "))
}

// farthest of the distances.
const farthest = 3

// distance of a place from the one shown: those near it are named first.
func distance(shown, f practice.Finding) int {
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
func (a *app) printPractices(r *check.Result, folded []*folding) {
	found := map[string]map[practice.Severity]int{}
	for _, f := range folded {
		for _, one := range f.all() {
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
func (a *app) checkSummary(r *check.Result, folded []*folding) string {
	if len(r.Findings) == 0 {
		return a.style.good.Render("✓") + " nothing found by " + plural(len(r.Checked), "practice")
	}
	places, files := map[practice.Severity]int{}, map[string]bool{}
	for _, f := range folded {
		for _, one := range f.all() {
			places[one.Severity]++
			files[one.Origin.Path] = true
		}
	}
	text := fmt.Sprintf("%s to mend: %s", plural(len(folded), "thing"), a.counts(places))
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
