package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/practice"
)

// Gate says what is judged before the cluster is asked anything, and what of it stops the delivery. The zero value judges
// nothing.
type Gate struct {
	Practices  []*practice.Practice
	Exceptions []practice.Stated // for all that is delivered
	// Settings hold before those in the source; nil: there are none.
	Settings *practice.Policy
	// Closes is the mildest severity of a finding that stops the delivery; 0: nothing does, and all is only told.
	Closes practice.Severity
	// OnlyNew lets pass what is found in what was delivered last, too.
	OnlyNew bool
	// Dry says what would close the gate, and stops nothing.
	Dry bool
	// Delivered is the Judgement.Content of what was delivered last, which always passes: what runs can be put back
	// whatever practices there are by now. Last is where it can be had; it is asked only when something would close the
	// gate. Neither is known of what was never delivered.
	Delivered string
	Last      Source
	// Known are judgements of before: what they are about isn't judged again.
	Known []*Judgement
}

// GateError says which findings stop a delivery.
type GateError struct {
	Findings []practice.Finding // worst first
	// Void are the exceptions that hold nothing because they are wrong, or have ended: one of them may be why it is closed.
	Void []practice.Finding
	// Unknown is why it can't be told which of them are new, where only those would count.
	Unknown error
}

// Error names the worst finding: "Deployment web: it runs as root (run-as-non-root, web.yaml:12), and 2 more".
func (e *GateError) Error() string {
	text := "the gate is closed by " + Sentence(e.Findings[0])
	if n := len(e.Findings) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	if e.Unknown != nil {
		text += "; all count as new: " + e.Unknown.Error()
	}
	return text
}

// Sentence reads "Deployment web: it runs as root (run-as-non-root, web.yaml:12)".
func Sentence(f practice.Finding) string {
	text := f.Message
	if f.Object.Name != "" && !strings.Contains(strings.ToLower(text), strings.ToLower(f.Object.Kind)) {
		text = f.Object.String() + ": " + text
	}
	where := f.Practice
	if f.Origin.Path != "" {
		where += ", " + f.Origin.String()
	}
	return text + " (" + where + ")"
}

func (p *Pipeline) check(ctx context.Context, r *Report) error {
	gate := &r.spec.Gate
	if len(gate.Practices) == 0 {
		return nil
	}
	r.Judgement = p.judge(r)
	closed := p.closed(ctx, r.spec, r.Judgement)
	if closed == nil {
		return nil
	}
	if r.Closed = closed; gate.Dry {
		return nil
	}
	return hint.With(closed, "mend it, or make an exception with a reason: fairlead explain "+closed.Findings[0].Practice)
}

// closed is nil if the gate is open for what was judged.
func (p *Pipeline) closed(ctx context.Context, spec Spec, j *Judgement) *GateError {
	gate := &spec.Gate
	if gate.Closes == 0 || j.Content == gate.Delivered {
		return nil
	}
	e := &GateError{Findings: j.Worst(gate.Closes)}
	if len(e.Findings) > 0 && (gate.OnlyNew || gate.Delivered == "") {
		last, err := p.last(ctx, spec)
		switch {
		case last != nil && last.Content == j.Content:
			return nil
		case last != nil && gate.OnlyNew:
			e.Findings = practice.New(e.Findings, last.Worst(practice.Info))
		case gate.OnlyNew:
			e.Unknown = err
		}
	}
	if len(e.Findings) == 0 {
		return nil
	}
	for _, f := range j.Worst(practice.Warning) {
		if f.Practice == practice.Exceptions.ID && f.Severity < gate.Closes {
			e.Void = append(e.Void, f)
		}
	}
	return e
}

// last judges what was delivered last as what is to be delivered now, by the practices of now; nil if there was nothing,
// or it can't be had any more.
func (p *Pipeline) last(ctx context.Context, spec Spec) (*Judgement, error) {
	gate := &spec.Gate
	for _, known := range gate.Known {
		if gate.Delivered != "" && known.Content == gate.Delivered {
			return known, nil
		}
	}
	if gate.Last == nil {
		return nil, nil
	}
	r := newReport(spec)
	r.spec.Source = gate.Last
	err := p.fetch(ctx, r)
	if err == nil {
		err = p.render(ctx, r)
	}
	if err != nil {
		return nil, fmt.Errorf("what was delivered last can't be read: %w", err)
	}
	j := p.judge(r)
	if gate.Delivered != "" && j.Content != gate.Delivered {
		return nil, errors.New("what was delivered last was rendered by other settings")
	}
	return j, nil
}

// Worst are the findings of at least a severity that no exception lets be, the severest first.
func (j *Judgement) Worst(least practice.Severity) []practice.Finding {
	var all []practice.Finding
	for _, f := range j.Findings {
		if f.Allowed == nil && f.Severity >= least {
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(a, b practice.Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return all
}
