package forge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// requests are those of a repository, by its API:
//
//	GitHub, Gitea
//	GET    …/pulls?state=open&head=OWNER:BRANCH        [{number, title, body, state, merged_at, head, base}]
//	POST   …/pulls {title, body, head, base}           201; one that is there: GitHub 422 with errors, Gitea 409
//	PATCH  …/pulls/7 {title, body, state}
//	Gitea can't be asked for those of a branch, and tells with /pulls/BASE/HEAD of any one, also one that is closed.
//
//	GitLab
//	GET    …/merge_requests?state=opened&source_branch=BRANCH   [{iid, title, description, state, …}]
//	POST   …/merge_requests {title, description, source_branch, target_branch}   201; one that is there: 409
//	PUT    …/merge_requests/7 {title, description, state_event}
//
//	Bitbucket
//	GET    …/pullrequests?q=source.branch.name="BRANCH"&state=OPEN   {values: [{id, title, description, state, source, destination}], next}
//	POST   …/pullrequests {title, description, source, destination}   201; one that is there is answered as it is
//	PUT    …/pullrequests/7 {title, description, reviewers}, …/7/decline; what is declined can't be changed
//
//	Bitbucket Data Center
//	GET    …/pull-requests?direction=OUTGOING&at=refs/heads/BRANCH&state=OPEN   {values: [{id, version, title, …, fromRef, toRef}], …}
//	POST   …/pull-requests {title, description, fromRef, toRef}   201; one that is there: 409
//	PUT    …/pull-requests/7 {version, title, description, reviewers}, …/7/decline?version=2; another version: 409
//
// Sources: https://docs.github.com/rest/pulls/pulls, https://docs.gitea.com/api (repoListPullRequests, repoEditPullRequest),
// https://docs.gitlab.com/api/merge_requests/, https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/,
// https://developer.atlassian.com/server/bitbucket/rest/
type requests struct {
	*caller
	place
}

// told is a request as the forges tell it: each fills some of the fields.
type told struct {
	Number      int64      `json:"number"`
	ProjectsOwn int64      `json:"iid"`
	ID          int64      `json:"id"` // GitHub, Gitea and GitLab count all of the forge here
	Version     int        `json:"version"`
	Title       string     `json:"title"`
	Body        string     `json:"body"`
	Description string     `json:"description"`
	State       string     `json:"state"` // open, opened, locked while GitLab merges it, OPEN; closed, DECLINED
	MergedAt    string     `json:"merged_at"`
	Reviewers   []reviewer `json:"reviewers"`

	Head         end    `json:"head"` // GitHub, Gitea
	Base         end    `json:"base"`
	SourceBranch string `json:"source_branch"` // GitLab
	TargetBranch string `json:"target_branch"`
	FromProject  int64  `json:"source_project_id"`
	IntoProject  int64  `json:"target_project_id"`
	Source       end    `json:"source"` // Bitbucket
	Destination  end    `json:"destination"`
	FromRef      end    `json:"fromRef"` // Bitbucket Data Center
	ToRef        end    `json:"toRef"`
}

// end is a branch that a request is of or into. The repository of a fork that is gone is null.
type end struct {
	Ref    string `json:"ref"`
	ID     string `json:"id"` // refs/heads/main
	Branch struct {
		Name string `json:"name"`
	} `json:"branch"`
	Repo       *home `json:"repo"`
	Repository *home `json:"repository"`
}

type home struct {
	ID       int64  `json:"id"`
	FullName string `json:"full_name"`
}

func (e *end) branch() string { return e.Ref + e.Branch.Name + strings.TrimPrefix(e.ID, "refs/heads/") }

func (e *end) home() home {
	if at := cmp.Or(e.Repo, e.Repository); at != nil {
		return *at
	}
	return home{}
}

// reviewer is named by one of both: an edit at Bitbucket takes off those that it doesn't name.
type reviewer struct {
	UUID string `json:"uuid,omitempty"`
	User *user  `json:"user,omitempty"`
}

type user struct {
	Name string `json:"name"`
}

// pull is a request by the fields that matter.
type pull struct {
	number     string
	page       string
	from, into string
	isForks    bool // of a branch of another repository
	isMerged   bool
	isOpen     bool
	title      string
	body       string
	version    int
	reviewers  []reviewer
}

func (s requests) pull(t *told) pull {
	from, into := &t.Head, &t.Base
	switch s.Kind {
	case GitLab:
		from, into = &end{Ref: t.SourceBranch, Repo: &home{ID: t.FromProject}}, &end{Ref: t.TargetBranch, Repo: &home{ID: t.IntoProject}}
	case Bitbucket:
		from, into = &t.Source, &t.Destination
	case BitbucketDataCenter:
		from, into = &t.FromRef, &t.ToRef
	}
	p := pull{
		number: strconv.FormatInt(cmp.Or(t.Number, t.ProjectsOwn, t.ID), 10), from: from.branch(), into: into.branch(),
		title: t.Title, body: t.Body + t.Description, version: t.Version, reviewers: t.Reviewers,
		isForks: from.home() != into.home(), isMerged: t.MergedAt != "",
		isOpen: strings.HasPrefix(strings.ToLower(t.State), "open") || t.State == "locked",
	}
	p.page = Request{place: s.place, number: p.number}.String()
	return p
}

// list tells the requests of a branch until each has enough, newest first: those that are open, or those that were closed and
// not merged. Requests of forks that have a branch of that name are none of them.
func (s requests) list(ctx context.Context, from string, open bool, each func(pull) (enough bool)) error {
	path, query := s.listing(from, open)
	return s.pages(ctx, s.root()+path+"?"+query, func(text json.RawMessage) (bool, error) {
		var t told
		if err := json.Unmarshal(text, &t); err != nil {
			return false, s.isNot()
		}
		p := s.pull(&t)
		return p.from == from && !p.isForks && !p.isMerged && each(p), nil
	})
}

func (s requests) listing(from string, open bool) (path, query string) {
	state, branch := "closed", url.QueryEscape(from)
	if open {
		state = "open"
	}
	switch s.Kind {
	case GitLab:
		state = strings.Replace(state, "open", "opened", 1)
		return "/merge_requests", "per_page=100&order_by=created_at&sort=desc&state=" + state + "&source_branch=" + branch
	case Gitea: // 50 are the most, and newest first is the order
		return "/pulls", "limit=50&state=" + state
	case GitHub:
		owner, _, _ := strings.Cut(s.repo, "/")
		return "/pulls", "per_page=100&state=" + state + "&head=" + owner + ":" + branch
	}
	state = strings.ToUpper(strings.Replace(state, "closed", "declined", 1))
	if s.Kind == Bitbucket {
		quoted := strings.ReplaceAll(from, `"`, `\"`)
		return "/pullrequests", "pagelen=50&sort=-created_on&state=" + state + "&q=" + url.QueryEscape(`source.branch.name="`+quoted+`"`)
	}
	// also those into other repositories
	return "/pull-requests", "limit=100&order=NEWEST&direction=OUTGOING&state=" + state + "&at=refs/heads/" + branch
}

func (s requests) open(ctx context.Context, p Proposal) (pull, error) {
	in := map[string]any{"title": p.Title, s.bodyKey(): p.body()}
	switch s.Kind {
	case GitLab:
		in["source_branch"], in["target_branch"] = p.From, p.Into
	case Bitbucket:
		in["source"], in["destination"] = map[string]user{"branch": {p.From}}, map[string]user{"branch": {p.Into}}
	case BitbucketDataCenter:
		in["fromRef"], in["toRef"] = map[string]string{"id": "refs/heads/" + p.From}, map[string]string{"id": "refs/heads/" + p.Into}
	default:
		in["head"], in["base"] = p.From, p.Into
	}
	path, _ := s.listing("", true)
	made, err := s.write(ctx, "POST", path, in)
	if err == nil && markOf(made.body) != p.mark() { // Bitbucket's way to say that there is one
		err = hint.With(errConflict, "try again later")
	}
	return made, err
}

func (s requests) bodyKey() string {
	if s.Kind == GitHub || s.Kind == Gitea {
		return "body"
	}
	return "description"
}

// edit gives a request another title and body, and closes it if so asked.
func (s requests) edit(ctx context.Context, p pull, title, body string, closes bool) (pull, error) {
	path, _ := s.listing("", true)
	path += "/" + p.number
	in, method := map[string]any{"title": title, s.bodyKey(): body}, "PUT"
	switch {
	case s.Kind == Bitbucket: // its lists leave out the reviewers
		var was told
		if err := s.call(ctx, "GET", s.root()+path, nil, &was); err != nil {
			return p, err
		}
		in["reviewers"] = append([]reviewer{}, was.Reviewers...)
	case s.Kind == BitbucketDataCenter:
		in["version"], in["reviewers"] = p.version, append([]reviewer{}, p.reviewers...)
	case s.Kind == GitLab && closes:
		in["state_event"] = "close"
	case s.Kind != GitLab:
		method = "PATCH"
		if closes {
			in["state"] = "closed"
		}
	}
	now, err := s.write(ctx, method, path, in)
	if err == nil && closes && s.isBitbucket() {
		now, err = s.write(ctx, "POST", fmt.Sprintf("%s/decline?version=%d", path, now.version), struct{}{})
	}
	return now, err
}

func (s requests) write(ctx context.Context, method, path string, in any) (pull, error) {
	var now told
	err := s.call(ctx, method, s.root()+path, in, &now)
	return s.pull(&now), err
}

// deleteBranch does nothing if the branch is elsewhere than at the commit, or not there.
//
// Sources: https://docs.github.com/rest/git/refs, https://docs.gitea.com/api (repoGetBranch, repoDeleteBranch),
// https://docs.gitlab.com/api/branches/, https://developer.atlassian.com/cloud/bitbucket/rest/api-group-refs/,
// https://developer.atlassian.com/server/bitbucket/rest/ (branches; branch-utils)
func (s requests) deleteBranch(ctx context.Context, branch, commit string) error {
	if commit == none {
		return nil
	}
	read, gone := s.branchURLs(branch)
	var tip struct {
		Object struct {
			SHA string `json:"sha"` // GitHub
		} `json:"object"`
		Commit struct {
			ID string `json:"id"` // Gitea, GitLab
		} `json:"commit"`
		Target struct {
			Hash string `json:"hash"` // Bitbucket
		} `json:"target"`
		Values []struct {
			ID     string `json:"id"`
			Latest string `json:"latestCommit"`
		} `json:"values"` // Bitbucket Data Center
	}
	err := s.call(ctx, "GET", read, nil, &tip)
	at, ref := tip.Object.SHA+tip.Commit.ID+tip.Target.Hash, "refs/heads/"+branch
	for _, one := range tip.Values {
		if one.ID == ref {
			at = one.Latest
		}
	}
	if err == nil && at == commit {
		var in any
		if s.Kind == BitbucketDataCenter {
			in = map[string]any{"name": ref, "endPoint": commit, "dryRun": false}
		}
		err = s.call(ctx, "DELETE", gone, in, nil)
	}
	if err != nil && !errors.Is(err, errNotThere) {
		return fmt.Errorf("delete the branch: %w", err)
	}
	return nil
}

func (s requests) branchURLs(branch string) (read, gone string) {
	switch path := segments(branch); s.Kind {
	case GitHub:
		return s.root() + "/git/ref/heads/" + path, s.root() + "/git/refs/heads/" + path
	case GitLab:
		read = s.root() + "/repository/branches/" + url.PathEscape(branch)
	case Gitea:
		read = s.root() + "/branches/" + path
	case Bitbucket:
		read = s.root() + "/refs/branches/" + path
	default:
		return s.root() + "/branches?limit=100&filterText=" + url.QueryEscape(branch),
			strings.Replace(s.root(), "/rest/api/1.0/", "/rest/branch-utils/1.0/", 1) + "/branches"
	}
	return read, read
}
