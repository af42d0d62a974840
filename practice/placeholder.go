package practice

import "strings"

// Unknown stands in Blank's answer for each placeholder.
const Unknown = "\x00"

// placeholders that templates and shells of all sorts have still to fill in.
var placeholders = []struct{ opening, closing string }{
	{"${", "}"}, {"$(", ")"}, {"{{", "}}"}, {"#{", "}"}, {"[[", "]]"}, {"<", ">"}, {"@@", "@@"},
}

// Blank replaces each placeholder of a text by Unknown: what stands there is not known, but the rest is.
func Blank(text string) string {
	if !strings.ContainsAny(text, "${[<#@") {
		return text
	}
	var b strings.Builder
	for text != "" {
		if n := placeholder(text); n > 0 {
			b.WriteString(Unknown)
			text = text[n:]
			continue
		}
		b.WriteByte(text[0])
		text = text[1:]
	}
	return b.String()
}

// HasPlaceholder says that something in the text is still to be filled in.
func HasPlaceholder(text string) bool { return strings.Contains(Blank(text), Unknown) }

// placeholder is the length of the placeholder that the text begins with, or 0.
func placeholder(text string) int {
	for _, p := range placeholders {
		if strings.HasPrefix(text, p.opening) {
			return closes(text, p.opening, p.closing)
		}
	}
	if text[0] != '$' {
		return 0
	}
	n := 1
	for n < len(text) && isNameByte(text[n]) {
		n++
	}
	if n == 1 {
		return 0
	}
	return n
}

// closes finds the end of a placeholder, others inside it included: "${A:-${B}}".
func closes(text, opening, closing string) int {
	depth := 0
	for i := 0; i < len(text); {
		switch {
		case depth > 0 && strings.HasPrefix(text[i:], closing):
			depth, i = depth-1, i+len(closing)
			if depth == 0 {
				return i
			}
		case strings.HasPrefix(text[i:], opening):
			depth, i = depth+1, i+len(opening)
		default:
			i++
		}
	}
	return 0
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
