package shell

import "strings"

// token is a word, an operator, a newline ("\n") or the end ("").
type token struct {
	text   string
	word   bool
	quoted bool // some of the word was: it is no keyword
	line   int
	fd     string // of a redirect: the number before it
}

type lexer struct {
	src  string
	at   int
	line int
	// docs are the here-documents whose text begins with the next line: each knows where its text goes.
	docs []heredoc
}

type heredoc struct {
	end   string
	tabs  bool // leading ones are not part of it
	store func(text string)
}

// operators, longest first.
var operators = []string{
	"<<<", "<<-", "&>>", ";;&", "&&", "||", ";;", ";&", "|&", "&>", ">>", ">&", ">|", "<<", "<&", "<>",
	"&", "|", ";", "(", ")", "<", ">",
}

// next is the next token.
func (l *lexer) next() token {
	l.skip()
	t := token{line: l.line}
	if l.at >= len(l.src) {
		return t
	}
	if l.src[l.at] == '\n' {
		l.at++
		l.line++
		l.readDocs()
		t.text = "\n"
		return t
	}
	digits := l.at
	for digits < len(l.src) && '0' <= l.src[digits] && l.src[digits] <= '9' {
		digits++
	}
	if digits < len(l.src) && (l.src[digits] == '<' || l.src[digits] == '>') {
		t.fd, l.at = l.src[l.at:digits], digits
	}
	for _, op := range operators {
		if strings.HasPrefix(l.src[l.at:], op) {
			l.at += len(op)
			t.text = op
			return t
		}
	}
	t.word = true
	t.text, t.quoted = l.readWord()
	return t
}

// skip passes over blanks, continued lines and comments.
func (l *lexer) skip() {
	for l.at < len(l.src) {
		switch rest := l.src[l.at:]; {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
			l.at++
		case strings.HasPrefix(rest, "\\\n"):
			l.at, l.line = l.at+2, l.line+1
		case strings.HasPrefix(rest, "\\\r\n"):
			l.at, l.line = l.at+3, l.line+1
		case rest[0] == '#':
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				l.at += i
			} else {
				l.at = len(l.src)
			}
		default:
			return
		}
	}
}

// readWord reads up to a blank or an operator that isn't quoted.
func (l *lexer) readWord() (word string, quoted bool) {
	var b strings.Builder
	for l.at < len(l.src) {
		switch c := l.src[l.at]; c {
		case ' ', '\t', '\r', '\n', ';', '&', '|', '<', '>', ')':
			return b.String(), quoted
		case '(':
			if !strings.HasSuffix(b.String(), "=") { // a list: a=(b c)
				return b.String(), quoted
			}
			b.WriteString(l.balanced('(', ')'))
		case '\'':
			quoted = true
			b.WriteString(l.single())
		case '"':
			quoted = true
			l.double(&b)
		case '\\':
			quoted = true
			l.escaped(&b)
		case '$', '`':
			if strings.HasPrefix(l.src[l.at:], "$'") || strings.HasPrefix(l.src[l.at:], `$"`) {
				l.at++
				continue
			}
			b.WriteString(l.expansion())
		default:
			b.WriteByte(c)
			l.at++
		}
	}
	return b.String(), quoted
}

// escaped reads a backslash and what it makes plain.
func (l *lexer) escaped(b *strings.Builder) {
	l.at++
	if l.at >= len(l.src) {
		return
	}
	if c := l.src[l.at]; c == '\n' {
		l.line++
	} else {
		b.WriteByte(c)
	}
	l.at++
}

// single reads '…', to the end if it has none.
func (l *lexer) single() string {
	start := l.at + 1
	end := strings.IndexByte(l.src[start:], '\'')
	if end < 0 {
		l.at = len(l.src)
		return l.counted(l.src[start:])
	}
	l.at = start + end + 1
	return l.counted(l.src[start : start+end])
}

// double reads "…".
func (l *lexer) double(b *strings.Builder) {
	for l.at++; l.at < len(l.src); {
		switch c := l.src[l.at]; c {
		case '"':
			l.at++
			return
		case '\\':
			if l.at+1 < len(l.src) && strings.IndexByte("\"\\$`\n", l.src[l.at+1]) < 0 {
				b.WriteByte(c)
			}
			l.escaped(b)
		case '$', '`':
			b.WriteString(l.expansion())
		case '\n':
			l.line++
			fallthrough
		default:
			b.WriteByte(c)
			l.at++
		}
	}
}

// expansion reads $NAME, ${…}, $(…), $((…)) or `…`, as written.
func (l *lexer) expansion() string {
	start := l.at
	if l.src[l.at] == '`' {
		for l.at++; l.at < len(l.src) && l.src[l.at] != '`'; l.at++ {
			if l.src[l.at] == '\\' {
				l.at++
			}
		}
		l.at = min(l.at+1, len(l.src))
		return l.counted(l.src[start:l.at])
	}
	l.at++
	if l.at >= len(l.src) {
		return "$"
	}
	switch l.src[l.at] {
	case '{':
		return "$" + l.balanced('{', '}')
	case '(':
		return "$" + l.balanced('(', ')')
	}
	return "$"
}

// balanced reads to the closing counterpart, past quotes, as written.
func (l *lexer) balanced(open, closing byte) string {
	start, depth := l.at, 0
	for l.at < len(l.src) {
		c := l.src[l.at]
		l.at++
		switch c {
		case open:
			depth++
		case closing:
			if depth--; depth == 0 {
				return l.counted(l.src[start:l.at])
			}
		case '\\':
			l.at = min(l.at+1, len(l.src))
		case '\'', '"':
			l.toQuote(c)
		}
	}
	return l.counted(l.src[start:])
}

// toQuote passes over the rest of a quoted string.
func (l *lexer) toQuote(quote byte) {
	for l.at < len(l.src) {
		c := l.src[l.at]
		l.at++
		switch {
		case c == quote:
			return
		case c == '\\' && quote == '"':
			l.at = min(l.at+1, len(l.src))
		}
	}
}

// counted counts the lines of what was read.
func (l *lexer) counted(s string) string {
	l.line += strings.Count(s, "\n")
	return s
}

// until reads to a closing text and past it, as written: of [[ … ]] and (( … )).
func (l *lexer) until(closing string) string {
	rest := l.src[l.at:]
	end := strings.Index(rest, closing)
	if end < 0 {
		l.at = len(l.src)
		return l.counted(rest)
	}
	l.at += end + len(closing)
	return l.counted(rest[:end])
}

// readDocs reads the here-documents that begin at this line.
func (l *lexer) readDocs() {
	for _, doc := range l.docs {
		var b strings.Builder
		for l.at < len(l.src) {
			line, _, _ := strings.Cut(l.src[l.at:], "\n")
			l.at = min(l.at+len(line)+1, len(l.src))
			l.line++
			line = strings.TrimSuffix(line, "\r")
			if doc.tabs {
				line = strings.TrimLeft(line, "\t")
			}
			if line == doc.end {
				break
			}
			b.WriteString(line + "\n")
		}
		doc.store(b.String())
	}
	l.docs = nil
}
