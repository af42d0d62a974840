package lsp

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/guide"
	"github.com/fairlead-dev/fairlead/practice"
)

// practice finds one by its id; nil if there is none.
func (s *server) practice(id string) *practice.Practice {
	for _, p := range append([]*practice.Practice{check.Readable, practice.Exceptions}, s.Practices...) {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// hover tells of the practices that are broken at a place, or of the one that an exception names there; nil: of nothing.
func (s *server) hover(d *document, at position) *hover {
	var texts []string
	here := textRange{at, at}
	add := func(id string) {
		if p := s.practice(id); p != nil {
			texts = append(texts, page(p))
		}
	}
	var told []string
	for _, f := range d.current() {
		if f.diagnostic.Range.touches(textRange{at, at}) && !slices.Contains(told, f.Practice) {
			told, here = append(told, f.Practice), f.diagnostic.Range
			add(f.Practice)
		}
	}
	if id, span := named(d.text, at); len(texts) == 0 && id != "" {
		here = span
		add(id)
	}
	if len(texts) == 0 {
		return nil
	}
	return &hover{markup{"markdown", strings.Join(texts, "\n\n---\n\n")}, here}
}

// current are the findings, if they are those of the text as it is.
func (d *document) current() []finding {
	if d.judged != d.version {
		return nil
	}
	return d.findings
}

var word = regexp.MustCompile(`[a-z][a-z0-9-]*`)

// named is the word at a place of a comment that speaks to Fairlead.
func named(text []byte, at position) (string, textRange) {
	line := lineAt(text, at.Line)
	if !strings.Contains(line, "fairlead:") {
		return "", textRange{}
	}
	for _, w := range word.FindAllStringIndex(line, -1) {
		span := textRange{position{at.Line, width(line[:w[0]])}, position{at.Line, width(line[:w[1]])}}
		if span.touches(textRange{at, at}) {
			return line[w[0]:w[1]], span
		}
	}
	return "", textRange{}
}

// page is what fairlead explain says of a practice, as Markdown.
func page(p *practice.Practice) string {
	return strings.TrimSpace(fmt.Sprintf("**%s**\n\n`%s` · %s · %s\n\n- otherwise: %s\n- mended: %s\n\n%s",
		p.Title, p.ID, p.Severity, p.Category, p.Leads, p.Fix, guide.Raw(p)))
}

// actions are what the person may choose to do about the findings in a range.
func (s *server) actions(d *document, in textRange, only []string) []codeAction {
	actions := []codeAction{}
	if only != nil && !slices.Contains(only, quickFix) && !slices.Contains(only, "") {
		return actions
	}
	for _, f := range d.current() {
		if !f.diagnostic.Range.touches(in) {
			continue
		}
		add := func(title string, isPreferred bool, edit workspaceEdit) {
			actions = append(actions, codeAction{title, quickFix, []diagnostic{f.diagnostic}, isPreferred, edit})
		}
		if edit, elsewhere, ok := s.mend(d, f); ok {
			how, _, _ := strings.Cut(f.Fix, "\n")
			add("Mend"+elsewhere+": "+cmp.Or(how, f.Practice), true, edit)
		}
		if edit, ok := exception(d, f); ok {
			add("Let it be: an exception from "+f.Practice, false, s.edit(d, edit))
		}
	}
	return actions
}

func (s *server) edit(d *document, e textEdit) workspaceEdit {
	if s.heedsVersions {
		return workspaceEdit{DocumentChanges: []documentEdit{{optionallyVersioned{d.uri, &d.version}, []textEdit{e}}}}
	}
	return workspaceEdit{Changes: map[string][]textEdit{d.uri: {e}}}
}

// mend is what mends a finding, and in which other files (" in values.yaml"). These are changed only for clients that take a
// document's version with an edit, and not if they are others by now than those that were judged.
func (s *server) mend(d *document, f finding) (edit workspaceEdit, elsewhere string, ok bool) {
	if s.Mend == nil {
		return edit, "", false
	}
	before := map[string][]byte{}
	mended := s.Mend(f.Finding, func(path string) (text []byte, err error) {
		switch open := s.opened(path); {
		case path == d.path || path == f.Origin.Path: // which has another name if it was never saved
			text = d.text
		case open == nil:
			text, err = os.ReadFile(path)
		case bytes.Equal(open.text, d.beside[path]):
			text = open.text
		default:
			err = errors.New("it is being written")
		}
		before[path] = text
		return text, err
	})
	var names []string
	for _, path := range slices.Sorted(maps.Keys(mended)) {
		if bytes.Equal(before[path], mended[path]) {
			continue
		}
		change := difference(before[path], mended[path])
		if path == d.path || path == f.Origin.Path {
			if len(mended) == 1 {
				return s.edit(d, change), "", true
			}
			edit.DocumentChanges = append(edit.DocumentChanges, documentEdit{optionallyVersioned{d.uri, &d.version}, []textEdit{change}})
			continue
		}
		of := optionallyVersioned{URI: uriOf(path)}
		if open := s.opened(path); open != nil {
			of = optionallyVersioned{open.uri, &open.version}
		}
		names = append(names, filepath.Base(path))
		edit.DocumentChanges = append(edit.DocumentChanges, documentEdit{of, []textEdit{change}})
	}
	if len(names) == 0 || !s.heedsVersions {
		return edit, "", false
	}
	return edit, " in " + strings.Join(names, ", "), true
}

// opened is the document of a file, nil if it isn't open.
func (s *server) opened(path string) *document {
	for _, d := range s.documents {
		if d.path == path {
			return d
		}
	}
	return nil
}

// exception puts one in a line of its own above what a finding is about. It holds nothing until the person gives it a
// reason. There is none where a comment can't stand, or the line isn't known.
func exception(d *document, f finding) (textEdit, bool) {
	isInstruction := f.Object.Kind == ""
	switch {
	case f.Practice == check.Readable.ID, f.Practice == practice.Exceptions.ID, f.Origin.Line == 0, f.Origin.Rendered:
		return textEdit{}, false
	case filepath.Ext(d.path) == ".json", isInstruction && filepath.Base(d.path) == "Chart.yaml":
		return textEdit{}, false
	}
	number := f.Origin.Line - 1
	for number > 0 && isInstruction && strings.HasSuffix(strings.TrimRight(lineAt(d.text, number-1), " \t"), `\`) {
		number-- // to where the instruction begins
	}
	line, end := lineAt(d.text, number), "\n"
	if bytes.Contains(d.text, []byte("\r\n")) {
		end = "\r\n"
	}
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	at := position{number, 0}
	return textEdit{textRange{at, at}, fmt.Sprintf("%s# fairlead: allow %s because %s", indent, f.Practice, end)}, true
}
