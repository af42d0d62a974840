// Package forge keeps pull and merge requests at GitHub, GitLab, Gitea, Forgejo and Bitbucket: it proposes branches and closes what
// is no longer wanted, writes comments below requests, and statuses of commits. In goes what is wanted; out comes a request, comment or
// status that the next call brings up to date instead of adding another. All that it knows of earlier calls it reads from the
// forge. It never touches what others wrote, but for the request of a branch that it is to propose.
package forge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Request is a pull or merge request.
type Request struct {
	place
	number string
}

// Paths of requests in the browser: what follows the number is a tab of the page.
var shapes = []struct {
	kind Kind
	path string
}{
	{GitLab, `^()/(.+?)/(?:-/)?merge_requests/([0-9]+)(?:/.*)?$`},
	{GitHub, `^()/([^/]+/[^/]+)/pull/([0-9]+)(?:/.*)?$`},
	{BitbucketDataCenter, `^(/.*?)?/((?:projects|users)/[^/]+/repos/[^/]+)/pull-requests/([0-9]+)(?:/.*)?$`}, // may be served below a path
	{Bitbucket, `^()/([^/]+/[^/]+)/pull-requests/([0-9]+)(?:/.*)?$`},
	{Gitea, `^(/.*?)?/([^/]+/[^/]+)/pulls/([0-9]+)(?:/.*)?$`}, // may be served below a path
}

// Parse takes the address of a pull or merge request.
func Parse(address string) (Request, error) {
	const next = "copy it from the browser: https://github.com/OWNER/REPO/pull/7, https://gitlab.com/GROUP/PROJECT/-/merge_requests/7, https://gitea.example.com/OWNER/REPO/pulls/7 or https://bitbucket.org/WORKSPACE/REPO/pull-requests/7"
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return Request{}, hint.With(errors.New("the address of the pull request is not an https:// address"), next)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return Request{}, hint.With(fmt.Errorf("%s: a token must not travel over http", u.Host), "use the https:// address")
	}
	for _, s := range shapes {
		if m := regexp.MustCompile(s.path).FindStringSubmatch(strings.TrimSuffix(u.Path, "/")); m != nil {
			at := place{Kind: s.kind, base: u.Scheme + "://" + u.Host + m[1], repo: m[2]}
			if s.kind == BitbucketDataCenter {
				at.repo = dataCenterPath(at.repo)
			}
			return Request{place: at, number: m[3]}, nil
		}
	}
	return Request{}, hint.With(fmt.Errorf("%s%s is not the address of a pull or merge request", u.Host, u.Path), next)
}

// String is the address, without a login.
func (r Request) String() string {
	path := "/pull-requests/"
	switch r.Kind {
	case GitHub:
		path = "/pull/"
	case GitLab:
		path = "/-/merge_requests/"
	case Gitea:
		path = "/pulls/"
	}
	return r.page() + path + r.number
}

// Comment writes body, which begins with marker, below the request: over the comment that begins with marker and was
// written with the same login, or as a new one. Others' comments are never touched, whatever they begin with.
func (r Request) Comment(ctx context.Context, token, marker, body string) error {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	c := newCaller(r.Kind, token)
	if err := r.comment(ctx, c, marker, body); err != nil {
		return hint.With(fmt.Errorf("comment on %s: %w", r, err), hint.Of(err))
	}
	return nil
}

func (r Request) comment(ctx context.Context, c *caller, marker, body string) error {
	if r.isBitbucket() {
		return r.commentAtBitbucket(ctx, c, marker, body)
	}
	me, err := r.whoAmI(ctx, c)
	if err != nil {
		return err
	}
	text := map[string]string{"body": body}
	mine, err := r.find(ctx, c, func(found comment) bool {
		return strings.HasPrefix(strings.TrimSpace(found.Body), marker) && me.wrote(found)
	})
	if err != nil {
		return err
	}
	if mine != 0 {
		err := c.call(ctx, r.edits(), r.commentURL(mine), text, nil)
		if !errors.Is(err, errNotThere) { // else it was deleted meanwhile
			return err
		}
	}
	return c.call(ctx, "POST", r.commentsURL(), text, nil)
}

// comment is one as the forges tell it: GitHub and Gitea name a user, GitLab an author.
type comment struct {
	ID     int64  `json:"id"`
	Body   string `json:"body"`
	User   person `json:"user"`
	Author person `json:"author"`
	System bool   `json:"system"` // GitLab's own notes
}

type person struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"` // GitHub: User or Bot
}

// identity is whom a token belongs to. The tokens of GitHub's workflows and apps may not ask: they are bots.
type identity struct {
	person
	isBot bool
}

func (i identity) wrote(c comment) bool {
	switch {
	case c.System:
		return false
	case i.isBot:
		return c.User.Type == "Bot"
	}
	return c.User.ID == i.ID || c.Author.ID == i.ID
}

func (r Request) whoAmI(ctx context.Context, c *caller) (identity, error) {
	var me person
	err := c.call(ctx, "GET", r.api()+"/user", nil, &me)
	switch {
	case r.Kind == GitHub && errors.Is(err, errForbidden):
		return identity{isBot: true}, nil
	case r.Kind == Gitea && errors.Is(err, errForbidden):
		return identity{}, hint.With(err, "give the token the scopes read:user and write:issue")
	case err != nil:
		return identity{}, err
	case me.ID == 0:
		return identity{}, hint.With(errors.New("the forge doesn't say whom the token belongs to"), "check the address: does "+string(r.Kind)+" run there?")
	}
	return identity{person: me}, nil
}

// mostPages bounds how many comments are looked through, a hundred a page.
const mostPages = 50

// find returns the id of the first comment that matches, 0 when there is none.
func (r Request) find(ctx context.Context, c *caller, matches func(comment) bool) (int64, error) {
	seen := int64(0)
	for page := 1; page <= mostPages; page++ {
		var found []comment
		if err := c.call(ctx, "GET", fmt.Sprintf("%s?per_page=100&limit=100&page=%d", r.commentsURL(), page), nil, &found); err != nil {
			return 0, err
		}
		for _, one := range found {
			if matches(one) {
				return one.ID, nil
			}
		}
		// Gitea knows no pages here, and sends all each time.
		if len(found) == 0 || found[0].ID == seen {
			return 0, nil
		}
		seen = found[0].ID
	}
	return 0, hint.With(fmt.Errorf("more than %d comments", mostPages*100), "delete some, or close this request and open another")
}

// Sources: https://docs.github.com/rest/issues/comments, https://docs.gitlab.com/api/notes/#merge-requests,
// https://docs.gitea.com/api (issue comments; a pull request is an issue)
func (r Request) commentsURL() string {
	if r.Kind == GitLab {
		return r.root() + "/merge_requests/" + r.number + "/notes"
	}
	return r.root() + "/issues/" + r.number + "/comments"
}

func (r Request) commentURL(id int64) string {
	if r.Kind == GitLab {
		return fmt.Sprintf("%s/%d", r.commentsURL(), id)
	}
	return fmt.Sprintf("%s/issues/comments/%d", r.root(), id)
}

// edits is the method that changes a comment.
func (r Request) edits() string {
	if r.Kind == GitLab {
		return "PUT"
	}
	return "PATCH"
}
