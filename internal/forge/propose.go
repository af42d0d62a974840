package forge

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Proposal is a pull or merge request that is wanted. Its branch tells it from others: whoever proposes has a branch of its
// own for each branch that it proposes to.
type Proposal struct {
	From, Into  string // branches of one repository
	Title, Body string // Body is Markdown; what is longer than all forges take is cut
	// Content names what is proposed, in any words: the same words, the same changes. A request that a person closed holds
	// back all others of its content. Empty: nothing is held back.
	Content string
	// Commit is where From is. Close deletes the branch only where it was told to be last. Empty: never.
	Commit string
}

// Proposed is what became of a Proposal.
type Proposed struct {
	Did  Did
	Page string // of the request, in the browser
	// Superseded are the pages of requests of the same branch into others, which were closed.
	Superseded []string
}

// Did is what Propose did.
type Did string

// Held says that nothing is open: a person closed the request of the page, and nothing newer is proposed.
const (
	Opened    Did = "opened"
	Updated   Did = "updated"
	Unchanged Did = "unchanged"
	Held      Did = "held"
)

// pull is a pull or merge request as every forge can tell it.
type pull struct {
	number string
	page   string
	into   string
	title  string
	body   string
	isOpen bool
	// of Bitbucket Data Center: an edit names what it edits, and takes off the reviewers that it doesn't name
	version   int
	reviewers []reviewer
}

// edit is what becomes of a request.
type edit struct {
	title, body string
	closes      bool
}

// service is what differs between forges. Requests of other repositories (forks) with a branch of that name are not told.
type service interface {
	// list tells the requests of a branch, newest first: those that are open, or those that were closed and not merged.
	list(ctx context.Context, from string, open bool) iter.Seq2[pull, error]
	open(ctx context.Context, p Proposal) (pull, error)
	edit(ctx context.Context, p pull, e edit) (pull, error)
	// deleteBranch does nothing if the branch is elsewhere than at the commit, or not there.
	deleteBranch(ctx context.Context, branch, commit string) error
}

func (r Repository) service(token string) service {
	c := newCaller(r.Kind, token)
	c.client.Transport, c.does = r.Through, proposing
	switch r.Kind {
	case GitLab:
		return gitLab{c, r.root()}
	case Bitbucket:
		return bitbucket{c, r.root()}
	case BitbucketDataCenter:
		return dataCenter{c, r.root()}
	}
	return hub{c, r.root(), r.repo}
}

// attempts at what somebody else may do at the same moment.
const attempts = 3

// Propose makes a request, or brings the one that is open up to date. What a person wrote into it stays until something else is
// proposed. It is safe to repeat, whatever became of an earlier call. With nothing new it costs one call of the forge.
func (r Repository) Propose(ctx context.Context, token string, p Proposal) (done Proposed, err error) {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	for range attempts {
		if done, err = r.propose(ctx, token, p.trimmed()); !errors.Is(err, errConflict) {
			break
		}
	}
	if err != nil {
		return Proposed{}, hint.With(fmt.Errorf("propose branch %s at %s: %w", p.From, r.Kind, err), hint.Of(err))
	}
	return done, nil
}

func (r Repository) propose(ctx context.Context, token string, p Proposal) (Proposed, error) {
	s := r.service(token)
	var current pull
	var others []pull
	for one, err := range s.list(ctx, p.From, true) {
		switch {
		case err != nil:
			return Proposed{}, err
		case one.into == p.Into && current.number == "":
			current = one
		case markOf(one.body) != mark{}: // else a person opened it
			others = append(others, one)
		}
	}
	done, err := settle(ctx, s, current, p)
	if err != nil || done.Did == Held {
		return done, err
	}
	for _, one := range others {
		if err := r.retire(ctx, token, one, "Superseded by "+done.Page+"."); err != nil {
			return done, fmt.Errorf("close %s: %w", one.page, err)
		}
		done.Superseded = append(done.Superseded, one.page)
	}
	return done, nil
}

// settle makes the one request that is to be open what it is to be.
func settle(ctx context.Context, s service, current pull, p Proposal) (Proposed, error) {
	switch {
	case current.number == "":
		return start(ctx, s, p)
	case markOf(current.body) == p.mark():
		return Proposed{Did: Unchanged, Page: current.page}, nil
	}
	now, err := s.edit(ctx, current, edit{title: p.Title, body: p.body()})
	if err == nil && !now.isOpen && markOf(current.body).content != p.mark().content {
		return start(ctx, s, p) // somebody closed, at this moment, what was proposed before
	}
	return Proposed{Did: Updated, Page: current.page}, err
}

func start(ctx context.Context, s service, p Proposal) (Proposed, error) {
	for one, err := range s.list(ctx, p.From, false) {
		if err != nil {
			return Proposed{}, err
		}
		if p.Content != "" && markOf(one.body).content == p.mark().content {
			return Proposed{Did: Held, Page: one.page}, nil
		}
	}
	made, err := s.open(ctx, p)
	if err == nil && made.page == "" {
		err = hint.With(errors.New("the forge doesn't say where the request is"), "look for it there")
	}
	return Proposed{Did: Opened, Page: made.page}, err
}

var proposing = doing{what: "request", check: "see that both branches are there and differ", rights: map[Kind]string{
	GitHub:              "give the token the right to write pull requests and contents; in a workflow: permissions: {pull-requests: write, contents: write}",
	GitLab:              "use a project access token with the scope api and the role Developer or higher; CI_JOB_TOKEN can't open one",
	Gitea:               "give the token the scopes write:repository, write:issue and read:user",
	Bitbucket:           "give the token the scopes pullrequest:write and repository:write",
	BitbucketDataCenter: "give the token the permission to write the repository",
}}
