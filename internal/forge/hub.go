package forge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"
)

// hub is GitHub, and Gitea, which words requests as GitHub does.
//
//	GET    /repos/O/R/pulls?state=open&head=O:BRANCH    200 [{number, title, body, state, merged_at, html_url, head, base}]
//	POST   /repos/O/R/pulls {title, body, head, base}   201; one that is there: GitHub 422 with errors, Gitea 409
//	PATCH  /repos/O/R/pulls/7 {title, body, state}      GitHub 200, Gitea 201
//
// A second page is told by the header Link. Gitea can't be asked for the requests of a branch, and says with
// /pulls/BASE/HEAD of any one, also one that was closed.
//
// Sources: https://docs.github.com/rest/pulls/pulls, https://docs.github.com/rest/git/refs,
// https://docs.gitea.com/api (repoListPullRequests, repoCreatePullRequest, repoEditPullRequest, repoGetBranch, repoDeleteBranch)
type hub struct {
	*caller
	root string
	repo string
}

type hubPull struct {
	Number   int64  `json:"number"`
	Title    string `json:"title"`
	Body     string `json:"body"`
	State    string `json:"state"` // open, closed
	Merged   bool   `json:"merged"`
	MergedAt string `json:"merged_at"` // null if it was not
	Page     string `json:"html_url"`
	Head     hubRef `json:"head"`
	Base     hubRef `json:"base"`
}

type hubRef struct {
	Name string `json:"ref"`
	Repo *struct {
		ID int64 `json:"id"`
	} `json:"repo"` // null of a fork that is gone
}

func (h hubPull) pull() pull {
	return pull{
		number: strconv.FormatInt(h.Number, 10), page: h.Page, into: h.Base.Name, title: h.Title, body: h.Body,
		isOpen: h.State == "open",
	}
}

// isOf says whether the request is of the repository's own branch.
func (h hubPull) isOf(branch string) bool {
	return h.Head.Name == branch && h.Head.Repo != nil && h.Base.Repo != nil && h.Head.Repo.ID == h.Base.Repo.ID
}

func (s hub) list(ctx context.Context, from string, open bool) iter.Seq2[pull, error] {
	query := url.Values{"state": {"closed"}}
	if open {
		query.Set("state", "open")
	}
	if s.kind == Gitea {
		query.Set("limit", "50") // its most; newest first is its order
	} else {
		owner, _, _ := strings.Cut(s.repo, "/")
		query.Set("head", owner+":"+from)
		query.Set("per_page", "100")
	}
	return pulls(linked[hubPull](ctx, s.caller, s.root+"/pulls", query), func(one hubPull) bool {
		return one.isOf(from) && !one.Merged && one.MergedAt == ""
	})
}

func (s hub) open(ctx context.Context, p Proposal) (pull, error) {
	var made hubPull
	err := s.call(ctx, "POST", s.root+"/pulls", map[string]string{"title": p.Title, "body": p.body(), "head": p.From, "base": p.Into}, &made)
	return made.pull(), err
}

func (s hub) edit(ctx context.Context, p pull, e edit) (pull, error) {
	in := map[string]string{"title": e.title, "body": e.body}
	if e.closes {
		in["state"] = "closed"
	}
	var now hubPull
	err := s.call(ctx, "PATCH", s.root+"/pulls/"+p.number, in, &now)
	return now.pull(), err
}

func (s hub) deleteBranch(ctx context.Context, branch, commit string) error {
	read, gone := s.root+"/git/ref/heads/"+segments(branch), s.root+"/git/refs/heads/"+segments(branch)
	if s.kind == Gitea {
		read = s.root + "/branches/" + segments(branch)
		gone = read
	}
	var tip struct {
		Object struct {
			SHA string `json:"sha"`
		} `json:"object"` // GitHub
		Commit struct {
			ID string `json:"id"`
		} `json:"commit"` // Gitea
	}
	return s.deleteAt(ctx, read, gone, &tip, func() bool { return tip.Object.SHA+tip.Commit.ID == commit })
}

// deleteAt deletes a branch if what is read of it says that it is where it should be. One that isn't there is no error.
func (c *caller) deleteAt(ctx context.Context, read, gone string, tip any, isThere func() bool) error {
	err := c.call(ctx, "GET", read, nil, tip)
	if err == nil && isThere() {
		err = c.call(ctx, "DELETE", gone, nil, nil)
	}
	switch {
	case errors.Is(err, errNotThere):
		return nil
	case err != nil:
		return fmt.Errorf("delete the branch: %w", err)
	}
	return nil
}
