package check

import (
	"bytes"
	"io/fs"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/practice"
)

// point puts the findings of a chart at their key in the line of the template, as far as it is written there, and names
// the values that the line is made of.
func (u *unit) point(findings []practice.Finding) {
	rows := map[string][][]byte{}
	for i := range findings {
		f := &findings[i]
		if f.Origin.Path == "" || f.Origin.Rendered || f.Origin.Column > 0 {
			continue
		}
		lines, read := rows[f.Origin.Path]
		if !read {
			text, _ := fs.ReadFile(u.fsys, f.Origin.Path) // without it the line has to do
			lines = bytes.Split(text, []byte("\n"))
			rows[f.Origin.Path] = lines
		}
		if f.Origin.Line >= 1 && f.Origin.Line <= len(lines) {
			row := string(lines[f.Origin.Line-1])
			f.Origin.Column, f.Values = column(row, f.Field), values(row)
		}
	}
}

// column of a field in a line, 1-based in characters: of its key or, where that isn't written, of the first character.
func column(row, field string) int {
	key := field[strings.LastIndexAny(field, ".]")+1:]
	at := strings.Index(row, key+":")
	if key == "" || at < 0 {
		at = len(row) - len(strings.TrimLeft(row, " \t"))
	}
	return utf8.RuneCountInString(row[:at]) + 1
}

var used = regexp.MustCompile(`\.Values((?:\.\w+)+)`)

// values that a line of a template is made of: "image.tag, image.repository".
func values(row string) string {
	var keys []string
	for _, m := range used.FindAllStringSubmatch(row, -1) {
		keys = append(keys, m[1][1:])
	}
	return strings.Join(keys, ", ")
}
