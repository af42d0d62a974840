package sink

import (
	"context"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Alertmanager takes alerts. It knows one again by its labels, groups by itself, and forgets what isn't sent again.
type Alertmanager struct {
	client             *client
	url, authorization string
}

// refresh is how often alerts are sent again; each is good for three times as long.
const refresh = 5 * time.Minute

// AlertmanagerTraits of the API v2.
var AlertmanagerTraits = notify.Traits{Edits: true, Repeatable: true, Lasting: true, Apart: true, Gap: 100 * time.Millisecond, Refresh: refresh}

// NewAlertmanager takes its address, and optionally the header Authorization and authorities in PEM.
func NewAlertmanager(r *Reach, url, authorization string, authorities []byte) (*Alertmanager, error) {
	c, err := r.client("Alertmanager", authorities, secretsIn(authorization)...)
	return &Alertmanager{client: c, url: strings.TrimSuffix(url, "/"), authorization: authorization}, err
}

// Post sends the alerts of a message as they are now.
// Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
func (a *Alertmanager) Post(ctx context.Context, m notify.Message) (string, error) {
	var alerts []object
	for _, e := range m.Incidents {
		namespace, name, _ := strings.Cut(e.Application, "/")
		ends := time.Now().Add(3 * refresh)
		if e.Resolved {
			ends = e.When
		}
		alert := object{
			"labels": object{
				"alertname": "Fairlead" + string(e.Kind), "severity": string(e.Severity), "namespace": namespace, "application": name, "incident": e.Incident,
			},
			"annotations": object{"summary": e.Title, "description": e.What, "who": e.Who, "next": e.Next, "objects": strings.Join(e.Objects, ", ")},
			"startsAt":    m.Began.UTC().Format(time.RFC3339Nano), "endsAt": ends.UTC().Format(time.RFC3339Nano),
		}
		if isLink(e.Link) {
			alert["generatorURL"] = e.Link
		}
		alerts = append(alerts, alert)
	}
	header := map[string]string{}
	if a.authorization != "" {
		header["Authorization"] = a.authorization
	}
	_, err := a.client.call(ctx, request{url: a.url + "/api/v2/alerts", header: header, body: alerts})
	return m.ID, err
}

// Edit is another Post of the same message.
func (a *Alertmanager) Edit(ctx context.Context, _ string, m notify.Message) error {
	_, err := a.Post(ctx, m)
	return err
}
