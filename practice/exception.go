package practice

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Exception is a sentence that lets findings be:
//
//	allow PRACTICE[, PRACTICE…] [at PLACE] [until YYYY-MM-DD] because REASON
//
// It is the same in a comment, in an annotation and in a file of settings. PLACE is a part of a field's path, with list
// items by number or by what they say: containers[name=web].image, rules[resources=secrets], ports[0].
type Exception struct {
	Practices []string
	At        string
	Until     time.Time // the last day on which it holds; zero: it has no end
	Reason    string
}

const sentence = "write: allow PRACTICE because REASON, or allow PRACTICE at PLACE until YYYY-MM-DD because REASON"

// ParseException reads the sentence. Its error says what is missing, and the next step.
func ParseException(text string) (Exception, error) {
	var e Exception
	words := strings.Fields(text)
	if len(words) == 0 || words[0] != "allow" {
		return e, hint.With(fmt.Errorf("an exception begins with allow, this one says %q", text), sentence)
	}
	part := "allow"
	said := map[string][]string{}
	for _, word := range words[1:] {
		if part != "because" && slices.Contains([]string{"at", "until", "because"}, word) {
			if part = word; said[part] != nil {
				return e, hint.With(fmt.Errorf("%q is said twice", word), sentence)
			}
			said[part] = []string{}
			continue
		}
		said[part] = append(said[part], word)
	}
	for id := range strings.FieldsFuncSeq(strings.Join(said["allow"], " "), func(r rune) bool { return r == ',' || r == ' ' }) {
		e.Practices = append(e.Practices, id)
	}
	e.At, e.Reason = strings.Join(said["at"], " "), strings.Join(said["because"], " ")
	until := strings.Join(said["until"], " ")
	var err error
	switch {
	case len(e.Practices) == 0:
		return e, hint.With(errors.New("the exception names no practice"), sentence)
	case e.Reason == "":
		return e, hint.With(errors.New("the exception gives no reason"), "add: because REASON")
	case said["at"] != nil && e.At == "":
		return e, hint.With(errors.New("the exception names no place after at"), "write a part of the field's path: at containers[name=web]")
	case said["until"] != nil:
		if e.Until, err = time.Parse(time.DateOnly, until); err != nil {
			return e, hint.With(fmt.Errorf("%q is no day", until), "write until YYYY-MM-DD")
		}
	}
	if _, err := parsePlace(e.At); err != nil {
		return e, err
	}
	return e, nil
}

// step of a PLACE.
type step struct{ key, name, value string } // a key or number; or an item by the value of one of its fields

func parsePlace(text string) ([]step, error) {
	var steps []step
	for _, s := range manifest.FieldPath(text) {
		name, value, byValue := strings.Cut(s, "=")
		switch {
		case s == "", byValue && (name == "" || value == ""):
			return nil, hint.With(fmt.Errorf("%q is no part of a field's path", text), "write it as in containers[name=web].image or rules[0]")
		case byValue:
			steps = append(steps, step{name: name, value: value})
		default:
			steps = append(steps, step{key: s})
		}
	}
	return steps, nil
}

// isAt says whether a field of an object lies at a place: all steps of the place follow each other in its path.
func isAt(place []step, o *Object, path []string) bool {
	if len(place) == 0 || o == nil { // a Dockerfile has no fields
		return len(place) == 0
	}
	for from := 0; from+len(place) <= len(path); from++ {
		matches := func(i int) bool {
			if place[i].name == "" {
				return place[i].key == path[from+i]
			}
			return says(o.Get(path[:from+i+1]...), place[i])
		}
		found := true
		for i := range place {
			found = found && matches(i)
		}
		if found {
			return true
		}
	}
	return false
}

// says whether an item of a list has the value in the field, or among the values of the field.
func says(item any, s step) bool {
	fields, _ := item.(map[string]any)
	switch v := fields[s.name].(type) {
	case nil:
		return false
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return fmt.Sprint(one) == s.value })
	default:
		return fmt.Sprint(v) == s.value
	}
}
