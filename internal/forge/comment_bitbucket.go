package forge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// noted is a comment below a request at either Bitbucket.
type noted struct {
	ID      int64  `json:"id"`
	Text    string `json:"text"`
	Version int    `json:"version"` // Data Center
}

// commentAtBitbucket can't ask whom the token belongs to: those of repositories belong to nobody. Only the author can edit a
// comment there, so what can't be edited is somebody else's.
func (r Request) commentAtBitbucket(ctx context.Context, c *caller, marker, body string) error {
	// Bitbucket shows HTML's comments.
	hidden := strings.NewReplacer("<!-- ", "[//]: # (", " -->", ")").Replace(marker)
	if hidden != marker {
		body = hidden + "\n" + strings.TrimPrefix(body, marker)
	}
	notes, err := r.notes(ctx, c)
	if err != nil {
		return err
	}
	for _, note := range notes {
		if !strings.HasPrefix(strings.TrimSpace(note.Text), hidden) {
			continue
		}
		err := c.call(ctx, "PUT", fmt.Sprintf("%s/%d", r.notesURL(), note.ID), r.note(body, note.Version), nil)
		if !errors.Is(err, errForbidden) && !errors.Is(err, errNotThere) {
			return err
		}
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

func (r Request) notes(ctx context.Context, c *caller) (all []noted, err error) {
	if r.Kind == Bitbucket {
		for one, err := range named[cloudNote](ctx, c, r.notesURL(), url.Values{"pagelen": {"100"}}) {
			if err != nil {
				return nil, err
			}
			if !one.Deleted {
				all = append(all, noted{ID: one.ID, Text: one.Content.Raw})
			}
		}
		return all, nil
	}
	// What was done with the request: comments alone are told of a file only.
	at := strings.TrimSuffix(r.notesURL(), "/comments") + "/activities"
	for one, err := range counted[activity](ctx, c, at, url.Values{"limit": {"100"}}) {
		if err != nil {
			return nil, err
		}
		if one.Action == "COMMENTED" {
			all = append(all, one.Comment)
		}
	}
	return all, nil
}

type cloudNote struct {
	ID      int64 `json:"id"`
	Deleted bool  `json:"deleted"`
	Content struct {
		Raw string `json:"raw"`
	} `json:"content"`
}

type activity struct {
	Action  string `json:"action"`
	Comment noted  `json:"comment"`
}
