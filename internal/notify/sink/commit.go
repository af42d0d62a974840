package sink

import (
	"context"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// CommitStatus sets statuses of commits: what became of each, by application.
type CommitStatus struct {
	client *client
	kind   forge.Kind
	url    string
	token  string
}

// CommitStatusTraits of all forges: the last status of a commit counts.
var CommitStatusTraits = notify.Traits{Edits: true, Repeatable: true, Apart: true, Gap: 500 * time.Millisecond}

// NewCommitStatus takes a forge and its address. The token goes nowhere else.
func NewCommitStatus(r *Reach, kind forge.Kind, url, token string) (*CommitStatus, error) {
	token = strings.TrimSpace(token)
	c, err := r.client(string(kind), nil, token)
	if err != nil {
		return nil, err
	}
	if _, err := c.address(url); err != nil {
		return nil, err
	}
	return &CommitStatus{client: c, kind: kind, url: url, token: token}, nil
}

// Post sets the status of the commit that the last event of the message is of.
func (s *CommitStatus) Post(ctx context.Context, m notify.Message) (string, error) {
	for _, e := range m.Incidents {
		repository, err := forge.RepositoryAt(s.kind, s.url, e.Repository)
		if err != nil {
			return "", err
		}
		repository.Through = s.client.through
		status := forge.Status{
			Failed: !m.Resolved(), Context: "fairlead/" + e.Application, Description: m.Title(),
		}
		if e.What != "" {
			status.Description += ": " + strings.Join(strings.Fields(e.What), " ")
		}
		if err := repository.SetStatus(ctx, s.token, e.Revision, status); err != nil {
			return "", err
		}
	}
	return m.ID, nil
}

// Edit is another Post of the same message.
func (s *CommitStatus) Edit(ctx context.Context, _ string, m notify.Message) error {
	_, err := s.Post(ctx, m)
	return err
}
