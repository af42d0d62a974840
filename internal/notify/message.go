package notify

import (
	"fmt"
	"strings"
	"time"
)

// Message is what a sink shows: incidents that began together, each as it is now.
type Message struct {
	// ID is the same for all that is sent of it, and Number counts what was posted before.
	ID     string    `json:"id"`
	Number int       `json:"number"`
	Began  time.Time `json:"began"`
	// Incidents are those that are not over, then the others, the oldest first.
	Incidents []Event `json:"incidents"`
	// More are not among the Incidents.
	More int `json:"more,omitempty"`
	// Open are not over.
	Open int `json:"open"`
}

// inFull is how many incidents a message shows.
const inFull = 10

// Severity is that of the worst incident that is not over; once all are, info.
func (m Message) Severity() Severity {
	worst := Info
	for _, e := range m.Incidents {
		if (!e.Resolved || e.Kind.isOver()) && e.Severity.atLeast(worst) {
			worst = e.Severity
		}
	}
	return worst
}

// Count is how many incidents there are.
func (m Message) Count() int { return len(m.Incidents) + m.More }

// Resolved says that all is over.
func (m Message) Resolved() bool { return m.Open == 0 }

// IsNews says that there was nothing to recover from.
func (m Message) IsNews() bool { return len(m.Incidents) > 0 && m.Incidents[0].Kind.isOver() }

// isStory says that its end is no recovery.
func (m Message) isStory() bool { return len(m.Incidents) > 0 && m.Incidents[0].Kind.isStory() }

// Title is one line: the incident's own, or how many there are.
func (m Message) Title() string {
	switch count := m.Count(); {
	case count == 1 && m.Resolved() && !m.IsNews() && !m.isStory():
		return "Recovered: " + m.Incidents[0].Title
	case count == 1:
		return m.Incidents[0].Title
	case m.IsNews() && m.Incidents[0].Kind == Reverted:
		return fmt.Sprintf("%d objects were changed and put back", count)
	case m.IsNews():
		return fmt.Sprintf("%d applications delivered", count)
	case m.isStory() && m.Incidents[0].Kind == RolledBack:
		return fmt.Sprintf("%d updates were taken back", count)
	case m.isStory():
		return fmt.Sprintf("%d applications are given new versions", count)
	case m.Resolved():
		return fmt.Sprintf("Recovered: all %d incidents", count)
	case m.Open == count:
		return fmt.Sprintf("%d incidents", count)
	default:
		return fmt.Sprintf("%d of %d incidents", m.Open, count)
	}
}

// Fact is a line of what is to be known of an event.
type Fact struct{ Name, Value string }

// Facts of an event, those that are known. When is in UTC.
func (e Event) Facts() []Fact {
	var all []Fact
	add := func(name, value string) {
		if value != "" {
			all = append(all, Fact{name, value})
		}
	}
	add("Application", e.Application)
	add("Who", e.Who)
	if !e.When.IsZero() {
		add("When", e.When.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	add("Objects", strings.Join(e.Objects, ", "))
	if !e.Resolved {
		add("Next", e.Next)
	}
	return all
}

// Line is an event in one line, for messages of several.
func (e Event) Line() string {
	line := e.Title
	if e.Resolved && !e.Kind.isOver() && !e.Kind.isStory() {
		line = "recovered: " + line
	}
	return line
}

// Text is a message in plain text, of several lines.
func (m Message) Text() string {
	var b strings.Builder
	b.WriteString(m.Title() + "\n")
	for _, e := range m.Incidents {
		if m.Count() > 1 {
			b.WriteString("\n" + e.Line() + "\n")
		}
		if e.What != "" {
			b.WriteString(e.What + "\n")
		}
		for _, f := range e.Facts() {
			b.WriteString(f.Name + ": " + f.Value + "\n")
		}
		if e.Link != "" {
			b.WriteString(e.Link + "\n")
		}
	}
	if m.More > 0 {
		fmt.Fprintf(&b, "\nand %d more\n", m.More)
	}
	return b.String()
}
