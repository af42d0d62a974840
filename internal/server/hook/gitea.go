package hook

import (
	"errors"
	"time"
)

// gitea, and its relatives Forgejo and Gogs, which send the older names beside their own:
// https://forgejo.org/docs/latest/user/webhooks/
func gitea() *forge {
	return &forge{
		name:   "Forgejo/Gitea",
		marks:  []string{"X-Gitea-Event", "X-Forgejo-Event", "X-Gogs-Event"},
		proof:  []string{"X-Forgejo-Signature", "X-Gitea-Signature", "X-Gogs-Signature"},
		sign:   "give the webhook the secret of --webhook-secret-file",
		events: "push",
		limit:  largeBody,
		verify: verifyGitea,
		read:   readGitea,
	}
}

var errGiteaForm = errors.New("set the webhook's content type to application/json: of a form, not what is sent is signed")

func verifyGitea(d *delivery, s secrets, now time.Time) error {
	if isForm(d.header) {
		return errGiteaForm
	}
	return verifyHex("")(d, s, now)
}

func readGitea(d *delivery) (event, error) {
	if first(d.header, "X-Forgejo-Event", "X-Gitea-Event", "X-Gogs-Event") != "push" {
		return event{ignored: true}, nil
	}
	return readHubPush(d.body, first(d.header, "X-Forgejo-Delivery", "X-Gitea-Delivery", "X-Gogs-Delivery"), d.body)
}
