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

// dataCenter is Bitbucket Data Center, Server before:
//
//	GET  …/pull-requests?direction=OUTGOING&at=refs/heads/B&state=OPEN   200 {values, isLastPage, nextPageStart}
//	POST …/pull-requests {title, description, fromRef, toRef}   201; one that is there: 409 DuplicatePullRequestException
//	PUT  …/pull-requests/7 {version, title, description, reviewers}   200; another version: 409
//	POST …/pull-requests/7/decline?version=2   200
//	DELETE /rest/branch-utils/1.0/projects/P/repos/R/branches {name, endPoint, dryRun}   204; elsewhere than at endPoint: 400 or 409
//
// Outgoing are also those into other repositories.
//
// Source: https://developer.atlassian.com/server/bitbucket/rest/
type dataCenter struct {
	*caller
	root string
}

type dataCenterPull struct {
	ID          int64         `json:"id"`
	Version     int           `json:"version"`
	Title       string        `json:"title"`
	Description string        `json:"description"`
	State       string        `json:"state"` // OPEN, MERGED, DECLINED
	From        dataCenterRef `json:"fromRef"`
	Into        dataCenterRef `json:"toRef"`
	Reviewers   []reviewer    `json:"reviewers"`
	Links       struct {
		Self []struct {
			Href string `json:"href"`
		} `json:"self"`
	} `json:"links"`
}

type reviewer struct {
	User struct {
		Name string `json:"name"`
	} `json:"user"`
}

type dataCenterRef struct {
	ID         string `json:"id"` // refs/heads/main
	Repository struct {
		ID int64 `json:"id"`
	} `json:"repository"`
}

func (b dataCenterPull) pull() pull {
	p := pull{
		number: strconv.FormatInt(b.ID, 10), into: strings.TrimPrefix(b.Into.ID, "refs/heads/"),
		title: b.Title, body: b.Description, isOpen: b.State == "OPEN", version: b.Version, reviewers: b.Reviewers,
	}
	if len(b.Links.Self) > 0 {
		p.page = b.Links.Self[0].Href
	}
	return p
}

func (s dataCenter) list(ctx context.Context, from string, open bool) iter.Seq2[pull, error] {
	ref := "refs/heads/" + from
	query := url.Values{"direction": {"OUTGOING"}, "at": {ref}, "state": {"DECLINED"}, "order": {"NEWEST"}, "limit": {"100"}}
	if open {
		query.Set("state", "OPEN")
	}
	return pulls(counted[dataCenterPull](ctx, s.caller, s.root+"/pull-requests", query), func(one dataCenterPull) bool {
		return one.From.ID == ref && one.From.Repository == one.Into.Repository
	})
}

func (s dataCenter) open(ctx context.Context, p Proposal) (pull, error) {
	in := map[string]any{
		"title": p.Title, "description": p.body(),
		"fromRef": map[string]string{"id": "refs/heads/" + p.From}, "toRef": map[string]string{"id": "refs/heads/" + p.Into},
	}
	var made dataCenterPull
	err := s.call(ctx, "POST", s.root+"/pull-requests", in, &made)
	return made.pull(), err
}

func (s dataCenter) edit(ctx context.Context, p pull, e edit) (pull, error) {
	at := s.root + "/pull-requests/" + p.number
	in := map[string]any{"version": p.version, "title": e.title, "description": e.body, "reviewers": append([]reviewer{}, p.reviewers...)}
	var now dataCenterPull
	err := s.call(ctx, "PUT", at, in, &now)
	if err == nil && e.closes {
		err = s.call(ctx, "POST", fmt.Sprintf("%s/decline?version=%d", at, now.Version), struct{}{}, &now)
	}
	return now.pull(), err
}

func (s dataCenter) deleteBranch(ctx context.Context, branch, commit string) error {
	ref := "refs/heads/" + branch
	var tips struct {
		Values []struct {
			ID     string `json:"id"`
			Latest string `json:"latestCommit"`
		} `json:"values"`
	}
	query := url.Values{"filterText": {branch}, "limit": {"100"}}
	if err := s.call(ctx, "GET", s.root+"/branches?"+query.Encode(), nil, &tips); err != nil {
		return fmt.Errorf("delete the branch: %w", err)
	}
	for _, tip := range tips.Values {
		if tip.ID != ref || tip.Latest != commit {
			continue
		}
		at := strings.Replace(s.root, "/rest/api/1.0/", "/rest/branch-utils/1.0/", 1) + "/branches"
		err := s.call(ctx, "DELETE", at, map[string]any{"name": ref, "endPoint": commit, "dryRun": false}, nil)
		if err != nil && !errors.Is(err, errNotThere) {
			return fmt.Errorf("delete the branch: %w", err)
		}
	}
	return nil
}
