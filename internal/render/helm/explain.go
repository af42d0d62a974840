package helm

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// The engine's errors come in three shapes: one by `required` and `fail`, one by the parser, and a trace of
//
//	web/templates/deploy.yaml:14:22
//	  executing "web/templates/deploy.yaml" at <include "web.labels" .>:
//	    error calling include:
//	web/templates/_helpers.tpl:3:10
//	  …
//
// For other causes it returns the chain of text/template on one line: "template: web/templates/x.yaml:1:3:
// executing … at <…>: error calling include: template: …".
var (
	raised = regexp.MustCompile(`(?s)^execution error at \(([^():]+):(\d+)(?::\d+)?\): (.*)$`)
	parsed = regexp.MustCompile(`(?s)^parse error at \(([^():]+):(\d+)(?::\d+)?\): (.*)$`)
	frame  = regexp.MustCompile(`^(\S+?):(\d+)(?::\d+)?$`)
	at     = regexp.MustCompile(`^\s*executing "[^"]*" at <(.*)>:$`)
	link   = regexp.MustCompile(`template: (\S+?):(\d+)(?::\d+)?: (?:executing "[^"]*" at <(.*?)>: )?`)
)

// maxMessage cuts messages that quote a whole template.
const maxMessage = 400

// explain gives an engine's error the file, the line and the cause.
func (t templates) explain(r *files.Reader, err error) error {
	text := err.Error()
	if m := raised.FindStringSubmatch(text); m != nil {
		return t.problem(m[1], m[2], hint.With(errors.New(shorten(m[3])), "the chart asks for it: set the value that it names"))
	}
	if m := parsed.FindStringSubmatch(text); m != nil {
		return t.problem(m[1], m[2], hint.With(errors.New(shorten(m[3])), "correct the template"+functionHint(m[3])))
	}
	trace := readTrace(text)
	if len(trace) == 0 {
		trace = readChain(text)
	}
	if len(trace) == 0 {
		return hint.With(errors.New(shorten(text)), "compare with: helm template")
	}
	inner := trace[len(trace)-1]
	message := shorten(inner.message)
	if inner.expression != "" {
		message = inner.expression + ": " + message
	}
	next := "compare with: helm template"
	if key := t.missingKey(r, inner); key != "" {
		message += fmt.Sprintf(": values key %s is missing", key)
		next = "set " + key + " in the values"
	}
	if strings.Contains(inner.message, "no template ") {
		next = "define it in a templates/_*.tpl file, or add the library chart that does to the dependencies"
	}
	if outer := trace[0]; outer.name != inner.name {
		message += fmt.Sprintf(" (included from %s:%s)", t.file(outer.name), outer.line)
	}
	return t.problem(inner.name, inner.line, hint.With(errors.New(message), next))
}

func functionHint(message string) string {
	if strings.Contains(message, "function") && strings.Contains(message, "not defined") {
		return ": Helm has no such function"
	}
	return ""
}

// call is one level of a template trace.
type call struct{ name, line, expression, message string }

func readTrace(text string) []call {
	var trace []call
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := frame.FindStringSubmatch(line); m != nil {
			trace = append(trace, call{name: m[1], line: m[2]})
			continue
		}
		if len(trace) == 0 {
			return nil
		}
		last := &trace[len(trace)-1]
		if m := at.FindStringSubmatch(line); m != nil {
			last.expression = m[1]
		} else {
			last.message = strings.TrimSpace(last.message + " " + strings.TrimSpace(line))
		}
	}
	return trace
}

func readChain(text string) []call {
	links := link.FindAllStringSubmatchIndex(text, -1)
	trace := make([]call, 0, len(links))
	for i, m := range links {
		c := call{name: text[m[2]:m[3]], line: text[m[4]:m[5]]}
		if m[6] >= 0 {
			c.expression = text[m[6]:m[7]]
		}
		if i == len(links)-1 {
			c.message = text[m[1]:]
		}
		trace = append(trace, c)
	}
	return trace
}

var (
	nilPointer = regexp.MustCompile(`nil pointer evaluating [^.]*\.(\w+)`)
	valuesPath = regexp.MustCompile(`\.Values((?:\.\w+)+)`)
)

// missingKey names the values key whose absence a nil pointer means. text/template shortens the expression,
// so it is read from the template.
func (t templates) missingKey(r *files.Reader, c call) string {
	m := nilPointer.FindStringSubmatch(c.message)
	number, err := strconv.Atoi(c.line)
	if m == nil || err != nil {
		return ""
	}
	data, err := r.ReadFile(t.file(c.name))
	if err != nil {
		return ""
	}
	lines := strings.Split(string(data), "\n")
	if number < 1 || number > len(lines) {
		return ""
	}
	key := ""
	for _, path := range valuesPath.FindAllStringSubmatch(lines[number-1], -1) {
		parent, _, ok := strings.Cut(path[1]+".", "."+m[1]+".")
		if !ok || parent == "" {
			continue
		}
		if key != "" && key != parent[1:] {
			return "" // several fit
		}
		key = parent[1:]
	}
	return key
}

func (t templates) file(name string) string {
	if place, ok := t[name]; ok {
		return place
	}
	return name
}

func (t templates) problem(name, line string, err error) error {
	number, _ := strconv.Atoi(line)
	return manifest.Problem{Origin: manifest.Origin{Path: t.file(name), Line: number}, Err: err}
}

func shorten(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if len(message) > maxMessage {
		return message[:maxMessage] + "…"
	}
	return message
}
