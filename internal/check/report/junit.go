package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/practice"
)

// The parts of JUnit's XML that all CI servers read: a suite is a scope, a case a practice that holds in it or a
// finding.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitFailure `xml:"failure"`
		Skipped *junitSkipped `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
)

// writeJUnit makes failures of the findings that fail the check; the milder ones pass, with what there is to say.
func writeJUnit(w io.Writer, r *check.Result, o Options) error {
	all := junitSuites{Name: "fairlead check"}
	failOn, scopes := cmp.Or(o.FailOn, practice.Error), byScope(r)
	for _, name := range scopes.names {
		suite := junitSuite{Name: name}
		broken := map[string]bool{}
		for _, f := range scopes.findings[name] {
			broken[f.Practice] = true
			suite.add(junitFinding(f, failOn))
		}
		for _, p := range r.Checked {
			if _, judged := scopes.scopes[name].Practices[p.ID]; judged && !broken[p.ID] {
				suite.add(junitCase{Name: p.ID, Class: name})
			}
		}
		all.add(suite)
	}
	if len(r.Skipped) > 0 {
		suite := junitSuite{Name: "skipped"}
		for _, s := range r.Skipped {
			suite.add(junitCase{Name: s.Path, Class: "skipped", Skipped: &junitSkipped{s.Reason}})
		}
		all.add(suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitFinding(f practice.Finding, failOn practice.Severity) junitCase {
	text := strings.TrimSpace(fmt.Sprintf("%s\n%s", Place(f), advice(f)))
	c := junitCase{Name: f.Practice + ": " + Place(f) + ": " + f.Message, Class: f.Scope, File: f.Origin.Path}
	if !f.Origin.Rendered {
		c.Line = f.Origin.Line
	}
	if f.Severity < failOn {
		c.Out = f.Severity.String() + ": " + said(f) + "\n" + text
		return c
	}
	c.Failure = &junitFailure{Message: said(f), Type: f.Severity.String(), Text: text}
	return c
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func (all *junitSuites) add(s junitSuite) {
	all.Tests += s.Tests
	all.Failures += s.Failures
	all.Suites = append(all.Suites, s)
}
