package notify

import (
	"context"
	"errors"
	"time"
)

// Sink takes messages. Its errors and its refs hold no secret.
type Sink interface {
	// Post sends a message, and says by what Edit and Reply find it again.
	Post(ctx context.Context, m Message) (ref string, err error)
}

// Editor brings a message up to date.
type Editor interface {
	Edit(ctx context.Context, ref string, m Message) error
}

// Replier says below a message that all is over.
type Replier interface {
	Reply(ctx context.Context, ref string, m Message) error
}

// Finder looks whether a message was posted since a time: nobody could tell when it was. An error that is errors.ErrUnsupported
// says that it can't be found out.
type Finder interface {
	Find(ctx context.Context, m Message, since time.Time) (ref string, err error)
}

// Traits of a sink.
type Traits struct {
	// Edits and Replies say that it is an Editor and a Replier. Without Edits there are follow-ups.
	Edits, Replies bool
	// Repeatable says that posting a message twice leaves one.
	Repeatable bool
	// Apart has each incident in a message of its own.
	Apart bool
	// Lasting says that it takes only what there is a recovery from.
	Lasting bool
	// Gap is the least time between two calls.
	Gap time.Duration
	// Refresh is how often what is not over is sent again, for sinks that forget; 0 for never.
	Refresh time.Duration
}

// Errors of sinks that change what is done next.
var (
	// ErrRefused says that trying again soon is no use: a login or an address is wrong.
	ErrRefused = errors.New("refused")
	// ErrGone says that the message is not there any more, or can't be edited any more.
	ErrGone = errors.New("the message can't be edited any more")
	// ErrUnanswered says that the message may have been taken.
	ErrUnanswered = errors.New("no answer")
)

// LaterError says when a sink may be asked again.
type LaterError struct {
	After time.Duration
	Err   error
}

func (e *LaterError) Error() string { return e.Err.Error() }
func (e *LaterError) Unwrap() error { return e.Err }
