package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/differ"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// Preview is what an action would do.
type Preview struct {
	Title    string          `json:"title"`
	Effects  []string        `json:"effects"`
	Diff     []differ.Object `json:"diff,omitempty"`
	Commit   *Commit         `json:"commit,omitempty"`
	Warnings []string        `json:"warnings"`
	Seen     string          `json:"seen"` // the same for the same; to be sent with what is to be done
}

// Commit that would be made.
type Commit struct {
	Repository string   `json:"repository"`
	Branch     string   `json:"branch"`
	Message    string   `json:"message"`
	Files      []string `json:"files"`
}

// Done is what an action has done.
type Done struct {
	Done        string `json:"done"`
	Commit      string `json:"commit,omitempty"`
	Branch      string `json:"branch,omitempty"`
	PullRequest string `json:"pullRequest,omitempty"` // where one can be opened
	Hold        string `json:"hold,omitempty"`
}

// plan is an action that was planned.
type plan struct {
	Preview
	unshown string // stands for what of the change is not shown
	do      func(context.Context, operate.Author) (*Done, error)
}

const (
	mostEffects = 200
	mostText    = 1000
)

// preview finishes what is shown: bounded, and with its token.
func (p *plan) preview(name string, j *job) *Preview {
	text, _ := json.Marshal(p.Preview) // strings, and lists of them; what is cut off below counts, too
	p.Effects, p.Warnings = bounded(p.Effects), bounded(p.Warnings)
	p.Diff = differ.Bounded(p.Diff)
	sum := sha256.New()
	for _, part := range []string{name, j.person.Name, string(j.app.UID), p.unshown, string(text)} {
		_, _ = sum.Write([]byte(part + "\x00"))
	}
	p.Seen = hex.EncodeToString(sum.Sum(nil)[:16])
	return &p.Preview
}

func bounded(texts []string) []string {
	out := []string{}
	for _, text := range texts {
		if len(out) == mostEffects {
			return append(out, operate.Plural(len(texts)-mostEffects, "more line")+" not shown")
		}
		out = append(out, reply.Cut(text, mostText))
	}
	return out
}

// proposed adds what is shown of a commit, to who may update the Application: it quotes files that they may not be let read otherwise.
func (p *plan) proposed(ctx context.Context, j *job, c *operate.Proposal) error {
	if err := j.mayWrite(ctx); err != nil {
		return err
	}
	p.Commit = &Commit{Repository: c.Repo.URL(), Branch: c.Target(), Message: c.Message}
	for _, change := range c.Changes {
		p.Commit.Files = append(p.Commit.Files, change.Path)
		file := differ.File(change)
		if p.Diff = append(p.Diff, file); file.Note != "" {
			p.unshown = c.Tip.Revision.Commit
		}
	}
	slices.Sort(p.Commit.Files)
	return nil
}
