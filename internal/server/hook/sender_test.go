package hook

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	secret = "0123456789abcdef0123456789abcdef"
	old    = "4a1c6f0b8d2e3a5c7b9d1f0e2a4c6b8d0f1e3a5c"
	fresh1 = "9b7d5f3e1c0a8b6d4f2e0c1a3b5d7f9e8c6a4b2d"
	zeros  = "0000000000000000000000000000000000000000"
	// marker stands where a person wrote something: it must be neither answered nor logged.
	marker = "marker-of-the-message"
)

var noon = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// sender is how a forge sends: the same in all tests, whatever the body says.
type sender struct {
	push   string            // a body in the documented shape
	path   string            // of a registry: where it sends to
	header map[string]string // that says it is a push, and its id
	sign   func(r *http.Request, secret string, body []byte, now time.Time)
	other  map[string]string // headers that say it is something else; nil: the body says so
}

func hexSign(name, prefix string) func(*http.Request, string, []byte, time.Time) {
	return func(r *http.Request, secret string, body []byte, _ time.Time) {
		r.Header.Set(name, prefix+hexHMAC([]byte(secret), body))
	}
}

func hexHMAC(key, text []byte) string { return hex.EncodeToString(rawHMAC(key, text)) }

func rawHMAC(key, text []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return mac.Sum(nil)
}

func standardSign(key []byte) func(*http.Request, string, []byte, time.Time) {
	return func(r *http.Request, secret string, body []byte, now time.Time) {
		k := key
		if k == nil {
			k = []byte(secret)
		}
		at := strconv.FormatInt(now.Unix(), 10)
		r.Header.Set("webhook-timestamp", at)
		r.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(rawHMAC(k, []byte(r.Header.Get("webhook-id")+"."+at+"."+string(body)))))
	}
}

func hubPush(ref, after string) string {
	return fmt.Sprintf(`{"ref": %q, "before": %q, "after": %q, "created": false, "deleted": %t,
		"repository": {"id": 7, "full_name": "acme/config", "html_url": "https://git.example.com/acme/config",
			"ssh_url": "git@git.example.com:acme/config.git", "clone_url": "https://git.example.com/acme/config.git", "pushed_at": 1790000000},
		"pusher": {"name": "ann"}, "commits": [{"id": %q, "message": %q}]}`, ref, old, after, after == zeros, after, marker)
}

func gitLabPush(event, ref, after string) string {
	return fmt.Sprintf(`{"object_kind": %q, "event_name": %q, "before": %q, "after": %q, "ref": %q, "checkout_sha": null,
		"project": {"id": 15, "web_url": "https://gitlab.example.com/acme/config", "git_ssh_url": "ssh://git@gitlab.example.com:2222/acme/config.git",
			"git_http_url": "https://gitlab.example.com/acme/config.git", "path_with_namespace": "acme/config"},
		"repository": {"name": "config", "url": "git@gitlab.example.com:acme/config.git", "git_http_url": "https://gitlab.example.com/acme/config.git",
			"git_ssh_url": "ssh://git@gitlab.example.com:2222/acme/config.git"},
		"commits": [{"id": %q, "message": %q}], "total_commits_count": 1}`, event, event, old, after, ref, after, marker)
}

func cloudPush(changes string) string {
	return `{"actor": {"type": "user"}, "repository": {"type": "repository", "name": "config", "full_name": "acme/config",
		"links": {"self": {"href": "https://api.bitbucket.org/2.0/repositories/acme/config"}, "html": {"href": "https://bitbucket.org/acme/config"}}},
		"push": {"changes": [` + changes + `]}}`
}

func cloudChange(kind, name string) string {
	return fmt.Sprintf(`{"new": {"type": %q, "name": %q, "target": {"type": "commit", "hash": %q, "message": %q}}, "old": null, "created": true}`,
		kind, name, fresh1, marker)
}

func serverPush(ref, to, kind string) string {
	return fmt.Sprintf(`{"eventKey": "repo:refs_changed", "date": "2026-10-01T12:00:00+0000", "actor": {"name": "ann"},
		"repository": {"slug": "config", "project": {"key": "ACME"}, "links": {
			"clone": [{"href": "ssh://git@bitbucket.example.com:7999/acme/config.git", "name": "ssh"},
				{"href": "https://bitbucket.example.com/scm/acme/config.git", "name": "http"}],
			"self": [{"href": "https://bitbucket.example.com/projects/ACME/repos/config/browse"}]}},
		"changes": [{"ref": {"id": %q, "type": "BRANCH"}, "refId": %q, "fromHash": %q, "toHash": %q, "type": %q}], "commits": [{"message": %q}]}`,
		ref, ref, old, to, kind, marker)
}

func azurePush(event, remote, ref, to string) string {
	return fmt.Sprintf(`{"subscriptionId": "00000000-0000-0000-0000-000000000000", "notificationId": 3, "id": "03c164c2-8912-4d5e-8009-3707d5f83734",
		"eventType": %q, "publisherId": "tfs", "message": {"text": %q},
		"resource": {"commits": [{"commitId": %q, "comment": %q}], "refUpdates": [{"name": %q, "oldObjectId": %q, "newObjectId": %q}],
			"repository": {"id": "278d5cd2", "name": "config", "project": {"name": "Delivery"}, "defaultBranch": "refs/heads/main", "remoteUrl": %q},
			"pushId": 14}, "createdDate": "2026-10-01T12:00:00Z"}`, event, marker, to, marker, ref, old, to, remote)
}

// hubPackage has what GitHub sends of a package, but for the links.
func hubPackage(key, kind, tag string) string {
	return fmt.Sprintf(`{"action": "published", %q: {"id": 2416775, "name": "front", "namespace": "acme", "description": %q, "ecosystem": %q, "package_type": %q,
		"html_url": "https://github.com/orgs/Acme/packages/container/package/front", "owner": {"login": "Acme", "type": "Organization"},
		"package_version": {"id": 430232, "version": "sha256:%s", "name": "sha256:%s", "description": "", "manifest": "",
			"container_metadata": {"tag": {"name": %q, "digest": "sha256:%s"}, "labels": {"description": %q}},
			"package_url": "ghcr.io/acme/front:%s"},
		"registry": {"name": "GitHub CONTAINER registry", "type": "CONTAINER", "url": "https://CONTAINER.pkg.github.com/acme", "vendor": "GitHub Inc"}},
		"repository": {"full_name": "Acme/front", "clone_url": "https://github.com/Acme/front.git"}, "sender": {"login": "ann"}}`,
		key, marker, kind, kind, sum, sum, tag, sum, marker, tag)
}

const sum = "9b7d5f3e1c0a8b6d4f2e0c1a3b5d7f9e8c6a4b2d9b7d5f3e1c0a8b6d4f2e0c1a"

const dockerHubPush = `{"callback_url": "https://evil.example/hook/2141b5bi5i5b02bec211i4eeih0242eg11000a/",
	"push_data": {"images": [], "pushed_at": 1.790000000e+09, "pusher": "ann", "tag": "1.1.0"},
	"repository": {"comment_count": 0, "description": "` + marker + `", "is_official": false, "is_private": true, "name": "front", "namespace": "acme",
		"owner": "acme", "repo_name": "acme/front", "repo_url": "https://registry.hub.docker.com/u/acme/front/", "status": "Active"}}`

func quayPush(tags string) string {
	return `{"name": "front", "repository": "acme/front", "namespace": "acme", "docker_url": "quay.io/acme/front",
		"homepage": "https://quay.io/repository/acme/front", "updated_tags": ` + tags + `}`
}

func harborPush(kind, data string, tags ...string) string {
	var resources []string
	for _, tag := range tags {
		separator := ":"
		if strings.Contains(tag, ":") {
			separator = "@"
		}
		resources = append(resources, fmt.Sprintf(`{"digest": "sha256:%s", "tag": %q, "resource_url": "harbor.example.com:8443/acme/front%s%s"}`, sum, tag, separator, tag))
	}
	return fmt.Sprintf(`{"type": %q, "occur_at": 1790000000, "operator": "admin", %q: {"resources": [%s],
		"repository": {"date_created": 1586922308, "name": "front", "namespace": "acme", "repo_full_name": "acme/front", "repo_type": "private"}}}`,
		kind, data, strings.Join(resources, ", "))
}

// signPath ends the address with the secret.
func signPath(r *http.Request, secret string, _ []byte, _ time.Time) {
	if secret != "" {
		r.URL.Path += "/" + secret
	}
}

const genericPush = `{"url": "https://git.example.com/acme/config.git", "ref": "refs/heads/main"}`

var senders = map[string]sender{
	"GitHub": {
		push:   hubPush("refs/heads/main", fresh1),
		header: map[string]string{"X-GitHub-Event": "push", "X-GitHub-Delivery": "72d3162e", "Content-Type": "application/json"},
		sign:   hexSign("X-Hub-Signature-256", "sha256="),
		other:  map[string]string{"X-GitHub-Event": "issues"},
	},
	"GitHub, as a form": {
		push:   "payload=" + url.QueryEscape(hubPush("refs/heads/main", fresh1)),
		header: map[string]string{"X-GitHub-Event": "push", "X-GitHub-Delivery": "72d3162e", "Content-Type": "application/x-www-form-urlencoded"},
		sign:   hexSign("X-Hub-Signature-256", "sha256="),
		other:  map[string]string{"X-GitHub-Event": "issues"},
	},
	"Gitea": {
		push: hubPush("refs/heads/main", fresh1),
		header: map[string]string{"X-Gitea-Event": "push", "X-Gogs-Event": "push", "X-GitHub-Event": "push",
			"X-Gitea-Delivery": "f6266f16", "X-Gogs-Delivery": "f6266f16", "X-GitHub-Delivery": "f6266f16"},
		sign:  hexSign("X-Gitea-Signature", ""),
		other: map[string]string{"X-Gitea-Event": "issues"},
	},
	"Forgejo": {
		push: hubPush("refs/heads/main", fresh1),
		header: map[string]string{"X-Forgejo-Event": "push", "X-Gitea-Event": "push", "X-Gogs-Event": "push", "X-GitHub-Event": "push",
			"X-Forgejo-Delivery": "f6266f16"},
		sign:  hexSign("X-Forgejo-Signature", ""),
		other: map[string]string{"X-Forgejo-Event": "issues"},
	},
	"Gogs": {
		push:   hubPush("refs/heads/main", fresh1),
		header: map[string]string{"X-Gogs-Event": "push", "X-Gogs-Delivery": "f6266f16"},
		sign:   hexSign("X-Gogs-Signature", ""),
		other:  map[string]string{"X-Gogs-Event": "create"},
	},
	"GitLab, secret token": {
		push:   gitLabPush("push", "refs/heads/main", fresh1),
		header: map[string]string{"X-Gitlab-Event": "Push Hook", "X-Gitlab-Event-UUID": "13792a34", "X-Gitlab-Instance": "https://gitlab.example.com"},
		sign:   func(r *http.Request, secret string, _ []byte, _ time.Time) { r.Header.Set("X-Gitlab-Token", secret) },
		other:  map[string]string{"X-Gitlab-Event": "Issue Hook"},
	},
	"GitLab, signing token": {
		push:   gitLabPush("push", "refs/heads/main", fresh1),
		header: map[string]string{"X-Gitlab-Event": "Push Hook", "X-Gitlab-Event-UUID": "13792a34", "Idempotency-Key": "f5e57d2b", "webhook-id": "f5e57d2b"},
		sign:   standardSign(nil),
		other:  map[string]string{"X-Gitlab-Event": "Issue Hook"},
	},
	"Bitbucket Cloud": {
		push:   cloudPush(cloudChange("branch", "main")),
		header: map[string]string{"X-Event-Key": "repo:push", "X-Request-UUID": "b2a2c1d0", "X-Hook-UUID": "c7e4", "X-Attempt-Number": "1"},
		sign:   hexSign("X-Hub-Signature", "sha256="),
		other:  map[string]string{"X-Event-Key": "issue:created"},
	},
	"Bitbucket Data Center": {
		push:   serverPush("refs/heads/main", fresh1, "UPDATE"),
		header: map[string]string{"X-Event-Key": "repo:refs_changed", "X-Request-Id": "d872ad25"},
		sign:   hexSign("X-Hub-Signature", "sha256="),
		other:  map[string]string{"X-Event-Key": "pr:opened"},
	},
	"Azure DevOps": {
		push:   azurePush("git.push", "https://acme@dev.azure.com/acme/Delivery/_git/config", "refs/heads/main", fresh1),
		header: map[string]string{"X-Vss-ActivityId": "5f1c", "Content-Type": "application/json; charset=utf-8"},
		sign: func(r *http.Request, secret string, _ []byte, _ time.Time) {
			r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("fairlead:"+secret)))
		},
	},
	"generic": {
		push:   genericPush,
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, // what curl -d sends
		sign: func(r *http.Request, secret string, body []byte, _ time.Time) {
			r.Header.Set(SignatureHeader, Sign([]byte(secret), body))
		},
	},
	"GHCR": {
		push:   hubPackage("package", "CONTAINER", "1.1.0"),
		header: map[string]string{"X-GitHub-Event": "package", "X-GitHub-Delivery": "72d3162e", "Content-Type": "application/json"},
		sign:   hexSign("X-Hub-Signature-256", "sha256="),
		other:  map[string]string{"X-GitHub-Event": "issues"},
	},
	"Docker Hub": {push: dockerHubPush, path: "/hooks/dockerhub", sign: signPath},
	"Quay":       {push: quayPush(`["1.1.0"]`), path: "/hooks/quay", sign: signPath},
	"Harbor": {
		push: harborPush("PUSH_ARTIFACT", "event_data", "1.1.0"), path: "/hooks/harbor",
		sign: func(r *http.Request, secret string, _ []byte, _ time.Time) { r.Header.Set("Authorization", secret) },
	},
	"generic image": {
		push: `{"image": "ghcr.io/acme/front", "tag": "1.1.0"}`,
		sign: func(r *http.Request, secret string, body []byte, _ time.Time) {
			r.Header.Set(SignatureHeader, Sign([]byte(secret), body))
		},
	},
	"generic, with a timestamp": {
		push: genericPush,
		sign: func(r *http.Request, secret string, body []byte, now time.Time) {
			at := strconv.FormatInt(now.Unix(), 10)
			r.Header.Set(TimestampHeader, at)
			r.Header.Set(SignatureHeader, Sign([]byte(secret), []byte(at+"."+string(body))))
		},
	},
}

func (s sender) request(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, cmp.Or(s.path, "/hooks/push"), strings.NewReader(body))
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	return r
}

// limit of a body.
func (s sender) limit() int64 {
	r := s.signed(s.push, noon)
	r.SetPathValue("registry", strings.TrimPrefix(s.path, "/hooks/"))
	return recognize(r).limit
}

func (s sender) signed(body string, at time.Time) *http.Request {
	r := s.request(body)
	s.sign(r, secret, []byte(body), at)
	return r
}

// endpoint is a handler at work, with what it did.
type endpoint struct {
	http.Handler
	log    bytes.Buffer
	pushes []Push
	images []string
	now    time.Time
}

func listen(secrets ...string) *endpoint {
	e := &endpoint{now: noon}
	keys := make([][]byte, 0, len(secrets))
	for _, s := range secrets {
		keys = append(keys, []byte(s))
	}
	h := New(Options{
		Secrets: keys,
		Images:  func(repository, tag string) int { e.images = append(e.images, repository+" "+tag); return 2 },
		Pushed:  func(p Push) int { e.pushes = append(e.pushes, p); return 2 },
		Log:     slog.New(slog.NewTextHandler(&e.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:     func() time.Time { return e.now },
	})
	mux := http.NewServeMux()
	for _, pattern := range Patterns {
		mux.Handle(pattern, h)
	}
	e.Handler = mux
	return e
}

// post sends the request, and holds every answer and the log to secrecy.
func (e *endpoint) post(t testing.TB, r *http.Request) (status int, said string) {
	t.Helper()
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	for _, text := range []string{secret, marker} {
		if strings.Contains(w.Body.String(), text) || strings.Contains(e.log.String(), text) {
			t.Errorf("%q is repeated in the answer %q or the log %q", text, w.Body.String(), e.log.String())
		}
	}
	if limited := w.Code == http.StatusTooManyRequests; limited != (w.Header().Get("Retry-After") != "") {
		t.Errorf("status %d with Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	return w.Code, w.Body.String()
}

func (e *endpoint) want(t testing.TB, r *http.Request, status, pushes int) (said string) {
	t.Helper()
	before := len(e.pushes) + len(e.images)
	got, said := e.post(t, r)
	if told := len(e.pushes) + len(e.images) - before; got != status || told != pushes {
		t.Errorf("status %d, %d pushes, want %d, %d; said %s", got, told, status, pushes, said)
	}
	if status < 300 && !json.Valid([]byte(said)) {
		t.Errorf("answer is not JSON: %s", said)
	}
	return said
}
