package cli

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// mostFindings are told one by one; the rest is counted.
const mostFindings = 10

// told are the findings that a plan is about, the severest first: of a merge what it adds, else what is found in the
// objects that are sent. What stays as it is has been told before, and what is blocked is told as a problem.
func told(r *deliver.Report) []practice.Finding {
	if r.Judgement == nil {
		return nil
	}
	sent, blocked := map[manifest.ID]bool{}, map[manifest.ID]bool{}
	for _, c := range r.Plan.Changes {
		sent[c.ID], blocked[c.ID] = c.Action != apply.ActionUnchanged, c.Problem != nil
	}
	isMerge := r.Base.Commit != "" && r.BaseErr == nil
	all := r.Added
	if !isMerge {
		all = r.Judgement.Worst(practice.Info)
	}
	return slices.DeleteFunc(slices.Clone(all), func(f practice.Finding) bool { return blocked[f.Object] || !isMerge && !sent[f.Object] })
}

// findings counts what a plan breaks, and names the errors, or whatever closes the gate.
func (p planPrinter) findings() {
	all, by := told(p.report), map[practice.Severity]int{}
	for _, f := range all {
		by[f.Severity]++
	}
	if by[practice.Error]+by[practice.Warning] > 0 {
		p.to.paragraph(2, p.style.warn.Render("!")+" practices: "+p.counts(by))
	}
	if closed := p.report.Closed; closed != nil {
		p.to.paragraph(2, p.style.bad.Render("✗")+" a sync is refused: the gate is closed by "+plural(len(closed.Findings), "finding"))
		p.errors(closed.Findings)
		return
	}
	p.errors(all[:by[practice.Error]])
}

func (p planPrinter) errors(findings []practice.Finding) {
	for i, f := range findings {
		if i == mostFindings {
			p.to.paragraph(4, fmt.Sprintf("  and %d more", len(findings)-mostFindings))
			return
		}
		p.to.paragraph(4, "  "+p.style.bad.Render("✗")+" "+harmless(deliver.Sentence(shownFinding(p.report, f))))
	}
}

// shownFinding has its place as the person knows it.
func shownFinding(r *deliver.Report, f practice.Finding) practice.Finding {
	f.Origin = shownOrigin(r, f.Origin)
	return f
}

// printRefused says why nothing of a path was delivered: each finding with what mends it.
func (a *app) printRefused(r *deliver.Report, closed *deliver.GateError) error {
	if a.json() {
		if err := a.printJSON(toJSON(r)); err != nil {
			return err
		}
		return errNo
	}
	said := make([]problem, 0, len(closed.Findings)+len(closed.Void))
	for _, f := range slices.Concat(closed.Findings, closed.Void) {
		f = shownFinding(r, f)
		object := ""
		if f.Object != (manifest.ID{}) {
			object = f.Object.String()
		}
		said = append(said, findingProblem(v1alpha1.FindingStatus{Practice: f.Practice, Object: object, Where: f.Origin.String(), Message: f.Message, Fix: f.Fix}))
	}
	a.printProblems(a.err, said)
	a.out.paragraph(0, "nothing was delivered: the gate is closed by "+plural(len(closed.Findings), "finding"))
	a.printNext(a.out, exceptionFor(closed.Findings[0].Practice))
	return errNo
}

func exceptionFor(id string) string {
	return "mend it, or make an exception with a reason: fairlead explain " + id
}

// findingProblem words a finding for people.
func findingProblem(f v1alpha1.FindingStatus) problem {
	return problem{f.Where, f.Object, f.Message + " (" + f.Practice + ")", f.Fix}
}

// printFindings tells what the gate holds back, or else the errors in what was delivered.
func (a *app) printFindings(app *v1alpha1.Application) {
	p := app.Status.Practices
	switch {
	case p == nil:
	case isRefused(app):
		a.out.paragraph(2, a.style.bad.Render("✗")+" the gate holds back "+harmless(p.Refused.ShortRevision)+":")
		said := make([]problem, 0, len(p.Refused.Findings))
		for _, f := range p.Refused.Findings {
			said = append(said, findingProblem(f))
		}
		a.printProblems(a.out, said)
		a.printMore(p.Refused.More)
		if len(said) > 0 {
			a.printNext(a.out, exceptionFor(p.Refused.Findings[0].Practice))
		}
	case p.Errors > 0:
		shown := int32(0)
		for _, f := range p.Findings {
			if f.Severity != practice.Error.String() {
				continue
			}
			shown++
			isProblem := slices.ContainsFunc(app.Status.Problems, func(p v1alpha1.ProblemStatus) bool { return p.Object == f.Object })
			if said := findingProblem(f); !isProblem { // else it is told above
				a.out.paragraph(4, a.style.warn.Render("!")+" "+sentence(said.where, said.object+": "+said.message))
			}
		}
		a.printMore(p.Errors - shown)
	}
}

func (a *app) printMore(n int32) {
	if n > 0 {
		fmt.Fprintf(a.out, "    and %d more\n", n)
	}
}

// isRefused says that the gate holds back what the source says now.
func isRefused(app *v1alpha1.Application) bool {
	synced := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionSynced)
	return synced != nil && synced.Reason == "GateClosed" && app.Status.Practices != nil && app.Status.Practices.Refused != nil
}

// practicesText reads "score 77: 1 error, 6 warnings, 1 info".
func practicesText(j v1alpha1.Judgement) string {
	text := fmt.Sprintf("score %d", j.Score)
	var counts []string
	for _, of := range []struct {
		n        int32
		severity practice.Severity
	}{{j.Errors, practice.Error}, {j.Warnings, practice.Warning}, {j.Infos, practice.Info}} {
		if of.n > 0 {
			counts = append(counts, plural(int(of.n), of.severity.String()))
		}
	}
	if len(counts) > 0 {
		text += ": " + strings.Join(counts, ", ")
	}
	return text
}
