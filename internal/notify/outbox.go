package notify

import (
	"errors"
	"slices"
	"time"
)

// outbox holds what is to be sent to one sink. Whoever brings events waits for nothing but other events.
type outbox struct {
	name   string
	config Config
	early  []Event // that came before the state was loaded
	loaded bool
	dirty  bool // differs from what is stored
	state  state

	posts     []time.Time // new messages, for the rate limit
	lastCall  time.Time
	failures  int // in a row
	notUntil  time.Time
	health    Health
	announced Health // as it was last told of

	saved         time.Time
	stumbled      bool // the state could not be read or written, last that was tried
	stumbledUntil time.Time
}

// mostWait is how long a message that can't be edited waits for a storm to be over.
const mostWait = 15 * time.Second

// mostEarly bounds what comes before the state is loaded.
const mostEarly = 20_000

// accept takes an event in. It says whether there is something to do about it.
func (o *outbox) accept(e Event, now time.Time) bool {
	if !o.loaded {
		if len(o.early) == mostEarly {
			o.config.count(resultDropped)
			return false
		}
		o.early = append(o.early, e)
		return false
	}
	if o.update(e, now) {
		o.dirty = true
		return true
	}
	if e.Resolved && !e.Kind.isOver() || !o.config.filter().matches(e) || o.knows(e) {
		return false
	}
	if o.incidents() >= mostIncidents && !o.evict() {
		o.config.count(resultDropped)
		return false
	}
	o.join(e, now)
	o.dirty = true
	return true
}

// knows says that the very same was told: there is nothing new.
func (o *outbox) knows(e Event) bool {
	t, i := o.find(e.Incident)
	return t != nil && (e.Kind.isOver() || !t.Events[i].Resolved)
}

// update brings an incident that is known up to date.
func (o *outbox) update(e Event, now time.Time) bool {
	t, i := o.find(e.Incident)
	if t == nil || e.Kind.isOver() {
		return false
	}
	was := t.Events[i]
	switch {
	case e.Resolved && was.Resolved:
		return false
	case e.Resolved:
		e = was.resolvedBy(e)
	case was.Resolved && now.Sub(t.Changed) > o.config.Grouping.Window:
		return false // it happens anew
	case isSame(was, e):
		return false
	}
	if len(t.Events) > inFull {
		e = e.short()
	}
	if was.Resolved && t.Posted == 0 { // it was over before anybody was told
		t.Due = now.Add(max(o.config.Grouping.Wait, e.Patience))
	}
	t.Events[i], t.Changed, t.settled = e, now, false
	if !e.Resolved {
		t.Replied = false
	}
	return true
}

// resolvedBy is the event with its end.
func (e Event) resolvedBy(end Event) Event {
	e.Resolved, e.When, e.Next = true, end.When, ""
	if end.What != "" {
		e.What = end.What
	}
	if end.Revision != "" {
		e.Revision, e.Repository, e.Who, e.Link = end.Revision, end.Repository, end.Who, end.Link
	}
	return e
}

// short is an event as it is shown beside many.
func (e Event) short() Event {
	e.What, e.Objects = clip(e.What, mostName), nil
	return e
}

func isSame(a, b Event) bool {
	a.When, b.When = time.Time{}, time.Time{}
	a.Patience, b.Patience = 0, 0
	return a.Kind == b.Kind && a.Severity == b.Severity && a.Title == b.Title && a.What == b.What && a.Who == b.Who && a.Link == b.Link &&
		a.Next == b.Next && a.Revision == b.Revision && a.Resolved == b.Resolved && slices.Equal(a.Objects, b.Objects)
}

// find returns the newest thread with an incident, and where it is there.
func (o *outbox) find(incident string) (*thread, int) {
	for _, t := range slices.Backward(o.state.Threads) {
		if i := slices.IndexFunc(t.Events, func(e Event) bool { return e.Incident == incident }); i >= 0 {
			return t, i
		}
	}
	return nil, 0
}

func (o *outbox) incidents() (n int) {
	for _, t := range o.state.Threads {
		n += len(t.Events)
	}
	return n
}

// evict forgets the oldest message that is over and needs nothing more. It reports whether there was one.
func (o *outbox) evict() bool {
	i := slices.IndexFunc(o.state.Threads, func(t *thread) bool {
		step, _ := t.next(o.config.Traits, o.config.Grouping)
		return step == nothing && t.open() == 0
	})
	if i < 0 {
		return false
	}
	o.state.Threads = slices.Delete(o.state.Threads, i, i+1)
	return true
}

// join puts a new incident into the message that its group has, or a new one.
func (o *outbox) join(e Event, now time.Time) {
	c := o.config
	group := c.Grouping.key(e)
	wait := max(c.Grouping.Wait, e.Patience)
	var t *thread
	if !c.Traits.Apart {
		for _, other := range slices.Backward(o.state.Threads) {
			if other.Group == group && other.isOf(e.Kind) && o.isJoinable(other, now) {
				t = other
				break
			}
		}
	}
	if t == nil {
		t = newThread(o.name, group, e, now)
		t.Due = now.Add(wait)
		o.state.Threads = append(o.state.Threads, t)
	}
	switch {
	case !c.Traits.Edits || e.Kind.isOver(): // wait for more to come
		if due := now.Add(wait); due.After(t.Due) {
			t.Due = due
		}
		if last := t.Began.Add(max(mostWait, wait)); t.Due.After(last) {
			t.Due = last
		}
	case now.Add(wait).Before(t.Due):
		t.Due = now.Add(wait)
	}
	if len(t.Events) >= inFull {
		e = e.short()
	}
	t.Events, t.Changed, t.Replied, t.settled = append(t.Events, e), now, false, false
}

func (o *outbox) isJoinable(t *thread, now time.Time) bool {
	if t.Posted == 0 && t.Trying == nil {
		return true
	}
	return !t.isNews() && t.open() > 0 && now.Sub(t.Began) < o.config.Grouping.Window
}

// due is the thread whose turn is next, what to do and when; nil if there is none.
func (o *outbox) due(now time.Time) (due *thread, what step, at time.Time) {
	c := o.config
	for _, t := range o.state.Threads {
		step, from := t.next(c.Traits, c.Grouping)
		if step == nothing || c.Suspended {
			continue
		}
		for _, not := range []time.Time{t.NotUntil, o.notUntil, o.lastCall.Add(c.Traits.Gap), now} {
			if not.After(from) {
				from = not
			}
		}
		if step != edit {
			if free := o.free(now); free.After(from) {
				from = free
			}
		}
		if from = quietUntil(c.Quiet, t.worst(), from); due == nil || from.Before(at) {
			due, what, at = t, step, from
		}
	}
	return due, what, at
}

// free is when the rate limit lets the next message pass.
func (o *outbox) free(now time.Time) time.Time {
	limit := o.config.Rate
	if limit.Messages == 0 {
		return now
	}
	o.posts = slices.DeleteFunc(o.posts, func(at time.Time) bool { return now.Sub(at) >= limit.Per })
	if len(o.posts) < limit.Messages {
		return now
	}
	return o.posts[len(o.posts)-limit.Messages].Add(limit.Per)
}

// tidy lets go of what is over, and gives up what could not be sent for long.
func (o *outbox) tidy(now time.Time) {
	c := o.config
	o.state.Threads = slices.DeleteFunc(o.state.Threads, func(t *thread) bool {
		switch {
		case t.isDone(c.Traits, c.Grouping, now):
		case t.Failures > 0 && (t.Posted == 0 || t.open() == 0) && now.Sub(t.Changed) > givenUpAfter:
			c.count(resultDropped)
		default:
			return false
		}
		o.dirty = true
		return true
	})
}

// waiting counts the messages that are to be sent.
func (o *outbox) waiting(now time.Time) (n int) {
	for _, t := range o.state.Threads {
		if step, at := t.next(o.config.Traits, o.config.Grouping); step != nothing && !at.After(now) {
			n++
		}
	}
	return n
}

// restore takes over what the last controller has left.
func (o *outbox) restore(text []byte, now time.Time) error {
	s, err := decode(text)
	if err != nil {
		return err
	}
	o.state, o.loaded = s, true
	if s.Sink != o.config.Sink {
		o.moved(now)
	}
	early := o.early
	o.early = nil
	for _, e := range early {
		o.accept(e, now)
	}
	return nil
}

// moved tells a new sink of what is open. What the old one has stays as it is there.
func (o *outbox) moved(now time.Time) {
	old := o.state.Threads
	o.state, o.dirty = state{Sink: o.config.Sink}, len(old) > 0
	for _, t := range old {
		for _, e := range t.Events {
			if !e.Resolved && !e.Kind.isOver() && o.config.filter().matches(e) {
				o.join(e, now)
			}
		}
	}
}

// buried ends the incidents of applications that are no more.
func (o *outbox) buried(exists func(string) bool, now time.Time) {
	for _, t := range o.state.Threads {
		for _, e := range slices.Clone(t.Events) {
			if !e.Resolved && !e.Kind.isOver() && !exists(e.Application) {
				o.accept(Event{Incident: e.Incident, Kind: e.Kind, When: now, Resolved: true, What: "the application was deleted"}, now)
			}
		}
	}
}

// failed notes that a step could not be taken, and when to try again.
func (o *outbox) failed(t *thread, err error, now time.Time) {
	o.failures++
	t.Failures++
	wait := backoff(t.Failures)
	if later, ok := errors.AsType[*LaterError](err); ok {
		wait = min(max(later.After, time.Second), mostBackoff)
	} else if errors.Is(err, ErrRefused) {
		wait = mostBackoff
	}
	t.NotUntil, o.notUntil = now.Add(wait), now.Add(min(wait, backoff(o.failures)))
}

const mostBackoff = 5 * time.Minute

func backoff(failures int) time.Duration { return min(time.Second<<min(failures-1, 10), mostBackoff) }
