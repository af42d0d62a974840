package own

import (
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/common"

	"github.com/fairlead-dev/fairlead/manifest"
)

// within is the place in a file of a place in an expression that begins behind a key. Where that can't be told, because
// YAML writes the text otherwise than it reads, it is the place of the key.
func within(key manifest.Origin, text []byte, expression string, at common.Location) manifest.Origin {
	lines := strings.Split(string(text), "\n")
	if key.Line < 1 || key.Line > len(lines) || at.Line() < 1 || at.Column() < 0 {
		return key
	}
	head, value, found := strings.Cut(from(lines[key.Line-1], key.Column-1), ":")
	if !found {
		return key
	}
	indent := len(value) - len(strings.TrimLeft(value, " "))
	column := key.Column + utf8.RuneCountInString(head) + 1 + indent // of the value's first character
	value = value[indent:]
	switch {
	case strings.HasPrefix(value, "|"):
		if line := key.Line + at.Line(); line <= len(lines) {
			key.Line, key.Column = line, indentOf(lines[key.Line:])+at.Column()+1
		}
	case strings.HasPrefix(value, ">"):
		rest := at.Column()
		for i, line := range lines[key.Line:] {
			line = strings.TrimSpace(line)
			if line == "" || at.Line() > 1 {
				break
			}
			if size := utf8.RuneCountInString(line); rest > size {
				rest -= size + 1
				continue
			}
			key.Line, key.Column = key.Line+i+1, indentOf(lines[key.Line:])+rest+1
			break
		}
	default:
		if strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'") {
			column, value = column+1, value[1:]
		}
		before := string([]rune(expression)[:min(at.Column(), utf8.RuneCountInString(expression))])
		if at.Line() == 1 && strings.HasPrefix(value, before) {
			key.Column = column + at.Column()
		}
	}
	return key
}

// from is a text without its first characters.
func from(text string, characters int) string {
	runes := []rune(text)
	return string(runes[min(max(characters, 0), len(runes)):])
}

// indentOf is that of the first line that has something in it.
func indentOf(lines []string) int {
	for _, line := range lines {
		if text := strings.TrimLeft(line, " "); strings.TrimSpace(text) != "" {
			return len(line) - len(text)
		}
	}
	return 0
}
