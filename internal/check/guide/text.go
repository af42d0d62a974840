package guide

import (
	"io/fs"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// Kind of a Block.
type Kind int

// The kinds: as much of Markdown as a practice's text may use.
const (
	Paragraph Kind = iota
	Heading        // "## When it does not fit"
	Item           // "- one"
	Code           // between fences
)

// Block is a part of a text.
type Block struct {
	Kind Kind
	Text string // lines of paragraphs and items joined, code as it is
}

// Span is a piece of a line.
type Span struct {
	Text         string
	Code, Strong bool
}

// Text is practice.md taken apart.
func Text(p *practice.Practice) []Block {
	if p.Files == nil {
		return nil
	}
	text, _ := fs.ReadFile(p.Files, "practice.md") // a practice that has none is only met in tests
	return Parse(string(text))
}

// Parse takes a text apart.
func Parse(text string) []Block {
	var blocks []Block
	open := false // the last block goes on
	lines := strings.Split(strings.TrimSpace(text), "\n")
	add := func(kind Kind, text string) {
		blocks = append(blocks, Block{kind, text})
		open = kind != Heading
	}
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		item, isItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			open = false
		case strings.HasPrefix(line, "```"):
			var code []string
			for i++; i < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i]), "```"); i++ {
				code = append(code, lines[i])
			}
			add(Code, strings.Join(code, "\n"))
			open = false
		case strings.HasPrefix(line, "#"):
			add(Heading, strings.TrimSpace(strings.TrimLeft(line, "#")))
		case isItem:
			add(Item, item)
		case open:
			blocks[len(blocks)-1].Text += " " + line
		default:
			add(Paragraph, line)
		}
	}
	return blocks
}

// Spans are the pieces of a text between backticks and asterisks.
func Spans(text string) []Span {
	var spans []Span
	add := func(s Span) {
		if s.Text != "" {
			spans = append(spans, s)
		}
	}
	for text != "" {
		at := strings.IndexAny(text, "`*")
		if at < 0 {
			break
		}
		mark := "`"
		if strings.HasPrefix(text[at:], "**") {
			mark = "**"
		}
		inner, rest, closed := strings.Cut(text[at+len(mark):], mark)
		if text[at] == '*' && mark == "`" || !closed { // an asterisk that means itself
			add(Span{Text: text[:at+1]})
			text = text[at+1:]
			continue
		}
		add(Span{Text: text[:at]})
		add(Span{Text: inner, Code: mark == "`", Strong: mark == "**"})
		text = rest
	}
	add(Span{Text: text})
	return spans
}
