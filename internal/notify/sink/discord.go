package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Discord posts to a channel's webhook, and edits what it has posted there.
type Discord struct {
	client  *client
	address *url.URL
}

// DiscordTraits of a webhook: five calls in two seconds.
var DiscordTraits = notify.Traits{Edits: true, Gap: 500 * time.Millisecond}

// NewDiscord takes the webhook's address.
func NewDiscord(r *Reach, address string) (*Discord, error) {
	c, err := r.client("Discord", nil, secretsOf(address)...)
	if err != nil {
		return nil, err
	}
	at, err := c.address(address)
	return &Discord{client: c, address: at}, err
}

// at is the webhook's address or one below it, with a value of the query beside its own (such as thread_id).
func (d *Discord) at(path, key, value string) string {
	u := *d.address
	u.Path = strings.TrimSuffix(u.Path, "/") + path
	q := u.Query()
	if key != "" {
		q.Set(key, value)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Post sends a message; its ref is Discord's id.
func (d *Discord) Post(ctx context.Context, m notify.Message) (string, error) {
	a, err := d.client.call(ctx, request{url: d.at("", "wait", "true"), body: discordOf(m)})
	if err != nil {
		return "", err
	}
	var said struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(a.body, &said) != nil || said.ID == "" {
		return "", hint.With(fmt.Errorf("%w: the answer is not Discord's", notify.ErrRefused), "check the address in the Secret")
	}
	return said.ID, nil
}

// unknownMessage is Discord's code for a message that was deleted.
const unknownMessage = 10008

// Edit brings a message up to date.
func (d *Discord) Edit(ctx context.Context, ref string, m notify.Message) error {
	a, err := d.client.call(ctx, request{method: "PATCH", url: d.at("/messages/"+url.PathEscape(ref), "", ""), body: discordOf(m)})
	var said struct {
		Code int `json:"code"`
	}
	if err != nil && json.Unmarshal(a.body, &said) == nil && said.Code == unknownMessage {
		return notify.ErrGone
	}
	return err
}

// mostEmbeds is what Discord takes of all embeds of a message together, in characters.
// Source: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
const mostEmbeds = 5500

type discordMessage struct {
	Embeds   []discordEmbed      `json:"embeds"`
	Mentions map[string][]string `json:"allowed_mentions"`
}

type discordEmbed struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
	Color       int64  `json:"color"`
}

func discordOf(m notify.Message) discordMessage {
	return fit(m, func(m notify.Message) discordMessage {
		color, _ := strconv.ParseInt(colorOf(m), 16, 64)
		out := discordMessage{Mentions: map[string][]string{"parse": {}}}
		if m.Count() > 1 {
			out.Embeds = append(out.Embeds, discordEmbed{Title: clip(discordEscape(m.Title()), 250), Color: color})
		}
		for _, e := range m.Incidents[:min(len(m.Incidents), 8)] {
			title := e.Line()
			if m.Count() == 1 {
				title = m.Title()
			}
			lines := []string{discordEscape(e.What)}
			for _, f := range e.Facts() {
				lines = append(lines, "**"+f.Name+"** "+discordEscape(f.Value))
			}
			embed := discordEmbed{Title: clip(discordEscape(title), 250), Description: clip(strings.TrimSpace(strings.Join(lines, "\n")), 4000), Color: color}
			if isLink(e.Link) {
				embed.URL = e.Link
			}
			out.Embeds = append(out.Embeds, embed)
		}
		if hidden := m.More + max(0, len(m.Incidents)-8); hidden > 0 {
			out.Embeds = append(out.Embeds, discordEmbed{Title: fmt.Sprintf("and %d more", hidden), Color: color})
		}
		return out
	}, func(out discordMessage) bool {
		n := 0
		for _, e := range out.Embeds {
			n += len(e.Title) + len(e.Description)
		}
		return n <= mostEmbeds
	})
}

// discordEscape keeps texts of others from being markdown.
func discordEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\*_~`|>[]()#<@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
