package query

import "strings"

// word is a part of a query and where it begins, in bytes.
type word struct {
	text string
	at   int
	open int // where a quote begins that nobody closes; -1
}

func (w word) end() int { return w.at + len(w.text) }

func (w word) from(n int) word { return word{w.text[n:], w.at + n, w.open} }

// words splits at blanks outside of quotes.
func words(text string) []word { return split(word{text, 0, -1}, " \t\n\r") }

// values splits at commas outside of quotes.
func (w word) values() []word { return split(w, ",") }

func split(w word, separators string) []word {
	var out []word
	begin, open := 0, -1
	add := func(end int) {
		if end > begin || separators == "," { // no value is an error, no word is nothing
			part := word{w.text[begin:end], w.at + begin, -1}
			if open >= 0 {
				part.open = w.at + open
			}
			out = append(out, part)
		}
	}
	for i := range len(w.text) {
		switch c := w.text[i]; {
		case c == '"' && open >= 0:
			open = -1
		case c == '"':
			open = i
		case open < 0 && strings.IndexByte(separators, c) >= 0:
			add(i)
			begin = i + 1
		}
	}
	add(len(w.text))
	return out
}

// field splits "ns:a,b"; found is false for a bare word: one without a colon, or that begins with a quote.
func (w word) field() (name string, rest word, found bool) {
	i := strings.IndexAny(w.text, `:"`)
	if i < 0 || w.text[i] == '"' {
		return "", w, false
	}
	return w.text[:i], w.from(i + 1), true
}

func unquote(s string) string { return strings.ReplaceAll(s, `"`, "") }

// quote is how a value stands in a query.
func quote(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\n\r,") {
		return `"` + unquote(s) + `"`
	}
	return s
}

// pattern is a text in which * stands for anything; letters are the same in both cases.
type pattern struct {
	text string // lower case
	wild bool
}

func newPattern(text string) pattern {
	return pattern{strings.ToLower(text), strings.Contains(text, "*")}
}

func (p pattern) matches(s string) bool {
	if !p.wild {
		return strings.EqualFold(p.text, s)
	}
	return glob(p.text, strings.ToLower(s))
}

// matchesEnd says whether s matches, or what follows one of its slashes or blanks: people say "front" for
// "ghcr.io/acme/front".
func (p pattern) matchesEnd(s string) bool {
	for {
		if p.matches(s) {
			return true
		}
		i := strings.IndexAny(s, "/ ")
		if i < 0 {
			return false
		}
		s = s[i+1:]
	}
}

// glob goes back to the last star only, so that its time is bound by the product of both lengths.
func glob(p, s string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && p[i] == s[j]:
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(p[i:], "*") == ""
}
