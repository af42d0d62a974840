package sink

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Teams posts adaptive cards to a workflow's webhook ("Post to a channel when a webhook request is received").
type Teams struct {
	client  *client
	address string
}

// TeamsTraits of a workflow: it answers before anything is posted, and can't edit.
var TeamsTraits = notify.Traits{Gap: time.Second}

// NewTeams takes the webhook's address.
func NewTeams(r *Reach, address string) (*Teams, error) {
	c, err := r.client("the Teams workflow", nil, secretsOf(address)...)
	return &Teams{client: c, address: address}, err
}

// mostCard is what Teams takes (28 KiB), less what it adds: it posts nothing of what is larger, and says so to nobody.
const mostCard = 20 << 10

// Post sends a message, or what follows it up.
func (t *Teams) Post(ctx context.Context, m notify.Message) (string, error) {
	body := fit(m, func(m notify.Message) []byte {
		text, _ := json.Marshal(teamsOf(m)) // texts alone: nothing that could fail
		return text
	}, func(text []byte) bool { return len(text) <= mostCard })
	_, err := t.client.call(ctx, request{url: t.address, body: body, header: map[string]string{"Content-Type": "application/json"}})
	return "", err
}

type object = map[string]any

// teamsOf is a card. Texts of others are text runs, which are no markdown.
// Source: https://adaptivecards.io/explorer/
func teamsOf(m notify.Message) object {
	style := map[notify.Severity]string{notify.Error: "attention", notify.Warning: "warning", notify.Info: "accent"}[m.Severity()]
	if m.Resolved() {
		style = "good"
	}
	run := func(text string, bold bool) object {
		o := object{"type": "TextRun", "text": text}
		if bold {
			o["weight"] = "bolder"
		}
		return o
	}
	paragraph := func(runs ...any) object {
		return object{"type": "RichTextBlock", "spacing": "small", "inlines": runs}
	}
	title := run(m.Title(), true)
	title["size"] = "large"
	body := []any{object{"type": "Container", "style": style, "bleed": true, "items": []any{paragraph(title)}}}
	var actions []any
	for _, e := range m.Incidents {
		var items []any
		if m.Count() > 1 {
			items = append(items, paragraph(run(e.Line(), true)))
		}
		if e.What != "" {
			items = append(items, paragraph(run(e.What, false)))
		}
		for _, f := range e.Facts() {
			items = append(items, paragraph(run(f.Name+" ", true), run(f.Value, false)))
		}
		body = append(body, object{"type": "Container", "separator": true, "items": items})
		if isLink(e.Link) && len(actions) == 0 {
			actions = append(actions, object{"type": "Action.OpenUrl", "title": "Where it comes from", "url": e.Link})
		}
	}
	if m.More > 0 {
		body = append(body, paragraph(run(more(m), false)))
	}
	return object{"type": "message", "attachments": []any{object{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
		"content": object{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
			"msteams": object{"width": "Full"}, "fallbackText": m.Title(), "body": body, "actions": actions,
		},
	}}}
}
