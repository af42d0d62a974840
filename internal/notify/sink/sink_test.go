package sink

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

const secret = "s3cret-t0ken-0123456789"

var began = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

// incident of an application, with texts that want to be markup.
func incident(name string) notify.Event {
	return notify.Event{
		Kind: notify.Degraded, Severity: notify.Error, Application: "team/" + name, Incident: "team/" + name + "/health", Title: name + " is degraded",
		What: "0 of 1 pods run <!channel> [x](https://evil.example) *b*", Who: "Ann Lee", When: began, Link: "https://github.com/acme/config/commit/0123",
		Next: "fairlead status team/" + name, Objects: []string{"Deployment shop/web"}, Repository: "https://forge.example/acme/config", Revision: strings.Repeat("0123456789", 4),
	}
}

func message(names ...string) notify.Message {
	m := notify.Message{ID: "00112233445566778899aabbccddeeff", Began: began}
	for _, name := range names {
		m.Incidents = append(m.Incidents, incident(name))
		m.Open++
	}
	return m
}

func recovered(m notify.Message) notify.Message {
	m.Open = 0
	m.Incidents = append([]notify.Event(nil), m.Incidents...)
	for i := range m.Incidents {
		m.Incidents[i].Resolved, m.Incidents[i].What = true, "1 of 1 pods run"
	}
	return m
}

// large is as much as a message can be.
func large() notify.Message {
	m := message()
	for i := range 10 {
		e := incident(fmt.Sprintf("app-%d", i))
		e.What, e.Next, e.Title = strings.Repeat("ä", 500), strings.Repeat("n", 1000), strings.Repeat("t", 200)
		m.Incidents = append(m.Incidents, e)
	}
	m.Open, m.More = 1000, 990
	return m
}

// heard is a request that came.
type heard struct {
	method, path, body string
	header             http.Header
}

// ear answers as it is told and remembers what came.
type ear struct {
	mu   sync.Mutex
	all  []heard
	says func(w http.ResponseWriter, r *http.Request)
}

func (e *ear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e.mu.Lock()
	e.all = append(e.all, heard{r.Method, r.URL.RequestURI(), string(body), r.Header})
	e.mu.Unlock()
	e.says(w, r)
}

func listen(t *testing.T, says func(http.ResponseWriter, *http.Request)) (*ear, string) {
	t.Helper()
	e := &ear{says: says}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return e, server.URL
}

func answering(code int, body string, headers ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// all makes each sink that posts to a web address.
func all(t *testing.T, r *Reach, url string) map[string]notify.Sink {
	t.Helper()
	out := map[string]notify.Sink{}
	add := func(name string, s notify.Sink, err error) {
		if err != nil {
			t.Fatal(name, err)
		}
		out[name] = s
	}
	slack, err := NewSlack(r, url+"/api", "C0123456789", secret)
	add("Slack", slack, err)
	hook, err := NewSlackHook(r, url+"/services/T0/B0/"+secret)
	add("Slack's webhook", hook, err)
	webhook, err := NewWebhook(r, WebhookSettings{Address: url + "/in?token=" + secret, Key: []byte(secret), Authorization: "Bearer " + secret, ContentType: "application/json"})
	add("webhook", webhook, err)
	teams, err := NewTeams(r, url+"/workflows/x?sig="+secret)
	add("Teams", teams, err)
	pager, err := NewPagerDuty(r, url, secret)
	add("PagerDuty", pager, err)
	alerts, err := NewAlertmanager(r, url, "Basic "+base64.StdEncoding.EncodeToString([]byte("ann:"+secret)), nil)
	add("Alertmanager", alerts, err)
	if r.Private {
		discord, err := NewDiscord(r, url+"/api/webhooks/1/"+secret)
		add("Discord", discord, err)
		status, err := NewCommitStatus(r, forge.GitHub, url, secret)
		add("commit status", status, err)
	}
	return out
}

// Whatever a sink answers is told apart by what to do next, and shows no secret.
func TestTrouble(t *testing.T) {
	for name, tt := range map[string]struct {
		says    func(http.ResponseWriter, *http.Request)
		refused bool
		later   time.Duration
	}{
		"a server in trouble":              {says: answering(500, "token "+secret+" broke it")},
		"a login that is wrong":            {says: answering(401, "bad "+secret), refused: true},
		"an address that is gone":          {says: answering(410, "channel_is_archived"), refused: true},
		"a redirect to loopback":           {says: answering(302, "", "Location", "http://127.0.0.1:1/"+secret), refused: true},
		"a redirect to a private address":  {says: answering(308, "", "Location", "https://10.0.0.1/?t="+secret), refused: true},
		"too many calls":                   {says: answering(429, "", "Retry-After", "7"), later: 7 * time.Second},
		"too many calls, as Discord says":  {says: answering(429, `{"message": "You are being rate limited.", "retry_after": 1.5, "global": false}`), later: 1500 * time.Millisecond},
		"a page in place of an answer":     {says: answering(502, "<html>"+secret+"</html>")},
		"an answer that is not understood": {says: answering(418, strings.Repeat("x", 1<<20)), refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, url := listen(t, tt.says)
			m := message("shop")
			m.Incidents[0].Repository = url + "/acme/config"
			for kind, s := range all(t, NewReach(true), url) {
				_, err := s.Post(t.Context(), m)
				if err == nil {
					t.Errorf("%s: no error", kind)
					continue
				}
				if text := err.Error() + hint.Of(err); strings.Contains(text, secret) || len(text) > 600 {
					t.Errorf("%s: %d bytes: %s", kind, len(text), text)
				}
				if kind == "commit status" { // the forge's own words
					continue
				}
				later, isLater := errors.AsType[*notify.LaterError](err)
				if errors.Is(err, notify.ErrRefused) != tt.refused || isLater != (tt.later > 0) || isLater && later.After != tt.later {
					t.Errorf("%s: %v", kind, err)
				}
			}
		})
	}
}

func TestASinkThatHangs(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	_, url := listen(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	for kind, s := range all(t, NewReach(true), url) {
		if kind == "commit status" { // no Repository there
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := s.Post(ctx, message("shop"))
		cancel()
		if !errors.Is(err, notify.ErrUnanswered) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	for kind, s := range all(t, NewReach(true), "http://127.0.0.1:1") {
		if kind == "commit status" {
			continue
		}
		_, err := s.Post(t.Context(), message("shop"))
		if err == nil || errors.Is(err, notify.ErrUnanswered) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "reach 127.0.0.1:1: ") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestGenericWebhook(t *testing.T) {
	e, url := listen(t, answering(204, ""))
	text, err := NewTemplate(`{"text": {{json .Title}}, "who": [{{range $i, $e := .Incidents}}{{if $i}}, {{end}}{{json $e.Who}}{{end}}], "open": {{.Open}}}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, settings := range []WebhookSettings{
		{Address: url + "/in", Key: []byte("key"), Authorization: "Bearer x", ContentType: "application/json"},
		{Address: url + "/in", Template: text, ContentType: "application/json"},
	} {
		w, err := NewWebhook(NewReach(true), settings)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Post(t.Context(), message("shop")); err != nil {
			t.Fatal(err)
		}
	}
	signed := e.all[0]
	if got, want := signed.header.Get("X-Fairlead-Signature"), "sha256="+mac("key", signed.header.Get("X-Fairlead-Timestamp")+"."+signed.body); got != want {
		t.Errorf("signature is %s, want %s", got, want)
	}
	if signed.header.Get("Authorization") != "Bearer x" || signed.header.Get("Idempotency-Key") != "00112233445566778899aabbccddeeff-0" {
		t.Errorf("headers are %v", signed.header)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(signed.body), &body); err != nil {
		t.Fatal(err)
	}
	if body["title"] != "shop is degraded" || body["severity"] != "error" || body["resolved"] != false || body["incidents"].([]any)[0].(map[string]any)["who"] != "Ann Lee" {
		t.Errorf("body is %s", signed.body)
	}
	if want := `{"text": "shop is degraded", "who": ["Ann Lee"], "open": 1}`; e.all[1].body != want {
		t.Errorf("body is %s, want %s", e.all[1].body, want)
	}
}

func TestPagerDuty(t *testing.T) {
	e, url := listen(t, answering(202, `{"status":"success","message":"Event processed","dedup_key":"fairlead-1"}`))
	p, err := NewPagerDuty(NewReach(true), url, secret)
	if err != nil {
		t.Fatal(err)
	}
	m := message("shop")
	ref, err := p.Post(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Edit(t.Context(), ref, recovered(m)); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range e.all {
		var event struct {
			Key     string `json:"routing_key"`
			Action  string `json:"event_action"`
			Dedup   string `json:"dedup_key"`
			Payload struct{ Summary, Source, Severity string }
		}
		if err := json.Unmarshal([]byte(h.body), &event); err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join([]string{h.path, event.Key, event.Action, event.Dedup, event.Payload.Summary, event.Payload.Source, event.Payload.Severity}, " "))
	}
	want := []string{
		"/v2/enqueue " + secret + " trigger fairlead-" + m.ID + " shop is degraded team/shop error",
		"/v2/enqueue " + secret + " resolve fairlead-" + m.ID + "   ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAlertmanager(t *testing.T) {
	e, url := listen(t, answering(200, ""))
	a, err := NewAlertmanager(NewReach(true), url+"/", "Bearer "+secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := message("shop")
	for _, each := range []notify.Message{m, recovered(m)} {
		if _, err := a.Post(t.Context(), each); err != nil {
			t.Fatal(err)
		}
	}
	var alerts [2][]struct {
		Labels         map[string]string
		Annotations    map[string]string
		StartsAt       time.Time
		EndsAt         time.Time
		GeneratorURL   string `json:"generatorURL"`
		UnknownToThese any
	}
	for i, h := range e.all {
		if err := json.Unmarshal([]byte(h.body), &alerts[i]); err != nil || h.path != "/api/v2/alerts" || h.header.Get("Authorization") != "Bearer "+secret {
			t.Fatalf("%v: %+v", err, h)
		}
	}
	fires, ends := alerts[0][0], alerts[1][0]
	want := map[string]string{"alertname": "FairleadDegraded", "severity": "error", "namespace": "team", "application": "shop", "incident": "team/shop/health"}
	if diff := cmp.Diff(want, fires.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(fires.Labels, ends.Labels); diff != "" {
		t.Errorf("it would not be known again (-want +got):\n%s", diff)
	}
	if !fires.EndsAt.After(time.Now()) || ends.EndsAt.After(time.Now()) || !fires.StartsAt.Equal(began) || fires.Annotations["who"] != "Ann Lee" || fires.GeneratorURL == "" {
		t.Errorf("alerts are %+v, %+v", fires, ends)
	}
}

func TestTeams(t *testing.T) {
	e, url := listen(t, answering(202, ""))
	s, err := NewTeams(NewReach(true), url+"/workflows/x?sig=a%2Fb")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []notify.Message{message("shop"), large()} {
		if _, err := s.Post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range e.all {
		var card struct {
			Type        string
			Attachments []struct {
				ContentType string
				Content     struct {
					Type string
					Body []any
				}
			}
		}
		if err := json.Unmarshal([]byte(h.body), &card); err != nil {
			t.Fatal(err)
		}
		if a := card.Attachments; card.Type != "message" || len(a) != 1 || a[0].ContentType != "application/vnd.microsoft.card.adaptive" || a[0].Content.Type != "AdaptiveCard" || len(a[0].Content.Body) < 2 {
			t.Errorf("card is %s", h.body)
		}
		if len(h.body) > mostCard || h.path != "/workflows/x?sig=a%2Fb" {
			t.Errorf("%d bytes to %s", len(h.body), h.path)
		}
		if strings.Contains(h.body, `"TextBlock"`) {
			t.Error("texts of others would be markdown")
		}
	}
}

func TestDiscord(t *testing.T) {
	e, url := listen(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && r.URL.Query().Get("wait") == "true":
			fmt.Fprint(w, `{"id": "1234567890", "type": 0, "content": "", "channel_id": "42", "webhook_id": "1"}`)
		case r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/messages/1234567890"):
			fmt.Fprint(w, `{"id": "1234567890"}`)
		default:
			answering(404, `{"message": "Unknown Message", "code": 10008}`)(w, r)
		}
	})
	d, err := NewDiscord(NewReach(true), url+"/api/webhooks/1/"+secret+"?thread_id=7")
	if err != nil {
		t.Fatal(err)
	}
	ref, err := d.Post(t.Context(), large())
	if err != nil || ref != "1234567890" {
		t.Fatal(ref, err)
	}
	if err := d.Edit(t.Context(), ref, message("shop", "pay")); err != nil {
		t.Fatal(err)
	}
	if err := d.Edit(t.Context(), "999", message("shop")); !errors.Is(err, notify.ErrGone) {
		t.Errorf("of a message that was deleted: %v", err)
	}
	for _, h := range e.all[:2] {
		var out discordMessage
		if err := json.Unmarshal([]byte(h.body), &out); err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, embed := range out.Embeds {
			size += len(embed.Title) + len(embed.Description)
		}
		if len(out.Embeds) == 0 || len(out.Embeds) > 10 || size > 6000 || !strings.Contains(h.body, `"allowed_mentions":{"parse":[]}`) || !strings.Contains(h.path, "thread_id=7") {
			t.Errorf("%d embeds of %d bytes to %s", len(out.Embeds), size, h.path)
		}
	}
	if strings.Contains(e.all[1].body, "[x](") {
		t.Errorf("texts of others are markdown: %s", e.all[1].body)
	}
}

func TestCommitStatus(t *testing.T) {
	commit := incident("shop").Revision
	for kind, want := range map[forge.Kind][]string{
		forge.GitHub: {
			"/api/v3/repos/acme/config/statuses/" + commit + ` {"context":"fairlead/team/shop","description":"shop is degraded: 0 of 1 pods run \u003c!channel\u003e [x](https://evil.example) *b*","state":"failure"}`,
			"/api/v3/repos/acme/config/statuses/" + commit + ` {"context":"fairlead/team/shop","description":"Recovered: shop is degraded: 1 of 1 pods run","state":"success"}`,
		},
		forge.GitLab: {
			"/api/v4/projects/acme%2Fconfig/statuses/" + commit + ` {"description":"shop is degraded: 0 of 1 pods run \u003c!channel\u003e [x](https://evil.example) *b*","name":"fairlead/team/shop","state":"failed"}`,
			"/api/v4/projects/acme%2Fconfig/statuses/" + commit + ` {"description":"Recovered: shop is degraded: 1 of 1 pods run","name":"fairlead/team/shop","state":"success"}`,
		},
		forge.Gitea: {
			"/api/v1/repos/acme/config/statuses/" + commit + ` {"context":"fairlead/team/shop","description":"shop is degraded: 0 of 1 pods run \u003c!channel\u003e [x](https://evil.example) *b*","state":"failure"}`,
			"/api/v1/repos/acme/config/statuses/" + commit + ` {"context":"fairlead/team/shop","description":"Recovered: shop is degraded: 1 of 1 pods run","state":"success"}`,
		},
		forge.Bitbucket: {
			"/2.0/repositories/acme/config/commit/" + commit + `/statuses/build {"description":"shop is degraded: 0 of 1 pods run \u003c!channel\u003e [x](https://evil.example) *b*","key":"fairlead/team/shop","name":"fairlead/team/shop","state":"FAILED","url":"URL/acme/config/commits/` + commit + `"}`,
			"/2.0/repositories/acme/config/commit/" + commit + `/statuses/build {"description":"Recovered: shop is degraded: 1 of 1 pods run","key":"fairlead/team/shop","name":"fairlead/team/shop","state":"SUCCESSFUL","url":"URL/acme/config/commits/` + commit + `"}`,
		},
		forge.BitbucketDataCenter: {
			"/rest/build-status/1.0/commits/" + commit + ` {"description":"shop is degraded: 0 of 1 pods run \u003c!channel\u003e [x](https://evil.example) *b*","key":"fairlead/team/shop","name":"fairlead/team/shop","state":"FAILED","url":"URL/projects/acme/repos/config/commits/` + commit + `"}`,
			"/rest/build-status/1.0/commits/" + commit + ` {"description":"Recovered: shop is degraded: 1 of 1 pods run","key":"fairlead/team/shop","name":"fairlead/team/shop","state":"SUCCESSFUL","url":"URL/projects/acme/repos/config/commits/` + commit + `"}`,
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			e, url := listen(t, answering(201, `{"id": 1}`))
			s, err := NewCommitStatus(NewReach(true), kind, url+"/", secret)
			if err != nil {
				t.Fatal(err)
			}
			m := message("shop")
			m.Incidents[0].Repository = url + "/acme/config"
			ref, err := s.Post(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Edit(t.Context(), ref, recovered(m)); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range e.all {
				got = append(got, h.path+" "+strings.ReplaceAll(h.body, url, "URL"))
				if !strings.Contains(h.header.Get("Authorization")+h.header.Get("PRIVATE-TOKEN"), secret) {
					t.Error("without the token")
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a status that GitLab has already", func(t *testing.T) {
		_, url := listen(t, answering(400, `{"message": "Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition via \"enqueue\")"}`))
		s, _ := NewCommitStatus(NewReach(true), forge.GitLab, url, secret)
		m := message("shop")
		m.Incidents[0].Repository = url + "/acme/config"
		if _, err := s.Post(t.Context(), m); err != nil {
			t.Error(err)
		}
	})
	t.Run("a token goes to its own forge alone", func(t *testing.T) {
		e, url := listen(t, answering(201, ""))
		s, _ := NewCommitStatus(NewReach(true), forge.GitHub, url, secret)
		for _, elsewhere := range []string{"https://evil.example/acme/config", url + ".evil.example/acme/config", url + "/../x/config", ""} {
			m := message("shop")
			m.Incidents[0].Repository = elsewhere
			if _, err := s.Post(t.Context(), m); err == nil {
				t.Errorf("%q: no error", elsewhere)
			}
		}
		if len(e.all) > 0 {
			t.Errorf("called: %v", e.all)
		}
	})
}
