package sink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Template makes the body of a webhook's request from a Message. Whoever may write a Notifier writes it, so what it may do is
// bounded: steps, output and the size of each text. It can neither read files nor call anybody.
type Template struct{ parsed *template.Template }

const (
	mostSteps  = 10_000 // of loops and templates that are called
	mostOutput = 256 << 10
	mostPiece  = 64 << 10 // what a function returns: without it a text could double itself
)

// stepFunction is called at the beginning of each turn of a loop and of each template.
const stepFunction = "fairleadStep"

var (
	errSteps  = fmt.Errorf("it takes more than %d steps", mostSteps)
	errOutput = fmt.Errorf("it makes more than %d KiB", mostOutput>>10)
	errPiece  = fmt.Errorf("it makes a text of more than %d KiB", mostPiece>>10)
)

func noStep() (string, error) { return "", nil }

// NewTemplate reads a template. Its errors name the line.
func NewTemplate(text string) (*Template, error) {
	t, err := template.New("template").Option("missingkey=error").Funcs(functions(noStep)).Parse(text)
	if err != nil {
		return nil, hint.With(err, "see docs/notifications.md for what a template may use")
	}
	guard := template.Must(template.New("guard").Funcs(functions(noStep)).Parse("{{" + stepFunction + "}}")).Root.Nodes[0]
	for _, each := range t.Templates() {
		if each.Tree != nil {
			watch(each.Root, guard)
		}
	}
	return &Template{t}, nil
}

// watch puts the guard at the beginning of a list, and of each loop in it.
func watch(list *parse.ListNode, guard parse.Node) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.RangeNode:
			watch(n.List, guard)
			watch(n.ElseList, guard)
		case *parse.IfNode:
			watch(n.List, guard)
			watch(n.ElseList, guard)
		case *parse.WithNode:
			watch(n.List, guard)
			watch(n.ElseList, guard)
		}
	}
	list.Nodes = append([]parse.Node{guard}, list.Nodes...)
}

// Render makes the body.
func (t *Template) Render(m notify.Message) (body []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			body, err = nil, hint.With(fmt.Errorf("%w: spec.sink.webhook.template: %w", notify.ErrRefused, shorter(err)), "mend the template")
		}
	}()
	copied, err := t.parsed.Clone() // each rendering counts its own steps
	if err != nil {
		return nil, err
	}
	steps := 0
	out := &bounded{}
	err = copied.Funcs(functions(func() (string, error) {
		if steps++; steps > mostSteps {
			return "", errSteps
		}
		return "", nil
	})).Execute(out, m)
	return out.Bytes(), err
}

// shorter is an error without what a template is made of, which may be long.
func shorter(err error) error {
	for _, known := range []error{errSteps, errOutput, errPiece} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errors.New(clip(err.Error(), 300))
}

// bounded takes so much and no more.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > mostOutput {
		return 0, errOutput
	}
	return b.Buffer.Write(p)
}

// functions that a template may use, beside Go's own that make no text. Those that do are held to a size.
func functions(step func() (string, error)) template.FuncMap {
	sized := func(s string) (string, error) {
		if len(s) > mostPiece {
			return "", errPiece
		}
		return s, nil
	}
	return template.FuncMap{
		stepFunction: step,
		"json": func(v any) (string, error) {
			text, err := json.Marshal(v)
			if err != nil {
				return "", err
			}
			return sized(string(text))
		},
		"join":     func(separator string, all []string) (string, error) { return sized(strings.Join(all, separator)) },
		"upper":    func(s string) (string, error) { return sized(strings.ToUpper(s)) },
		"lower":    func(s string) (string, error) { return sized(strings.ToLower(s)) },
		"print":    func(all ...any) (string, error) { return sized(fmt.Sprint(all...)) },
		"println":  func(all ...any) (string, error) { return sized(fmt.Sprintln(all...)) },
		"printf":   func(format string, all ...any) (string, error) { return sized(fmt.Sprintf(format, all...)) },
		"html":     func(all ...any) (string, error) { return sized(template.HTMLEscaper(all...)) },
		"js":       func(all ...any) (string, error) { return sized(template.JSEscaper(all...)) },
		"urlquery": func(all ...any) (string, error) { return sized(template.URLQueryEscaper(all...)) },
		"call":     func() (string, error) { return "", errors.New("call can't be used here") },
	}
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}
