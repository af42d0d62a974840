package main

import (
	"fmt"
	"maps"
	"slices"
)

// result is what came of a checker's examples.
type result struct {
	*checker
	rules, compared int   // that have examples; of these, those that mean what a practice means
	pass, fail      count // of the examples of the rules that are compared
	onPurpose       int   // examples that are told apart on purpose; they are in neither count
	differences     []difference
}

type count struct{ agreed, all int }

// difference is an example on which the checker and Fairlead say different things.
type difference struct {
	example
	said []string // by Fairlead
	why  string   // it is so on purpose
}

// share of the examples that are agreed on.
func (r *result) share() float64 {
	return float64(r.pass.agreed+r.fail.agreed) / float64(max(1, r.pass.all+r.fail.all))
}

func (r *result) add(other *result) {
	r.rules, r.compared, r.onPurpose = r.rules+other.rules, r.compared+other.compared, r.onPurpose+other.onPurpose
	r.pass = count{r.pass.agreed + other.pass.agreed, r.pass.all + other.pass.all}
	r.fail = count{r.fail.agreed + other.fail.agreed, r.fail.all + other.fail.all}
}

// compare judges the examples of a checker whose modules are in some directories.
func (c *checker) compare(dirs []string) (*result, error) {
	table, err := readTable(c.name)
	if err != nil {
		return nil, err
	}
	examples, err := c.read(dirs)
	if err != nil {
		return nil, fmt.Errorf("read the examples of %s: %w", c.name, err)
	}
	r := &result{checker: c}
	seen := map[string]bool{}
	for _, e := range examples {
		seen[e.rule] = true
		rule := table[e.rule]
		if rule == nil {
			return nil, fmt.Errorf("rules/%s.txt doesn't say what %s means", c.name, e.rule)
		}
		if len(rule.meanings) > 0 {
			r.take(&e, rule)
		}
	}
	r.rules = len(seen)
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !seen[name] {
			return nil, fmt.Errorf("rules/%s.txt has the rule %s, of which there is no example", c.name, name)
		}
		if len(table[name].meanings) > 0 {
			r.compared++
		}
		if unused := table[name].unused(); unused != "" {
			return nil, fmt.Errorf("rules/%s.txt: %s agrees with all of %s: it needs no reason", c.name, name, unused)
		}
	}
	return r, nil
}

func (r *result) take(e *example, rule *rule) {
	j := e.judge(rule.isComplete)
	agreed := e.isFound(rule, j) == e.fails
	if !agreed {
		why := rule.reason(e)
		r.differences = append(r.differences, difference{*e, j.said(rule.meanings, e.at), why})
		if why != "" {
			r.onPurpose++
			return
		}
	}
	n := &r.pass
	if e.fails {
		n = &r.fail
	}
	n.all++
	if agreed {
		n.agreed++
	}
}
