package practice

import (
	"cmp"
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
)

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
	// Edits mend it, all together; none if only people know what is right.
	Edits []Edit `json:"-"`
}

// Edit is one change to the object or the Dockerfile that a finding is about. It says what, not how it is written:
// whoever edits finds the place in the source, and leaves all else as it is.
type Edit struct {
	// Path of the field in the object; what lies above it and is missing is made, too. An index that is one past the end
	// of a list adds an item.
	Path []string
	// Value that the field gets: a string, bool, int64, float64, []any or map[string]any. Nil removes the field.
	Value any
	// Of a Dockerfile, whose edits have no Path: the lines First to Last, 1-based, become Text; with Last before First,
	// Text is put before First.
	First, Last int
	Text        []string
}

// Compare orders findings by place, then practice: the order in which people read them.
func Compare(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.Scope, b.Scope),
		cmp.Compare(a.Origin.Path, b.Origin.Path),
		cmp.Compare(a.Origin.Line, b.Origin.Line),
		cmp.Compare(a.Origin.Column, b.Origin.Column),
		manifest.Compare(a.Object, b.Object),
		cmp.Compare(a.Practice, b.Practice),
		cmp.Compare(a.Field, b.Field),
		cmp.Compare(a.Message, b.Message),
	)
}

// Sort orders findings and removes what is there twice.
func Sort(findings []Finding) []Finding {
	slices.SortFunc(findings, Compare)
	return slices.CompactFunc(findings, func(a, b Finding) bool { return Compare(a, b) == 0 })
}
