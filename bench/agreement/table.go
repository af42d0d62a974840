package main

import (
	"bufio"
	"bytes"
	"embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

// tables say for each checker what its rules mean here, a line for each rule:
//
//	RULE = PRACTICE "PART OF THE MESSAGE" "ANOTHER"  what of a practice means the same: findings with one of the parts,
//	                                                 or all of it; several lines add up
//	RULE = complete PRACTICE …                       the same, and the example is all there is
//	RULE = anywhere PRACTICE …                       the same, and what it finds may be told of another object
//	RULE - WHY                                       the rule isn't compared
//	RULE ~ EXAMPLE: WHY                              on these examples (* is anything) Fairlead differs on purpose
//
//go:embed rules/*.txt
var tables embed.FS

// rule is a line or more of a table.
type rule struct {
	meanings   []meaning
	isComplete bool
	isAnywhere bool
	reasons    []*reason
}

// meaning is a practice and parts of its messages, any of which will do.
type meaning struct {
	practice string
	parts    []string
}

// reason is why Fairlead differs on some examples.
type reason struct {
	examples, why string
	used          bool
}

func readTable(checker string) (map[string]*rule, error) {
	text, err := tables.ReadFile("rules/" + checker + ".txt")
	if err != nil {
		return nil, err
	}
	table := map[string]*rule{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		if table[name] == nil {
			table[name] = &rule{}
		}
		if err := table[name].read(strings.TrimSpace(rest)); err != nil {
			return nil, fmt.Errorf("rules/%s.txt:%d: %w", checker, n, err)
		}
	}
	return table, lines.Err()
}

func (r *rule) read(line string) error {
	sign, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch sign {
	case "=":
		if after, ok := strings.CutPrefix(rest, "complete "); ok {
			rest, r.isComplete = after, true
		}
		if after, ok := strings.CutPrefix(rest, "anywhere "); ok {
			rest, r.isAnywhere = after, true
		}
		name, parts, _ := strings.Cut(rest, " ")
		if name != check.Readable.ID && !slices.ContainsFunc(practices.All, func(p *practice.Practice) bool { return p.ID == name }) {
			return fmt.Errorf("there is no practice %q", name)
		}
		m := meaning{practice: name}
		for parts = strings.TrimSpace(parts); parts != ""; parts = strings.TrimSpace(parts) {
			quoted, err := strconv.QuotedPrefix(parts)
			if err != nil {
				return fmt.Errorf("%s: parts of messages stand in quotes", parts)
			}
			part, _ := strconv.Unquote(quoted) // it is quoted
			m.parts, parts = append(m.parts, part), parts[len(quoted):]
		}
		r.meanings = append(r.meanings, m)
	case "~":
		examples, why, found := strings.Cut(rest, ": ")
		if !found {
			return fmt.Errorf("%s: an example and, after a colon, a reason are wanted", rest)
		}
		r.reasons = append(r.reasons, &reason{examples: examples, why: why})
	case "-":
		if rest == "" {
			return fmt.Errorf("say why it isn't compared")
		}
	default:
		return fmt.Errorf("%q is none of = - ~", sign)
	}
	return nil
}

// reason that the table gives for differing on an example, or "".
func (r *rule) reason(e *example) string {
	for _, d := range r.reasons {
		if matched, err := path.Match(d.examples, e.name); matched && err == nil {
			d.used = true
			return d.why
		}
	}
	return ""
}

// unused are examples that the table has a reason for and that are agreed on.
func (r *rule) unused() string {
	for _, d := range r.reasons {
		if !d.used {
			return d.examples
		}
	}
	return ""
}
