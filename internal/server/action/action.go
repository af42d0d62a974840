// Package action is what people do from the page: POST /api/v1/actions/…. Each action is first shown (preview) and then done, by the
// same code: what is shown is what planning it found, and doing it plans it again.
//
// In go a request and the person in its context; every read has that person's rights, and nothing is done before that person was let
// write the Application. Git is written with the Application's login after that, and with the person as the author.
package action

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// Person who acts: the name that the cluster knows them by, and the way by which they came in.
type Person struct{ Name, Via string }

// Options of the actions.
type Options struct {
	Sites *operate.Sites
	// Config is how to call the API server as the person in the context.
	Config func(context.Context) (*rest.Config, error)
	Person func(context.Context) (Person, error)
	// Author, if set, is by whom commits are made, instead of the person by the name that the cluster knows: as git has it on the
	// machine of a page that a person has started for themselves.
	Author func(context.Context) (name, email string, err error)
	Log    *slog.Logger // gets a line "audit" for each action
}

// Handlers answer for the actions.
type Handlers struct {
	// Do is POST /api/v1/actions/{action}.
	Do http.HandlerFunc
}

// New makes the handlers.
func New(o Options) Handlers {
	s := &server{Options: o, slots: make(chan struct{}, atOnce)}
	return Handlers{Do: s.serve}
}

type server struct {
	Options
	outage reply.Outage
	slots  chan struct{}
}

// request is the body.
type request struct {
	Application string   `json:"application"` // NAMESPACE/NAME
	Objects     []string `json:"objects"`     // ids of objects; none: all
	Field       string   `json:"field"`       // a field's path: of adopt, ignore and exception
	To          string   `json:"to"`          // a revision or the number of a Release (rollback), IMAGE:TAG (release), a practice (exception)
	Reason      string   `json:"reason"`
	Until       string   `json:"until"`       // of exception, YYYY-MM-DD; of rollback with hold, RFC 3339
	Hold        bool     `json:"hold"`        // rollback: keep the revision instead of committing
	Lift        bool     `json:"lift"`        // release: a version that is held, too
	PullRequest bool     `json:"pullRequest"` // adopt: push to a branch of its own
	Preview     bool     `json:"preview"`
	Seen        string   `json:"seen"` // of the preview that is to be done
}

// job is one request being answered.
type job struct {
	request
	*operate.Site
	person Person
	app    *v1alpha1.Application
}

func (j *job) why() operate.Why { return operate.Why{Reason: j.Reason, By: j.person.Name} }

// action is one that there is.
type action struct {
	name    string
	reasons bool // a reason is needed
	plan    func(context.Context, *job) (*plan, error)
}

// actions is the whole list.
var actions = []action{
	{"sync", false, planSync},
	{"suspend", true, planSuspend},
	{"resume", false, planResume},
	{"revert", true, planRevert},
	{"adopt", true, planAdopt},
	{"rollback", true, planRollback},
	{"release", true, planRelease},
	{"ignore", true, planIgnore},
	{"exception", true, planException},
	{"approve-prune", true, planApprovePrune},
}

const (
	atOnce     = 4 // requests
	mostBody   = 64 << 10
	planWithin = 2 * time.Minute
	callWithin = 20 * time.Second // one call to the API server
	mostReason = 1000
)

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), planWithin)
	defer cancel()
	select { // each may render a source and ask for all of its objects
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return
	}
	answer, err := s.answer(ctx, w, r)
	if stale, ok := errors.AsType[*staleError](err); ok {
		reply.JSON(w, http.StatusConflict, struct {
			Error   reply.Told `json:"error"`
			Preview *Preview   `json:"preview"`
		}{reply.Told{Message: stale.Error(), Next: "look at what it would do now, and decide again"}, stale.now})
		return
	}
	if err != nil {
		s.outage.Fail(w, err)
		return
	}
	s.outage.Fine()
	reply.JSON(w, http.StatusOK, answer)
}

// staleError is a preview that no longer holds.
type staleError struct{ now *Preview }

func (*staleError) Error() string { return "what it would do is not what you have seen" }

func (s *server) answer(ctx context.Context, w http.ResponseWriter, r *http.Request) (any, error) {
	a, err := find(r.PathValue("action"))
	if err != nil {
		return nil, err
	}
	j, err := s.job(ctx, w, r)
	if err != nil {
		return nil, err
	}
	if a.reasons && !j.Preview && j.Reason == "" {
		return nil, reply.Bad("a reason is needed", "say why, for whoever wonders")
	}
	if j.Preview {
		return s.preview(ctx, a, j)
	}
	done, err := s.do(ctx, a, j)
	s.audit(ctx, a, j, done, err)
	return done, err
}

func find(name string) (action, error) {
	i := slices.IndexFunc(actions, func(a action) bool { return a.name == name })
	if i < 0 {
		var names []string
		for _, a := range actions {
			names = append(names, a.name)
		}
		return action{}, reply.NotFound("there is no such action", "there are: "+strings.Join(names, ", "))
	}
	return actions[i], nil
}

// job reads a request, and the Application with the person's rights.
func (s *server) job(ctx context.Context, w http.ResponseWriter, r *http.Request) (*job, error) {
	j := &job{}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody))
	body.DisallowUnknownFields()
	if err := body.Decode(&j.request); err != nil {
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			return nil, err
		}
		return nil, reply.Bad("the body is not what an action takes: "+err.Error(), "send JSON as in docs/page-api.md")
	}
	j.Reason = strings.TrimSpace(j.Reason)
	if len(j.Reason) > mostReason {
		return nil, reply.Bad(fmt.Sprintf("the reason is longer than %d bytes", mostReason), "say it shorter")
	}
	var err error
	if j.person, err = s.Person(ctx); err != nil {
		return nil, err
	}
	config, err := s.Config(ctx)
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.Timeout = cmp.Or(config.Timeout, callWithin)
	if j.Site, err = s.Sites.As(config); err != nil {
		return nil, err
	}
	namespace, name, ok := strings.Cut(j.Application, "/")
	if !ok || namespace == "" || name == "" {
		return nil, reply.Bad("no application is named", "name it as NAMESPACE/NAME")
	}
	j.app, err = j.Find(ctx, namespace, name)
	if err != nil && client.IgnoreNotFound(err) == nil {
		err = reply.NotFound("there is no such application", "look at which there are: it may have been deleted")
	}
	return j, err
}

func (s *server) preview(ctx context.Context, a action, j *job) (*Preview, error) {
	p, err := a.plan(ctx, j)
	if err != nil {
		return nil, explain(err)
	}
	return p.preview(a.name, j), nil
}

func (s *server) do(ctx context.Context, a action, j *job) (*Done, error) {
	p, err := a.plan(ctx, j)
	if err != nil {
		return nil, explain(err)
	}
	if now := p.preview(a.name, j); now.Seen != j.Seen {
		return nil, &staleError{now}
	}
	// A person who stops looking doesn't stop half of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), planWithin)
	defer cancel()
	if err := j.mayWrite(ctx); err != nil {
		return nil, err
	}
	by, err := s.author(ctx, j.person)
	if err != nil {
		return nil, err
	}
	done, err := p.do(ctx, by)
	return done, explain(err)
}

// explain gives an error that came of what was asked for, and not of a fault, the status of one.
func explain(err error) error {
	if held, ok := errors.AsType[*operate.HeldError](err); ok {
		return reply.With(http.StatusConflict, hint.With(held, "if that is no longer so, lift the hold with it"))
	}
	return reply.Asked(err)
}

// author of commits: the person, by the name that the cluster knows them by.
func (s *server) author(ctx context.Context, p Person) (by operate.Author, err error) {
	if s.Author != nil {
		by.Name, by.Email, err = s.Author(ctx)
		return by, err
	}
	by.Name = strings.Map(func(r rune) rune {
		if r < ' ' || r == '<' || r == '>' || r == 0x7f {
			return -1
		}
		return r
	}, p.Name)
	if by.Email = by.Name; !strings.Contains(by.Name, "@") {
		by.Email = strings.NewReplacer(":", ".", " ", ".", "/", ".").Replace(by.Name) + "@noreply.invalid"
	}
	return by, nil
}
