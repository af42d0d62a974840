package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/guide"
	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed report.html
var pageText string

// What the template shows. Everything is escaped by html/template; classes and ids are made here, never from names.
type (
	page struct {
		Version  string
		Summary  string // all in a line
		Found    string // without the score
		Counts   []count
		Score    int // -1: nothing was judged
		Columns  []practice.Category
		Scopes   []scopeRow
		Broken   []practiceRow // practices of which something was found, the worst first
		Held     []practiceRow
		Chapters []chapter
		Allowed  []check.Exception
		Skipped  []skippedRow
	}
	count struct {
		Severity practice.Severity
		Word     string
		N        int
	}
	scopeRow struct {
		Class string
		Name  string
		What  string
		Score int
		Cells []int // a score for each column, -1 where nothing was judged
		N     int   // findings
	}
	practiceRow struct {
		ID, Title string
		Found     string
		by        bySeverity
		Score     int
		Scores    []scopeScore // in each scope that it judges, shown when that is chosen
	}
	scopeScore struct {
		Class string
		Score int
	}
	chapter struct {
		Name      practice.Category
		Practices []*section
	}
	section struct {
		ID, Title  string
		Severity   practice.Severity
		Leads, Fix string
		Doc        []guide.Block
		Groups     []finding // the first ones
		Folded     []finding
	}
	finding struct {
		Class    string
		Severity practice.Severity
		Message  string
		Object   string
		Field    string
		Values   string
		Place    string
		Scopes   []string
		Lines    []sourceLine
		More     []string // the places of others with the same cause
		Leads    string   // where it says more than the practice
		Fix      string
	}
	sourceLine struct {
		Number            int
		Left, Mark, Right string
	}
	skippedRow struct{ Path, Reason string }
)

// mostOpen is how many findings of a practice are shown at once.
const mostOpen = 12

// writeHTML reads its template when it is asked for: no other command is to wait for that.
func writeHTML(w io.Writer, r *check.Result, o Options) error {
	is := func(kind guide.Kind) func(guide.Block) bool {
		return func(b guide.Block) bool { return b.Kind == kind }
	}
	t, err := template.New("report").Funcs(template.FuncMap{
		"grade": grade, "shape": shape, "spans": guide.Spans, "isItem": is(guide.Item), "isHeading": is(guide.Heading), "isCode": is(guide.Code),
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, newPage(r, o))
}

// inPlaces says of how many places the findings are, where overlays and releases share some: the page counts each where it is
// delivered, a list of what is to be mended counts it once.
func inPlaces(r *check.Result) string {
	if n := len(Grouped(r.Findings, Places)); n < len(r.Findings) {
		return fmt.Sprintf(": at %s, each counted in every overlay and release that has it", plural(n, "place"))
	}
	return ""
}

// grade is a score in a word, which is a class too; shape is its sign: nothing is said by colour alone.
func grade(score int) string {
	switch {
	case score < 0:
		return "none"
	case score < 70:
		return "poor"
	case score < 90:
		return "fair"
	}
	return "good"
}

func shape(score int) string {
	return map[string]string{"none": "·", "poor": "▲", "fair": "◐", "good": "●"}[grade(score)]
}

func newPage(r *check.Result, o Options) *page {
	p := &page{Version: o.Version, Summary: summary(r), Found: found(r) + inPlaces(r), Score: notJudged, Allowed: r.Exceptions()}
	if score, ok := r.Score(); ok {
		p.Score = score
	}
	for _, s := range []practice.Severity{practice.Error, practice.Warning, practice.Info} {
		n := tally(r.Findings)[s]
		p.Counts = append(p.Counts, count{s, strings.TrimPrefix(plural(n, s.String()), fmt.Sprint(n, " ")), n})
	}
	for _, s := range r.Skipped {
		p.Skipped = append(p.Skipped, skippedRow{s.Path, s.Reason})
	}
	classes := p.addScopes(r)
	p.addPractices(r, classes)
	p.addFindings(r, classes)
	return p
}

// addScopes fills the table of scores, and returns the class by which each scope's findings are filtered.
func (p *page) addScopes(r *check.Result) map[string]string {
	for _, c := range practice.Categories {
		if slices.ContainsFunc(r.Checked, func(known *practice.Practice) bool { return known.Category == c }) {
			p.Columns = append(p.Columns, c)
		}
	}
	classes := map[string]string{}
	scopes := byScope(r)
	for i, name := range scopes.names {
		s := scopes.scopes[name]
		row := scopeRow{Class: fmt.Sprintf("s%d", i), Name: name, What: contents(s), Score: s.Score, N: len(scopes.findings[name])}
		classes[name] = row.Class
		for _, c := range p.Columns {
			row.Cells = append(row.Cells, scoreIn(s, c))
		}
		p.Scopes = append(p.Scopes, row)
	}
	return classes
}

// addPractices fills the table of practices: in all, and in each scope.
func (p *page) addPractices(r *check.Result, classes map[string]string) {
	for _, rule := range r.Checked {
		score, judged := r.PracticeScore(rule.ID)
		if !judged {
			continue
		}
		row := practiceRow{ID: rule.ID, Title: rule.Title, Score: score}
		for _, s := range r.Scopes {
			if score, judged := s.Practices[rule.ID]; judged && len(r.Scopes) > 1 {
				row.Scores = append(row.Scores, scopeScore{classes[s.Name], score})
			}
		}
		for _, f := range r.Findings {
			if f.Practice == rule.ID {
				row.by[f.Severity]++
			}
		}
		if row.Found = row.by.String(); row.Found == "" {
			p.Held = append(p.Held, row)
			continue
		}
		p.Broken = append(p.Broken, row)
	}
	slices.SortStableFunc(p.Broken, func(a, b practiceRow) int { return b.by.compare(a.by) })
}

func contents(s check.Scope) string {
	var parts []string
	if s.Objects > 0 {
		parts = append(parts, plural(s.Objects, "object"))
	}
	if s.Dockerfiles > 0 {
		parts = append(parts, plural(s.Dockerfiles, "Dockerfile"))
	}
	if s.Kind != "" && s.Kind != check.Dockerfiles {
		parts = append([]string{string(s.Kind)}, parts...)
	}
	return strings.Join(parts, ", ")
}

func (p *page) addFindings(r *check.Result, classes map[string]string) {
	groups := map[string][]*Group{}
	for _, g := range Grouped(r.Findings, Changes) {
		groups[g.Practice] = append(groups[g.Practice], g)
	}
	source := SourceOf(r)
	known := rules(r)
	for _, c := range append([]practice.Category{""}, practice.Categories...) {
		chapter := chapter{Name: c}
		for _, rule := range known {
			if rule.Category != c || len(groups[rule.ID]) == 0 {
				continue
			}
			chapter.Practices = append(chapter.Practices, newSection(rule, groups[rule.ID], source, classes))
		}
		// Within a chapter the worst comes first.
		slices.SortStableFunc(chapter.Practices, func(a, b *section) int { return int(b.Severity - a.Severity) })
		if len(chapter.Practices) > 0 {
			p.Chapters = append(p.Chapters, chapter)
		}
	}
	slices.SortStableFunc(p.Chapters, func(a, b chapter) int { return int(b.Practices[0].Severity - a.Practices[0].Severity) })
}

func newSection(p *practice.Practice, groups []*Group, source *Source, classes map[string]string) *section {
	s := &section{ID: p.ID, Title: p.Title, Leads: p.Leads, Fix: p.Fix, Doc: guide.Text(p)}
	for _, g := range alike(groups) {
		s.Severity = max(s.Severity, g.Severity)
		s.Groups = append(s.Groups, newFinding(g, source, classes))
	}
	s.Leads = hoist(s.Leads, s.Groups, func(f *finding) *string { return &f.Leads })
	s.Fix = hoist(s.Fix, s.Groups, func(f *finding) *string { return &f.Fix })
	if len(s.Groups) > mostOpen {
		s.Groups, s.Folded = s.Groups[:mostOpen], s.Groups[mostOpen:]
	}
	return s
}

// alike makes one of the groups that say the same of several objects of the same scopes, the worst first.
func alike(groups []*Group) []*Group {
	by := map[string]*Group{}
	var all []*Group
	for _, g := range groups {
		key := string(appendLikeness(nil, g.Finding)) + "\x00" + strings.Join(g.Scopes, "\x00")
		if first := by[key]; first != nil {
			first.More = append(append(first.More, g.Finding), g.More...)
			continue
		}
		by[key] = g
		all = append(all, g)
	}
	slices.SortStableFunc(all, func(a, b *Group) int { return int(b.Severity - a.Severity) })
	return all
}

// hoist returns what is said once for all findings, and takes it from those that say the same: what the practice says,
// or what they all say instead; nothing if each has words of its own.
func hoist(general string, all []finding, of func(*finding) *string) string {
	said := map[string]int{}
	for i := range all {
		said[*of(&all[i])]++
	}
	first := *of(&all[0])
	switch {
	case said[first] == len(all) && first != "" && !strings.Contains(first, "\n"):
		general = first
	case said[general] == 0 && said[""] == 0:
		return ""
	}
	for i := range all {
		if text := of(&all[i]); *text == general {
			*text = ""
		}
	}
	return general
}

// placeInFile is nothing of an object of a cluster: that is said anyway.
func placeInFile(f practice.Finding) string {
	if f.Origin.Path == "" {
		return ""
	}
	return Place(f)
}

func newFinding(g *Group, source *Source, classes map[string]string) finding {
	f := finding{
		Severity: g.Severity, Message: harmless(g.Message), Object: harmless(about(*g.Finding)), Field: harmless(g.Field), Values: harmless(g.Values), Place: harmless(placeInFile(*g.Finding)), Scopes: g.Scopes,
		Leads: harmless(g.Leads), Fix: harmless(g.Fix),
	}
	class := []string{g.Severity.String()}
	for _, s := range g.Scopes {
		class = append(class, classes[s])
	}
	f.Class = strings.Join(class, " ")
	for _, other := range g.Elsewhere() {
		f.More = append(f.More, harmless(Place(*other)+": "+said(*other)))
	}
	for _, l := range source.Around(*g.Finding, before, after) {
		runes := []rune(l.Text)
		f.Lines = append(f.Lines, sourceLine{l.Number, harmless(string(runes[:l.From])), harmless(string(runes[l.From:l.To])), harmless(string(runes[l.To:]))})
	}
	return f
}
