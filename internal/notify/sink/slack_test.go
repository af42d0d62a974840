package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/chatserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// workspace is a Slack with a channel, and a bot there.
func workspace(t *testing.T) (*chatserver.Slack, *Slack) {
	t.Helper()
	server := &chatserver.Slack{Token: secret, Channel: "C0123456789", MayRead: true}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	bot, err := NewSlack(NewReach(true), web.URL+"/api/", "C0123456789", secret+"\n")
	if err != nil {
		t.Fatal(err)
	}
	return server, bot
}

func TestSlackMessageIsEditedAndAnsweredInItsThread(t *testing.T) {
	server, bot := workspace(t)
	m := message("shop")
	ref, err := bot.Post(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{bot.Edit(t.Context(), ref, message("shop", "pay")), bot.Edit(t.Context(), ref, recovered(m)), bot.Reply(t.Context(), ref, recovered(m))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	said := server.Messages()
	if len(said) != 2 || said[0].Edits != 2 || said[1].ThreadTS != said[0].TS || said[0].Text != ":large_green_circle: *Recovered: shop is degraded*" {
		t.Fatalf("messages are %+v", said)
	}
	if !strings.Contains(said[1].Text, "1 of 1 pods run") {
		t.Errorf("the answer is %q", said[1].Text)
	}
}

func TestSlackTextsOfOthersAreNoMarkup(t *testing.T) {
	server, bot := workspace(t)
	m := message("shop")
	m.Incidents[0].Link = "https://example.com/a|b>c"
	if _, err := bot.Post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	whole := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(server.Messages()[0].Whole)
	for text, want := range map[string]bool{
		"<!channel>": false, "&lt;!channel&gt;": true, "<https://example.com/a%7Cb%3Ec|": true, "*Who* Ann Lee": true, "*When* 2026-11-23 07:00:00 UTC": true,
		"*Next* fairlead status team/shop": true, "*Objects* Deployment shop/web": true,
	} {
		if strings.Contains(whole, text) != want {
			t.Errorf("%q in it: %v, want %v: %s", text, !want, want, whole)
		}
	}
}

func TestSlackMessageIsFoundAgain(t *testing.T) {
	server, bot := workspace(t)
	m := message("shop")
	find := func() (string, error) { return bot.Find(t.Context(), m, time.Now()) }
	if ref, err := find(); ref != "" || err != nil {
		t.Errorf("before it was posted: %q, %v", ref, err)
	}
	posted, err := bot.Post(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if ref, err := find(); ref != posted || err != nil {
		t.Errorf("%q, %v; want %q", ref, err, posted)
	}
	m.Number = 1 // what follows it up is another
	if ref, err := find(); ref != "" || err != nil {
		t.Errorf("another: %q, %v", ref, err)
	}
	server.MayRead = false
	if _, err := find(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("without the right to read: %v", err)
	}
	bot.channel = "#deploys"
	if _, err := find(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("without the channel's id: %v", err)
	}
}

// What Slack answers when it doesn't take a message. All but the first two come with the status 200.
func TestSlackRefusals(t *testing.T) {
	refuse := func(code string) func(http.ResponseWriter, string) bool {
		return func(w http.ResponseWriter, _ string) bool {
			fmt.Fprintf(w, `{"ok":false,"error":%q,"needed":"chat:write","provided":"identify"}`, code)
			return true
		}
	}
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter, string) bool
		is     error
		next   string
	}{
		"too many calls": {answer: func(w http.ResponseWriter, _ string) bool {
			answering(429, `{"ok":false,"error":"ratelimited"}`, "Retry-After", "30")(w, nil)
			return true
		}},
		"something else's address":    {answer: func(w http.ResponseWriter, _ string) bool { fmt.Fprint(w, "<html>"); return true }, is: notify.ErrRefused, next: "slack.url"},
		"a token that was revoked":    {answer: refuse("token_revoked"), is: notify.ErrRefused, next: "make a new token"},
		"a workspace that is gone":    {answer: refuse("account_inactive"), is: notify.ErrRefused, next: "install the app again"},
		"a right that is missing":     {answer: refuse("missing_scope"), is: notify.ErrRefused, next: "give the bot the right chat:write"},
		"a channel that there isn't":  {answer: refuse("channel_not_found"), is: notify.ErrRefused, next: "spec.sink.slack.channel"},
		"a channel without the bot":   {answer: refuse("not_in_channel"), is: notify.ErrRefused, next: "invite the bot"},
		"a message that was deleted":  {answer: refuse("message_not_found"), is: notify.ErrGone},
		"a message that is too old":   {answer: refuse("edit_window_closed"), is: notify.ErrGone},
		"Slack in trouble":            {answer: refuse("service_unavailable")},
		"Slack that isn't sure":       {answer: refuse("internal_error"), is: notify.ErrUnanswered},
		"an error that nobody knows":  {answer: refuse("new_in_2030"), is: notify.ErrRefused},
		"an error that has the token": {answer: refuse("bad_" + secret), is: notify.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			server, bot := workspace(t)
			server.Answer = tt.answer
			err := bot.Edit(t.Context(), "C0123456789/1.1", message("shop"))
			if err == nil || tt.is != nil && !errors.Is(err, tt.is) || tt.is == nil && (errors.Is(err, notify.ErrRefused) || errors.Is(err, notify.ErrGone)) {
				t.Errorf("error %v, want %v", err, tt.is)
			}
			if !strings.Contains(hint.Of(err), tt.next) || strings.Contains(err.Error()+hint.Of(err), secret) {
				t.Errorf("%v → %q, want %q", err, hint.Of(err), tt.next)
			}
		})
	}
}

func TestSlackWebhook(t *testing.T) {
	server, _ := workspace(t)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	hook, err := NewSlackHook(NewReach(true), web.URL+"/services/T0/B0/"+secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hook.Post(t.Context(), large()); err != nil {
		t.Fatal(err)
	}
	if said := server.Messages(); len(said) != 1 || !strings.Contains(said[0].Text, "1000 incidents") || !strings.Contains(said[0].Whole, "and 990 more") {
		t.Errorf("messages are %+v", said)
	}
}

// 200 applications fail at once: Slack has one message, which says so.
func TestAStormAtSlack(t *testing.T) {
	server, bot := workspace(t)
	hub := notify.NewHub(notify.Surroundings{Store: &drawer{}, Log: slog.New(slog.DiscardHandler), Changed: func(string) {}})
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { hub.Run(ctx) })
	defer work.Wait()
	defer cancel()
	hub.Set("team/chat", notify.Config{
		Sink: "slack", Traits: SlackTraits, Grouping: notify.Grouping{Wait: 50 * time.Millisecond, Window: time.Minute},
		Open: func(context.Context) (notify.Sink, error) { return bot, nil },
	})
	hub.Complete()
	for i := range 200 {
		hub.Emit(incident(fmt.Sprintf("app-%03d", i)))
	}
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for len(server.Messages()) == 0 || !strings.Contains(server.Messages()[0].Text, "200 incidents") {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("messages are %+v", server.Messages())
		}
	}
	if said := server.Messages(); len(said) != 1 {
		t.Errorf("messages are %+v, want one", said)
	}
}

// drawer is a store in this process.
type drawer struct{ kept []byte }

func (d *drawer) Load(context.Context, string) ([]byte, error) { return d.kept, nil }

func (d *drawer) Save(_ context.Context, _ string, state []byte) error {
	d.kept = state
	return nil
}
