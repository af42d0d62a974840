package render

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Limits bound one rendering. Each zero field stands for its default.
type Limits struct {
	Objects       int           // objects in the Set; 20,000
	Files         int           // files read; 20,000
	FileBytes     int64         // size of one file; 32 MiB
	Bytes         int64         // size of all files read; 256 MiB
	RenderedBytes int64         // what a chart's templates may render; 64 MiB
	Time          time.Duration // one minute
}

func (l Limits) orDefault() Limits {
	return Limits{
		Objects:       cmp.Or(l.Objects, 20_000),
		Files:         cmp.Or(l.Files, 20_000),
		FileBytes:     cmp.Or(l.FileBytes, 32<<20),
		Bytes:         cmp.Or(l.Bytes, 256<<20),
		RenderedBytes: cmp.Or(l.RenderedBytes, 64<<20),
		Time:          cmp.Or(l.Time, time.Minute),
	}
}

func (l Limits) reading() files.Limits {
	return files.Limits{Files: l.Files, FileBytes: l.FileBytes, Bytes: l.Bytes}
}

// within runs a renderer until it is done or ctx ends, and turns its panic into an error.
//
// Neither library can be interrupted. A renderer that outlives ctx is cut off from its files and left behind: its
// goroutine ends when its template or transformer does.
func within(ctx context.Context, renderer func() (*manifest.Set, error)) (*manifest.Set, error) {
	type result struct {
		set *manifest.Set
		err error
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- result{err: panicked(r, debug.Stack())}
			}
		}()
		set, err := renderer()
		done <- result{set, err}
	}()
	select {
	case r := <-done:
		if r.err != nil && ctx.Err() != nil {
			return nil, ended(ctx)
		}
		return r.set, r.err
	case <-ctx.Done():
		return nil, ended(ctx)
	}
}

func ended(ctx context.Context) error {
	err := context.Cause(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return hint.With(fmt.Errorf("not finished in time: %w", err),
			"look for a template or generator that repeats without end")
	}
	return err
}

func panicked(reason any, stack []byte) error {
	return hint.With(&panicError{reason: reason, stack: stack},
		"a field has probably a type that the renderer does not expect: check the last change")
}

// panicError keeps the stack for logs, out of the message.
type panicError struct {
	reason any
	stack  []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("the renderer crashed: %v", e.reason) }
