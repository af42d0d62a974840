package hook

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEverySender holds all of them to the same rules.
func TestEverySender(t *testing.T) {
	const another = "another secret, 32 bytes of it.."
	unsigned := func(s sender) *http.Request {
		r := s.request(s.push)
		if len(s.header) == 0 && s.path == "" || s.push == genericPush {
			r.Header.Set(SignatureHeader, "") // the generic one is known by nothing else
		}
		return r
	}
	by := func(s sender, key string) *http.Request {
		r := s.request(s.push)
		s.sign(r, key, []byte(s.push), noon)
		return r
	}
	for name, s := range senders {
		for situation, fact := range map[string]struct {
			secrets []string
			request *http.Request
			status  int
			pushes  int
		}{
			"signed":                             {[]string{secret}, by(s, secret), 200, 1},
			"not signed":                         {[]string{secret}, unsigned(s), 401, 0},
			"signed by another":                  {[]string{secret}, by(s, another), 401, 0},
			"signed with half of the secret":     {[]string{secret}, by(s, secret[:16]), 401, 0},
			"the secret is being replaced":       {[]string{another, secret}, by(s, secret), 200, 1},
			"the secret was replaced":            {[]string{another}, by(s, secret), 401, 0},
			"the webhook is off":                 {nil, by(s, secret), 404, 0},
			"an empty secret is none":            {[]string{""}, by(s, ""), 404, 0},
			"an empty secret beside a right one": {[]string{"", secret}, by(s, ""), 401, 0},
			"signed, but rubbish":                {[]string{secret}, s.signed("{", noon), 400, 0},
			"signed, but empty":                  {[]string{secret}, s.signed("", noon), 400, 0},
			"signed, but of another type":        {[]string{secret}, s.signed(`{"repository": 1, "url": 1, "eventType": 1, "event_name": 1, "type": 1, "docker_url": 1, "package": 1}`, noon), 400, 0},
			"signed, but binary":                 {[]string{secret}, s.signed("\x00\xff\x1f\x8b", noon), 400, 0},
		} {
			t.Run(name+"/"+situation, func(t *testing.T) {
				e := listen(fact.secrets...)
				said := e.want(t, fact.request, fact.status, fact.pushes)
				if fact.status == http.StatusOK && said != "{\"followed\":2}\n" {
					t.Errorf("said %s", said)
				}
			})
		}
	}
}

func TestBodies(t *testing.T) {
	for name, s := range senders {
		limit := s.limit()
		t.Run(name+"/larger than the limit by its own account", func(t *testing.T) {
			r := s.signed(s.push, noon)
			r.ContentLength = limit + 1
			r.Body = io.NopCloser(iotest.ErrReader(errors.New("must not be read")))
			listen(secret).want(t, r, 413, 0)
		})
		t.Run(name+"/cut short", func(t *testing.T) {
			r := s.signed(s.push, noon)
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(s.push[:20]), iotest.ErrReader(io.ErrUnexpectedEOF)))
			listen(secret).want(t, r, 400, 0)
		})
		t.Run(name+"/changed on its way", func(t *testing.T) {
			if s.header["X-Gitlab-Event-UUID"] == "13792a34" && s.header["webhook-id"] == "" || s.header["X-Vss-ActivityId"] != "" || s.path != "" {
				t.Skip("sends a secret, signs nothing")
			}
			r := s.signed(s.push, noon)
			r.Body = io.NopCloser(strings.NewReader(s.push + " "))
			listen(secret).want(t, r, 401, 0)
		})
	}
	t.Run("a push that lists many commits", func(t *testing.T) {
		s := senders["GitHub"]
		body := strings.TrimSuffix(s.push, "}") + `, "more": "` + strings.Repeat("a", 3<<20) + `"}`
		listen(secret).want(t, s.signed(body, noon), 200, 1)
	})
	t.Run("larger than the limit without saying so", func(t *testing.T) {
		s := senders["generic"]
		r := s.signed(s.push, noon)
		r.ContentLength, r.Body = -1, io.NopCloser(io.LimitReader(endless{}, smallBody+1))
		listen(secret).want(t, r, 413, 0)
	})
	t.Run("never read beyond the limit", func(t *testing.T) {
		r := senders["GitHub"].signed("{}", noon)
		r.ContentLength, r.Body = -1, io.NopCloser(endless{})
		listen(secret).want(t, r, 413, 0)
	})
	t.Run("exactly the limit", func(t *testing.T) {
		s := senders["generic"]
		body := genericPush + strings.Repeat(" ", smallBody-len(genericPush))
		listen(secret).want(t, s.signed(body, noon), 200, 1)
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// A stranger can't fill the memory with large bodies that are held until their signature can be checked.
func TestLargeBodiesWaitTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, s := listen(secret), senders["GitHub"]
		var group sync.WaitGroup
		var slow []*io.PipeWriter
		for range largeAtOnce {
			body, in := io.Pipe()
			slow = append(slow, in)
			r := s.signed(s.push, noon)
			r.ContentLength, r.Body = -1, body
			group.Go(func() { e.ServeHTTP(httptest.NewRecorder(), r) })
			if _, err := in.Write(make([]byte, smallBody)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		e.want(t, s.signed(s.push+strings.Repeat(" ", smallBody), noon), 429, 0)
		e.want(t, s.signed(s.push, noon), 200, 1) // small ones need no place
		for _, in := range slow {
			in.Close()
		}
		group.Wait()
		e.want(t, s.signed(s.push+strings.Repeat(" ", smallBody), noon), 200, 1)
	})
}

func TestStrangers(t *testing.T) {
	e := listen(secret)
	said := e.want(t, httptest.NewRequest(http.MethodPost, "/hooks/push", strings.NewReader(genericPush)), 400, 0)
	for _, f := range forges {
		if !strings.Contains(said, f.name) {
			t.Errorf("does not say that %s is understood: %s", f.name, said)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/hooks/push", strings.NewReader("{}"))
	r.SetBasicAuth("someone", "something")
	if said := e.want(t, r, 401, 0); !strings.HasPrefix(said, "Azure DevOps: ") {
		t.Errorf("a login without more is Azure DevOps's: %s", said)
	}
}

func TestOtherEvents(t *testing.T) {
	for name, s := range senders {
		if s.other == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			r := s.request(s.push)
			for header, value := range s.other {
				r.Header.Set(header, value)
			}
			s.sign(r, secret, []byte(s.push), noon)
			if said := listen(secret).want(t, r, 202, 0); !strings.Contains(said, `"reason":"ignored: of `) {
				t.Errorf("no reason: %s", said)
			}
		})
	}
	t.Run("Azure DevOps", func(t *testing.T) {
		listen(secret).want(t, senders["Azure DevOps"].signed(azurePush("git.pullrequest.created", "https://dev.azure.com/a/b/_git/c", "", ""), noon), 202, 0)
	})
}

func TestPings(t *testing.T) {
	with := func(name, header, value, body string) *http.Request {
		s := senders[name]
		r := s.request(body)
		r.Header.Set(header, value)
		s.sign(r, secret, []byte(body), noon)
		return r
	}
	without := func(r *http.Request, header string) *http.Request {
		r.Header.Del(header)
		return r
	}
	resigned := func(r *http.Request, header string) *http.Request {
		r.Header.Set(header, "sha256="+strings.Repeat("0", 64))
		return r
	}
	for name, fact := range map[string]struct {
		request *http.Request
		status  int
	}{
		"GitHub":                                   {with("GitHub", "X-GitHub-Event", "ping", `{"zen": "Keep it logically awesome.", "hook_id": 1}`), 200},
		"GitHub, not signed":                       {without(with("GitHub", "X-GitHub-Event", "ping", `{}`), "X-Hub-Signature-256"), 401},
		"Bitbucket Data Center tests unsigned":     {without(with("Bitbucket Data Center", "X-Event-Key", "diagnostics:ping", `{"test": true}`), "X-Hub-Signature"), 200},
		"Bitbucket Data Center, signed":            {with("Bitbucket Data Center", "X-Event-Key", "diagnostics:ping", `{"test": true}`), 200},
		"Bitbucket Data Center, wrongly signed":    {resigned(with("Bitbucket Data Center", "X-Event-Key", "diagnostics:ping", `{"test": true}`), "X-Hub-Signature"), 401},
		"Azure DevOps's test is a push of nowhere": {senders["Azure DevOps"].signed(azurePush("git.push", "https://fabrikam-fiber-inc.visualstudio.com/DefaultCollection/_git/Fabrikam-Fiber-Git", "refs/heads/master", fresh1), noon), 200},
	} {
		t.Run(name, func(t *testing.T) {
			e := listen(secret)
			got, said := e.post(t, fact.request)
			if got != fact.status {
				t.Errorf("status %d, want %d: %s", got, fact.status, said)
			}
			if len(e.pushes) > 0 && e.pushes[0].Forge != "Azure DevOps" {
				t.Errorf("a ping was taken for %v", e.pushes[0])
			}
		})
	}
}

func TestReplays(t *testing.T) {
	later := func(e *endpoint, d time.Duration) { e.now = e.now.Add(d) }
	for name, s := range senders {
		t.Run(name, func(t *testing.T) {
			if name == "generic" || name == "generic image" || name == "Quay" {
				t.Skip("has nothing to tell it by: see below")
			}
			e := listen(secret)
			e.want(t, s.signed(s.push, noon), 200, 1)
			later(e, staleAfter)
			if said := e.want(t, s.signed(s.push, noon), 200, 0); !strings.Contains(said, "already known") {
				t.Errorf("said %s", said)
			}
		})
	}
	t.Run("with another id, which no signature covers", func(t *testing.T) {
		for header, name := range map[string]string{"X-GitHub-Delivery": "GitHub", "X-Gitea-Delivery": "Gitea", "X-Request-Id": "Bitbucket Data Center", "X-Request-UUID": "Bitbucket Cloud"} {
			e, s := listen(secret), senders[name]
			e.want(t, s.signed(s.push, noon), 200, 1)
			again := s.signed(s.push, noon)
			again.Header.Set(header, "another")
			e.want(t, again, 200, 0)
		}
	})
	t.Run("of GitHub, as if from Gitea", func(t *testing.T) {
		e, s := listen(secret), senders["GitHub"]
		e.want(t, s.signed(s.push, noon), 200, 1)
		e.want(t, senders["Gitea"].signed(s.push, noon), 200, 0)
	})
	t.Run("of GitHub, as if generic", func(t *testing.T) {
		e, s := listen(secret), senders["GitHub"]
		e.want(t, s.signed(s.push, noon), 200, 1)
		e.want(t, senders["generic"].signed(s.push, noon), 400, 0)
	})
	t.Run("GitLab tries again: a new timestamp, the same id", func(t *testing.T) {
		e, s := listen(secret), senders["GitLab, signing token"]
		e.want(t, s.signed(s.push, noon), 200, 1)
		later(e, time.Minute)
		e.want(t, s.signed(s.push, e.now), 200, 0)
	})
	t.Run("GitLab's recursive webhooks share an id", func(t *testing.T) {
		e, s := listen(secret), senders["GitLab, secret token"]
		e.want(t, s.signed(s.push, noon), 200, 1)
		e.want(t, s.signed(gitLabPush("push", "refs/heads/next", fresh1), noon), 200, 1)
	})
	t.Run("the next push is not a replay", func(t *testing.T) {
		e, s := listen(secret), senders["GitHub"]
		e.want(t, s.signed(s.push, noon), 200, 1)
		e.want(t, s.signed(hubPush("refs/heads/main", old), noon), 200, 1)
	})
	t.Run("generic pushes without a timestamp all look alike", func(t *testing.T) {
		e, s := listen(secret), senders["generic"]
		e.want(t, s.signed(s.push, noon), 200, 1)
		e.want(t, s.signed(s.push, noon), 200, 1)
	})
	t.Run("Quay's pushes of a tag all look alike", func(t *testing.T) {
		e, s := listen(secret), senders["Quay"]
		e.want(t, s.signed(s.push, noon), 200, 1)
		e.want(t, s.signed(s.push, noon), 200, 1)
	})
	t.Run("a timestamp that is taken off", func(t *testing.T) {
		e, s := listen(secret), senders["generic, with a timestamp"]
		signed := s.signed(s.push, noon)
		r := s.request(signed.Header.Get(TimestampHeader) + "." + s.push)
		r.Header.Set(SignatureHeader, signed.Header.Get(SignatureHeader))
		e.want(t, r, 400, 0)
	})
	t.Run("after the window", func(t *testing.T) {
		e, s := listen(secret), senders["GitHub"]
		for range 3 {
			e.want(t, s.signed(s.push, noon), 200, 1)
			e.want(t, s.signed(s.push, noon), 200, 0)
			later(e, rememberFor)
		}
	})
	t.Run("what was refused is not known", func(t *testing.T) {
		e, s := listen(secret), senders["GitHub"]
		wrong := s.signed(s.push, noon)
		wrong.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
		e.want(t, wrong, 401, 0)
		e.want(t, s.signed(s.push, noon), 200, 1)
	})
}

func TestOneOfManyCopiesAtOnce(t *testing.T) {
	var delivered atomic.Int32
	h := New(Options{Secrets: [][]byte{[]byte(secret)}, Pushed: func(Push) int { delivered.Add(1); return 1 }})
	s := senders["GitHub"]
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() { h.ServeHTTP(httptest.NewRecorder(), s.signed(s.push, noon)) })
	}
	group.Wait()
	if n := delivered.Load(); n != 1 {
		t.Errorf("delivered %d times, want once", n)
	}
}

func TestStale(t *testing.T) {
	for _, name := range []string{"GitLab, signing token", "generic, with a timestamp"} {
		for situation, fact := range map[string]struct {
			away           time.Duration
			status, pushes int
		}{
			"now":                          {0, 200, 1},
			"five minutes ago":             {-staleAfter, 200, 1},
			"more than that":               {-staleAfter - time.Second, 401, 0},
			"their clock is five ahead":    {staleAfter, 200, 1},
			"their clock is further ahead": {staleAfter + time.Second, 401, 0},
			"a year ago":                   {-365 * 24 * time.Hour, 401, 0},
		} {
			t.Run(name+"/"+situation, func(t *testing.T) {
				s := senders[name]
				said := listen(secret).want(t, s.signed(s.push, noon.Add(fact.away)), fact.status, fact.pushes)
				if fact.status == 401 && !strings.Contains(said, "timestamp") {
					t.Errorf("does not say why: %s", said)
				}
			})
		}
	}
	t.Run("not a number", func(t *testing.T) {
		for _, at := range []string{"yesterday", "1e9", "99999999999999999999", "-9223372036854775808"} {
			s := senders["generic"]
			r := s.request(s.push)
			r.Header.Set(TimestampHeader, at)
			r.Header.Set(SignatureHeader, Sign([]byte(secret), []byte(at+"."+s.push)))
			listen(secret).want(t, r, 401, 0)
		}
	})
}

func TestGitLabSignatures(t *testing.T) {
	s := senders["GitLab, signing token"]
	const token = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" // base64 of secret
	signed := func(change func(http.Header)) *http.Request {
		r := s.signed(s.push, noon)
		change(r.Header)
		return r
	}
	for name, fact := range map[string]struct {
		secret  string
		request *http.Request
		status  int
	}{
		"a signing token is decoded":           {token, signed(func(http.Header) {}), 200},
		"as is a secret of other shape":        {secret, signed(func(http.Header) {}), 200},
		"several signatures, one right":        {secret, signed(func(h http.Header) { h.Set("webhook-signature", "v1a,x v1,AAAA "+h.Get("webhook-signature")) }), 200},
		"another version of the scheme":        {secret, signed(func(h http.Header) { h.Set("webhook-signature", "v2"+h.Get("webhook-signature")[2:]) }), 401},
		"a right token helps no wrong one":     {secret, signed(func(h http.Header) { h.Set("webhook-signature", "v1,AAAA"); h.Set("X-Gitlab-Token", secret) }), 401},
		"a right one needs no right token":     {secret, signed(func(h http.Header) { h.Set("X-Gitlab-Token", "of something else") }), 200},
		"the id is signed":                     {secret, signed(func(h http.Header) { h.Set("webhook-id", "another") }), 401},
		"the timestamp is signed":              {secret, signed(func(h http.Header) { h.Set("webhook-timestamp", "1790000001") }), 401},
		"a token that is not base64":           {"whsec_" + secret + "!", signed(func(http.Header) {}), 401},
		"a signing token as secret token, too": {token, signed(func(h http.Header) { h.Del("webhook-signature"); h.Set("X-Gitlab-Token", token) }), 200},
		"very many signatures are not all done": {secret, signed(func(h http.Header) {
			h.Set("webhook-signature", strings.Repeat("v1,AAAA ", 99)+h.Get("webhook-signature"))
		}), 401},
	} {
		t.Run(name, func(t *testing.T) {
			e := listen(fact.secret)
			if got, said := e.post(t, fact.request); got != fact.status {
				t.Errorf("status %d, want %d: %s", got, fact.status, said)
			}
		})
	}
}

func TestGiteaSignsNoForm(t *testing.T) {
	s := senders["Gitea"]
	r := s.signed(s.push, noon)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if said := listen(secret).want(t, r, 401, 0); !strings.Contains(said, "application/json") {
		t.Errorf("does not say what to do: %s", said)
	}
}

func TestPushes(t *testing.T) {
	hub := []string{"https://git.example.com/acme/config.git", "git@git.example.com:acme/config.git", "https://git.example.com/acme/config"}
	lab := []string{"https://gitlab.example.com/acme/config.git", "ssh://git@gitlab.example.com:2222/acme/config.git", "https://gitlab.example.com/acme/config"}
	cloud := []string{"https://bitbucket.org/acme/config", "https://bitbucket.org/acme/config.git", "git@bitbucket.org:acme/config.git"}
	server := []string{"ssh://git@bitbucket.example.com:7999/acme/config.git", "https://bitbucket.example.com/scm/acme/config.git", "https://bitbucket.example.com/projects/ACME/repos/config/browse"}
	azure := []string{
		"https://dev.azure.com/acme/Delivery/_git/config", "https://acme.visualstudio.com/Delivery/_git/config",
		"https://acme.visualstudio.com/DefaultCollection/Delivery/_git/config",
		"git@ssh.dev.azure.com:v3/acme/Delivery/config", "acme@vs-ssh.visualstudio.com:v3/acme/Delivery/config",
	}
	const azureID = "03c164c2-8912-4d5e-8009-3707d5f83734"
	for name, fact := range map[string]struct {
		sender, body string
		header       map[string]string
		want         Push
	}{
		"GitHub, a branch":   {"GitHub", hubPush("refs/heads/main", fresh1), nil, Push{"GitHub", hub, "refs/heads/main", fresh1, "72d3162e"}},
		"GitHub, a tag":      {"GitHub", hubPush("refs/tags/v1.4.2", fresh1), nil, Push{"GitHub", hub, "refs/tags/v1.4.2", fresh1, "72d3162e"}},
		"GitHub, deleted":    {"GitHub", hubPush("refs/heads/gone", zeros), nil, Push{"GitHub", hub, "refs/heads/gone", "", "72d3162e"}},
		"GitHub, a form":     {"GitHub, as a form", senders["GitHub, as a form"].push, nil, Push{"GitHub", hub, "refs/heads/main", fresh1, "72d3162e"}},
		"GitHub, SHA-256":    {"GitHub", hubPush("refs/heads/main", fresh1+fresh1[:24]), nil, Push{"GitHub", hub, "refs/heads/main", fresh1 + fresh1[:24], "72d3162e"}},
		"a commit in words":  {"GitHub", hubPush("refs/heads/main", "HEAD"), nil, Push{"GitHub", hub, "refs/heads/main", "", "72d3162e"}},
		"a ref of two lines": {"GitHub", hubPush("refs/heads/a\nb", fresh1), nil, Push{"GitHub", hub, "", fresh1, "72d3162e"}},
		"Gitea, a branch":    {"Gitea", hubPush("refs/heads/main", fresh1), nil, Push{"Forgejo/Gitea", hub, "refs/heads/main", fresh1, "f6266f16"}},
		"Forgejo, a tag":     {"Forgejo", hubPush("refs/tags/v1", fresh1), nil, Push{"Forgejo/Gitea", hub, "refs/tags/v1", fresh1, "f6266f16"}},
		"Gogs, a branch":     {"Gogs", hubPush("refs/heads/main", fresh1), nil, Push{"Forgejo/Gitea", hub, "refs/heads/main", fresh1, "f6266f16"}},
		"GitLab, a branch":   {"GitLab, secret token", gitLabPush("push", "refs/heads/main", fresh1), nil, Push{"GitLab", lab, "refs/heads/main", fresh1, "13792a34"}},
		"GitLab, deleted":    {"GitLab, secret token", gitLabPush("push", "refs/heads/main", zeros), nil, Push{"GitLab", lab, "refs/heads/main", "", "13792a34"}},
		"GitLab, a tag": {"GitLab, signing token", gitLabPush("tag_push", "refs/tags/v1", fresh1),
			map[string]string{"X-Gitlab-Event": "Tag Push Hook"}, Push{"GitLab", lab, "refs/tags/v1", fresh1, "f5e57d2b"}},
		"GitLab, all projects": {"GitLab, signing token", gitLabPush("push", "refs/heads/main", fresh1),
			map[string]string{"X-Gitlab-Event": "System Hook"}, Push{"GitLab", lab, "refs/heads/main", fresh1, "f5e57d2b"}},
		"Bitbucket Cloud, a branch": {"Bitbucket Cloud", cloudPush(cloudChange("branch", "main")), nil, Push{"Bitbucket", cloud, "refs/heads/main", fresh1, "b2a2c1d0"}},
		"Bitbucket Cloud, a tag":    {"Bitbucket Cloud", cloudPush(cloudChange("tag", "v1")), nil, Push{"Bitbucket", cloud, "refs/tags/v1", fresh1, "b2a2c1d0"}},
		"Bitbucket Cloud, deleted": {"Bitbucket Cloud", cloudPush(`{"new": null, "old": {"type": "branch", "name": "gone"}, "closed": true}`), nil,
			Push{"Bitbucket", cloud, "refs/heads/gone", "", "b2a2c1d0"}},
		"Bitbucket Cloud, a branch and a tag": {"Bitbucket Cloud", cloudPush(cloudChange("branch", "main") + "," + cloudChange("tag", "v1")), nil,
			Push{"Bitbucket", cloud, "", "", "b2a2c1d0"}},
		"Bitbucket Cloud, too many to say": {"Bitbucket Cloud", cloudPush(`{"new": null, "old": null}`), nil, Push{"Bitbucket", cloud, "", "", "b2a2c1d0"}},
		"Bitbucket Data Center, a branch":  {"Bitbucket Data Center", serverPush("refs/heads/main", fresh1, "UPDATE"), nil, Push{"Bitbucket", server, "refs/heads/main", fresh1, "d872ad25"}},
		"Bitbucket Data Center, deleted":   {"Bitbucket Data Center", serverPush("refs/heads/gone", zeros, "DELETE"), nil, Push{"Bitbucket", server, "refs/heads/gone", "", "d872ad25"}},
		"Azure DevOps": {"Azure DevOps", senders["Azure DevOps"].push, nil,
			Push{"Azure DevOps", azure, "refs/heads/main", fresh1, azureID}},
		"Azure DevOps, deleted, by its old name": {"Azure DevOps", azurePush("git.push", "https://acme.visualstudio.com/DefaultCollection/Delivery/_git/config", "refs/heads/gone", zeros), nil,
			Push{"Azure DevOps", []string{azure[2], azure[0], azure[1], azure[3], azure[4]}, "refs/heads/gone", "", azureID}},
		"Azure DevOps, the project's first repository": {"Azure DevOps", azurePush("git.push", "https://acme@dev.azure.com/acme/_git/My%20Config", "refs/tags/v1", fresh1), nil,
			Push{"Azure DevOps", []string{
				"https://dev.azure.com/acme/_git/My%20Config", "https://dev.azure.com/acme/My%20Config/_git/My%20Config",
				"https://acme.visualstudio.com/My%20Config/_git/My%20Config", "https://acme.visualstudio.com/DefaultCollection/My%20Config/_git/My%20Config",
				"git@ssh.dev.azure.com:v3/acme/My%20Config/My%20Config", "acme@vs-ssh.visualstudio.com:v3/acme/My%20Config/My%20Config",
				"https://acme.visualstudio.com/_git/My%20Config",
			}, "refs/tags/v1", fresh1, azureID}},
		"Azure DevOps, a server of one's own": {"Azure DevOps", azurePush("git.push", "https://tfs.example.com/tfs/DefaultCollection/Delivery/_git/config", "refs/heads/main", fresh1), nil,
			Push{"Azure DevOps", []string{"https://tfs.example.com/tfs/DefaultCollection/Delivery/_git/config"}, "refs/heads/main", fresh1, azureID}},
		"generic":              {"generic", genericPush, nil, Push{"generic", hub[:1], "refs/heads/main", "", ""}},
		"generic, without ref": {"generic, with a timestamp", `{"url": "git@git.example.com:acme/config.git"}`, nil, Push{"generic", hub[1:2], "", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			e, s := listen(secret), senders[fact.sender]
			r := s.request(fact.body)
			for header, value := range fact.header {
				r.Header.Set(header, value)
			}
			s.sign(r, secret, []byte(fact.body), noon)
			e.want(t, r, 200, 1)
			if len(e.pushes) == 0 {
				return
			}
			if diff := cmp.Diff(fact.want, e.pushes[0]); diff != "" {
				t.Errorf("push (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoAddress(t *testing.T) {
	for name, body := range map[string]string{
		"GitHub": `{"ref": "refs/heads/main"}`, "GitLab, secret token": `{"ref": "refs/heads/main"}`, "Bitbucket Cloud": `{"push": {}}`,
		"GHCR": `{"action": "published"}`, "Docker Hub": `{"push_data": {"tag": "1.1.0"}}`, "Quay": `{"updated_tags": ["1.1.0"]}`,
		"Harbor": `{"type": "PUSH_ARTIFACT"}`, "generic image": `{"image": "ghcr.io/acme/front"}`,
		"Bitbucket Data Center": `{"repository": {"slug": "config"}}`, "Azure DevOps": `{"eventType": "git.push"}`, "generic": `{"ref": "refs/heads/main"}`,
	} {
		t.Run(name, func(t *testing.T) { listen(secret).want(t, senders[name].signed(body, noon), 400, 0) })
	}
}
