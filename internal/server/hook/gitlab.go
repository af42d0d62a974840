package hook

import (
	"encoding/base64"
	"strings"
	"time"
)

// gitLab sends the secret itself, and since its signing tokens (whsec_…) a signature after
// https://github.com/standard-webhooks/standard-webhooks too: https://docs.gitlab.com/user/project/integrations/webhooks/
func gitLab() *forge {
	return &forge{
		name:   "GitLab",
		marks:  []string{"X-Gitlab-Event"},
		proof:  []string{"Webhook-Signature", "X-Gitlab-Token"},
		sign:   "give the webhook the secret of --webhook-secret-file as signing token or secret token",
		events: "Push events, Tag push events",
		limit:  largeBody,
		verify: verifyGitLab,
		read:   readGitLab,
	}
}

// verifyGitLab: if there is a signature it alone counts; a right token does not make up for a wrong one.
func verifyGitLab(d *delivery, s secrets, now time.Time) error {
	if d.header.Get("Webhook-Signature") == "" {
		if !s.contain(d.header.Get("X-Gitlab-Token")) {
			return errWrong
		}
		return nil
	}
	id, timestamp := d.header.Get("Webhook-Id"), d.header.Get("Webhook-Timestamp")
	keys, prefix := s.decoded(), []byte(id+"."+timestamp+".")
	for i, signature := range strings.Fields(d.proof) {
		text, known := strings.CutPrefix(signature, "v1,")
		sum, err := base64.StdEncoding.DecodeString(text)
		if i < 4 && known && err == nil && keys.signed(sum, prefix, d.body) { // each costs a pass over the body
			return fresh(timestamp, now)
		}
	}
	return errWrong
}

func readGitLab(d *delivery) (event, error) {
	kind := d.header.Get("X-Gitlab-Event")
	if kind != "Push Hook" && kind != "Tag Push Hook" && kind != "System Hook" {
		return event{ignored: true}, nil
	}
	type addresses struct {
		HTTP string `json:"git_http_url"`
		SSH  string `json:"git_ssh_url"`
		Page string `json:"web_url"`
	}
	var push struct {
		Event      string    `json:"event_name"`
		Ref        string    `json:"ref"`
		After      string    `json:"after"`
		Project    addresses `json:"project"`
		Repository addresses `json:"repository"`
	}
	if err := decode(d.body, &push); err != nil {
		return event{}, err
	}
	if kind == "System Hook" && push.Event != "push" && push.Event != "tag_push" {
		return event{ignored: true}, nil
	}
	p, r := push.Project, push.Repository
	// GitLab gives the webhooks that follow from one another the same event UUID, so an id counts with its body only.
	id := first(d.header, "Webhook-Id", "Idempotency-Key", "X-Gitlab-Event-UUID")
	addressed := []string{p.HTTP, p.SSH, p.Page, r.HTTP, r.SSH, r.Page}
	return pushEvent(addressed, []change{{push.Ref, push.After}}, id, []byte(id), d.body)
}
