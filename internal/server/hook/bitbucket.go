package hook

import (
	"net/http"
	"net/url"
	"slices"
)

// bitbucket is the Cloud and the Data Center (Server), which sign alike and word a push differently:
// https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
// https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
func bitbucket() *forge {
	return &forge{
		name:   "Bitbucket",
		marks:  []string{"X-Event-Key"},
		proof:  []string{"X-Hub-Signature"},
		sign:   "give the webhook the secret of --webhook-secret-file",
		events: "repo:push, repo:refs_changed",
		limit:  largeBody,
		// "Test connection" of the Data Center comes without the signature: https://github.com/runatlantis/atlantis/issues/474
		test:   func(h http.Header) bool { return isBitbucketTest(h) && h.Get("X-Hub-Signature") == "" },
		verify: verifyHex("sha256="),
		read:   readBitbucket,
	}
}

func isBitbucketTest(h http.Header) bool { return h.Get("X-Event-Key") == "diagnostics:ping" }

func readBitbucket(d *delivery) (event, error) {
	switch d.header.Get("X-Event-Key") {
	case "repo:push":
		return readBitbucketCloud(d)
	case "repo:refs_changed":
		return readBitbucketServer(d)
	}
	return event{ping: isBitbucketTest(d.header), ignored: !isBitbucketTest(d.header)}, nil
}

func readBitbucketCloud(d *delivery) (event, error) {
	type tip struct {
		Type   string `json:"type"`
		Name   string `json:"name"`
		Target struct {
			Hash string `json:"hash"`
		} `json:"target"`
	}
	var push struct {
		Repository struct {
			FullName string `json:"full_name"`
			Links    struct {
				HTML struct {
					Href string `json:"href"`
				} `json:"html"`
			} `json:"links"`
		} `json:"repository"`
		Push struct {
			Changes []struct {
				New *tip `json:"new"` // null: deleted
				Old *tip `json:"old"`
			} `json:"changes"`
		} `json:"push"`
	}
	if err := decode(d.body, &push); err != nil {
		return event{}, err
	}
	var moved []change
	for _, c := range push.Push.Changes {
		at, hash := c.New, ""
		if at != nil {
			hash = at.Target.Hash
		} else if at = c.Old; at == nil {
			continue
		}
		moved = append(moved, change{refOf(at.Type, at.Name), hash})
	}
	addresses := bitbucketCloudAddresses(push.Repository.Links.HTML.Href, push.Repository.FullName)
	return pushEvent(addresses, moved, d.header.Get("X-Request-UUID"), d.body)
}

func refOf(kind, name string) string {
	if kind == "tag" {
		return "refs/tags/" + name
	}
	return "refs/heads/" + name
}

// bitbucketCloudAddresses: the Cloud sends that of the page alone; the others follow from it.
func bitbucketCloudAddresses(page, fullName string) []string {
	at, err := url.Parse(page)
	if err != nil || at.Host == "" || fullName == "" {
		return []string{page}
	}
	return []string{page, page + ".git", "git@" + at.Hostname() + ":" + fullName + ".git"}
}

func readBitbucketServer(d *delivery) (event, error) {
	type link struct {
		Href string `json:"href"`
	}
	var push struct {
		Repository struct {
			Links struct {
				Clone []link `json:"clone"`
				Self  []link `json:"self"`
			} `json:"links"`
		} `json:"repository"`
		Changes []struct {
			RefID  string `json:"refId"`
			ToHash string `json:"toHash"`
		} `json:"changes"`
	}
	if err := decode(d.body, &push); err != nil {
		return event{}, err
	}
	var addresses []string
	for _, l := range slices.Concat(push.Repository.Links.Clone, push.Repository.Links.Self) {
		addresses = append(addresses, l.Href)
	}
	var moved []change
	for _, c := range push.Changes {
		moved = append(moved, change{c.RefID, c.ToHash})
	}
	return pushEvent(addresses, moved, d.header.Get("X-Request-Id"), d.body)
}
