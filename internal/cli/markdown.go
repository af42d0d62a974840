package cli

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/check/report"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Bounds of a comment. GitHub takes 65,536 characters; bytes are never fewer.
const (
	mostComment  = 65_000
	mostDetail   = 6_000 // of one object
	mostRows     = 200
	mostProblems = 30
)

var notInMarkers = regexp.MustCompile(`[^A-Za-z0-9./_]+`)

// marker is the hidden line by which the comment of an application is found again.
func marker(c *comparison) string {
	return "<!-- fairlead diff " + notInMarkers.ReplaceAllString(c.name, "-") + " -->"
}

// markdown is the comparison as a comment for a pull request: what matters first, details folded.
func (c *comparison) markdown(flags diffFlags) string {
	var parts []commentPart
	same := 0
	for _, s := range c.sections {
		if c.many && s.isQuiet() {
			same++
			continue
		}
		parts = append(parts, commentPart{text: c.opening(s)})
		if s.report == nil || s.err != nil {
			continue
		}
		changes := differences(s.report)
		parts = append(parts, commentPart{text: table(s.report, changes)}, commentPart{text: added(s.report)})
		for _, change := range changes {
			if text := folded(s.report, change, flags.context); text != "" {
				parts = append(parts, commentPart{text: text, isDetail: true})
			}
		}
	}
	closing := ""
	if same > 0 {
		closing = fmt.Sprintf("\n%d of %d applications don't change.\n", same, len(c.sections))
	}
	return bounded(marker(c)+"\n"+c.heading(), parts, closing)
}

// commentPart is a piece of a comment; details go first where it gets too long.
type commentPart struct {
	text     string
	isDetail bool
}

// bounded joins the parts and leaves out what is too much, details first, and says so.
func bounded(head string, parts []commentPart, closing string) string {
	const remark = 200 // what is said of what was left out
	left := mostComment - len(head) - len(closing) - remark
	keep, dropped, droppedDetails := make([]bool, len(parts)), 0, 0
	for _, details := range []bool{false, true} {
		for i, p := range parts {
			if p.isDetail == details && len(p.text) <= left {
				keep[i] = true
				left -= len(p.text)
			}
		}
	}
	var b strings.Builder
	b.WriteString(head)
	for i, p := range parts {
		switch {
		case keep[i]:
			b.WriteString(p.text)
		case p.isDetail:
			droppedDetails++
		default:
			dropped++
		}
	}
	b.WriteString(closing)
	if dropped+droppedDetails > 0 {
		fmt.Fprintf(&b, "\nToo long for a comment: %s and the details of %s are left out. `fairlead diff` shows them all.\n",
			plural(dropped, "part"), plural(droppedDetails, "object"))
	}
	return b.String()
}

// heading is the title and what is compared with what.
func (c *comparison) heading() string {
	title := "### " + span(c.name) + ": "
	switch {
	case c.many:
		changed := 0
		for _, s := range c.sections {
			if !s.isQuiet() {
				changed++
			}
		}
		title += fmt.Sprintf("%d of %d applications change", changed, len(c.sections))
	default:
		title += c.sections[0].headline()
	}
	return title + "\n\n" + c.revisions() + "\n"
}

func (s section) headline() string {
	switch {
	case s.err != nil:
		return "can't be delivered"
	case s.report == nil:
		return "no change"
	case s.isQuiet() && len(s.report.Plan.Changes) > 0:
		return "no change"
	}
	return summary(s.report)
}

// revisions states what the preview is about.
func (c *comparison) revisions() string {
	var base, to source.Revision
	for _, s := range c.sections {
		if s.report != nil && s.report.Snapshot != nil {
			base, to = s.report.Base, s.report.Revision()
			break
		}
	}
	switch {
	case c.from != "" && (to.IsCommit() || to.Commit == ""): // artifacts and charts have versions, and nothing is merged
		return "Merging " + revision(c.to, to) + " into " + revision(c.from, base) + " would do this to the cluster."
	case c.from != "":
		return "Going from " + revision(c.from, base) + " to " + revision(c.to, to) + " would do this to the cluster."
	case c.to != "":
		return "A sync of " + revision(c.to, to) + " would do this to the cluster as it is."
	case to.Commit != "":
		return "A sync of " + revision(to.Short(), source.Revision{}) + " would do this to the cluster as it is."
	}
	return "A sync would do this to the cluster as it is."
}

func revision(typed string, r source.Revision) string {
	text := span(typed)
	if r.Commit == "" {
		return text
	}
	if !strings.HasPrefix(r.Commit, typed) && r.Short() != typed {
		text += " (" + r.Short() + ")"
	}
	return text
}

// opening is what a section says before its table: its name where there are several, notes, problems, what waits.
func (c *comparison) opening(s section) string {
	var b strings.Builder
	if c.many {
		fmt.Fprintf(&b, "\n#### %s: %s\n", span(s.name), s.headline())
	}
	if s.note != "" {
		fmt.Fprintf(&b, "\n%s\n", span(s.note))
	}
	problems := s.problems()
	if len(problems) > 0 {
		b.WriteString("\n**Problems.** What is named here would not be delivered, and nothing would be removed.\n\n")
	}
	for i, p := range causes(problems) {
		if i == mostProblems {
			b.WriteString("- and more\n")
			break
		}
		b.WriteString("- ")
		for _, place := range shorten(p.places, named) {
			b.WriteString(span(place) + " ")
		}
		b.WriteString("\n  " + span(p.message) + "\n")
		if p.next != "" {
			b.WriteString("  next: " + span(p.next) + "\n")
		}
	}
	if len(problems) == 0 && s.report != nil && s.report.Plan.Guard != nil { // else it waits for what is broken
		b.WriteString("\n**Not removed unasked:** " + span(strings.Join(s.report.Plan.Guard.Reasons, "; ")) + "\n")
		b.WriteString("Then " + span(approval(s.name)) + "\n")
	}
	return b.String()
}

// problems are all that is wrong with the section, in words.
func (s section) problems() []problem {
	if s.err != nil {
		return []problem{s.problem()}
	}
	if s.report == nil {
		return nil
	}
	var said []problem
	for _, p := range s.report.Problems() {
		said = append(said, planPrinter{report: s.report}.inWords(p))
	}
	return said
}

func table(r *deliver.Report, changes []*apply.Change) string {
	if len(changes) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n| | Kind | Name | What | Pods |\n|:-:|---|---|---|---|\n")
	for i, c := range changes {
		if i == mostRows {
			fmt.Fprintf(&b, "\nand %d more\n", len(changes)-mostRows)
			break
		}
		name := c.ID.Name
		if c.ID.Namespace != "" {
			name = c.ID.Namespace + "/" + name
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", sign(c.Action), cell(c.ID.Kind), cell(name), what(r, c), inPods(r.Pods(c)))
	}
	b.WriteString("\n")
	return b.String()
}

// added is what a merge breaks that was not broken before, and what the gate would do.
func added(r *deliver.Report) string {
	var b strings.Builder
	if r.Closed != nil {
		b.WriteString("\n**The gate would refuse it:** " + span(r.Words(r.Closed.Error())) + "\n")
	}
	findings := told(r)
	if len(findings) == 0 {
		return b.String()
	}
	b.WriteString("\n**Practices: what this change adds**\n\n")
	left := len(findings)
	for i, g := range report.Grouped(findings, report.Likeness) {
		if i == mostProblems {
			fmt.Fprintf(&b, "- and %d more\n", left)
			break
		}
		b.WriteString("- " + g.Severity.String() + ": " + span(deliver.Sentence(shownFinding(r, *g.Finding))))
		if n := len(g.More); n > 0 {
			fmt.Fprintf(&b, " and %d more like it", n)
		}
		b.WriteString("\n")
		if g.Fix != "" {
			b.WriteString("  fix: " + span(g.Fix) + "\n")
		}
		left -= 1 + len(g.More)
	}
	b.WriteString("\n")
	return b.String()
}

func inPods(p deliver.Pods) string {
	switch text := p.String(); {
	case text == "":
		return ""
	case len(p.ReadBy) > 0: // has names
		return cell(text)
	default:
		return text
	}
}

// what says in a few words what becomes of an object.
func what(r *deliver.Report, c *apply.Change) string {
	switch {
	case c.Action == apply.ActionPrune && r.Plan.Guard != nil:
		return "no longer in the source, stays for now"
	case c.Action == apply.ActionPrune:
		return "removed"
	case c.Action == apply.ActionUpdate && c.Reason == "":
		return fieldsInShort(c.Fields)
	}
	word := string(c.Action)
	if c.Action == apply.ActionCreate {
		word = "new"
	}
	if c.Reason != "" {
		return word + ": " + cell(c.Reason)
	}
	return word
}

// fieldsInShort names the first fields, with the ends of their values.
func fieldsInShort(fields []cluster.FieldChange) string {
	const most, longest = 2, 30
	var parts []string
	for i, f := range fields {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(fields)-most))
			break
		}
		text := cell(tail(f.Path, widestPath))
		from, to := strings.TrimSpace(valueText(f.From)), strings.TrimSpace(valueText(f.To))
		switch {
		case f.From == nil:
			text += " added"
		case f.To == nil:
			text += " removed"
		case strings.HasPrefix(from, cluster.Masked) || strings.Contains(from+to, "\n"):
		case tail(from, longest) != tail(to, longest): // of an image, the tag
			text += " " + cell(tail(from, longest)) + " → " + cell(tail(to, longest))
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "<br>")
}

// widestPath is how much of a field's path a table shows, from its end.
const widestPath = 48

func tail(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return "…" + string(runes[len(runes)-most:])
}

// folded is the difference of one object, to be opened with a click; "" when there is nothing to show.
func folded(r *deliver.Report, c *apply.Change, context int) string {
	lines := differenceOf(r, c, context)
	if len(lines) == 0 {
		return ""
	}
	size := 0
	for i, line := range lines {
		if size += len(line) + 1; size > mostDetail {
			lines = append(lines[:i:i], fmt.Sprintf("… and %s", plural(len(lines)-i, "more line")))
			break
		}
	}
	place := ""
	if c.Origin.Path != "" {
		place = " " + codeHTML(planPrinter{report: r}.place(c.Origin))
	}
	return "<details><summary>" + codeHTML(sign(c.Action)+" "+c.ID.String()) + place + "</summary>\n\n" + fencedDiff(lines) + "\n</details>\n"
}

func differenceOf(r *deliver.Report, c *apply.Change, context int) []string {
	switch {
	case c.Action == apply.ActionPrune || c.Action == apply.ActionUnknown:
		return nil
	case len(c.Fields) == 0 || context > 0 && !isSecret(c):
		return differing(yamlLines(c.Live()), yamlLines(c.Would()), max(context, 1))
	}
	var lines []string
	for _, t := range c.Takes {
		lines = append(lines, "# "+setBy(t))
	}
	for _, f := range c.Fields {
		line := "@@ " + oneLine(f.Path, widest) + " @@"
		if at := c.Sets(f); at.Line > 0 {
			line += " " + planPrinter{report: r}.place(at)
		}
		lines = append(lines, line)
		lines = append(lines, valueLines(f)...)
	}
	return lines
}
