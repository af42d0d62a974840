// Package query is the language in which people say which rows they want to see, on the page, in the API and on the
// command line. In goes a text such as
//
//	ns:shop,users health:degraded changed:<2h -kind:Job front
//
// out comes a Query that says of any Row whether it is meant; or an Error that names the place. Words are separated by
// blanks and all must hold; docs/page-api.md is the language's description, testdata/cases.json what it must do here and in
// the page's own implementation.
package query

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// MaxLength of a query in UTF-16 code units.
const MaxLength = 1000

// Query is a parsed query. The zero value means every row.
type Query struct{ terms []term }

// term is one word: a field and what it may be, or a bare word.
type term struct {
	not    bool
	field  *field // nil for a bare word
	values []value
}

// value is one of the values of a term. What it holds depends on the field's type.
type value struct {
	text   pattern
	op     string // "", "<", "<=", ">" or ">="
	number int64  // seconds for an age
	yes    bool
	no     bool
}

// Row is what a query asks of a row. A row that lacks a field has no words and no number of it.
type Row interface {
	// Words of a field that is text: all that a workload's images are, the nodes it runs on.
	Words(field string) []string
	// Number of a field that is counted; "changed" is in Unix seconds, 0 if nobody knows.
	Number(field string) (n int64, ok bool)
}

// Error is what is wrong with a query, and where: from At up to To, in UTF-16 code units as browsers count.
type Error struct {
	At      int    `json:"at"`
	To      int    `json:"to"`
	Message string `json:"message"`
}

func (e *Error) Error() string {
	return fmt.Sprintf("the query, at character %d: %s", e.At+1, e.Message)
}

// refused has the error carry an example.
func refused(e *Error) error {
	return hint.With(e, "write for example: ns:shop health:degraded changed:<2h -kind:Job")
}

// Parse reads a query. Its error is an *Error.
func Parse(text string) (Query, error) {
	if n := units(text); n > MaxLength {
		return Query{}, refused(&Error{MaxLength, n, fmt.Sprintf("a query has at most %d characters", MaxLength)})
	}
	var q Query
	for _, w := range words(text) {
		t, err := parseTerm(w)
		if err != nil {
			err.At, err.To = units(text[:err.At]), units(text[:err.To])
			return Query{}, refused(err)
		}
		q.terms = append(q.terms, t)
	}
	return q, nil
}

// units counts as JavaScript does, so that the page and the server name the same place.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// parseTerm reads one word. The places of its error are bytes.
func parseTerm(w word) (term, *Error) {
	var t term
	if w.text == "-" {
		return t, &Error{w.at, w.end(), "- needs a word to leave out"}
	}
	if t.not = strings.HasPrefix(w.text, "-"); t.not {
		w = w.from(1)
	}
	if w.open >= 0 {
		return t, &Error{w.open, w.end(), "the quote is not closed"}
	}
	name, rest, found := w.field()
	if !found {
		t.values = []value{{text: newPattern("*" + unquote(w.text) + "*")}}
		return t, nil
	}
	if t.field = fieldNamed(name); t.field == nil {
		return t, &Error{w.at, w.at + len(name), fmt.Sprintf("there is no field %q; there are %s", name, names())}
	}
	for _, v := range rest.values() {
		parsed, ok := t.field.parse(unquote(v.text))
		switch {
		case v.text == "":
			return t, &Error{v.at, v.at, t.field.name + " needs a value"}
		case !ok:
			return t, &Error{v.at, v.end(), fmt.Sprintf("%s %s, not %q", t.field.name, t.field.says, unquote(v.text))}
		}
		t.values = append(t.values, parsed)
	}
	return t, nil
}

// parseNumber reads 80, <80, >=80; what follows the digits must be a unit, if there are units.
func parseNumber(text string, units map[string]int64) (value, bool) {
	digits := strings.TrimLeft(text, "<>=")
	v := value{op: text[:len(text)-len(digits)]}
	switch v.op {
	case "", "<", "<=", ">", ">=":
	default:
		return v, false
	}
	number := strings.TrimRight(digits, "smhdw")
	scale, ok := int64(1), digits == number
	if units != nil {
		scale, ok = units[digits[len(number):]], units[digits[len(number):]] > 0
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if !ok || err != nil || len(number) > 9 {
		return v, false
	}
	v.number = int64(n) * scale
	return v, true
}

func (v value) holds(n int64) bool {
	switch v.op {
	case "<":
		return n < v.number
	case "<=":
		return n <= v.number
	case ">":
		return n > v.number
	case ">=":
		return n >= v.number
	}
	return n == v.number
}
