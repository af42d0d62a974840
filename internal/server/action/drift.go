package action

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/differ"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
)

// drifted are the drifts that a request names.
func (j *job) drifted(ctx context.Context) (*operate.Drifted, []cluster.Drift, error) {
	found, err := j.Drift(ctx, j.app)
	if err != nil {
		return nil, nil, err
	}
	drifts, err := found.Selected(j.Objects, j.Field)
	if err != nil {
		return nil, nil, reply.With(http.StatusConflict, err)
	}
	if len(drifts) == 0 {
		err := found.Unasked()
		if err == nil {
			err = hint.With(fmt.Errorf("no drift in %s", operate.Name(j.app)), "it is as git has it")
		}
		return nil, nil, reply.With(http.StatusConflict, err)
	}
	return found, drifts, nil
}

func planRevert(ctx context.Context, j *job) (*plan, error) {
	if j.Field != "" {
		return nil, reply.Bad("an object is put back as a whole", "leave the field out")
	}
	found, drifts, err := j.drifted(ctx)
	if err != nil {
		return nil, err
	}
	p := &plan{Preview: Preview{Title: fmt.Sprintf("Put back %s of %s", operate.Plural(len(drifts), "object"), operate.Name(j.app))}}
	p.drifts(found, drifts, func(git, live string) string { return live + " → " + git })
	p.do = func(ctx context.Context, _ operate.Author) (*Done, error) {
		j.Revert(ctx, found, drifts)
		return reverted(found.Report)
	}
	return p, nil
}

// drifts adds what has drifted, worded as a step.
func (p *plan) drifts(found *operate.Drifted, drifts []cluster.Drift, step func(git, live string) string) {
	for _, d := range drifts {
		if d.Kind == cluster.Deleted {
			p.Effects = append(p.Effects, fmt.Sprintf("%s: %s", d.ID, step("there", "gone"))+by(d.By))
		}
		for _, f := range d.Fields {
			p.Effects = append(p.Effects, fmt.Sprintf("%s: %s: %s%s", d.ID, f.Path, step(spell(f.Git), spell(f.Live)), by(f.By)))
		}
		for _, c := range found.Report.Plan.Changes {
			if c.ID == d.ID {
				p.Diff = append(p.Diff, differ.Change(c))
				if n := found.Report.Pods(c).Restarts; n > 0 {
					p.Warnings = append(p.Warnings, fmt.Sprintf("%s restarts %s when it is put back", d.ID, operate.Plural(n, "pod")))
				}
			}
		}
	}
}

func by(a cluster.Actor) string {
	if who := update.Who(a); who != "" {
		return " (set by " + who + ")"
	}
	return ""
}

// spell is a value in a sentence.
func spell(v any) string {
	if v == nil {
		return "nothing"
	}
	return reply.Cut(strings.Join(strings.Fields(fmt.Sprint(v)), " "), 120)
}

// reverted words what was put back; what could not be is an error.
func reverted(report *deliver.Report) (*Done, error) {
	var back []string
	for _, o := range report.Outcomes {
		if o.Err == nil {
			back = append(back, o.ID.String())
		}
	}
	for _, problem := range report.Problems() {
		next := "sync has it put back with the application's own rights"
		return nil, hint.With(fmt.Errorf("%s; %s: %w", operate.Plural(len(back), "object")+" put back", problem.ID, problem.Err), next)
	}
	return &Done{Done: "put back as git has it: " + strings.Join(back, ", ")}, nil
}

func planAdopt(ctx context.Context, j *job) (*plan, error) {
	found, drifts, err := j.drifted(ctx)
	if err != nil {
		return nil, err
	}
	if err := j.mayCommit(); err != nil {
		return nil, err
	}
	adoption, err := j.Adopt(ctx, found, drifts)
	if err != nil {
		return nil, err
	}
	p := &plan{Preview: Preview{Title: "Have git say what was changed in the cluster of " + operate.Name(j.app)}}
	for _, d := range drifts {
		for _, f := range d.Fields {
			p.Effects = append(p.Effects, fmt.Sprintf("%s: %s: %s → %s in git%s", d.ID, f.Path, spell(f.Git), spell(f.Live), by(f.By)))
		}
		if d.Kind == cluster.Deleted {
			p.Effects = append(p.Effects, d.ID.String()+" goes from git"+by(d.By))
		}
	}
	for _, d := range adoption.Declined {
		p.Warnings = append(p.Warnings, strings.TrimSpace("not adopted: "+d.Wish.ID.String()+" "+d.Wish.Path)+": "+d.Err.Error()+next(d.Err))
	}
	if len(adoption.Changes) == 0 {
		p.Warnings = append(p.Warnings, "nothing of it can be written to git by itself")
		p.do = func(context.Context, operate.Author) (*Done, error) {
			return nil, reply.With(http.StatusConflict, hint.With(errors.New("nothing of it can be written to git by itself"), "change the source by hand"))
		}
		return p, nil
	}
	if adoption.Message = withReason(adoption.Message, j.Reason); j.PullRequest {
		adoption.To = "fairlead/adopt-" + j.app.Name + "-" + adoption.Digest()
	}
	if err := p.proposed(ctx, j, adoption.Proposal); err != nil {
		return nil, err
	}
	p.do = func(ctx context.Context, author operate.Author) (*Done, error) {
		return j.push(ctx, adoption.Proposal, author)
	}
	return p, nil
}

func next(err error) string {
	if next := hint.Of(err); next != "" {
		return "; " + next
	}
	return ""
}

func withReason(message, reason string) string {
	if reason == "" {
		return message
	}
	return strings.TrimRight(message, "\n") + "\n\n" + reason + "\n"
}

// mayCommit refuses what would never be delivered: the page has nobody's signing key.
func (j *job) mayCommit() error {
	if git := j.app.Spec.Source.Git; git != nil && git.Verify != nil {
		return reply.With(http.StatusConflict, hint.With(fmt.Errorf("%s delivers only what is signed, and the page can't sign", operate.Name(j.app)), "do it on the command line, with --signing-key"))
	}
	return nil
}

// push commits a proposal as the author, and has what was committed delivered.
func (j *job) push(ctx context.Context, p *operate.Proposal, author operate.Author) (*Done, error) {
	made, err := p.Push(ctx, author)
	switch {
	case errors.Is(err, source.ErrNothingToCommit):
		return &Done{Done: "git says so already, at " + made.Short(), Commit: made.Commit}, nil
	case errors.Is(err, source.ErrBranchProtected):
		return nil, reply.With(http.StatusConflict, hint.With(err, "have it proposed instead: with a pull request, or by hand"))
	case err != nil:
		return nil, err
	}
	done := &Done{Done: fmt.Sprintf("pushed %s to %s: %s", made.Short(), p.Target(), made.Subject()), Commit: made.Commit, Branch: p.Target()}
	if p.To != "" {
		if page := p.RequestPage(); strings.HasPrefix(page, "https://") || strings.HasPrefix(page, "http://") {
			done.PullRequest = page
		}
		return done, nil
	}
	if err := j.requestSync(ctx); err != nil { // it is delivered at the next look at the repository all the same
		done.Done += "; it is delivered at the next look at the repository"
	}
	return done, nil
}
