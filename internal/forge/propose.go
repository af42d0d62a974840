package forge

import (
	"context"
	"errors"
	"fmt"

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

func (r Repository) requests(token string) requests {
	c := newCaller(r.Kind, token)
	c.client.Transport, c.does = r.Through, proposing
	return requests{c, r.place}
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
	s := r.requests(token)
	var current pull
	var others []pull
	err := s.list(ctx, p.From, true, func(one pull) bool {
		switch {
		case one.into == p.Into && current.number == "":
			current = one
		case markOf(one.body) != mark{}: // else a person opened it
			others = append(others, one)
		}
		return false
	})
	if err != nil {
		return Proposed{}, err
	}
	done, err := s.settle(ctx, current, p)
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
func (s requests) settle(ctx context.Context, current pull, p Proposal) (Proposed, error) {
	was, is := markOf(current.body), p.mark()
	if current.number != "" {
		if was == is {
			return Proposed{Did: Unchanged, Page: current.page}, nil
		}
		now, err := s.edit(ctx, current, p.Title, p.body(), false)
		switch {
		case err != nil || now.isOpen:
			return Proposed{Did: Updated, Page: current.page}, err
		case was.content == is.content: // a person closed it at this moment
			return Proposed{Did: Held, Page: current.page}, nil
		}
	}
	if held, err := s.held(ctx, current, p); err != nil || held != "" {
		return Proposed{Did: Held, Page: held}, err
	}
	made, err := s.open(ctx, p)
	return Proposed{Did: Opened, Page: made.page}, err
}

// held is the page of a request of the same content that a person closed, other than the current one; "" if there is none.
func (s requests) held(ctx context.Context, current pull, p Proposal) (page string, err error) {
	if p.Content == "" {
		return "", nil
	}
	err = s.list(ctx, p.From, false, func(one pull) bool {
		if one.number != current.number && markOf(one.body).content == p.mark().content {
			page = one.page
		}
		return page != ""
	})
	return page, err
}

// IsHeld is the page of the request that holds back what is to be proposed, as a person closed it; "" if none does. The branch
// needs not be there.
func (r Repository) IsHeld(ctx context.Context, token string, p Proposal) (page string, err error) {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	if page, err = r.requests(token).held(ctx, pull{}, p); err != nil {
		return "", hint.With(fmt.Errorf("look for requests of branch %s at %s: %w", p.From, r.Kind, err), hint.Of(err))
	}
	return page, nil
}

var proposing = doing{what: "request", check: "see that both branches are there and differ", rights: map[Kind]string{
	GitHub:              "give the token the right to write pull requests and contents; in a workflow: permissions: {pull-requests: write, contents: write}",
	GitLab:              "use a project access token with the scope api and the role Developer or higher; CI_JOB_TOKEN can't open one",
	Gitea:               "give the token the scopes write:repository, write:issue and read:user",
	Bitbucket:           "give the token the scopes pullrequest:write and repository:write",
	BitbucketDataCenter: "give the token the permission to write the repository",
}}
