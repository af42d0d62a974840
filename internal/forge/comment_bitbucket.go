package forge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// noted is a comment below a request at either Bitbucket. Data Center tells comments of a file alone, so there it is one of the things
// that were done with the request.
type noted struct {
	ID      int64 `json:"id"`
	Deleted bool  `json:"deleted"`
	Content struct {
		Raw string `json:"raw"`
	} `json:"content"`
	Comment struct {
		ID      int64  `json:"id"`
		Text    string `json:"text"`
		Version int    `json:"version"`
	} `json:"comment"` // of the action COMMENTED
}

// commentAtBitbucket can't ask whom the token belongs to: those of repositories belong to nobody. Only the author can edit a
// comment there, so what can't be edited is somebody else's.
func (r Request) commentAtBitbucket(ctx context.Context, c *caller, marker, body string) error {
	// Bitbucket shows HTML's comments.
	hidden := strings.NewReplacer("<!-- ", "[//]: # (", " -->", ")").Replace(marker)
	if hidden != marker {
		body = hidden + "\n" + strings.TrimPrefix(body, marker)
	}
	at := r.notesURL() + "?pagelen=100"
	if r.Kind == BitbucketDataCenter {
		at = strings.TrimSuffix(r.notesURL(), "/comments") + "/activities?limit=100"
	}
	isDone := false
	err := c.pages(ctx, at, func(text json.RawMessage) (bool, error) {
		var one noted
		if json.Unmarshal(text, &one) != nil {
			return false, c.isNot()
		}
		if one.Deleted || !strings.HasPrefix(strings.TrimSpace(one.Content.Raw+one.Comment.Text), hidden) {
			return false, nil
		}
		if r.Kind == BitbucketDataCenter {
			one.ID = one.Comment.ID
		}
		err := c.call(ctx, "PUT", fmt.Sprintf("%s/%d", r.notesURL(), one.ID), r.note(body, one.Comment.Version), nil)
		if errors.Is(err, errForbidden) || errors.Is(err, errNotThere) {
			return false, nil
		}
		isDone = true
		return true, err
	})
	if isDone || err != nil {
		return err
	}
	return c.call(ctx, "POST", r.notesURL(), r.note(body, 0), nil)
}

// Sources: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/ (comments),
// https://developer.atlassian.com/server/bitbucket/rest/ (pull requests: comments, activities)
func (r Request) notesURL() string {
	if r.Kind == Bitbucket {
		return r.root() + "/pullrequests/" + r.number + "/comments"
	}
	return r.root() + "/pull-requests/" + r.number + "/comments"
}

func (r Request) note(text string, version int) any {
	if r.Kind == Bitbucket {
		return map[string]any{"content": map[string]string{"raw": text}}
	}
	return map[string]any{"text": text, "version": version}
}
