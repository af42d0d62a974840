package practice

import "github.com/fairlead-dev/fairlead/manifest"

// Finding is one place that breaks a practice.
type Finding struct {
	Practice string   `json:"practice"`
	Severity Severity `json:"severity"`
	Scope    string   `json:"scope"` // name of the Scope: directory, overlay, chart with its values, cluster
	// Object that it is about; zero for a Dockerfile.
	Object manifest.ID `json:"object,omitzero"`
	// Origin is the place in the source.
	Origin manifest.Origin `json:"origin,omitzero"`
	// Field is the path of the field in the object: "spec.template.spec.containers[0].image"; "" for a Dockerfile.
	Field string `json:"field,omitempty"`
	// Git is where the field, or what it would be a part of, is written, of a live object that an Application delivers.
	Git *Delivered `json:"git,omitempty"`
	// Values are the keys of the chart's values that the line of the template is made of: "image.tag".
	Values string `json:"values,omitempty"`
	// Message is what was found, Leads what it leads to, Fix how to mend it.
	Message string `json:"message"`
	Leads   string `json:"leads,omitempty"`
	Fix     string `json:"fix,omitempty"`
	// Cause is the same for findings that one change mends: they are shown as one.
	Cause string `json:"cause,omitempty"`
	// Allowed is the exception that lets it be; nil if none does.
	Allowed *Allowed `json:"allowed,omitempty"`
	// Edits mend it, all together; none if only people know what is right, or if it can't be told where they belong, and
	// then Declined says why.
	Edits    []Edit `json:"-"`
	Declined string `json:"-"`
}

// Edit is one change to the object or the Dockerfile that a finding is about. It says what, not how it is written:
// whoever edits finds the place in the source, and leaves all else as it is.
type Edit struct {
	// In is the document that Path leads through. A practice leaves it out and means the object; package check finds what
	// the object is made of, with the Path there: a manifest, a patch, a file of values.
	In manifest.Origin
	// Path of the field in the object; what lies above it and is missing is made, too. An index that is one past the end
	// of a list adds an item.
	Path []string
	// Value that the field gets: a string, bool, int64, float64, []any or map[string]any. Nil removes the field.
	Value any
	// Add is an object to be put behind this one in its file; the edit has no Path then.
	Add map[string]any
	// Of a Dockerfile, whose edits have no Path: the lines First to Last, 1-based, become Text; with Last before First,
	// Text is put before First.
	First, Last int
	Text        []string
}
