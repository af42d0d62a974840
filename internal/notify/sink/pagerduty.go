package sink

import (
	"context"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/notify"
)

// PagerDuty opens and resolves alerts. It knows a message again by its id, so a message sent twice is one.
type PagerDuty struct {
	client   *client
	api, key string
}

// PagerDutyTraits of the Events API v2.
var PagerDutyTraits = notify.Traits{Edits: true, Repeatable: true, Lasting: true, Gap: time.Second}

// NewPagerDuty takes the address of the API and a service's integration key.
func NewPagerDuty(r *Reach, api, key string) (*PagerDuty, error) {
	key = strings.TrimSpace(key)
	c, err := r.client("PagerDuty", nil, key)
	return &PagerDuty{client: c, api: strings.TrimSuffix(api, "/"), key: key}, err
}

// Post opens an alert, brings it up to date, or resolves it.
// Source: https://developer.pagerduty.com/docs/send-alert-event
func (p *PagerDuty) Post(ctx context.Context, m notify.Message) (string, error) {
	event := object{"routing_key": p.key, "event_action": "resolve", "dedup_key": "fairlead-" + m.ID, "client": "Fairlead"}
	if !m.Resolved() {
		first := m.Incidents[0]
		source := first.Application
		if m.Count() > 1 {
			source = "fairlead"
		}
		event["event_action"] = "trigger"
		event["payload"] = object{
			"summary": clip(m.Title(), 1000), "source": source, "severity": string(m.Severity()), "class": string(first.Kind),
			"timestamp": m.Began.UTC().Format(time.RFC3339), "custom_details": object{"text": clip(m.Text(), 50_000)},
		}
		if isLink(first.Link) {
			event["links"] = []any{object{"href": first.Link, "text": "Where it comes from"}}
		}
	}
	_, err := p.client.call(ctx, request{url: p.api + "/v2/enqueue", body: event})
	return m.ID, err
}

// Edit is another Post of the same message.
func (p *PagerDuty) Edit(ctx context.Context, _ string, m notify.Message) error {
	_, err := p.Post(ctx, m)
	return err
}
