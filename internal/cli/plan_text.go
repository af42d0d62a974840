package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// planPrinter shows a report's plan to a person.
type planPrinter struct {
	*app
	to      screen
	report  *deliver.Report
	target  string // as it was typed
	context int    // lines of YAML around a difference; 0 shows fields alone
}

func (p planPrinter) plan() {
	shown := differences(p.report)
	column := 0
	for _, c := range shown {
		column = max(column, lipgloss.Width(c.ID.String()))
	}
	for _, c := range shown {
		p.change(c, min(column, widestName))
	}
	p.untried(shown)
	p.guard(p.report.Plan.Guard)
	p.findings()
	p.problems(p.report.Problems())
	p.skipped(p.report.Rendering.Set.Skipped)
}

// widestName is the widest column for names: a few long ones must not push everything else to the right.
const widestName = 48

// indents of the lines below a change.
const (
	fieldIndent = "    "
	valueIndent = "      "
)

func (p planPrinter) change(c *apply.Change, column int) {
	head := fmt.Sprintf("%s %-7s", sign(c.Action), c.Action)
	line := p.style.action(c.Action).Render(head) + " " + p.style.bold.Render(c.ID.String())
	if c.Origin.Path != "" {
		line += strings.Repeat(" ", max(0, column-lipgloss.Width(c.ID.String())))
		line += "  " + p.origin(c.Origin, lipgloss.Width(line)+2)
	}
	fmt.Fprintln(p.to, line)
	if c.Action == apply.ActionReplace {
		p.to.paragraph(len(valueIndent), fieldIndent+p.style.dim.Render("deleted and made anew, as "+harmless(p.report.Words(c.Reason))))
	}
	for _, t := range c.Takes {
		p.to.paragraph(len(valueIndent), fieldIndent+p.style.dim.Render(setBy(t)))
	}
	if c.Reason != "" && !slices.Contains(untriedActions, c.Action) && c.Action != apply.ActionPrune && c.Action != apply.ActionReplace {
		p.to.paragraph(len(valueIndent), fieldIndent+p.style.dim.Render(harmless(c.Reason)))
	}
	if pods := p.report.Pods(c).String(); pods != "" {
		p.to.paragraph(len(valueIndent), fieldIndent+p.style.dim.Render(harmless(pods)))
	}
	// The YAML of a Secret is masked, and so the same on both sides: its fields say which values changed.
	if p.context > 0 && (!isSecret(c) || len(c.Fields) == 0) {
		p.unified(c)
		return
	}
	for _, f := range c.Fields {
		line := fieldIndent + harmless(f.Path)
		if at := c.Sets(f); at.Line > 0 {
			line += "  " + p.origin(at, lipgloss.Width(line)+2)
		}
		fmt.Fprintln(p.to, line)
		p.values(f)
	}
}

// setBy names who loses which fields.
func setBy(t cluster.Taking) string {
	shown := shorten(t.Fields, named)
	if hidden := len(t.Fields) - named; t.More > 0 { // there are always more shown fields than are named here
		shown = append(shown[:named:named], fmt.Sprintf("and %d more", hidden+t.More))
	}
	return harmless("set by " + t.Manager + ": " + strings.Join(shown, ", "))
}

func isSecret(c *apply.Change) bool { return c.Object() != nil && c.Object().IsSecret() }

// origin draws a place at column used of its line.
func (p planPrinter) origin(o manifest.Origin, used int) string {
	return p.style.dim.Render(p.to.fit(p.place(o), used))
}

func (p planPrinter) place(o manifest.Origin) string {
	o.Path = p.report.Snapshot.Display(o.Path)
	return harmless(o.String())
}

// untriedActions are those whose reason is that the server could not be asked.
var untriedActions = []apply.Action{apply.ActionCreate, apply.ActionUnknown}

// untried says of which objects the server could not be asked beforehand, once for each reason.
func (p planPrinter) untried(changes []*apply.Change) {
	counts := map[string]int{}
	for _, c := range changes {
		if c.Reason != "" && slices.Contains(untriedActions, c.Action) {
			counts[c.Reason]++
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		p.to.paragraph(2, p.style.dim.Render(fmt.Sprintf("· %d of these could not be tried on the server: %s", counts[reason], reason)))
	}
}

func (p planPrinter) problems(problems []manifest.Problem) {
	said := make([]problem, 0, len(problems))
	for _, m := range problems {
		said = append(said, p.inWords(m))
	}
	p.printProblems(p.to, said)
}

func (p planPrinter) inWords(m manifest.Problem) problem {
	said := problem{where: p.place(m.Origin), message: p.report.Words(m.Err.Error()), next: p.report.Words(hint.Of(m.Err))}
	if m.ID != (manifest.ID{}) {
		said.object = m.ID.String()
	}
	return said
}

// guard says why what is shown as pruned waits.
func (p planPrinter) guard(g *apply.Guard) {
	if g == nil {
		return
	}
	p.to.paragraph(2, p.style.warn.Render("! not pruned:")+" "+strings.Join(g.Reasons, "; "))
	if len(p.report.Problems()) == 0 {
		p.printNext(p.to, approval(p.target))
	}
}

// approval is the way to have a prune that waits carried out.
func approval(target string) string {
	return "to remove them: fairlead sync " + target + " --approve-prune"
}

// skipped folds what was passed over by its reason.
func (p planPrinter) skipped(skipped []manifest.Skipped) {
	byReason := map[string][]string{}
	var reasons []string
	for _, s := range skipped {
		reason := p.report.Words(s.Reason)
		if byReason[reason] == nil {
			reasons = append(reasons, reason)
		}
		byReason[reason] = append(byReason[reason], p.report.Words(s.Path))
	}
	for _, reason := range reasons {
		p.to.paragraph(4, p.style.dim.Render(harmless("· skipped "+strings.Join(shorten(byReason[reason], named), ", ")+": "+reason)))
	}
}

// summary is one line: "3 to create, 1 to update, 40 unchanged, 2 problems".
func summary(report *deliver.Report) string {
	counts, restarts := map[apply.Action]int{}, 0
	for _, c := range report.Plan.Changes {
		counts[c.Action]++
		restarts += report.Pods(c).Restarts
	}
	order := []apply.Action{apply.ActionCreate, apply.ActionUpdate, apply.ActionReplace, apply.ActionPrune, apply.ActionUnknown, apply.ActionUnchanged}
	words := map[apply.Action]string{apply.ActionUnknown: "unknown", apply.ActionUnchanged: "unchanged"}
	if report.Plan.Guard != nil {
		words[apply.ActionPrune] = "not pruned"
	}
	var parts []string
	for _, action := range order {
		if n := counts[action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, cmp.Or(words[action], "to "+string(action))))
		}
	}
	if n := len(report.Problems()); n > 0 {
		parts = append(parts, plural(n, "problem"))
	}
	if n := len(report.Rendering.Set.Skipped); n > 0 {
		parts = append(parts, fmt.Sprintf("%d skipped", n))
	}
	if restarts > 0 {
		parts = append(parts, "restarts "+plural(restarts, "pod"))
	}
	return cmp.Or(strings.Join(parts, ", "), "nothing to compare")
}
