package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// thread is a message and what has become of it. It is what survives a restart.
type thread struct {
	ID     string    `json:"id"`
	Group  string    `json:"group,omitempty"`
	Began  time.Time `json:"began"`
	Events []Event   `json:"events"` // one for each incident, its latest
	// Changed is when the last of them did, and Due when it is to be posted first.
	Changed time.Time `json:"changed"`
	Due     time.Time `json:"due"`

	Posted   int       `json:"posted,omitempty"` // how often
	PostedAt time.Time `json:"postedAt,omitzero"`
	Ref      string    `json:"ref,omitempty"`
	Shown    string    `json:"shown,omitempty"` // digest of what the sink has
	Replied  bool      `json:"replied,omitempty"`

	// Trying is what is on its way. It is stored before it is sent: who finds it there can't know whether the sink has it.
	Trying   *attempt  `json:"trying,omitempty"`
	Failures int       `json:"failures,omitempty"`
	NotUntil time.Time `json:"notUntil,omitzero"`

	settled bool // nothing is to be done until it changes: most are, and to find that out takes a while
}

type attempt struct {
	Step  step      `json:"step"`
	Shown string    `json:"shown,omitempty"` // digest of what is sent, if it can be edited then
	Brief string    `json:"brief,omitempty"` // and if it can't
	At    time.Time `json:"at"`
	// Unanswered says that the sink had its time and said nothing.
	Unanswered bool `json:"unanswered,omitempty"`
}

// step is what a message needs next.
type step string

const (
	nothing step = ""
	post    step = "post"
	edit    step = "edit"
	reply   step = "reply"
)

// Bounds of what is kept for a Notifier: it has to fit into one object of the API server.
const (
	mostIncidents = 1000
	mostState     = 900 << 10
	// keptFor is how long a message that is over is remembered: nothing of it is told again meanwhile.
	keptFor = time.Hour
	// givenUpAfter is how long a message is tried.
	givenUpAfter = 24 * time.Hour
	forgotten    = 30 * 24 * time.Hour // what nobody ever said is over
)

func newThread(notifier, group string, e Event, now time.Time) *thread {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", notifier, e.Incident, now.UnixNano()))
	return &thread{ID: hex.EncodeToString(sum[:16]), Group: group, Began: now}
}

func (t *thread) isNews() bool { return len(t.Events) > 0 && t.Events[0].Kind.isOver() }

func (t *thread) isStory() bool { return len(t.Events) > 0 && t.Events[0].Kind.isStory() }

// isOf says whether an event of a kind may be told together with what the thread has: one kind of news or stories, or troubles.
func (t *thread) isOf(kind Kind) bool {
	if t.isNews() || t.isStory() {
		return t.Events[0].Kind == kind
	}
	return !kind.isOver() && !kind.isStory()
}

func (t *thread) open() (n int) {
	for _, e := range t.Events {
		if !e.Resolved && !e.Kind.isOver() {
			n++
		}
	}
	return n
}

// worst severity of what is or was.
func (t *thread) worst() Severity {
	worst := Info
	for _, e := range t.Events {
		if e.Severity.atLeast(worst) {
			worst = e.Severity
		}
	}
	return worst
}

// message is the thread as it is now.
func (t *thread) message() Message {
	m := Message{ID: t.ID, Number: t.Posted, Began: t.Began, Open: t.open()}
	for _, over := range []bool{false, true} {
		for _, e := range t.Events {
			if e.Resolved == over && len(m.Incidents) < inFull {
				m.Incidents = append(m.Incidents, e)
			}
		}
	}
	m.More = len(t.Events) - len(m.Incidents)
	return m
}

// digest tells one state of the message from another: all that is shown when it can be edited, else what is worth a follow-up.
func (t *thread) digest(edits bool) string {
	h := sha256.New()
	if m := t.message(); edits {
		m.Number = 0
		_ = json.NewEncoder(h).Encode(m) // texts and times: nothing that could fail
	} else {
		if !m.Resolved() || m.IsNews() {
			for _, e := range t.Events {
				fmt.Fprintf(h, "%s %s\n", e.Incident, e.Kind)
			}
		}
		fmt.Fprint(h, m.Resolved())
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// isEditable says whether the next change of it is an edit.
func (t *thread) isEditable(traits Traits) bool {
	return traits.Edits && (t.Ref != "" || t.Posted == 0)
}

// next step, and from when on it may be done, as far as the thread itself is concerned.
func (t *thread) next(traits Traits, grouping Grouping) (step, time.Time) {
	if t.settled {
		return nothing, time.Time{}
	}
	what, at := t.needs(traits, grouping)
	t.settled = what == nothing
	return what, at
}

func (t *thread) needs(traits Traits, grouping Grouping) (step, time.Time) {
	isOver := t.open() == 0
	edits := t.isEditable(traits)
	switch digest := t.digest(edits); {
	case t.Posted == 0 && isOver && !t.isNews() && !t.isStory() && t.Trying == nil:
		return nothing, time.Time{} // and nobody will have known
	case t.Posted == 0:
		return post, t.Due
	case t.Shown != digest && edits:
		return edit, t.Changed
	case t.Shown != digest && isOver:
		return post, t.Changed.Add(grouping.Wait)
	case t.Shown != digest:
		return post, t.PostedAt.Add(grouping.Window)
	case isOver && traits.Replies && t.Ref != "" && !t.Replied && !t.isNews() && !t.isStory():
		return reply, t.Changed.Add(grouping.Wait)
	case edits && !isOver && traits.Refresh > 0:
		return edit, t.PostedAt.Add(traits.Refresh)
	}
	return nothing, time.Time{}
}

// isDone says that the thread need not be remembered any longer.
func (t *thread) isDone(traits Traits, grouping Grouping, now time.Time) bool {
	if step, _ := t.next(traits, grouping); step != nothing {
		return false
	}
	return t.open() == 0 && (t.Posted == 0 || now.Sub(t.Changed) > keptFor) || now.Sub(t.Changed) > forgotten
}

// did notes that a step was taken, or is taken to have been.
func (t *thread) did(a attempt, ref string, now time.Time) {
	t.Trying, t.Failures, t.NotUntil, t.settled = nil, 0, time.Time{}, false
	switch a.Step {
	case reply:
		t.Replied = true
		return
	case post:
		t.Posted++
		t.Ref, t.Replied = ref, t.Posted > 1 // what follows up says it all
	}
	t.PostedAt, t.Shown = now, a.Shown
	if t.Ref == "" {
		t.Shown = a.Brief
	}
}

// gone notes that the message can't be edited any more: from now on there are follow-ups, that all is over among them.
func (t *thread) gone() {
	t.Ref, t.Trying, t.Replied, t.Shown, t.settled = "", nil, true, "", false
	if t.open() > 0 {
		t.Shown = t.digest(false)
	}
}

// state is what is stored of a Notifier.
type state struct {
	// Sink that the refs are of.
	Sink    string    `json:"sink"`
	Threads []*thread `json:"threads,omitempty"`
}

// encode fits the state into what may be stored: details of what is over go first.
func (s state) encode() ([]byte, error) {
	for _, spare := range []func(*Event) bool{
		func(*Event) bool { return false },
		func(e *Event) bool { return e.Resolved },
		func(*Event) bool { return true },
	} {
		for _, t := range s.Threads {
			for i := range t.Events {
				if spare(&t.Events[i]) {
					t.Events[i] = t.Events[i].brief()
				}
			}
		}
		text, err := json.Marshal(s)
		if err != nil || len(text) <= mostState {
			return text, err
		}
	}
	return nil, fmt.Errorf("what is to be sent is larger than %d KiB", mostState>>10)
}

// brief is what has to be known of an event that isn't shown.
func (e Event) brief() Event {
	e.Title = clip(e.Title, 100)
	e.What, e.Who, e.Link, e.Next, e.Objects = "", "", "", "", nil
	return e
}

func decode(text []byte) (state, error) {
	var s state
	if len(text) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return state{}, err
	}
	s.Threads = slices.DeleteFunc(s.Threads, func(t *thread) bool { return t == nil || t.ID == "" || len(t.Events) == 0 })
	return s, nil
}
