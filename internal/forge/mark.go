package forge

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// mark is what a request's body ends with, as Markdown that no forge shows: what it proposes, what was written, and the commit
// that its branch was at. Nothing else is kept of a request anywhere, so a restart loses nothing.
type mark struct {
	content string // digest; retired after Close; none for a Proposal without
	text    string // digest of title and body as they were written: what a person changes since then stays
	commit  string
}

const (
	retired = "closed"
	none    = "-"
)

// markShape is a definition of a link that nothing refers to: HTML's comments are shown by Bitbucket.
var markShape = pattern.New(`\[//\]: # \(fairlead ([0-9a-z-]+) ([0-9a-z-]+) ([0-9a-z-]+)\)`)

func markOf(body string) mark {
	all := markShape().FindAllStringSubmatch(body, -1)
	if len(all) == 0 {
		return mark{}
	}
	last := all[len(all)-1]
	return mark{last[1], last[2], last[3]}
}

func (m mark) String() string {
	return "[//]: # (fairlead " + cmp.Or(m.content, none) + " " + cmp.Or(m.text, none) + " " + cmp.Or(m.commit, none) + ")"
}

// on puts the mark at the end of a body, in the place of others.
func (m mark) on(body string) string {
	return strings.TrimSpace(markShape().ReplaceAllString(body, "")) + "\n\n" + m.String() + "\n"
}

func (p Proposal) mark() mark {
	m := mark{content: none, text: digest(p.Title, p.Body), commit: cmp.Or(p.Commit, none)}
	if p.Content != "" {
		m.content = digest(p.Content, p.Into)
	}
	return m
}

func (p Proposal) body() string { return p.mark().on(p.Body) }

// Bounds that all forges take: GitLab and Bitbucket Data Center have 255 letters in a title, the latter 32,768 in a body.
const (
	mostTitle = 255
	mostBody  = 30_000
)

// trimmed is the Proposal as it is written.
func (p Proposal) trimmed() Proposal {
	p.Title = clip(strings.Join(strings.Fields(p.Title), " "), mostTitle, "…")
	p.Body = clip(harmless(p.Body), mostBody, "\n\n… and more: see the commits.")
	return p
}

func clip(text string, most int, end string) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-len([]rune(end))]) + end
}

var quickAction = pattern.New(`(?m)^(\s*)/([a-z])`)

// harmless keeps GitLab from obeying a line such as /approve, which may come with the words of an image or a commit:
// https://docs.gitlab.com/user/project/quick_actions/. Markdown shows the line as it was.
func harmless(text string) string { return quickAction().ReplaceAllString(text, `$1\/$2`) }

func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
