package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// writer writes values as those around them are written.
type writer struct {
	step, list int        // how much further in a mapping stands than the key above it, and a list
	dash       int        // from a dash to what follows it
	quotes     yaml.Style // of the value itself, if it is a string that may have them
	inFlow     bool
	isJSON     bool
	isLast     bool // the text ends there without a line break: a block of text would lose its own
	newline    string
}

// writer looks at the neighbours of a slot, then at what is above, then at the rest of the document.
func (s *syntax) writer(on *slot) writer {
	w := writer{step: -1, list: -1, dash: -1, newline: "\n", isJSON: s.isJSON}
	if on != nil {
		w.quotes = on.value.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle)
		w.newline = s.newline(on.value.start)
		w.isLast = s.lineEnd(on.value.end) == len(s.text)
	}
	for ; on != nil; on = on.up {
		s.learn(&w, on.value, false)
	}
	if s.root != nil {
		s.learn(&w, s.root, true)
	}
	if w.step < 0 {
		w.step = 2
	}
	w.list, w.dash = max(w.list, 0), max(w.dash, len("- "))
	return w
}

// learn takes over what isn't known yet of how a value's entries are written, and all that is in them.
func (s *syntax) learn(w *writer, p *place, deep bool) {
	for _, e := range p.entries {
		v := e.value
		if !p.isFlow() && e.key == nil && w.dash < 0 && v.start < v.end && !bytes.Contains(s.text[e.sign:v.start], []byte("\n")) {
			w.dash = v.start - e.sign
		}
		if !p.isFlow() && e.key != nil && len(v.entries) > 0 && !v.isFlow() {
			in := s.column(v.entries[0].start()) - s.column(p.entries[0].start())
			if v.Kind == yaml.MappingNode && w.step < 0 && in > 0 {
				w.step = in
			}
			if v.Kind == yaml.SequenceNode && w.list < 0 && in >= 0 {
				w.list = in
			}
		}
		if deep {
			s.learn(w, v, true)
		}
	}
}

// lines of a mapping or list with something in it, in a column.
func (w writer) lines(value any, column int) []string {
	indent := strings.Repeat(" ", column)
	w.quotes = 0
	var lines []string
	switch v := value.(type) {
	case map[string]any:
		for _, key := range order(v) {
			lines = append(lines, w.beside(indent+w.text(key)+":", v[key], column, false)...)
		}
	case []any:
		for _, item := range v {
			lines = append(lines, w.beside(indent+"-", item, column, true)...)
		}
	}
	return lines
}

// order is that in which people write keys: what names a thing first.
func order(fields map[string]any) []string {
	first := []string{"apiVersion", "kind", "metadata", "name"}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		if i, j := slices.Index(first, a), slices.Index(first, b); i >= 0 || j >= 0 {
			if i < 0 || j < 0 {
				return j - i // the one that is listed
			}
			return i - j
		}
		return strings.Compare(a, b)
	})
}

// beside writes a value behind a key or dash that stands in a column.
func (w writer) beside(prefix string, value any, column int, isItem bool) []string {
	below := column + w.step
	if isItem {
		below = column + w.dash
	}
	switch v := value.(type) {
	case string:
		if lines, ok := literal(v, below); ok && !w.isLast {
			lines[0] = prefix + " " + lines[0]
			return lines
		}
	case map[string]any:
		if len(v) == 0 {
			return []string{prefix + " {}"}
		}
	case []any:
		if len(v) == 0 {
			return []string{prefix + " []"}
		}
		if !isItem {
			below = column + w.list
		}
	}
	switch value.(type) {
	case map[string]any, []any:
		lines := w.lines(value, below)
		if !isItem {
			return append([]string{prefix}, lines...)
		}
		lines[0] = prefix + strings.Repeat(" ", w.dash-1) + strings.TrimLeft(lines[0], " ")
		return lines
	}
	return []string{prefix + " " + w.scalar(value)}
}

// literal writes a text of several lines as a block; not ok if it is none, or none that reads well.
func literal(text string, column int) (lines []string, ok bool) {
	said, sign := strings.CutSuffix(text, "\n")
	if !strings.Contains(text, "\n") || said == "" || strings.HasSuffix(said, "\n") || strings.ContainsAny(said[:1], " \t\n") {
		return nil, false
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return nil, false
		}
	}
	lines = []string{"|"}
	if !sign {
		lines[0] = "|-"
	}
	for line := range strings.SplitSeq(said, "\n") {
		if line != "" {
			if strings.TrimSpace(line) == "" {
				return nil, false
			}
			line = strings.Repeat(" ", column) + line
		}
		lines = append(lines, line)
	}
	return lines, true
}

// flow writes a value in brackets: in one line, or, of JSON with an indentation, in lines of which the last has that.
func (w writer) flow(value any, indent string) string {
	w.inFlow = true
	var parts []string
	open, closing := "{", "}"
	switch v := value.(type) {
	case map[string]any:
		inner := w
		inner.quotes = 0
		for _, key := range order(v) {
			parts = append(parts, inner.text(key)+": "+inner.flow(v[key], w.deeper(indent)))
		}
	case []any:
		inner := w
		inner.quotes = 0
		open, closing = "[", "]"
		for _, item := range v {
			parts = append(parts, inner.flow(item, w.deeper(indent)))
		}
	default:
		return w.scalar(value)
	}
	if len(parts) == 0 || indent == "" || !w.isJSON {
		return open + strings.Join(parts, ", ") + closing
	}
	line := w.newline + w.deeper(indent)
	return open + line + strings.Join(parts, ","+line) + w.newline + indent + closing
}

// deeper is an indentation and one step more; none stays none.
func (w writer) deeper(indent string) string {
	switch {
	case indent == "":
		return ""
	case strings.HasPrefix(indent, "\t"):
		return indent + "\t"
	}
	return indent + strings.Repeat(" ", w.step)
}

func (w writer) scalar(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return w.text(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(value)
}

// text writes a string: plain if every reader takes it for a string then, otherwise in quotes.
func (w writer) text(s string) string {
	printable := !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
	switch {
	case w.isJSON, w.quotes&yaml.DoubleQuotedStyle != 0, !printable:
		return quoted(s)
	case w.quotes&yaml.SingleQuotedStyle != 0:
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	case w.isPlain(s):
		return s
	}
	return quoted(s)
}

// quoted writes a string as JSON does, which is YAML, too.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string has no error
	return strings.TrimSuffix(b.String(), "\n")
}

// option is what may begin with a dash and is no list.
var option = regexp.MustCompile(`^--?[A-Za-z]`)

// numeric is what some reader of YAML takes for a number, a date or a time; versions and addresses, of three numbers and
// more, are none.
var (
	numeric = regexp.MustCompile(`^[-+.]?[0-9][0-9a-fA-F_.,:oxTZ+-]*$`)
	version = regexp.MustCompile(`^[0-9]+(\.[0-9]+){2,}$`)
)

// isPlain says whether a string needs no quotes.
func (w writer) isPlain(s string) bool {
	if s == "" || strings.TrimSpace(s) != s || strings.HasSuffix(s, ":") || strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.Contains(s, "{{") {
		return false
	}
	if w.inFlow && strings.ContainsAny(s, ",[]{}:") || strings.ContainsAny(s[:1], "?:,[]{}#&*!|>'\"%@`=~<") {
		return false
	}
	if s[0] == '-' && !option.MatchString(s) || numeric.MatchString(s) && !version.MatchString(s) || slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(s)) {
		return false
	}
	var n yaml.Node
	return yaml.Unmarshal([]byte(s), &n) == nil && len(n.Content) == 1 && n.Content[0].Kind == yaml.ScalarNode && n.Content[0].ShortTag() == "!!str" && n.Content[0].Value == s
}
