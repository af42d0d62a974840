package cli

import (
	"html"
	"strings"
	"unicode/utf8"
)

// What manifests, commits and servers say is not ours, and a comment is read by people who trust it. It is only ever put
// where Markdown and HTML mean nothing and nobody is mentioned: into code spans, code blocks, and <code> of an HTML block.

// widest is how many characters of a text a code span shows.
const widest = 300

// oneLine takes line breaks, control characters and excess out of a text.
func oneLine(text string, most int) string {
	text = strings.Join(strings.Fields(harmless(text)), " ")
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return text
}

// span is a text as a code span: delimited by more backticks than it has in a row.
func span(text string) string {
	text = oneLine(text, widest)
	if text == "" {
		return "–"
	}
	ticks := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return ticks + text + ticks
}

// cell is a code span for a table, where a bar ends the cell even within code, escaped or not.
func cell(text string) string { return span(strings.ReplaceAll(text, "|", "¦")) }

// codeHTML is a text for an HTML block, in which Markdown isn't read.
func codeHTML(text string) string {
	return "<code>" + html.EscapeString(oneLine(text, widest)) + "</code>"
}

// fencedDiff is a code block of a difference: its fence is longer than any run of backticks in it.
func fencedDiff(lines []string) string {
	text := harmless(strings.Join(lines, "\n"))
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	return fence + "diff\n" + text + "\n" + fence + "\n"
}

func longestRun(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
