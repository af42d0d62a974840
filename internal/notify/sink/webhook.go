package sink

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Webhook posts to any address.
type Webhook struct {
	client   *client
	settings WebhookSettings
}

// WebhookSettings say what is posted and how.
type WebhookSettings struct {
	Address string
	// Key signs what is sent; nil for nothing.
	Key []byte
	// Authorization is a whole header.
	Authorization string
	// Authorities in PEM in place of the machine's.
	Authorities []byte
	// Template of the body; nil for the message as JSON.
	Template *Template
	// ContentType of what the template makes.
	ContentType string
}

// WebhookTraits of what nothing is known about.
var WebhookTraits = notify.Traits{Gap: 200 * time.Millisecond}

// NewWebhook takes its settings.
func NewWebhook(r *Reach, s WebhookSettings) (*Webhook, error) {
	secrets := append(secretsOf(s.Address), append(secretsIn(s.Authorization), string(s.Key))...)
	c, err := r.client("the webhook", s.Authorities, secrets...)
	return &Webhook{client: c, settings: s}, err
}

// Headers of a signed request, the same as those of a signed push to Fairlead: the signature is the hex HMAC-SHA256 of
// "timestamp.body".
const (
	timestampHeader = "X-Fairlead-Timestamp"
	signatureHeader = "X-Fairlead-Signature"
	// repeatHeader is the same if the same is sent twice.
	repeatHeader = "Idempotency-Key"
)

// whole is a message as JSON, with what can be told from it.
type whole struct {
	notify.Message
	Title    string          `json:"title"`
	Severity notify.Severity `json:"severity"`
	Resolved bool            `json:"resolved"`
	Text     string          `json:"text"`
}

// Post sends a message, or what follows it up.
func (w *Webhook) Post(ctx context.Context, m notify.Message) (string, error) {
	body, err := w.body(m)
	if err != nil {
		return "", err
	}
	header := map[string]string{"Content-Type": w.settings.ContentType, repeatHeader: m.ID + "-" + strconv.Itoa(m.Number)}
	if w.settings.Authorization != "" {
		header["Authorization"] = w.settings.Authorization
	}
	if len(w.settings.Key) > 0 {
		at := strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, w.settings.Key)
		fmt.Fprintf(mac, "%s.%s", at, body)
		header[timestampHeader], header[signatureHeader] = at, "sha256="+hex.EncodeToString(mac.Sum(nil))
	}
	_, err = w.client.call(ctx, request{url: w.settings.Address, header: header, body: body})
	return "", err
}

func (w *Webhook) body(m notify.Message) ([]byte, error) {
	if w.settings.Template == nil {
		return json.Marshal(whole{Message: m, Title: m.Title(), Severity: m.Severity(), Resolved: m.Resolved(), Text: m.Text()})
	}
	body, err := w.settings.Template.Render(m)
	if err != nil {
		return nil, err
	}
	if isJSON(w.settings.ContentType) && !json.Valid(body) {
		return nil, hint.With(fmt.Errorf("%w: what spec.sink.webhook.template makes is not JSON", notify.ErrRefused),
			`write values as {{json .Title}}, without quotes around them; or set contentType`)
	}
	return body, nil
}
