// Package report shows the Result of a check in the formats that people and their tools read. In goes a Result, out
// comes text; nothing is judged here, and what may be a secret is masked in every line of source that is shown.
package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/practice"
)

// Format is what a Result is shown as.
type Format string

// The formats.
const (
	JSON    Format = "json"
	SARIF   Format = "sarif"  // code scanning: GitHub, Azure DevOps, editors
	JUnit   Format = "junit"  // test reports of most CI servers
	GitHub  Format = "github" // annotations, as workflow commands
	GitLab  Format = "gitlab" // the code quality widget of a merge request
	HTML    Format = "html"   // one file that needs nothing else
	Summary Format = "summary"
)

// Options are how it is shown; the zero value is right for a file.
type Options struct {
	Color   bool   // escape sequences may be used
	Width   int    // columns of the terminal; 0: nothing is wrapped or cut
	Version string // of Fairlead, for formats that name the tool
	// FailOn is the mildest severity that fails the check, for formats that know failures only; zero: errors.
	FailOn practice.Severity
}

type writer func(io.Writer, *check.Result, Options) error

var writers = map[Format]writer{
	JSON: writeJSON, SARIF: writeSARIF, HTML: writeHTML, JUnit: writeJUnit, GitHub: writeGitHub, GitLab: writeGitLab, Summary: writeSummary,
}

// Formats are the names of all, in the order of the alphabet.
func Formats() []string {
	var names []string
	for _, f := range slices.Sorted(maps.Keys(writers)) {
		names = append(names, string(f))
	}
	return names
}

// Write shows a Result. The same Result makes the same bytes.
func Write(w io.Writer, f Format, r *check.Result, o Options) error {
	write, known := writers[f]
	if !known {
		return hint.With(fmt.Errorf("no such format: %q", f), "there are: "+strings.Join(Formats(), ", "))
	}
	return write(w, r, o)
}
