package manifest

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Remark is a comment that speaks to Fairlead: "# fairlead: TEXT". Behind a value it is about what begins in that line;
// in a line of its own, about what begins in the next line that holds something: at the top of a document, all of it.
type Remark struct {
	Text   string
	Origin Origin

	object *Object
	about  int // the number of a mark
}

const addressed = "fairlead:"

// comment is a remark in the text of a document.
type comment struct {
	text                string
	line, column, about int // 1-based, in the document
}

// comments that speak to Fairlead.
func comments(text []byte) []comment {
	if !bytes.Contains(text, []byte(addressed)) {
		return nil
	}
	var all []comment
	number, waiting := 0, 0
	for line := range strings.Lines(string(text)) {
		number++
		before, said, found := strings.Cut(line, "#")
		said, speaks := strings.CutPrefix(strings.TrimSpace(said), addressed)
		if found && speaks {
			all = append(all, comment{strings.TrimSpace(said), number, utf8.RuneCountInString(before) + 1, number})
		}
		if strings.TrimSpace(before) == "" {
			continue
		}
		for ; waiting < len(all); waiting++ {
			all[waiting].about = number
		}
	}
	return all[:waiting]
}

// Remarks are those about the object, something in it, or all of the document that it is in.
func (o *Object) Remarks() []Remark {
	if len(o.doc.comments) == 0 || len(o.doc.marks) == 0 {
		return nil
	}
	own := o.find(nil)
	var all []Remark
	for _, c := range o.doc.comments {
		if at := o.doc.marks.beginningIn(c.about); at >= 0 && (o.doc.marks.isIn(at, own) || o.doc.marks.isIn(own, at)) {
			origin := o.doc.at(o.Origin, o.doc.first+c.line-1)
			if len(o.doc.lines) == 0 {
				origin.Column = c.column
			}
			all = append(all, Remark{Text: c.text, Origin: origin, object: o, about: at})
		}
	}
	return all
}

// Covers says whether the remark is about a field, given as for Locate, or something that holds it.
func (r Remark) Covers(path ...string) bool {
	return r.object.doc.marks.isIn(r.object.find(path), r.about)
}

// beginningIn is the outermost value that begins in a line, or -1.
func (m marks) beginningIn(line int) int {
	for i := range m {
		if int(m[i].line) == line {
			return i
		}
	}
	return -1
}

// isIn says whether a value is another one or in it.
func (m marks) isIn(i, other int) bool { return other <= i && i < int(m[other].end) }
