package query

import (
	"iter"
	"sort"
	"strings"
)

// Completion is what may stand at a place of a query: each of Options replaces what is there from From up to To, in UTF-16
// code units.
type Completion struct {
	At      int      `json:"at"`
	From    int      `json:"from"`
	To      int      `json:"to"`
	Options []string `json:"options"`
}

// mostOptions bounds what people are offered at once.
const mostOptions = 20

// Complete says what may stand at a place of a text: fields, or values of the field that stands there. rows gives every
// word of a field that is to be offered, as often as there are rows that have it: the frequent come first.
func Complete(text string, at int, rows func(field string) iter.Seq[string]) Completion {
	cursor := bytesOf(text, at)
	part := word{"", cursor, -1}
	for _, w := range words(text) {
		if w.at <= cursor && cursor <= w.end() {
			part = w
		}
	}
	if strings.HasPrefix(part.text, "-") && cursor > part.at {
		part = part.from(1)
	}
	before := part.text[:cursor-part.at]
	if name, _, isValue := (word{before, part.at, -1}).field(); isValue {
		_, rest, _ := part.field()
		for _, v := range rest.values() {
			if v.at <= cursor && cursor <= v.end() {
				part = v
			}
		}
		before = unquote(part.text[:cursor-part.at])
		return completion(text, at, part, valuesOf(name, before, rows))
	}
	var options []string
	for _, f := range fields {
		if strings.HasPrefix(f.name, strings.ToLower(before)) {
			options = append(options, f.name+":")
		}
	}
	return completion(text, at, part, options)
}

func completion(text string, at int, part word, options []string) Completion {
	if options == nil {
		options = []string{}
	}
	return Completion{At: at, From: units(text[:part.at]), To: units(text[:part.end()]), Options: options[:min(len(options), mostOptions)]}
}

// valuesOf are the values of a field that begin with a text, then those that contain it.
func valuesOf(name, before string, rows func(string) iter.Seq[string]) []string {
	f := fieldNamed(name)
	if f == nil {
		return nil
	}
	before = strings.ToLower(before)
	if f.offers != nil {
		return beginning(f.offers, before)
	}
	count := map[string]int{}
	for s := range rows(f.name) {
		if f.name == "node" {
			s = node(s)
		}
		if s != "" && strings.Contains(strings.ToLower(s), before) {
			count[s]++
		}
	}
	all := make([]string, 0, len(count))
	for s := range count {
		all = append(all, s)
	}
	begins := func(s string) bool { return strings.HasPrefix(strings.ToLower(s), before) }
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if begins(a) != begins(b) {
			return begins(a)
		}
		if count[a] != count[b] {
			return count[a] > count[b]
		}
		return a < b
	})
	all = all[:min(len(all), mostOptions)]
	for i := range all {
		all[i] = quote(all[i])
	}
	return all
}

func beginning(all []string, before string) []string {
	var out []string
	for _, s := range all {
		if strings.HasPrefix(s, before) {
			out = append(out, s)
		}
	}
	return out
}

// bytesOf is where a place in UTF-16 code units is in the text; its end if it lies behind.
func bytesOf(text string, at int) int {
	n := 0
	for i, r := range text {
		if n >= at {
			return i
		}
		n += units(string(r))
	}
	return len(text)
}
