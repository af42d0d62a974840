package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Slack posts with a bot's token. Edits are of Slack's tier 3, some 50 a minute.
// Source: https://docs.slack.dev/apis/web-api/rate-limits
type Slack struct {
	client              *client
	api, channel, token string
}

// SlackTraits of a bot.
var SlackTraits = notify.Traits{Edits: true, Replies: true, Gap: 1200 * time.Millisecond}

// NewSlack takes the address of the API, a channel by id or name, and a token.
func NewSlack(r *Reach, api, channel, token string) (*Slack, error) {
	token = strings.TrimSpace(token)
	c, err := r.client("Slack", nil, token)
	return &Slack{client: c, api: strings.TrimSuffix(api, "/"), channel: channel, token: token}, err
}

// slackMessage is what all ways into Slack take: a line for the notification, and what is shown below it.
type slackMessage struct {
	Channel     string            `json:"channel,omitempty"`
	TS          string            `json:"ts,omitempty"`
	ThreadTS    string            `json:"thread_ts,omitempty"`
	ID          string            `json:"client_msg_id,omitempty"`
	Text        string            `json:"text"`
	Attachments []slackAttachment `json:"attachments"`
	Metadata    *slackMetadata    `json:"metadata,omitempty"`
	Unfurl      bool              `json:"unfurl_links"`
	UnfurlMedia bool              `json:"unfurl_media"`
}

type slackAttachment struct {
	Color    string       `json:"color"`
	Fallback string       `json:"fallback"`
	Blocks   []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// slackMetadata marks a message, for Find.
type slackMetadata struct {
	Type    string            `json:"event_type"`
	Payload map[string]string `json:"event_payload"`
}

const slackMark = "fairlead_message"

// Post sends a message; its ref is "channel/timestamp", by which Slack knows it.
func (s *Slack) Post(ctx context.Context, m notify.Message) (string, error) {
	out := slackOf(m)
	out.Channel = s.channel
	out.Metadata = &slackMetadata{Type: slackMark, Payload: map[string]string{"id": m.ID, "number": strconv.Itoa(m.Number)}}
	out.ID = uuid(m.ID, m.Number) // not promised by Slack, which knows it all the same; Find is what counts
	said, err := s.call(ctx, "chat.postMessage", out)
	if err != nil {
		return "", err
	}
	return said.Channel + "/" + said.TS, nil
}

// Edit brings a message up to date.
func (s *Slack) Edit(ctx context.Context, ref string, m notify.Message) error {
	out := slackOf(m)
	out.Channel, out.TS, _ = strings.Cut(ref, "/")
	_, err := s.call(ctx, "chat.update", out)
	return err
}

// Reply says in the message's thread that all is over.
func (s *Slack) Reply(ctx context.Context, ref string, m notify.Message) error {
	var out slackMessage
	out.Channel, out.ThreadTS, _ = strings.Cut(ref, "/")
	out.Text, out.Attachments = slackTitle(m), []slackAttachment{}
	if last := m.Incidents[len(m.Incidents)-1]; m.Count() == 1 && last.What != "" {
		out.Text += "\n" + slackEscape(last.What)
	}
	_, err := s.call(ctx, "chat.postMessage", out)
	return err
}

// Find looks through what was said in the channel since. It takes the right to read it (channels:history or groups:history) and
// the channel's id.
func (s *Slack) Find(ctx context.Context, m notify.Message, since time.Time) (string, error) {
	if !isSlackID(s.channel) {
		return "", errors.ErrUnsupported
	}
	query := url.Values{"channel": {s.channel}, "include_all_metadata": {"true"}, "limit": {"200"}, "oldest": {strconv.FormatInt(since.Unix(), 10)}}
	for range 10 {
		said, err := s.ask(ctx, "conversations.history", request{method: "GET", url: s.api + "/conversations.history?" + query.Encode()})
		switch {
		case said.Error == "missing_scope", said.Error == "not_in_channel":
			return "", errors.ErrUnsupported
		case err != nil:
			return "", err
		}
		for _, found := range said.Messages {
			if p := found.Metadata; p.Type == slackMark && p.Payload["id"] == m.ID && p.Payload["number"] == strconv.Itoa(m.Number) {
				return s.channel + "/" + found.TS, nil
			}
		}
		if said.Next.Cursor == "" {
			return "", nil
		}
		query.Set("cursor", said.Next.Cursor)
	}
	return "", errors.ErrUnsupported // too much was said since
}

func isSlackID(channel string) bool {
	return len(channel) >= 9 && strings.ContainsRune("CGD", rune(channel[0])) && strings.ToUpper(channel) == channel
}

// slackAnswer is what all methods say. Errors come with the status 200.
type slackAnswer struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"`
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	Messages []struct {
		TS       string        `json:"ts"`
		Metadata slackMetadata `json:"metadata"`
	} `json:"messages"`
	Next struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

func (s *Slack) call(ctx context.Context, method string, body any) (slackAnswer, error) {
	return s.ask(ctx, method, request{url: s.api + "/" + method, body: body})
}

func (s *Slack) ask(ctx context.Context, method string, q request) (slackAnswer, error) {
	q.header = map[string]string{"Authorization": "Bearer " + s.token}
	a, err := s.client.call(ctx, q)
	if err != nil {
		return slackAnswer{}, err
	}
	var said slackAnswer
	if json.Unmarshal(a.body, &said) != nil {
		return said, hint.With(fmt.Errorf("%w: the answer to %s is not Slack's", notify.ErrRefused, method), "check spec.sink.slack.url")
	}
	if !said.OK {
		return said, s.worded(method, said)
	}
	return said, nil
}

// Errors of Slack's methods, with what to do about them.
// Source: https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/reference/methods/chat.update
var (
	slackNext = map[string]string{
		"invalid_auth":      "put the bot's token (xoxb-…) into the Secret",
		"not_authed":        "put the bot's token (xoxb-…) into the Secret",
		"token_revoked":     "make a new token (api.slack.com/apps → OAuth & Permissions) and put it into the Secret",
		"token_expired":     "make a new token (api.slack.com/apps → OAuth & Permissions) and put it into the Secret",
		"account_inactive":  "the bot or the workspace was deleted: install the app again, and put its token into the Secret",
		"channel_not_found": "check spec.sink.slack.channel; a private channel has to have the bot invited",
		"not_in_channel":    "invite the bot to the channel, or give it the right chat:write.public",
		"is_archived":       "name another channel",
	}
	slackGone   = []string{"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "cannot_reply_to_message"}
	slackUnsure = []string{"internal_error", "fatal_error"} // "some aspect of the operation" may have succeeded
	slackLater  = []string{"ratelimited", "rate_limited", "message_limit_exceeded"}
	slackAgain  = []string{"service_unavailable", "request_timeout", "team_added_to_org"}
)

func (s *Slack) worded(method string, said slackAnswer) error {
	err := fmt.Errorf("Slack answers %s to %s", s.client.scrub(said.Error), method)
	switch {
	case slices.Contains(slackGone, said.Error):
		return fmt.Errorf("%w: %w", notify.ErrGone, err)
	case slices.Contains(slackUnsure, said.Error):
		return fmt.Errorf("%w: %w", notify.ErrUnanswered, err)
	case slices.Contains(slackLater, said.Error):
		return &notify.LaterError{After: time.Minute, Err: err}
	case slices.Contains(slackAgain, said.Error):
		return err
	}
	next := slackNext[said.Error]
	if said.Error == "missing_scope" {
		next = "give the bot the right " + said.Needed + " (api.slack.com/apps → OAuth & Permissions) and install the app again"
	}
	return hint.With(fmt.Errorf("%w: %w", notify.ErrRefused, err), next)
}

// SlackHook posts to an incoming webhook.
type SlackHook struct {
	client  *client
	address string
}

// SlackHookTraits of a webhook: it can neither edit nor tell what it has.
var SlackHookTraits = notify.Traits{Gap: 1200 * time.Millisecond}

// NewSlackHook takes the webhook's address.
func NewSlackHook(r *Reach, address string) (*SlackHook, error) {
	c, err := r.client("Slack's webhook", nil, secretsOf(address)...)
	return &SlackHook{client: c, address: address}, err
}

// Post sends a message, or what follows it up.
func (s *SlackHook) Post(ctx context.Context, m notify.Message) (string, error) {
	_, err := s.client.call(ctx, request{url: s.address, body: slackOf(m)})
	return "", err
}

// slackOf is how a message looks. A section takes 3,000 characters.
func slackOf(m notify.Message) slackMessage {
	a := slackAttachment{Color: "#" + colorOf(m), Fallback: m.Title()}
	section := func(text string) {
		a.Blocks = append(a.Blocks, slackBlock{Type: "section", Text: slackText{Type: "mrkdwn", Text: clip(text, 2900)}})
	}
	for _, e := range m.Incidents {
		var b strings.Builder
		if m.Count() > 1 {
			b.WriteString("*" + slackEscape(e.Line()) + "*\n")
		}
		if e.What != "" {
			b.WriteString(slackEscape(e.What) + "\n")
		}
		for _, f := range e.Facts() {
			b.WriteString("*" + f.Name + "* " + slackEscape(f.Value) + "\n")
		}
		if isLink(e.Link) {
			b.WriteString("<" + strings.NewReplacer("|", "%7C", ">", "%3E", "<", "%3C").Replace(e.Link) + "|Where it comes from>")
		}
		section(strings.TrimSpace(b.String()))
	}
	if m.More > 0 {
		section(more(m))
	}
	return slackMessage{Text: slackTitle(m), Attachments: []slackAttachment{a}}
}

func slackTitle(m notify.Message) string {
	icon := map[notify.Severity]string{notify.Error: ":red_circle:", notify.Warning: ":large_yellow_circle:"}[m.Severity()]
	if m.Resolved() {
		icon = ":large_green_circle:"
	}
	return strings.TrimSpace(icon + " *" + slackEscape(m.Title()) + "*")
}

// slackEscape keeps texts of others from being links, or calling the channel.
// Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
