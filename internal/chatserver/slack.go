// Package chatserver is a chat on this machine that speaks Slack's protocol: for the demo, where it shows what people would
// read, and for tests.
package chatserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Slack answers as Slack's Web API does, as far as messages go, and to an incoming webhook at /services/….
type Slack struct {
	// Token that is good, and Channel that there is, by id. The bot may not read it unless MayRead is set.
	Token, Channel string
	MayRead        bool
	// Answer comes first, if set: done says that nothing is left to do.
	Answer func(w http.ResponseWriter, method string) (done bool)
	// Said is told of each message that is posted or edited, if set; it must not wait.
	Said func(SlackMessage)

	mu       sync.Mutex
	messages []SlackMessage
	calls    []string
}

// SlackMessage is one that was posted.
type SlackMessage struct {
	TS       string          `json:"ts"`
	ThreadTS string          `json:"thread_ts,omitempty"`
	Text     string          `json:"text"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Whole is the request's body as it came last, and Edits how often it was edited.
	Whole string `json:"-"`
	Edits int    `json:"-"`
}

// Lines are the message as it is read: what stands out, links and colours are left out.
func (m SlackMessage) Lines() []string {
	var body slackRequest
	_ = json.Unmarshal([]byte(m.Whole), &body) // it was read once before
	text := body.Text
	for _, a := range body.Attachments {
		for _, b := range a.Blocks {
			text += "\n" + b.Text.Text
		}
	}
	text = slackLinks.ReplaceAllString(slackMarks.ReplaceAllString(text, ""), "$2: $1")
	return strings.Split(strings.TrimSpace(slackNames.Replace(text)), "\n")
}

var (
	slackMarks = regexp.MustCompile(`:[a-z_]+: `)
	slackLinks = regexp.MustCompile(`<([^|>]+)\|([^>]*)>`)
	slackNames = strings.NewReplacer("*", "", "&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// Messages are those that are there, the oldest first.
func (s *Slack) Messages() []SlackMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Calls are the methods that were called.
func (s *Slack) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Delete removes a message, as a person does.
func (s *Slack) Delete(ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = slices.DeleteFunc(s.messages, func(m SlackMessage) bool { return m.TS == ts })
}

type slackRequest struct {
	Channel     string            `json:"channel"`
	TS          string            `json:"ts"`
	ThreadTS    string            `json:"thread_ts"`
	Text        string            `json:"text"`
	Attachments []slackAttachment `json:"attachments"`
	Metadata    json.RawMessage   `json:"metadata"`
}

type slackAttachment struct {
	Blocks []struct {
		Text struct {
			Text string `json:"text"`
		} `json:"text"`
	} `json:"blocks"`
}

func (s *Slack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	isHook := strings.HasPrefix(r.URL.Path, "/services/")
	if isHook {
		method = "webhook"
	}
	s.mu.Lock()
	s.calls = append(s.calls, method)
	answer := s.Answer
	s.mu.Unlock()
	if answer != nil && answer(w, method) {
		return
	}
	var body slackRequest
	var whole strings.Builder
	if r.Method == http.MethodPost {
		raw := json.RawMessage{}
		if json.NewDecoder(r.Body).Decode(&raw) != nil || json.Unmarshal(raw, &body) != nil {
			s.refuse(w, "invalid_json")
			return
		}
		whole.Write(raw)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case isHook:
		if body.Text == "" && len(body.Attachments) == 0 {
			http.Error(w, "no_text", http.StatusBadRequest)
			return
		}
		s.add(body, whole.String())
		fmt.Fprint(w, "ok") // as it is: no JSON
	case r.Header.Get("Authorization") != "Bearer "+s.Token:
		s.refuse(w, "invalid_auth")
	case method == "conversations.history":
		s.history(w, r)
	case body.Channel != s.Channel && body.Channel != "#deploys":
		s.refuse(w, "channel_not_found")
	case method == "chat.postMessage":
		ts := s.add(body, whole.String())
		s.say(w, map[string]any{"ok": true, "channel": s.Channel, "ts": ts, "message": map[string]any{
			"bot_id": "B123ABC456", "type": "message", "text": body.Text, "user": "U123ABC456", "ts": ts, "app_id": "A123ABC456", "team": "T123ABC456",
		}})
	case method == "chat.update":
		s.update(w, body, whole.String())
	default:
		s.refuse(w, "unknown_method")
	}
}

func (s *Slack) add(body slackRequest, whole string) string {
	ts := fmt.Sprintf("1700000000.%06d", len(s.calls))
	m := SlackMessage{TS: ts, ThreadTS: body.ThreadTS, Text: body.Text, Metadata: body.Metadata, Whole: whole}
	s.messages = append(s.messages, m)
	s.tell(m)
	return ts
}

func (s *Slack) tell(m SlackMessage) {
	if s.Said != nil {
		s.Said(m)
	}
}

func (s *Slack) update(w http.ResponseWriter, body slackRequest, whole string) {
	i := slices.IndexFunc(s.messages, func(m SlackMessage) bool { return m.TS == body.TS })
	if i < 0 {
		s.refuse(w, "message_not_found")
		return
	}
	m := &s.messages[i]
	m.Text, m.Whole, m.Edits = body.Text, whole, m.Edits+1
	s.tell(*m)
	s.say(w, map[string]any{"ok": true, "channel": s.Channel, "ts": body.TS, "text": body.Text, "message": map[string]any{"text": body.Text, "user": "U123ABC456"}})
}

func (s *Slack) history(w http.ResponseWriter, r *http.Request) {
	if !s.MayRead {
		s.say(w, map[string]any{"ok": false, "error": "missing_scope", "needed": "channels:history,groups:history,mpim:history,im:history", "provided": "chat:write"})
		return
	}
	if r.FormValue("channel") != s.Channel {
		s.refuse(w, "channel_not_found")
		return
	}
	top := slices.DeleteFunc(slices.Clone(s.messages), func(m SlackMessage) bool { return m.ThreadTS != "" })
	slices.Reverse(top)
	s.say(w, map[string]any{"ok": true, "messages": top, "has_more": false, "pin_count": 0, "response_metadata": map[string]any{"next_cursor": ""}})
}

func (s *Slack) refuse(w http.ResponseWriter, code string) {
	s.say(w, map[string]any{"ok": false, "error": code})
}

func (s *Slack) say(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer)
}
