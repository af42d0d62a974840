package check

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// point puts the findings of a chart at their key in the line of the template, as far as it is written there, and names
// the keys of the values that lead there.
func (u *unit) point(findings []practice.Finding) {
	chart := &chartValues{unit: u}
	rows := map[string][]string{}
	for i := range findings {
		f := &findings[i]
		if f.Origin.Path == "" || f.Origin.Rendered || f.Origin.Column > 0 {
			continue
		}
		lines, read := rows[f.Origin.Path]
		if !read {
			text, _ := fs.ReadFile(u.fsys, f.Origin.Path) // of what is in an archive the line has to do
			lines = strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
			rows[f.Origin.Path] = lines
		}
		if f.Origin.Line < 1 || f.Origin.Line > len(lines) || len(lines) == 1 {
			continue
		}
		steps := manifest.FieldPath(f.Field)
		at, depth := keyIn(lines[f.Origin.Line-1], steps)
		f.Origin.Column = utf8.RuneCountInString(lines[f.Origin.Line-1][:at]) + 1
		f.Values = strings.Join(chart.keys(f.Origin.Path, lines, f.Origin.Line-1, at, steps, depth), ", ")
	}
}

// keyIn is where in a line the deepest step of a field is written, and how many steps lead there; without any it is
// where the line begins.
func keyIn(row string, steps []string) (at, depth int) {
	begin := len(row) - len(strings.TrimLeft(row, " \t"))
	for i, step := range slices.Backward(steps) {
		if _, err := strconv.Atoi(step); err == nil {
			if item, isItem := strings.CutPrefix(row[begin:], "-"); isItem {
				return len(row) - len(strings.TrimLeft(item, " \t")), i + 1
			}
			continue
		}
		if at := keyAt(row, step); at >= 0 {
			return at, i + 1
		}
	}
	return begin, 0
}

// keyAt is where a key stands in a line, quoted or not; -1 if it doesn't.
func keyAt(row, key string) int {
	for from := 0; key != ""; {
		i := strings.Index(row[from:], key)
		if i < 0 {
			return -1
		}
		at := from + i
		before, after := row[:at], row[at+len(key):]
		for _, quote := range []string{`"`, "'"} {
			if strings.HasSuffix(before, quote) && strings.HasPrefix(after, quote) {
				before, after = before[:len(before)-1], after[1:]
			}
		}
		if (before == "" || strings.ContainsAny(before[len(before)-1:], " \t{,")) && strings.HasPrefix(strings.TrimLeft(after, " "), ":") {
			return len(before)
		}
		from = at + len(key)
	}
	return -1
}
