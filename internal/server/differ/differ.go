// Package differ writes down what differs between two versions of files and objects, line by line, for the page. Values of
// Secrets are masked in objects; of files that may hold some no line is shown.
package differ

import (
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/pattern"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Object is one object, or one file, that differs.
type Object struct {
	ID     string `json:"id"`     // of an object, or a file's path
	Change string `json:"change"` // create, update, replace, prune, unchanged, unknown; of files create, update and remove
	Note   string `json:"note,omitempty"`
	Lines  []Line `json:"lines"`
	More   int    `json:"more,omitempty"` // lines that are not listed
}

// Line is one line: Op is " " for one that is in both, "-" and "+", or "…" for what was left out.
type Line struct {
	Op   string `json:"op"`
	Text string `json:"text"`
	Line int    `json:"line,omitempty"` // in the version it is of, from 1
}

// context is how many lines around a difference are listed.
const context = 3

// Between lists the lines in which two texts differ, with some around them.
func Between(before, after []string) []Line {
	var lines []Line
	for i, group := range difflib.NewMatcher(before, after).GetGroupedOpCodes(context) {
		if i > 0 {
			lines = append(lines, Line{Op: "…"})
		}
		add := func(op string, texts []string, from int) {
			for n, text := range texts {
				lines = append(lines, Line{op, text, from + n + 1})
			}
		}
		for _, op := range group {
			if op.Tag == 'e' {
				add(" ", after[op.J1:op.J2], op.J1)
				continue
			}
			add("-", before[op.I1:op.I2], op.I1)
			add("+", after[op.J1:op.J2], op.J1)
		}
	}
	return lines
}

// File is the change of a file.
func File(c update.Change) Object {
	change := "update"
	switch {
	case c.Before == nil:
		change = "create"
	case c.After == nil:
		change = "remove"
	}
	o := Object{ID: c.Path, Change: change, Lines: []Line{}}
	if mayHoldSecrets(c.Path, c.Before) || mayHoldSecrets(c.Path, c.After) {
		o.Note = "it may hold values of Secrets: its lines are not shown"
		return o
	}
	o.Lines = Between(split(string(c.Before)), split(string(c.After)))
	return o
}

var ofSecrets = pattern.New(`(?m)kind["']?\s*:\s*["']?Secret(List)?\b|\bsecretGenerator\b`)

// mayHoldSecrets says that a file makes Secrets, or is of the kind that they are made of.
func mayHoldSecrets(name string, text []byte) bool {
	return strings.HasSuffix(name, ".env") || ofSecrets().Match(text)
}

// Change is what a plan does to an object.
func Change(c *apply.Change) Object {
	o := Object{ID: operate.RowID(c.ID), Change: string(c.Action), Lines: []Line{}}
	before, after := c.Sides()
	if c.Action == apply.ActionPrune {
		after = nil
	}
	o.Lines = Between(yamlOf(before), yamlOf(after))
	if c.Problem != nil {
		o.Note = c.Problem.Error()
	} else if len(o.Lines) == 0 && len(c.Fields) > 0 { // of a Secret, whose values read the same
		for _, f := range c.Fields {
			o.Lines = append(o.Lines, Line{Op: "+", Text: f.Path + ": changed"})
		}
	}
	return o
}

// Drift is what putting an object back does, or what has drifted: git's side is before.
func Drift(id manifest.ID, git, live *unstructured.Unstructured) Object {
	o := Object{ID: operate.RowID(id), Change: "update", Lines: Between(yamlOf(live), yamlOf(git))}
	if live == nil {
		o.Change = "create"
	}
	return o
}

func yamlOf(u *unstructured.Unstructured) []string {
	if u == nil {
		return nil
	}
	text, err := yaml.Marshal(cluster.Shown(u).Object)
	if err != nil {
		return nil
	}
	return split(string(text))
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

const (
	mostObjects = 200
	mostLines   = 2000 // of one object
	mostText    = 1000 // characters of a line
)

// Bounded is what of many differences is sent.
func Bounded(all []Object) []Object {
	if more := len(all) - mostObjects; more > 0 {
		all = append(all[:mostObjects:mostObjects], Object{ID: "…", Change: "unknown", Lines: []Line{}, More: more})
	}
	for i := range all {
		o := &all[i]
		if more := len(o.Lines) - mostLines; more > 0 {
			o.Lines, o.More = o.Lines[:mostLines], more
		}
		for n := range o.Lines {
			o.Lines[n].Text = reply.Cut(o.Lines[n].Text, mostText)
		}
	}
	return all
}
