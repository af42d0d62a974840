package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Requests has versions proposed: all that are due for a branch as one pull request of a branch of Fairlead's own.
type Requests struct {
	Forge  forge.Repository
	Token  string
	Branch string // that is proposed; "" is fairlead/updates- and the one that it is to be merged into
	Owner  string // tells the branch from that of another Fairlead
}

// from is the branch that is proposed to be merged into another.
func (r *Requests) from(into string) string {
	if r.Branch != "" {
		return r.Branch
	}
	return "fairlead/updates-" + into
}

const (
	lookAgain = 5 * time.Minute // at a request that is open: nobody tells that a person has closed it
	// patience with what a proposal names and isn't known: after a start Applications come one by one, and a registry may be silent.
	patience = 10 * time.Minute
)

// proposeBranch keeps the request of a branch at what is due, until no rule proposes to it any more.
func (e *Engine) proposeBranch(ctx context.Context, key writerKey, w *writer) {
	failures, pause := 0, gather
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		select {
		case <-w.ask:
		default:
		}
		again, err := e.propose(ctx, key, w)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			failures++
			pause = max(backoff(failures), again)
			e.options.Log.Warn("new versions could not be proposed", "repository", w.git.Repo.URL(), "branch", w.git.Branch, "error", err)
			continue
		case again == 0 && !e.isProposing(key) && e.isIdle(key, w):
			return
		}
		failures, pause = 0, gather
		var later <-chan time.Time
		if again > 0 {
			later = time.After(again)
		}
		select {
		case <-ctx.Done():
			return
		case <-w.ask:
		case <-later:
		}
	}
}

// propose makes the request of a branch what is due. It returns when to look again if nothing happens, and after an error how long to
// wait at least; 0 is never, or not at all.
func (e *Engine) propose(ctx context.Context, key writerKey, w *writer) (again time.Duration, err error) {
	if !e.isReady(key, w) {
		return 0, nil
	}
	tip, there, isThere, err := w.git.look(ctx)
	if err != nil {
		e.proposed(key, outcome{err: err})
		return 0, err
	}
	into := tip.Revision.Branch()
	p := forge.Proposal{From: w.git.Requests.from(into), Into: into}
	missing, unknown := e.awaited(key, there)
	if left := w.patience(missing+unknown > 0, e.options.Now()); left > 0 {
		return left, nil
	}
	all, isReady := e.allDue(key)
	if !isReady { // something was set anew meanwhile, and will be looked at
		return 0, nil
	}
	plan, err := e.plan(ctx, tip, all)
	switch {
	case err != nil:
		e.proposed(key, outcome{err: err})
		return 0, err
	case len(plan.files) > 0:
		return e.proposeThis(ctx, key, w, proposing{p, tip, isThere, plan})
	}
	e.proposed(key, outcome{plan: plan})
	if there == nil || unknown > 0 || len(all) > 0 { // what is due and can't be found was moved a moment ago
		return 0, nil
	}
	return e.withdraw(ctx, w, p.From, there)
}

// look brings the tip of the branch that is followed, and what is proposed now: nil if that isn't the automation's own, or there is no
// such branch.
func (g Git) look(ctx context.Context) (tip *source.Snapshot, there *source.Revision, isThere bool, err error) {
	if tip, err = g.Repo.Fetch(ctx, g.ref()); err != nil {
		return nil, nil, false, err
	}
	into := tip.Revision.Branch()
	if into == "" {
		return nil, nil, false, hint.With(errors.New("the server doesn't tell which branch is its default"), "name the branch: spec.source.git.ref.branch")
	}
	old, isOwned, err := g.Repo.Owned(ctx, g.Requests.from(into), g.owner())
	switch {
	case errors.Is(err, source.ErrRefNotFound):
		return tip, nil, false, nil
	case err != nil:
		return nil, nil, false, err
	case !isOwned:
		return tip, nil, true, nil
	}
	return tip, &old, true, nil
}

// owner of what is proposed: requests into two branches don't share a branch.
func (g Git) owner() string { return g.Requests.Owner + " " + g.Branch }

// proposing is what is to be proposed.
type proposing struct {
	forge.Proposal
	tip     *source.Snapshot
	isThere bool // the branch
	*plan
}

// proposeThis pushes first: whoever is killed in between finds the commit again, and proposes it then.
func (e *Engine) proposeThis(ctx context.Context, key writerKey, w *writer, p proposing) (again time.Duration, err error) {
	r := w.git.Requests
	p.Title, p.Body, p.Content = subject(p.made), markdown(p.made), content(p.made)
	done := forge.Proposed{Did: forge.Held}
	if !p.isThere { // a branch that a person has removed with the request stays away
		done.Page, err = r.Forge.IsHeld(ctx, r.Token, p.Proposal)
	}
	if err == nil && done.Page == "" {
		if p.Commit, err = w.git.push(ctx, p); err == nil {
			done, err = r.Forge.Propose(ctx, r.Token, p.Proposal)
		}
	}
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.Is(err, errOvertaken):
		return gather, nil
	case err == nil && done.Did == forge.Held:
		held := hint.With(fmt.Errorf("%s was closed: nothing is proposed until something newer is due", done.Page), "open it again, or commit the version by hand: fairlead release")
		e.proposed(key, outcome{plan: p.plan, err: held})
		return lookAgain, nil
	}
	e.proposed(key, outcome{plan: p.plan, page: done.Page, err: err})
	if limited, ok := errors.AsType[*forge.Limited](err); ok {
		return limited.After, err
	}
	if err != nil {
		return 0, err
	}
	return lookAgain, nil
}

// push has the branch that is proposed hold one commit with what is due, unless it does so already, and returns that.
func (g Git) push(ctx context.Context, p proposing) (commit string, err error) {
	draft, err := g.draft(p.tip, p.plan, message(p.made, proposedTrailer))
	if err != nil {
		return "", err
	}
	draft.To, draft.Owner = p.From, g.owner()
	revision, err := g.Repo.Commit(ctx, draft)
	if errors.Is(err, source.ErrNothingToCommit) {
		err = nil
	}
	return revision.Commit, err
}

// withdraw closes the request of a branch for which nothing is due.
func (e *Engine) withdraw(ctx context.Context, w *writer, branch string, there *source.Revision) (again time.Duration, err error) {
	if w.closed == there.Commit {
		return 0, nil
	}
	_, err = w.git.Requests.Forge.Close(ctx, w.git.Requests.Token, branch, "None of this is due any more: the branch has it already, or the policies choose otherwise.")
	if limited, ok := errors.AsType[*forge.Limited](err); ok {
		return limited.After, err
	}
	if err == nil {
		w.closed = there.Commit
	}
	return 0, err
}

// content names what is proposed, in whatever order and from whichever versions.
func content(updates []Update) string {
	var lines []string
	for _, u := range updates {
		lines = append(lines, fmt.Sprintf("%s %s %s", u.Application, u.Image, u.To))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// outcome is what became of a proposal.
type outcome struct {
	plan *plan
	page string
	err  error
}

// proposed notes it on the rules that have something due: that stays so until git has it.
func (e *Engine) proposed(key writerKey, o outcome) {
	e.mu.Lock()
	var changed []string
	for name, s := range e.apps {
		isOther := false
		for i := range s.found {
			f := &s.found[i]
			if !s.app.Rules[i].Git.proposes(key) || f.isPending() {
				continue
			}
			before := f.status
			f.status.Request = ""
			if len(f.moves) > 0 && !s.app.Paused {
				err := o.err
				if o.plan != nil && o.plan.declined[name][i] != nil {
					err = o.plan.declined[name][i]
				}
				if err == nil {
					f.status.Request = o.page
				}
				if !f.isFailed { // else what it failed at is told
					f.status.Err = err
				}
			}
			isOther = isOther || !sameStatus(before, f.status)
		}
		if isOther {
			changed = append(changed, name)
		}
	}
	e.mu.Unlock()
	for _, name := range changed {
		e.options.Changed(name)
	}
}

// proposes says whether a rule's versions go into the request of a writer.
func (g Git) proposes(key writerKey) bool { return g.Requests != nil && g.key() == key }

// isProposing says whether any rule proposes by a writer.
func (e *Engine) isProposing(key writerKey) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.apps {
		if slices.ContainsFunc(s.app.Rules, func(r Rule) bool { return r.Git.proposes(key) }) {
			return true
		}
	}
	return false
}

// isPending says that a rule was set and not looked at since.
func (f *found) isPending() bool { return f.scan != nil && !f.isKnown && !f.isFailed }

// isReady says whether no rule that proposes by a writer is pending. The writer goes on with the login of the first one.
func (e *Engine) isReady(key writerKey, w *writer) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	first := ""
	for name, s := range e.apps {
		for _, rule := range s.app.Rules {
			if rule.Git.proposes(key) && (first == "" || name < first) {
				first, w.git = name, rule.Git
			}
		}
	}
	return !e.hasPending(key)
}

func (e *Engine) hasPending(key writerKey) bool {
	for _, s := range e.apps {
		for i, rule := range s.app.Rules {
			if rule.Git.proposes(key) && s.found[i].isPending() {
				return true
			}
		}
	}
	return false
}

// allDue is what is due if nothing is pending: a part of it would be another proposal.
func (e *Engine) allDue(key writerKey) (all []due, isReady bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hasPending(key) {
		return nil, false
	}
	return e.dueLocked(key), true
}

// patience is how long a writer still waits for what isn't known.
func (w *writer) patience(isUnknown bool, now time.Time) time.Duration {
	switch {
	case !isUnknown:
		w.since = time.Time{}
		return 0
	case w.since.IsZero():
		w.since = now
	}
	return patience - now.Sub(w.since)
}

// awaited counts what a proposal names of which it isn't known yet whether it is still due: Applications that are missing, and rules.
func (e *Engine) awaited(key writerKey, there *source.Revision) (missing, unknown int) {
	if there == nil {
		return 0, 0
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, u := range updatesIn(there.Message, proposedTrailer) {
		s := e.apps[u.Application]
		if s == nil {
			if !e.forgotten[u.Application] {
				missing++
			}
			continue
		}
		for i, rule := range s.app.Rules {
			if rule.Image == u.Image && (rule.Git.proposes(key) || rule.Err != nil) && !s.knows(i) {
				unknown++
			}
		}
	}
	return missing, unknown
}

// knows says whether it is known what is due by a rule: it is nothing where an image isn't named in what was rendered.
func (s *followed) knows(i int) bool {
	f := &s.found[i]
	return f.isKnown || f.scan == nil && f.status.Err == nil && len(s.app.References)+len(s.app.Charts) > 0
}
