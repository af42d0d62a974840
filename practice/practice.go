// Package practice is the engine of the best practices: a Practice is a value with a pure function, a Pass offers it
// typed views of what is judged together (a Scope), and out come Findings with the place of the field they are about.
//
// In go objects with their origin and Dockerfiles, out come Findings, sorted. The package never touches a disk, a
// cluster or a network, and never stops at something broken.
package practice

import (
	"io/fs"
	"slices"
	"strings"
)

// Practice is one best practice of the catalogue.
type Practice struct {
	// ID says the good state: "run-as-non-root". It is the same everywhere: command line, findings, docs, exceptions.
	ID string
	// Title is what good looks like, in one line without a period.
	Title    string
	Category Category
	Severity Severity // of its findings, unless one says otherwise
	Inputs   Inputs
	// Leads is what breaking it leads to, Fix how it is mended, each one sentence: findings that say nothing of their
	// own show these.
	Leads, Fix string
	// Mends is what Fairlead itself can do about it.
	Mends Mends
	// Parameters are what a Policy may set of it; it asks for them with Value.
	Parameters []Parameter
	// ReadsGit says that it compares a cluster with Scope.Git, which costs a rendering of all that is delivered.
	ReadsGit bool
	// Files holds practice.md and testdata: what `fairlead explain` shows is what the tests run.
	Files fs.FS
	// Run judges one scope. It is called for several scopes at once and keeps nothing.
	Run func(*Pass)
}

// Mends says how far Fairlead can mend what a practice finds.
type Mends string

// How far it can.
const (
	None     Mends = ""            // what is right only people know
	Suggests Mends = "suggests"    // the change is shown, and not made
	Writes   Mends = "writes"      // the change is made in the file it was found in
	BySync   Mends = "sync writes" // every sync makes it by itself
)

// Category is a chapter of the catalogue.
type Category string

// The chapters, in the order of the catalogue.
const (
	Building     Category = "Building containers"
	Internals    Category = "Container internals"
	Deployments  Category = "Deployments"
	Services     Category = "Services"
	Architecture Category = "Application architecture"
	Lessons      Category = "Lessons from running it"
	Own          Category = "Own practices" // of those that people have written (practice/own)
)

// Categories lists them in the order of the catalogue.
var Categories = []Category{Building, Internals, Deployments, Services, Architecture, Lessons, Own}

// Severity says what a finding does at a gate: an error blocks, a warning is reported, an info is advice.
type Severity int

// The severities, mildest first, so that they compare.
const (
	Info Severity = iota + 1
	Warning
	Error
)

var severities = []string{Info: "info", Warning: "warning", Error: "error"}

// String is the name as people write it.
func (s Severity) String() string {
	if s < Info || s > Error {
		return "unknown"
	}
	return severities[s]
}

// MarshalText makes JSON show the name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeverity reads a name; ok is false if it is none.
func ParseSeverity(name string) (s Severity, ok bool) {
	i := slices.Index(severities, strings.ToLower(name))
	return Severity(i), i >= int(Info)
}

// Inputs are the kinds of evidence a practice judges.
type Inputs int

// The kinds of evidence.
const (
	Dockerfiles Inputs = 1 << iota
	Images
	Manifests
	Cluster
)

var inputNames = []struct {
	input Inputs
	name  string
}{{Dockerfiles, "Dockerfile"}, {Images, "image"}, {Manifests, "manifests"}, {Cluster, "cluster"}}

// Has says whether all of the others are among them.
func (i Inputs) Has(others Inputs) bool { return i&others == others }

// String reads "Dockerfile, manifests".
func (i Inputs) String() string {
	var names []string
	for _, n := range inputNames {
		if i.Has(n.input) {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}
