package action

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

func planRollback(ctx context.Context, j *job) (*plan, error) {
	to, err := j.revision(ctx, j.To)
	if err != nil {
		return nil, err
	}
	if j.Hold {
		return planKeep(ctx, j, to)
	}
	if err := j.mayCommit(); err != nil {
		return nil, err
	}
	r, err := j.Rollback(ctx, j.app, to, j.why())
	if err != nil {
		return nil, err
	}
	if len(r.Changes) == 0 {
		return nil, reply.With(http.StatusConflict, hint.With(fmt.Errorf("%s is as it was at %s already", controller.Path(j.app), r.Then.Revision.Short()), "there is nothing to roll back"))
	}
	p := rollingBack(j, r, "Roll back")
	for _, ref := range r.Leaves {
		p.Effects = append(p.Effects, ref+" is held: the automation won't bring it back, nor anything older")
	}
	for _, file := range r.Shared {
		p.Warnings = append(p.Warnings, file+" has changed since, too, and is left as it is, since other applications may use it")
	}
	p.Diff = nil // the files say it
	if err := p.proposed(ctx, j, r.Proposal); err != nil {
		return nil, err
	}
	p.do = func(ctx context.Context, author operate.Author) (*Done, error) {
		return j.push(ctx, r.Proposal, author)
	}
	return p, nil
}

// rollingBack is what a rollback changes in the cluster.
func rollingBack(j *job, r *operate.Rollback, verb string) *plan {
	then := r.Then.Revision
	p := &plan{Preview: Preview{Title: fmt.Sprintf("%s %s to %s", verb, operate.Name(j.app), then.Short()), Effects: []string{
		fmt.Sprintf("it becomes what %s said (%s: %s)", then.Short(), then.Author, then.Subject()),
	}}}
	p.reported(r.Report, r.Note)
	p.Warnings = append(p.Warnings, r.Lasting...)
	return p
}

// planKeep keeps the Application at a revision, without a commit.
func planKeep(ctx context.Context, j *job, to string) (*plan, error) {
	until, words, err := holdUntil(j.Until)
	if err != nil {
		return nil, err
	}
	r, err := j.Keep(ctx, j.app, to)
	if err != nil {
		return nil, err
	}
	p := rollingBack(j, r, "Keep")
	p.Effects = append(p.Effects, "it is kept there "+words+", whatever its branch has")
	p.do = func(ctx context.Context, _ operate.Author) (*Done, error) {
		hold, err := r.Pin(ctx, j.why(), until())
		return &Done{Done: fmt.Sprintf("%s is kept at %s %s", operate.Name(j.app), r.Then.Revision.Short(), words), Hold: hold}, err
	}
	return p, nil
}

// holdUntil is when a Hold ends; a day from when it is done, if nothing is said.
func holdUntil(text string) (until func() *metav1.Time, words string, err error) {
	if text == "" {
		return func() *metav1.Time { t := metav1.NewTime(time.Now().Add(24 * time.Hour)); return &t }, "for 24 hours", nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || !at.After(time.Now()) {
		return nil, "", reply.Bad("until is no time to come", "write it as 2027-01-02T15:04:05Z")
	}
	t := metav1.NewTime(at)
	return func() *metav1.Time { return &t }, "until " + at.UTC().Format("2006-01-02 15:04") + " UTC", nil
}

// revision is what people name one by: as in git, or by the number of a Release.
func (j *job) revision(ctx context.Context, text string) (string, error) {
	if _, err := strconv.Atoi(text); err == nil && len(text) < 7 { // else the beginning of a hash, perhaps
		return operate.RevisionOf(ctx, j.API, j.app, text)
	}
	return text, nil
}

func planRelease(ctx context.Context, j *job) (*plan, error) {
	if j.To == "" {
		return nil, reply.Bad("no version is named", "name the image and its version: ghcr.io/acme/front:1.4.2")
	}
	if err := j.mayCommit(); err != nil {
		return nil, err
	}
	proposal, err := j.Release(ctx, j.app, j.To, j.Lift)
	if err != nil {
		return nil, err
	}
	if len(proposal.Changes) == 0 {
		return nil, reply.With(http.StatusConflict, hint.With(fmt.Errorf("%s has %s already", operate.Name(j.app), j.To), "there is nothing to release"))
	}
	proposal.Message = withReason(proposal.Message, j.Reason)
	p := &plan{Preview: Preview{Title: fmt.Sprintf("Release %s to %s", j.To, operate.Name(j.app)), Effects: []string{
		operate.Plural(len(proposal.Changes), "file") + " of the source names it then; nothing else changes, which was proven by rendering",
		"it is delivered as soon as it is pushed",
	}}}
	if j.Lift {
		p.Effects = append(p.Effects, "holds that name it end")
	}
	if err := p.proposed(ctx, j, proposal); err != nil {
		return nil, err
	}
	p.do = func(ctx context.Context, author operate.Author) (*Done, error) { return j.push(ctx, proposal, author) }
	return p, nil
}
