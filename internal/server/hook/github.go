package hook

import (
	"mime"
	"net/http"
	"net/url"
)

// gitHub: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
func gitHub() *forge {
	return &forge{
		name:   "GitHub",
		marks:  []string{"X-GitHub-Event"},
		proof:  []string{"X-Hub-Signature-256"}, // X-Hub-Signature is SHA-1
		sign:   "give the webhook the secret of --webhook-secret-file",
		events: "push, package",
		limit:  largeBody,
		verify: verifyHex("sha256="),
		read:   readGitHub,
	}
}

func readGitHub(d *delivery) (event, error) {
	kind := d.header.Get("X-GitHub-Event")
	switch kind {
	case "push", "package", "registry_package":
	case "ping":
		return event{ping: true}, nil
	default:
		return event{ignored: true}, nil
	}
	body := d.body
	if isForm(d.header) {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return event{}, errNotJSON
		}
		body = []byte(form.Get("payload"))
	}
	if kind != "push" {
		return readPackage(body, d.header.Get("X-GitHub-Delivery"), d.body)
	}
	return readHubPush(body, d.header.Get("X-GitHub-Delivery"), d.body)
}

// readHubPush reads the push that GitHub words and Gitea's relatives repeat.
func readHubPush(body []byte, id string, once []byte) (event, error) {
	var push struct {
		Ref        string `json:"ref"`
		After      string `json:"after"`
		Repository struct {
			CloneURL string `json:"clone_url"`
			SSHURL   string `json:"ssh_url"`
			HTMLURL  string `json:"html_url"`
		} `json:"repository"`
	}
	if err := decode(body, &push); err != nil {
		return event{}, err
	}
	r := push.Repository
	return pushEvent([]string{r.CloneURL, r.SSHURL, r.HTMLURL}, []change{{push.Ref, push.After}}, id, once)
}

func isForm(h http.Header) bool {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}
