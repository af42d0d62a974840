package forge

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// gitLab has merge requests:
//
//	GET  /projects/ID/merge_requests?state=opened&source_branch=B   200 [{iid, title, description, state, web_url, …}]
//	POST /projects/ID/merge_requests                                201; one that is there: 409 {"message": ["Another open …: !5"]}
//	PUT  /projects/ID/merge_requests/7 {title, description, state_event}
//
// A second page is told by the header Link.
//
// Sources: https://docs.gitlab.com/api/merge_requests/, https://docs.gitlab.com/api/branches/,
// https://docs.gitlab.com/api/rest/#pagination
type gitLab struct {
	*caller
	root string
}

type gitLabRequest struct {
	Number      int64  `json:"iid"`
	Title       string `json:"title"`
	Description string `json:"description"`
	State       string `json:"state"` // opened, closed, merged, locked while it is being merged
	Page        string `json:"web_url"`
	From        string `json:"source_branch"`
	Into        string `json:"target_branch"`
	FromProject int64  `json:"source_project_id"`
	IntoProject int64  `json:"target_project_id"`
}

func (m gitLabRequest) pull() pull {
	return pull{
		number: strconv.FormatInt(m.Number, 10), page: m.Page, into: m.Into, title: m.Title, body: m.Description,
		isOpen: m.State == "opened" || m.State == "locked",
	}
}

func (s gitLab) list(ctx context.Context, from string, open bool) iter.Seq2[pull, error] {
	query := url.Values{
		"state": {"closed"}, "source_branch": {from}, "order_by": {"created_at"}, "sort": {"desc"}, "per_page": {"100"},
	}
	if open {
		query.Set("state", "opened")
	}
	return pulls(linked[gitLabRequest](ctx, s.caller, s.root+"/merge_requests", query), func(one gitLabRequest) bool {
		return one.From == from && one.FromProject == one.IntoProject
	})
}

func (s gitLab) open(ctx context.Context, p Proposal) (pull, error) {
	in := map[string]string{"title": p.Title, "description": p.body(), "source_branch": p.From, "target_branch": p.Into}
	var made gitLabRequest
	err := s.call(ctx, "POST", s.root+"/merge_requests", in, &made)
	return made.pull(), err
}

func (s gitLab) edit(ctx context.Context, p pull, e edit) (pull, error) {
	in := map[string]string{"title": e.title, "description": e.body}
	if e.closes {
		in["state_event"] = "close"
	}
	var now gitLabRequest
	err := s.call(ctx, "PUT", s.root+"/merge_requests/"+p.number, in, &now)
	return now.pull(), err
}

func (s gitLab) deleteBranch(ctx context.Context, branch, commit string) error {
	at := s.root + "/repository/branches/" + url.PathEscape(branch)
	var tip struct {
		Commit struct {
			ID string `json:"id"`
		} `json:"commit"`
	}
	return s.deleteAt(ctx, at, at, &tip, func() bool { return tip.Commit.ID == commit })
}
