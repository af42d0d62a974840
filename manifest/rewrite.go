package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Rewriting puts another text in the place of a scalar.
type Rewriting struct {
	Scalar
	To string // a word, such as a version or the name of an image
}

// ErrNotRewritten is that of a text which is written so that its bytes can't be told.
var ErrNotRewritten = hint.With(errors.New("it is written in a way that isn't edited by itself"), "write it in one line, without escapes")

// Rewrite puts other texts in the place of scalars that Scalars has found in a file: in the same quotes, if there are some, and in
// quotes if it would be read as something else than a text without. What was a number stays one if it is written as it reads.
// No other byte changes, and what is read there is proven by reading it again.
func Rewrite(text []byte, all ...Rewriting) ([]byte, error) {
	splices, wants, err := splicesOf(text, all)
	if err != nil {
		return nil, err
	}
	byPlace := map[int]splice{}
	for _, s := range splices {
		byPlace[s.from] = s
	}
	var after []byte
	at := 0
	for _, from := range slices.Sorted(maps.Keys(byPlace)) {
		s := byPlace[from]
		if s.from < at {
			return nil, ErrNotRewritten
		}
		after = append(append(after, text[at:s.from]...), s.with...)
		at = s.to
	}
	after = append(after, text[at:]...)
	before, _ := Scalars("", text)
	now, _ := Scalars("", after)
	if len(now) != len(before) {
		return nil, ErrNotRewritten
	}
	for i, s := range before {
		want, changes := wants[s.from]
		isSame := changes || reflect.TypeOf(now[i].Value) == reflect.TypeOf(s.Value)
		if !changes {
			want = s.Text()
		}
		if !isSame || !slices.Equal(now[i].Path, s.Path) || now[i].Text() != want {
			return nil, ErrNotRewritten
		}
	}
	return after, nil
}

// splicesOf makes splices of rewritings. wants is what is to be read then, by where it stood.
func splicesOf(text []byte, all []Rewriting) (splices []splice, wants map[int]string, err error) {
	wants = map[int]string{}
	within := map[int][]Rewriting{}
	for _, r := range all {
		if r.in != nil {
			within[r.in.from] = append(within[r.in.from], r)
			continue
		}
		want, isThere := wants[r.from]
		switch {
		case isThere && want != r.To:
			return nil, nil, Problem{Origin: r.At, Err: hint.With(fmt.Errorf("the value is used in places that are to have %s and %s", want, r.To), "write it out for each")}
		case !isThere:
			s, err := r.splice(text)
			if err != nil {
				return nil, nil, Problem{Origin: r.At, Err: err}
			}
			splices, wants[r.from] = append(splices, s), r.To
		}
	}
	for from, inner := range within {
		outer := inner[0].in
		for i := range inner {
			inner[i].in = nil
		}
		value := []byte(outer.Value.(string))
		parts, _, err := splicesOf(value, inner)
		if err != nil {
			return nil, nil, err
		}
		changed, err := Rewrite(value, inner...)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range parts {
			at := outer.offset(text, s.from)
			if at < 0 || bytes.ContainsRune(value[s.from:s.to], '\n') {
				return nil, nil, Problem{Origin: outer.At, Err: ErrNotRewritten}
			}
			splices = append(splices, splice{at, at + s.to - s.from, s.with})
		}
		wants[from] = string(changed)
	}
	return splices, wants, nil
}

// offset is where in the file a byte of the scalar's text stands, -1 if that can't be told.
func (s *Scalar) offset(text []byte, at int) int {
	value := s.Value.(string)
	raw := string(text[s.from:s.to])
	if s.style&yaml.LiteralStyle == 0 {
		if i := strings.Index(raw, value); i >= 0 {
			return s.from + i + at
		}
		return -1
	}
	begin := strings.LastIndexByte(value[:at], '\n') + 1
	line, _, _ := strings.Cut(value[begin:], "\n")
	start := s.from
	for range strings.Count(value[:at], "\n") + 1 {
		i := bytes.IndexByte(text[start:s.to], '\n')
		if i < 0 {
			return -1
		}
		start += i + 1
	}
	has, _, _ := strings.Cut(string(text[start:s.to]), "\n")
	has = strings.TrimSuffix(has, "\r")
	if line == "" || !strings.HasSuffix(has, line) {
		return -1
	}
	return start + len(has) - len(line) + at - begin
}

// splice writes the new text as the old one is written.
func (r Rewriting) splice(text []byte) (splice, error) {
	raw, was := string(text[r.from:r.to]), r.Text()
	whole := func(with string) (splice, error) { return splice{r.from, r.to, with}, nil }
	if !word.MatchString(r.To) && r.To != "" {
		return splice{}, hint.With(fmt.Errorf("%q is no version and no name", r.To), "give one word")
	}
	switch {
	case raw == "":
		return whole(" " + r.plain())
	case r.style&yaml.DoubleQuotedStyle != 0 && raw == `"`+was+`"`:
		return whole(`"` + r.To + `"`)
	case r.style&yaml.SingleQuotedStyle != 0 && raw == "'"+was+"'":
		return whole("'" + r.To + "'")
	case r.style&^yaml.TaggedStyle == 0 && r.style&yaml.TaggedStyle != 0:
		return whole(r.To)
	case r.style == 0 && !strings.Contains(raw, "\n"):
		return whole(r.plain())
	}
	return r.tail(raw, strings.TrimRight(was, "\n"))
}

// tail rewrites of a text in a block, or with escapes, only what differs.
func (r Rewriting) tail(raw, was string) (splice, error) {
	same := 0
	for same < min(len(was), len(r.To)) && was[same] == r.To[same] {
		same++
	}
	if same = max(0, strings.LastIndexAny(was[:same], ":@/")+1); same == len(was) || strings.Count(raw, was[same:]) != 1 {
		return splice{}, ErrNotRewritten
	}
	at := r.from + strings.Index(raw, was[same:])
	return splice{at, at + len(was) - same, r.To[same:]}, nil
}

// word is what needs no escapes in any quotes, and none without but those that plain gives.
var word = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./:@+~-]*$`)

// plain is the new text without quotes if it is read as text then, or as the number that it looks like.
func (r Rewriting) plain() string {
	if isText(r.To) && !strings.HasSuffix(r.To, ":") {
		return r.To
	}
	var n yaml.Node
	if _, wasText := r.Value.(string); !wasText && r.Value != nil && yaml.Unmarshal([]byte(r.To), &n) == nil && len(n.Content) == 1 {
		if v, err := scalar(n.Content[0]); err == nil && reflect.TypeOf(v) == reflect.TypeOf(r.Value) && (Scalar{Value: v}).Text() == r.To {
			return r.To
		}
	}
	return quoted(r.To)
}

// number is what YAML 1.1 or 1.2 reads as one, or as a date: see https://yaml.org/type/ and section 10.3 of the specification.
var number = regexp.MustCompile(`^(?i:0b[01_]+|0o[0-7_]+|0x[0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?(?:e[-+]?[0-9_]+)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:t.*)?)$`)

// isText says whether every reader takes a word without quotes for a text.
func isText(s string) bool {
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	return !number.MatchString(s)
}
