// Package notify tells people what happens to applications. In go Events; out go messages to the sinks that Notifiers name: one
// for each incident, brought up to date while it lasts. What has to survive a restart goes through a Store. It never reads or
// writes what is delivered, and whoever has news never waits.
package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Kind is what has happened.
type Kind string

// The kinds of events.
const (
	DeliveryFailed  Kind = "DeliveryFailed"  // nothing could be delivered
	DeliveryPartial Kind = "DeliveryPartial" // something was refused, the rest is out
	GateClosed      Kind = "GateClosed"
	PruneWaiting    Kind = "PruneWaiting" // for a person
	Degraded        Kind = "Degraded"
	Delivered       Kind = "Delivered"   // and healthy
	Drifted         Kind = "Drifted"     // a live field differs from git
	Reverted        Kind = "Reverted"    // it did, and was put back at once
	Contested       Kind = "Contested"   // another controller writes back what is reverted
	Unmanaged       Kind = "Unmanaged"   // objects that no source has
	Updated         Kind = "Updated"     // a version was moved by a commit, and is on its way
	RolledBack      Kind = "RolledBack"  // it didn't run, and was taken back
	CheckFailed     Kind = "CheckFailed" // nobody knows whether something outside of Kubernetes has drifted
)

// isOver says that there is nothing to recover from: the event is told once.
func (k Kind) isOver() bool { return k == Delivered || k == Reverted }

// isStory says that the event is told from its beginning to its end, which is no recovery, even if that is at once.
func (k Kind) isStory() bool { return k == Updated || k == RolledBack }

// Severity is error, warning or info.
type Severity string

// The severities.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

var severities = []Severity{Info, Warning, Error}

// atLeast says whether s is as severe as other, or more so.
func (s Severity) atLeast(other Severity) bool {
	return slices.Index(severities, s) >= slices.Index(severities, other)
}

// Event is news of an application: what, who, when, where to look and what to do next. None of it may hold a Secret's value:
// it goes to chats.
type Event struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// Application is namespace/name.
	Application string `json:"application"`
	// Incident is the same for all that is told of one trouble, and unlike any other's: "team/shop/health".
	Incident string `json:"incident"`
	// Title is a line such as "shop is degraded".
	Title string `json:"title"`
	What  string `json:"what,omitempty"`
	// Who caused it, as far as that is known.
	Who  string    `json:"who,omitempty"`
	When time.Time `json:"when"`
	Link string    `json:"link,omitempty"`
	// Next is the next step, such as "fairlead status team/shop".
	Next string `json:"next,omitempty"`
	// Objects are those concerned, each as "Deployment shop/web".
	Objects []string `json:"objects,omitempty"`
	// Repository is the web address of the source, and Revision the commit there, for statuses of commits.
	Repository string `json:"repository,omitempty"`
	Revision   string `json:"revision,omitempty"`
	// Resolved says that the trouble is over.
	Resolved bool `json:"resolved,omitempty"`
	// Patience is how long to wait at least before it is told, since most of its kind are over by then.
	Patience time.Duration `json:"-"`
}

// Bounds of what is kept and sent of an event, in bytes.
const (
	mostTitle   = 200
	mostText    = 1000
	mostName    = 200
	mostLink    = 1000
	mostObjects = 10
)

// bounded is the event with each text of a size that every sink takes, and on a line where one is expected.
func (e Event) bounded() Event {
	e.Application, e.Incident = line(e.Application, mostName*2), line(e.Incident, mostName*3)
	e.Title, e.Who, e.Link, e.Next = line(e.Title, mostTitle), line(e.Who, mostName), line(e.Link, mostLink), line(e.Next, mostText)
	e.Repository, e.Revision = line(e.Repository, mostLink), line(e.Revision, mostName)
	e.What = clip(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, clip(e.What, 2*mostText)), mostText)
	objects := e.Objects
	e.Objects = nil
	for _, o := range objects[:min(len(objects), mostObjects)] {
		e.Objects = append(e.Objects, line(o, mostName))
	}
	if more := len(objects) - mostObjects; more > 0 {
		e.Objects = append(e.Objects, fmt.Sprintf("and %d more", more))
	}
	return e
}

// line is a text on one line. What is far too long is cut first: it may be of any size.
func line(s string, most int) string {
	return clip(strings.Join(strings.FieldsFunc(clip(s, 4*most), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " "), most)
}

// clip bounds a text, in bytes.
func clip(s string, most int) string {
	if len(s) <= most {
		return strings.ToValidUTF8(s, "")
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}

// namespace and name of the application.
func (e Event) namespace() string {
	namespace, _, _ := strings.Cut(e.Application, "/")
	return namespace
}

func (e Event) name() string {
	_, name, _ := strings.Cut(e.Application, "/")
	return name
}
