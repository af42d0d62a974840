package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/pattern"
	"github.com/fairlead-dev/fairlead/practice"
)

// Source shows lines of the files that findings are in, with secrets masked. It keeps what it has read.
type Source struct {
	read  func(string) []byte
	files map[string][]string
}

// before and after are the lines that are shown around the one that a finding is about.
const before, after = 2, 1

// SourceOf is that of a Result.
func SourceOf(r *check.Result) *Source {
	return &Source{read: r.Sources, files: map[string][]string{}}
}

// Line is a line of source as it may be shown.
type Line struct {
	Number int // 1-based
	Text   string
	// From and To are the part that a finding points at, 0-based in characters; To is 0 where there is none.
	From, To int
}

// Around are the line of a finding and so many above and below it, of the same document; nothing if the source can't
// be had, or isn't what the line counts in (a chart's template).
func (s *Source) Around(f practice.Finding, above, below int) []Line {
	if f.Origin.Line < 1 || f.Origin.Rendered {
		return nil
	}
	lines, at := s.lines(f.Origin.Path), f.Origin.Line-1
	if at >= len(lines) {
		return nil
	}
	first, last := at, at
	for first > 0 && at-first < above && !endsDocument(lines[first-1]) {
		first--
	}
	for last < len(lines)-1 && last-at < below && !endsDocument(lines[last+1]) && (last+2 < len(lines) || lines[last+1] != "") {
		last++
	}
	// What is secret is told by the lines beside it too.
	from, to := max(0, first-1), min(len(lines), last+2)
	shown := masks(lines[from:to], f.Object.Kind == "Secret" && f.Object.Group == "", isWithinKey(lines[:from]))
	var out []Line
	for i := first; i <= last; i++ {
		line := Line{Number: i + 1, Text: shown[i-from]}
		if i == at {
			line.From, line.To = pointed(lines[i], line.Text, f.Origin.Column)
		}
		out = append(out, line)
	}
	return out
}

// end is the column after the key or word that a finding points at; 0 if it isn't known.
func (s *Source) end(f practice.Finding) int {
	lines := s.lines(f.Origin.Path)
	if f.Origin.Column < 1 || f.Origin.Line < 1 || f.Origin.Line > len(lines) {
		return 0
	}
	line := lines[f.Origin.Line-1]
	if from, to := pointed(line, line, f.Origin.Column); from+1 == f.Origin.Column {
		return to + 1
	}
	return 0
}

func (s *Source) lines(path string) []string {
	lines, known := s.files[path]
	if !known && s.read != nil {
		if text := s.read(path); len(text) > 0 && utf8.Valid(text) {
			lines = strings.Split(strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n"), "\n")
		}
		s.files[path] = lines
	}
	return lines
}

func endsDocument(line string) bool {
	return strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")
}

// pointed is the key, or the word, at a column; all of the line if the column isn't known or was masked away.
func pointed(line, shown string, column int) (from, to int) {
	all, visible := []rune(line), []rune(shown)
	from = len(visible) - len([]rune(strings.TrimLeft(shown, " \t")))
	to = max(from, len([]rune(strings.TrimRight(shown, " \t")))) // nothing, of a blank line
	at := column - 1
	if column <= 1 || at >= to || at >= len(all) || string(all[:at]) != string(visible[:at]) {
		return from, to
	}
	end := at
	for end < to && !strings.ContainsRune(" \t:,}]", visible[end]) {
		end++
	}
	return at, max(end, at+1)
}

// ofSecret is a line that makes its document a Secret, or a list with one.
var ofSecret = pattern.New(`^\s*(- )?["']?kind["']?:\s*["']?Secret["']?\s*$`)

// Shown are the lines of a file of manifests, values or instructions as they may be shown: with secrets masked.
func Shown(text []byte) []string {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	shown := make([]string, 0, len(lines))
	for len(lines) > 0 {
		end := 1 + slices.IndexFunc(lines[1:], endsDocument)
		if end == 0 {
			end = len(lines)
		}
		isSecret := slices.ContainsFunc(lines[:end], ofSecret().MatchString)
		shown, lines = append(shown, masks(lines[:end], isSecret, false)...), lines[end:]
	}
	return shown
}
