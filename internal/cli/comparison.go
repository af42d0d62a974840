package cli

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// printComparison prints what diff has found in the form that was asked for.
func (a *app) printComparison(c *comparison, flags diffFlags) error {
	switch {
	case a.output == "markdown":
		_, err := fmt.Fprint(a.out, c.markdown(flags))
		return err
	case a.json() && c.many:
		return a.printJSON(c.toJSON())
	case a.json():
		out := toJSON(c.sections[0].report)
		out.Note = c.sections[0].note
		return a.printJSON(out)
	}
	same := 0
	for _, s := range c.sections {
		if s.isQuiet() {
			same++
			continue
		}
		a.printSection(c, s, flags)
	}
	if c.many && same > 0 {
		a.err.paragraph(0, fmt.Sprintf("%d of %d applications: no differences", same, len(c.sections)))
	}
	if !c.many && same > 0 {
		a.err.paragraph(0, a.style.bold.Render(summary(c.sections[0].report)))
	}
	return nil
}

// isQuiet says whether there is nothing to be said of an application.
func (s section) isQuiet() bool {
	return s.err == nil && s.note == "" && s.report != nil && s.report.Plan.Clean() && len(s.report.Problems()) == 0 &&
		len(s.report.Rendering.Set.Skipped) == 0 && len(s.report.Added) == 0 && s.report.Closed == nil
}

func (a *app) printSection(c *comparison, s section, flags diffFlags) {
	if c.many {
		fmt.Fprintln(a.out, a.style.bold.Render(harmless(s.name))+"  "+a.style.dim.Render(harmless(s.path)))
	}
	if s.note != "" {
		a.out.paragraph(2, a.style.dim.Render("· "+harmless(s.note)))
	}
	if s.err != nil {
		a.printProblems(a.out, []problem{s.problem()})
		return
	}
	if s.report == nil {
		return
	}
	planPrinter{app: a, to: a.out, report: s.report, target: s.name, context: flags.context}.plan()
	text := summary(s.report)
	if c.many {
		text = harmless(s.name) + ": " + text
	}
	a.err.paragraph(0, a.style.bold.Render(text))
}

// problem words why nothing could be compared.
func (s section) problem() problem {
	return problem{object: s.name, message: s.report.Words(s.err.Error()), next: s.report.Words(hint.Of(s.err))}
}

// comparisonJSON is the stable JSON form of a comparison of many applications (docs/cli.md).
type comparisonJSON struct {
	Applications []sectionJSON `json:"applications"`
}

type sectionJSON struct {
	Application string       `json:"application"`
	Path        string       `json:"path"`
	Note        string       `json:"note,omitempty"`
	Problem     *problemJSON `json:"problem,omitempty"` // nothing could be compared
	Report      *reportJSON  `json:"report,omitempty"`
}

func (c *comparison) toJSON() comparisonJSON {
	out := comparisonJSON{Applications: []sectionJSON{}}
	for _, s := range c.sections {
		shown := sectionJSON{Application: s.name, Path: s.path, Note: s.note}
		switch {
		case s.err != nil:
			said := s.problem()
			shown.Problem = &problemJSON{Message: said.message, Next: said.next}
		case s.report != nil:
			report := toJSON(s.report)
			shown.Report = &report
		}
		out.Applications = append(out.Applications, shown)
	}
	return out
}

// differences are the changes that are shown: not the unchanged, and not those that are told as problems.
func differences(r *deliver.Report) []*apply.Change {
	var shown []*apply.Change
	for _, c := range r.Plan.Changes {
		if c.Action != apply.ActionUnchanged && c.Problem == nil {
			shown = append(shown, c)
		}
	}
	return shown
}
