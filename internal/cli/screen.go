package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// screen is a standard stream and what is known of the terminal behind it.
type screen struct {
	*colorprofile.Writer     // keeps, thins or removes colours as the terminal and NO_COLOR ask
	width                int // columns; 0 when it isn't a terminal: then nothing is wrapped or cut
}

func newScreen(w io.Writer, environ []string) screen {
	s := screen{Writer: colorprofile.NewWriter(w, environ)}
	// Whatever its value (https://no-color.org); the library only knows true and 1. Bold and faint are no colours.
	if slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, "NO_COLOR=") && v != "NO_COLOR=" }) {
		s.Profile = min(s.Profile, colorprofile.ASCII)
	}
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			s.width = width
		}
	}
	return s
}

// isLive says whether a line can be written over.
func (s screen) isLive() bool { return s.width > 0 && s.Profile > colorprofile.NoTTY }

// gather has what is printed written in large pieces, the last of them when what it returns is called.
func (s screen) gather() (write func()) {
	to := s.Forward
	buffered := bufio.NewWriter(to)
	s.Forward = buffered
	return func() {
		_ = buffered.Flush() // as elsewhere, what can't be printed can't be told
		s.Forward = to
	}
}

// paragraph prints a text, on a terminal wrapped between words with all but the first line indented.
func (s screen) paragraph(indent int, text string) { fmt.Fprintln(s, wrap(text, s.width, indent)) }

// line prints a text that must stay one line: on a terminal it is cut at the edge.
func (s screen) line(text string) {
	if s.width > 0 {
		text = ansi.Truncate(text, s.width, "…")
	}
	fmt.Fprintln(s, text)
}

// fit shortens a path from the left, where it says least, to what is left of the line: "…/front.yaml:14".
func (s screen) fit(path string, used int) string {
	over := used + lipgloss.Width(path) - s.width
	if s.width == 0 || over <= 0 || s.width-used < shortestPath {
		return path
	}
	path = ansi.TruncateLeft(path, over+1, "")
	if slash := strings.IndexByte(path, '/'); slash > 0 {
		path = path[slash:]
	}
	return "…" + path
}

// shortestPath is what is worth showing of one: the line number.
const shortestPath = 6

// wrap breaks only at spaces: paths, flags and names stay whole, to be copied.
func wrap(text string, width, indent int) string {
	if width <= indent {
		return text
	}
	var b strings.Builder
	used := 0
	for i, word := range strings.Split(text, " ") {
		n := lipgloss.Width(word)
		switch {
		case i == 0:
		case used+1+n > width && used > indent:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

// harmless takes out what could play tricks on a terminal: text of manifests, commits and servers is not ours.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '�'
	}, text)
}
