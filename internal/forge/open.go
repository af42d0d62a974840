package forge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Proposal is a pull or merge request that is to be opened.
type Proposal struct {
	From, Into  string // branches of one repository
	Title, Body string // Body is Markdown
}

// RepositoryOf takes an address of git, https:// or that of SSH, and says at which forge that is: by its host, or if that tells
// nothing by otherwise, which may be empty. ok is false where no forge is known.
func RepositoryOf(address string, otherwise Kind) (r Repository, ok bool) {
	if at, path, isShort := strings.Cut(address, ":"); isShort && !strings.Contains(address, "://") && strings.Contains(at, "@") {
		address = "ssh://" + at + "/" + path // git@github.com:acme/config.git
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return r, false
	}
	base := u.Scheme + "://" + u.Host
	if u.Scheme == "ssh" {
		base = "https://" + u.Hostname()
	}
	kind := kindOf(u.Hostname(), otherwise)
	path := strings.Trim(u.Path, "/")
	if kind == Gitea { // may be served below a path
		if parts := strings.Split(path, "/"); len(parts) > 2 {
			n := len(parts) - 2
			base, path = base+"/"+strings.Join(parts[:n], "/"), strings.Join(parts[n:], "/")
		}
	}
	r, err = RepositoryAt(kind, base, base+"/"+path)
	return r, err == nil && kind != ""
}

func kindOf(host string, otherwise Kind) Kind {
	has := func(part string) bool { return strings.Contains(host, part) }
	switch {
	case has("github"):
		return GitHub
	case has("gitlab"):
		return GitLab
	case has("gitea"), has("forgejo"), host == "codeberg.org":
		return Gitea
	}
	return otherwise
}

// opened is a request as the forges tell it.
type opened struct {
	Page  string `json:"html_url"`
	Web   string `json:"web_url"` // GitLab
	State string `json:"state"`
}

// Open opens a request and returns its page. If one of the same branches is open, that is the one.
func (r Repository) Open(ctx context.Context, token string, p Proposal) (page string, err error) {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	c := newCaller(Request{Kind: r.Kind, base: r.base, repo: r.repo}, token)
	c.does = opening
	if page, err = r.open(ctx, c, p); err != nil {
		return "", hint.With(fmt.Errorf("open a request of branch %s at %s: %w", p.From, r.Kind, err), hint.Of(err))
	}
	return page, nil
}

func (r Repository) open(ctx context.Context, c *caller, p Proposal) (string, error) {
	page, err := r.isOpen(ctx, c, p)
	if err != nil || page != "" {
		return page, err
	}
	in := map[string]string{"title": p.Title, "body": p.Body, "head": p.From, "base": p.Into}
	if r.Kind == GitLab {
		in = map[string]string{"title": p.Title, "description": p.Body, "source_branch": p.From, "target_branch": p.Into}
	}
	var made opened
	if err := c.call(ctx, "POST", r.requestsURL(), in, &made); err != nil {
		return "", err
	}
	if page = made.Page + made.Web; page == "" {
		return "", hint.With(errors.New("the forge doesn't say where it is"), "look for it there")
	}
	return page, nil
}

// isOpen finds the page of the request that is open already, "" if there is none.
func (r Repository) isOpen(ctx context.Context, c *caller, p Proposal) (string, error) {
	var all []opened
	var err error
	switch query := (url.Values{}); r.Kind {
	case Gitea: // it can't be asked for those of a branch, but for this one
		var one opened
		err = c.call(ctx, "GET", r.requestsURL()+"/"+url.PathEscape(p.Into)+"/"+url.PathEscape(p.From), nil, &one)
		if errors.Is(err, errNotThere) {
			return "", nil
		}
		all = append(all, one)
	case GitLab:
		query.Set("state", "opened")
		query.Set("source_branch", p.From)
		query.Set("target_branch", p.Into)
		err = c.call(ctx, "GET", r.requestsURL()+"?"+query.Encode(), nil, &all)
	default:
		owner, _, _ := strings.Cut(r.repo, "/")
		query.Set("state", "open")
		query.Set("head", owner+":"+p.From)
		query.Set("base", p.Into)
		err = c.call(ctx, "GET", r.requestsURL()+"?"+query.Encode(), nil, &all)
	}
	if err != nil {
		return "", err
	}
	for _, one := range all {
		if one.State == "open" || one.State == "opened" {
			return one.Page + one.Web, nil
		}
	}
	return "", nil
}

// Sources: https://docs.github.com/rest/pulls/pulls#create-a-pull-request, https://docs.gitlab.com/api/merge_requests/#create-mr,
// https://docs.gitea.com/api (repoCreatePullRequest, repoGetPullRequestByBaseHead)
func (r Repository) requestsURL() string {
	api := Request{Kind: r.Kind, base: r.base}.api()
	if r.Kind == GitLab {
		return api + "/projects/" + url.PathEscape(r.repo) + "/merge_requests"
	}
	return api + "/repos/" + r.repo + "/pulls"
}

var opening = doing{what: "request", check: "see that both branches are there and differ", rights: map[Kind]string{
	GitHub: "give the token the right to write pull requests; in a workflow: permissions: {pull-requests: write}",
	GitLab: "use a project access token with the scope api and the role Developer or higher; CI_JOB_TOKEN can't open one",
	Gitea:  "give the token the scope write:repository",
}}
