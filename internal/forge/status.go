package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Repository is one at a forge, whose commits can be given a status.
type Repository struct {
	Kind Kind
	base string // of the forge, without a slash at its end
	repo string // owner/name, on GitLab with all groups
}

// RepositoryAt takes a forge's address and that of a repository there, in the browser or for git over https.
func RepositoryAt(kind Kind, base, address string) (Repository, error) {
	base = strings.TrimSuffix(base, "/")
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return Repository{}, hint.With(errors.New("the forge's address is not an https:// address"), "write it as https://github.com")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return Repository{}, hint.With(fmt.Errorf("%s: a token must not travel over http", u.Host), "use the https:// address")
	}
	path, isBelow := strings.CutPrefix(address, base+"/")
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if !isBelow || !strings.Contains(path, "/") || strings.ContainsAny(path, "?#%") || strings.Contains(path, "..") {
		return Repository{}, fmt.Errorf("the repository is not at %s", u.Host)
	}
	return Repository{Kind: kind, base: base, repo: path}, nil
}

// Status of a commit.
type Status struct {
	Failed bool
	// Context tells it from the statuses that others set.
	Context     string
	Description string
}

// SetStatus sets the status of a commit. A later one with the same context takes its place. The forge is reached through a
// transport; nil is Go's own.
func (r Repository) SetStatus(ctx context.Context, through http.RoundTripper, token, commit string, s Status) error {
	c := newCaller(Request{Kind: r.Kind, base: r.base, repo: r.repo}, token)
	c.client.Transport = through
	c.does = settingStatus
	err := c.call(ctx, "POST", r.statusURL(commit), r.statusBody(s), nil)
	if r.Kind == GitLab && err != nil && strings.Contains(err.Error(), "Cannot transition status") {
		return nil // it is what it is to become
	}
	if err != nil {
		return hint.With(fmt.Errorf("set the status of %.10s at %s: %w", commit, r.Kind, err), hint.Of(err))
	}
	return nil
}

// Sources: https://docs.github.com/rest/commits/statuses, https://docs.gitlab.com/api/commits/#set-the-pipeline-status-of-a-commit,
// https://docs.gitea.com/api (repoCreateStatus)
func (r Repository) statusURL(commit string) string {
	api := Request{Kind: r.Kind, base: r.base}.api()
	if r.Kind == GitLab {
		return api + "/projects/" + url.PathEscape(r.repo) + "/statuses/" + url.PathEscape(commit)
	}
	return api + "/repos/" + r.repo + "/statuses/" + url.PathEscape(commit)
}

// mostDescription is what GitHub takes.
const mostDescription = 140

func (r Repository) statusBody(s Status) map[string]string {
	description := []rune(s.Description)
	if len(description) > mostDescription {
		description = append(description[:mostDescription-1], '…')
	}
	body := map[string]string{"state": "success", "context": s.Context, "description": string(description)}
	if s.Failed {
		body["state"] = "failure"
	}
	if r.Kind == GitLab {
		delete(body, "context")
		body["name"] = s.Context
		if s.Failed {
			body["state"] = "failed"
		}
	}
	return body
}
