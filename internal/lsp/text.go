package lsp

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// offset is where a position is in a text; one behind the end of its line or of the text is there.
func offset(text []byte, at position) int {
	start := 0
	for range at.Line {
		next := bytes.IndexByte(text[start:], '\n')
		if next < 0 {
			return len(text)
		}
		start += next + 1
	}
	i := start
	for units := 0; units < at.Character && i < len(text) && text[i] != '\n' && !bytes.HasPrefix(text[i:], []byte("\r\n")); {
		r, size := utf8.DecodeRune(text[i:])
		units += max(1, utf16.RuneLen(r))
		i += size
	}
	return i
}

// positionOf is the position of an offset.
func positionOf(text []byte, offset int) position {
	before := text[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return position{bytes.Count(before, []byte("\n")), width(string(before[start:]))}
}

// width is how many units of UTF-16 a text has.
func width(text string) int {
	n := 0
	for _, r := range text {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// changed is a text after a change of a client.
func changed(text []byte, c change) []byte {
	if c.Range == nil {
		return []byte(c.Text)
	}
	from := offset(text, c.Range.Start)
	to := max(from, offset(text, c.Range.End))
	return bytes.Join([][]byte{text[:from], []byte(c.Text), text[to:]}, nil)
}

// lineAt is a line without its end; "" if there is none.
func lineAt(text []byte, number int) string {
	lines := strings.Split(string(text), "\n")
	if number < 0 || number >= len(lines) {
		return ""
	}
	return strings.TrimSuffix(lines[number], "\r")
}

// difference is the one edit, of whole lines, that makes the second text of the first.
func difference(before, after []byte) textEdit {
	from, end := 0, 0 // where the first line that differs begins, and how much behind the last one is the same
	for i := 0; i < min(len(before), len(after)) && before[i] == after[i]; i++ {
		if before[i] == '\n' {
			from = i + 1
		}
	}
	for i := 1; i <= min(len(before), len(after))-from && before[len(before)-i] == after[len(after)-i]; i++ {
		if beginsLine(before, len(before)-i) && beginsLine(after, len(after)-i) {
			end = i
		}
	}
	return textEdit{
		Range:   textRange{positionOf(before, from), positionOf(before, len(before)-end)},
		NewText: string(after[from : len(after)-end]),
	}
}

func beginsLine(text []byte, i int) bool { return i == 0 || text[i-1] == '\n' }
