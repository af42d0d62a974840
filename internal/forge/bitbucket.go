package forge

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"
)

// bitbucket is the Cloud:
//
//	GET  …/pullrequests?q=source.branch.name="B"&state=OPEN   200 {values: [{id, title, description, state, source, …}], next}
//	POST …/pullrequests {title, description, source, destination}   201; one that is there is answered as it is
//	PUT  …/pullrequests/7 {title, description, reviewers}     200; without reviewers there are none any more
//	POST …/pullrequests/7/decline                             200
//
// A next page is an address. What was declined can neither be edited nor opened again.
//
// Sources: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/,
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-refs/,
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination
type bitbucket struct {
	*caller
	root string
}

type bitbucketPull struct {
	ID          int64        `json:"id"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	State       string       `json:"state"` // OPEN, MERGED, DECLINED, SUPERSEDED
	Source      bitbucketEnd `json:"source"`
	Destination bitbucketEnd `json:"destination"`
	Links       struct {
		HTML struct {
			Href string `json:"href"`
		} `json:"html"`
	} `json:"links"`
}

type bitbucketEnd struct {
	Branch     branch `json:"branch"`
	Repository *struct {
		FullName string `json:"full_name"`
	} `json:"repository,omitempty"` // null of a fork that is gone
}

type branch struct {
	Name string `json:"name"`
}

func (b bitbucketPull) pull() pull {
	return pull{
		number: strconv.FormatInt(b.ID, 10), page: b.Links.HTML.Href, into: b.Destination.Branch.Name,
		title: b.Title, body: b.Description, isOpen: b.State == "OPEN",
	}
}

func (b bitbucketPull) isOf(branch string) bool {
	from, into := b.Source.Repository, b.Destination.Repository
	return b.Source.Branch.Name == branch && from != nil && into != nil && from.FullName == into.FullName
}

func (s bitbucket) list(ctx context.Context, from string, open bool) iter.Seq2[pull, error] {
	query := url.Values{
		"q": {`source.branch.name="` + strings.ReplaceAll(from, `"`, `\"`) + `"`}, "state": {"DECLINED", "SUPERSEDED"},
		"sort": {"-created_on"}, "pagelen": {"50"},
	}
	if open {
		query["state"] = []string{"OPEN"}
	}
	return pulls(named[bitbucketPull](ctx, s.caller, s.root+"/pullrequests", query), func(one bitbucketPull) bool { return one.isOf(from) })
}

func (s bitbucket) open(ctx context.Context, p Proposal) (pull, error) {
	in := map[string]any{
		"title": p.Title, "description": p.body(),
		"source": bitbucketEnd{Branch: branch{p.From}}, "destination": bitbucketEnd{Branch: branch{p.Into}},
	}
	var made bitbucketPull
	err := s.call(ctx, "POST", s.root+"/pullrequests", in, &made)
	if err == nil && markOf(made.Description) != p.mark() {
		err = fmt.Errorf("%w: there is one already", errConflict)
	}
	return made.pull(), err
}

func (s bitbucket) edit(ctx context.Context, p pull, e edit) (pull, error) {
	at := s.root + "/pullrequests/" + p.number
	var was struct {
		Reviewers []struct {
			UUID string `json:"uuid"`
		} `json:"reviewers"` // lists leave them out
	}
	if err := s.call(ctx, "GET", at, nil, &was); err != nil {
		return pull{}, err
	}
	in := map[string]any{"title": e.title, "description": e.body}
	if len(was.Reviewers) > 0 {
		in["reviewers"] = was.Reviewers
	}
	var now bitbucketPull
	err := s.call(ctx, "PUT", at, in, &now)
	if err == nil && e.closes {
		err = s.call(ctx, "POST", at+"/decline", struct{}{}, &now)
	}
	return now.pull(), err
}

func (s bitbucket) deleteBranch(ctx context.Context, branch, commit string) error {
	at := s.root + "/refs/branches/" + segments(branch)
	var tip struct {
		Target struct {
			Hash string `json:"hash"`
		} `json:"target"`
	}
	return s.deleteAt(ctx, at, at, &tip, func() bool { return tip.Target.Hash == commit })
}
