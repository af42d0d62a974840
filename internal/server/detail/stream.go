package detail

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// pace is how often a stream looks around.
type pace struct {
	look   time.Duration // for pods that are new
	rights time.Duration // whether the person still may
	beat   time.Duration
}

var usualPace = pace{look: 3 * time.Second, rights: 15 * time.Second, beat: 15 * time.Second}

func (p pace) orUsual() pace {
	return pace{cmp.Or(p.look, usualPace.look), cmp.Or(p.rights, usualPace.rights), cmp.Or(p.beat, usualPace.beat)}
}

// mostStreams are open at once, of all people.
const mostStreams = 200

// end is the last event of a stream.
type end struct {
	Why string `json:"why"`
}

// feed is what a stream is made of: run sends to it until ctx ends, or all is said (nil).
type feed struct {
	right authorizationv1.ResourceAttributes // what the person must be let do, as long as it goes on
	run   func(ctx context.Context, send func(any) error) error
}

// errNoRight ends a stream.
var errNoRight = errors.New("you may no longer read this")

// stream makes a handler of what finds a feed. What can't be had from the start is answered as an error; what ends later is told as
// the event "end".
func (s *server) stream(find func(context.Context, *view, *http.Request) (*feed, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer s.streams.Add(-1)
		if s.streams.Add(1) > mostStreams {
			s.outage.Fail(w, reply.With(http.StatusTooManyRequests, hint.With(errors.New("too many logs and events are followed already"), "close some, or wait until others do")))
			return
		}
		ctx, cancel := context.WithCancelCause(r.Context())
		defer cancel(nil)
		v, err := s.view(ctx)
		if err != nil {
			s.outage.Fail(w, err)
			return
		}
		f, err := find(ctx, v, r)
		if err != nil {
			s.outage.Fail(w, err)
			return
		}
		s.outage.Fine()
		out := reply.NewStream(w)
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			s.mind(ctx, v, f, out, cancel)
		}()
		err = f.run(ctx, func(line any) error { return out.Send("line", line) })
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		cancel(nil)
		<-watched
		_ = out.Send("end", end{s.why(err)}) // the reader may be the one who has gone
	}
}

func (s *server) why(err error) string {
	switch {
	case err == nil:
		return "that is all"
	case errors.Is(err, errNoRight):
		return err.Error()
	}
	_, told := s.outage.Tell(err)
	return told.Message
}

// mind keeps a stream alive, and ends it with the person's right.
func (s *server) mind(ctx context.Context, v *view, f *feed, out *reply.Stream, cancel context.CancelCauseFunc) {
	pace := s.pace.orUsual()
	beat, rights := time.NewTicker(pace.beat), time.NewTicker(pace.rights)
	defer beat.Stop()
	defer rights.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			if err := out.Beat(); err != nil {
				cancel(err)
				return
			}
		case <-rights.C:
			if may, err := v.may(ctx, f.right); err == nil && !may {
				cancel(errNoRight)
				return
			}
		}
	}
}

// may asks whether the person may do something.
func (v *view) may(ctx context.Context, what authorizationv1.ResourceAttributes) (bool, error) {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &what}}
	err := v.API.Create(ctx, review)
	return review.Status.Allowed, err
}
