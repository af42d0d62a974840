package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// sendTime is how long a sink may take, and partingTime how long when everything ends.
	sendTime    = 20 * time.Second
	partingTime = 3 * time.Second
	// idle is how long an outbox with nothing to do waits before it looks again.
	idle = 10 * time.Minute
	// pause between two looks, and saveGap between two writes of what is not about to be sent.
	pause   = 50 * time.Millisecond
	saveGap = time.Second
)

// work sends what an outbox has, one step after another.
func (h *Hub) work(ctx context.Context, r *running) {
	for {
		wait := h.turn(ctx, r)
		h.announce(r)
		timer := time.NewTimer(max(wait, pause))
		select {
		case <-r.wake:
			timer.Reset(pause)
			select {
			case <-timer.C:
			case <-ctx.Done():
			}
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			h.part(ctx, r)
			return
		}
	}
}

// part stores what was done last.
func (h *Hub) part(ctx context.Context, r *running) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partingTime)
	defer cancel()
	if err := h.save(ctx, r); err != nil {
		h.Log.Error("store what was sent", "notifier", r.box.name, "error", err)
	}
}

// turn takes the step that is due, if one is, and returns how long nothing will be.
func (h *Hub) turn(ctx context.Context, r *running) time.Duration {
	r.mu.Lock()
	now, barred := time.Now(), r.box.stumbledUntil
	r.mu.Unlock()
	if barred.After(now) {
		return barred.Sub(now)
	}
	if err := h.load(ctx, r); err != nil {
		return r.stumbled(err)
	}
	r.mu.Lock()
	r.box.tidy(now)
	t, step, at := r.box.due(now)
	var sending *sending
	if t != nil && !at.After(now) {
		sending = r.box.begin(t, step, now)
	}
	r.mu.Unlock()
	// Before anything is sent it is stored that it will be: what is not on record can't be told from what was not sent. All else can
	// wait for a moment, since in a storm there will be more.
	var err error
	must := sending != nil && sending.attempt.Step != edit
	if must || now.Sub(r.box.saved) >= saveGap {
		err = h.save(ctx, r)
	}
	if sending != nil && (err != nil || ctx.Err() != nil) {
		r.mu.Lock()
		sending.undo()
		r.box.dirty = true
		r.mu.Unlock()
	}
	switch {
	case err != nil:
		return r.stumbled(err)
	case ctx.Err() != nil:
		return 0
	case sending != nil:
		h.send(ctx, r, sending)
		return 0
	case t != nil:
		return r.rest(min(time.Until(at), idle))
	}
	return r.rest(idle)
}

// rest is how long an outbox that has nothing to send for a while may rest.
func (r *running) rest(most time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := &r.box
	if b.dirty {
		return min(most, saveGap)
	}
	if b.stumbled { // and is on its feet again
		b.stumbled, b.failures, b.health.Err = false, 0, nil
	}
	return most
}

// stumbled notes that the state can't be read or written. Nothing is sent meanwhile.
func (r *running) stumbled(err error) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, ErrConflict) {
		r.box.loaded = false
		return 0
	}
	r.box.failures++
	r.box.health.Err, r.box.stumbled = err, true
	wait := min(backoff(r.box.failures), time.Minute)
	r.box.stumbledUntil = time.Now().Add(wait)
	return wait
}

func (h *Hub) load(ctx context.Context, r *running) error {
	r.mu.Lock()
	loaded := r.box.loaded
	r.mu.Unlock()
	if loaded {
		return nil
	}
	text, err := h.Store.Load(ctx, r.box.name)
	if err != nil {
		return fmt.Errorf("read what was sent: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if err := r.box.restore(text, now); err != nil {
		h.Log.Error("what was sent is unreadable: begin anew", "notifier", r.box.name, "error", err)
		_ = r.box.restore(nil, now) // nothing to be wrong with
	}
	if h.Exists != nil {
		r.box.buried(h.Exists, now)
	}
	for _, e := range h.known {
		r.box.accept(e, now)
	}
	return nil
}

func (h *Hub) save(ctx context.Context, r *running) error {
	r.mu.Lock()
	if !r.box.dirty || !r.box.loaded {
		r.mu.Unlock()
		return nil
	}
	text, err := r.box.state.encode()
	r.box.dirty, r.box.saved = false, time.Now()
	r.mu.Unlock()
	if err == nil {
		err = h.Store.Save(ctx, r.box.name, text)
	}
	if err != nil {
		r.mu.Lock()
		r.box.dirty = true
		r.mu.Unlock()
		return fmt.Errorf("store what was sent: %w", err)
	}
	return nil
}

// sending is a step on its way.
type sending struct {
	config  Config
	thread  *thread
	message Message
	ref     string
	attempt attempt
	unsure  *attempt // the one before, of which nobody knows what became
	asked   bool     // the sink was
	found   bool     // it has the one before
}

// undo notes that the sink was not asked after all.
func (s *sending) undo() { s.thread.Trying = s.unsure }

// begin notes that a step is taken.
func (o *outbox) begin(t *thread, s step, now time.Time) *sending {
	out := &sending{
		config: o.config, thread: t, message: t.message(), ref: t.Ref, unsure: t.Trying,
		attempt: attempt{Step: s, Shown: t.digest(true), Brief: t.digest(false), At: now},
	}
	if s != edit {
		t.Trying, o.dirty = &out.attempt, true
		if out.unsure != nil {
			out.attempt.At = out.unsure.At // looked for since then
		}
	}
	o.lastCall = now
	return out
}

// send takes a step and notes what came of it.
func (h *Hub) send(until context.Context, r *running, s *sending) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(until), sendTime)
	defer cancel()
	defer context.AfterFunc(until, func() { time.AfterFunc(partingTime, cancel) })()
	ref, err := s.take(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	now, b := time.Now(), &r.box
	b.dirty = true
	switch {
	case err == nil:
		if !s.config.Traits.Edits {
			ref = ""
		}
		did := s.attempt
		if s.found {
			did = *s.unsure
		}
		if s.thread.did(did, ref, now); did.Step != edit {
			b.posts = append(b.posts, now)
		}
		b.failures, b.notUntil = 0, time.Time{}
		b.health.Err, b.health.LastSent = nil, now
		s.config.count(results[s.attempt.Step])
	case errors.Is(err, errUnsure):
		s.thread.did(*s.unsure, "", now)
		s.config.count(resultUnsure)
	case errors.Is(err, errNeverSent):
		s.thread.Trying = nil
	case errors.Is(err, ErrGone):
		s.thread.gone()
	default:
		switch trying := s.thread.Trying; {
		case !s.asked:
			s.undo()
		case trying != nil && errors.Is(err, ErrUnanswered):
			trying.Unanswered = true
		default:
			s.thread.Trying = nil
		}
		b.failed(s.thread, err, now)
		b.health.Err = err
		s.config.count(resultFailed)
	}
}

var (
	errUnsure    = errors.New("it may have been sent")
	errNeverSent = errors.New("nobody was told that it began, and it is over")
)

// take calls the sink. A sink that panics has failed.
func (s *sending) take(ctx context.Context) (ref string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the message could not be made: %v", p)
		}
	}()
	sink, err := s.config.Open(ctx)
	if err != nil {
		return "", err
	}
	if s.unsure != nil && s.attempt.Step != edit {
		switch ref, err := s.find(ctx, sink); {
		case err != nil:
			return "", err
		case ref != "":
			s.found = true
			return ref, nil
		case s.message.Resolved() && !s.message.IsNews() && !s.config.Traits.Repeatable:
			return "", errNeverSent
		}
	}
	s.asked = true
	switch s.attempt.Step {
	case edit:
		return s.ref, sink.(Editor).Edit(ctx, s.ref, s.message)
	case reply:
		return s.ref, sink.(Replier).Reply(ctx, s.ref, s.message)
	default:
		return sink.Post(ctx, s.message)
	}
}

// find looks for a message that may have been sent before this controller was started, or without an answer.
func (s *sending) find(ctx context.Context, sink Sink) (ref string, err error) {
	if s.config.Traits.Repeatable {
		return "", nil
	}
	err = errors.ErrUnsupported
	if finder, ok := sink.(Finder); ok && s.unsure.Step == post {
		ref, err = finder.Find(ctx, s.message, s.unsure.At.Add(-time.Minute)) // clocks may differ
	}
	switch {
	case !errors.Is(err, errors.ErrUnsupported):
		return ref, err
	case s.unsure.Unanswered: // a sink that doesn't answer has most likely not taken it
		return "", nil
	}
	return "", errUnsure // a sink that nothing is known of has most likely taken it
}

// announce tells of another health.
func (h *Hub) announce(r *running) {
	r.mu.Lock()
	b := &r.box
	b.health.Waiting = b.waiting(time.Now())
	isNew := !b.health.isSame(b.announced)
	b.announced = b.health
	r.mu.Unlock()
	if isNew {
		h.Changed(r.box.name)
	}
}
