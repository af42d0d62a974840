package controller

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

// gate translates an Application's; where what was delivered last can be had is for the caller to say.
func gate(app *v1alpha1.Application) deliver.Gate {
	said := app.Spec.Practices
	g := deliver.Gate{Practices: practices.All, OnlyNew: said.OnlyNew}
	if closes, ok := practice.ParseSeverity(said.Gate); ok {
		g.Closes = closes
	}
	for i, text := range said.Exceptions {
		g.Exceptions = append(g.Exceptions, practice.Stated{Text: text, Origin: manifest.Origin{Path: fmt.Sprintf("spec.practices.exceptions[%d]", i)}})
	}
	if p := app.Status.Practices; p != nil {
		g.Delivered = p.ContentHash
	}
	return g
}

// guard adds to the gate what this controller knows.
func (w *work) guard(spec *deliver.Spec) {
	g := &spec.Gate
	if w.noScores && g.Closes == 0 {
		*g = deliver.Gate{}
		return
	}
	g.Known, g.Settings = w.memory.judgements, w.settings
	if w.app.Status.Revision != "" {
		g.Last = Delivered{Reader: w.Client, Store: w.feeds.store, Application: w.app}
	}
}

// refuse notes what the gate holds back, and puts what was delivered last back where the cluster differs from it.
func (w *work) refuse(ctx context.Context, pipeline *deliver.Pipeline, spec deliver.Spec, closed *deliver.GateError, why string) error {
	m, report := w.memory, w.report
	m.complete, m.failures = true, 0 // only what is new can open the gate
	if w.app.Status.Revision != "" && (len(m.objects) == 0 || w.tracker.Drifted(m.objects)) {
		if why != restarted {
			why = outOfStep
		}
		if err := w.keep(ctx, pipeline, spec, why); err != nil {
			return err
		}
	}
	if w.app.Status.Practices == nil {
		w.app.Status.Practices = &v1alpha1.PracticesStatus{}
	}
	status, revision := w.app.Status.Practices, report.Revision()
	now := &v1alpha1.Refusal{Revision: revision.Commit, ShortRevision: revision.Short(), ContentHash: report.Judgement.Content}
	now.Findings, now.More = findingStatuses(slices.Concat(closed.Findings, closed.Void), inStatus)
	if last := status.Refused; last == nil || last.ContentHash != now.ContentHash || !equality.Semantic.DeepEqual(last.Findings, now.Findings) {
		if err := w.recordRefusal(ctx, closed); err != nil {
			return err
		}
		status.Refused = now
	}
	m.judgements = slices.DeleteFunc(m.judgements, func(j *deliver.Judgement) bool { return j.Content != status.ContentHash })
	m.judgements = append(m.judgements, report.Judgement)
	w.condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, reasons[deliver.Check], described(revision)+"; "+closed.Error()+
		" → mend it, or make an exception: fairlead status "+w.app.Namespace+"/"+w.app.Name)
	return nil
}

// keep delivers what was delivered last once more. What can't be had as it was is left as it is.
func (w *work) keep(ctx context.Context, pipeline *deliver.Pipeline, spec deliver.Spec, why string) error {
	spec.Source, spec.Direct, spec.Gate.Closes = spec.Gate.Last, false, 0
	report, err := pipeline.Preview(ctx, spec)
	if err != nil {
		w.tryAgain()
	}
	if err != nil || report.Judgement.Content != spec.Gate.Delivered {
		w.log.Info("the gate is closed and what was delivered last can't be put back", "application", w.name.String(), "error", err)
		return nil
	}
	if err := w.act(ctx, pipeline, report, why); err != nil {
		return err
	}
	w.note(report)
	refused := w.app.Status.Practices.Refused
	w.judged(report.Judgement)
	w.app.Status.Practices.Refused = refused
	if len(report.Problems()) > 0 {
		w.tryAgain()
	}
	return nil
}

// recordRefusal makes the Release of what is not delivered.
func (w *work) recordRefusal(ctx context.Context, closed *deliver.GateError) error {
	if r := w.memory.release; r != nil && r.written == nil { // its number comes before
		if err := w.writeRelease(ctx); err != nil {
			return err
		}
	}
	release, err := w.newRelease(w.report, newRevision)
	if err != nil {
		return err
	}
	release.Spec.Summary = "nothing delivered, " + plural(len(closed.Findings), "finding")
	release.Spec.Practices.Findings, release.Spec.Practices.More = findingStatuses(slices.Concat(closed.Findings, closed.Void), maxProblems)
	now := metav1.Now()
	release.Status = v1alpha1.ReleaseStatus{Result: refused, Message: clip(closed.Error(), maxMessage), FinishedAt: &now}
	return w.createRelease(ctx, &record{release: release})
}

// judged notes how what was delivered fares; nil if it wasn't judged.
func (w *work) judged(j *deliver.Judgement) {
	scores.set(w.name, j)
	before := w.app.Status.Practices
	if w.app.Status.Practices, w.memory.judgements = nil, nil; j == nil {
		return
	}
	now := &v1alpha1.PracticesStatus{Judgement: *judgement(j, inStatus), JudgedAt: metav1.Now(), ContentHash: j.Content}
	if before != nil && before.ContentHash == now.ContentHash && equality.Semantic.DeepEqual(before.Judgement, now.Judgement) {
		now.JudgedAt = before.JudgedAt
	}
	w.app.Status.Practices, w.memory.judgements = now, []*deliver.Judgement{j}
}

// inStatus is how many findings a status lists: it is read by many, and kept in memory.
const inStatus = 10

// brought words what a Release brings: of its findings those that what was delivered before it doesn't have, as far as
// that is known. The others are in the Releases that brought them.
func (w *work) brought(j *deliver.Judgement) *v1alpha1.Judgement {
	if j == nil {
		return nil
	}
	told := j.Worst(practice.Warning)
	for _, known := range w.memory.judgements {
		if p := w.app.Status.Practices; p != nil && known.Content == p.ContentHash {
			told = practice.New(told, known.Worst(practice.Info))
		}
	}
	out := judgement(j, 0)
	out.Findings, out.More = findingStatuses(told, maxProblems)
	return out
}

// judgement words what was found; nil if nothing was judged.
func judgement(j *deliver.Judgement, most int) *v1alpha1.Judgement {
	if j == nil {
		return nil
	}
	out := &v1alpha1.Judgement{Score: int32(j.Scores.Score)}
	all := j.Worst(practice.Info)
	for _, f := range all {
		switch f.Severity {
		case practice.Error:
			out.Errors++
		case practice.Warning:
			out.Warnings++
		default:
			out.Infos++
		}
	}
	out.Findings, out.More = findingStatuses(all[:out.Errors+out.Warnings], most)
	return out
}

func findingStatuses(findings []practice.Finding, most int) (shown []v1alpha1.FindingStatus, more int32) {
	for _, f := range findings[:min(len(findings), most)] {
		s := v1alpha1.FindingStatus{
			Practice: f.Practice, Severity: f.Severity.String(), Where: f.Origin.String(), Field: clip(f.Field, maxValue),
			Message: clip(f.Message, maxFinding), Fix: clip(f.Fix, maxFinding),
		}
		if f.Object != (manifest.ID{}) {
			s.Object = f.Object.String()
		}
		shown = append(shown, s)
	}
	return shown, int32(len(findings) - len(shown))
}

// maxFinding is what a finding's texts take.
const maxFinding = 500

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
