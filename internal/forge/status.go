package forge

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Status of a commit.
type Status struct {
	Failed bool
	// Context tells it from the statuses that others set.
	Context     string
	Description string
}

// SetStatus sets the status of a commit. A later one with the same context takes its place.
func (r Repository) SetStatus(ctx context.Context, token, commit string, s Status) error {
	c := newCaller(r.Kind, token)
	c.client.Transport, c.does = r.Through, settingStatus
	err := c.call(ctx, "POST", r.statusURL(commit), r.statusBody(commit, s), nil)
	if r.Kind == GitLab && err != nil && strings.Contains(err.Error(), "Cannot transition status") {
		return nil // it is what it is to become
	}
	if err != nil {
		return hint.With(fmt.Errorf("set the status of %.10s at %s: %w", commit, r.Kind, err), hint.Of(err))
	}
	return nil
}

// Sources: https://docs.github.com/rest/commits/statuses, https://docs.gitlab.com/api/commits/#set-the-pipeline-status-of-a-commit,
// https://docs.gitea.com/api (repoCreateStatus), https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/,
// https://developer.atlassian.com/server/bitbucket/rest/ (Builds and Deployments: commits, not of a repository)
func (r Repository) statusURL(commit string) string {
	id := url.PathEscape(commit)
	switch r.Kind {
	case Bitbucket:
		return r.root() + "/commit/" + id + "/statuses/build"
	case BitbucketDataCenter:
		return r.base + "/rest/build-status/1.0/commits/" + id
	}
	return r.root() + "/statuses/" + id
}

// mostDescription is what GitHub takes.
const mostDescription = 140

func (r Repository) statusBody(commit string, s Status) map[string]string {
	description := []rune(s.Description)
	if len(description) > mostDescription {
		description = append(description[:mostDescription-1], '…')
	}
	body := map[string]string{"state": "success", "context": s.Context, "description": string(description)}
	if s.Failed {
		body["state"] = "failure"
	}
	switch r.Kind {
	case GitLab:
		delete(body, "context")
		body["name"] = s.Context
		if s.Failed {
			body["state"] = "failed"
		}
	case Bitbucket, BitbucketDataCenter: // both want a page
		delete(body, "context")
		body["key"], body["name"], body["url"], body["state"] = key(s.Context), s.Context, r.page()+"/commits/"+commit, "SUCCESSFUL"
		if s.Failed {
			body["state"] = "FAILED"
		}
	}
	return body
}

// key is what Bitbucket Cloud takes as the name of a status: 40 letters.
func key(context string) string {
	if len(context) <= 40 {
		return context
	}
	return context[:23] + "-" + digest(context)
}
