package practice

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// PolicyFile is the name of the files in a tree that say by what it is judged.
const PolicyFile = ".fairlead.yaml"

// ReadPolicy reads a file of settings (docs/settings.md), about everything. It may name the known practices. What is wrong
// in it doesn't hold and is a problem, with line and column; the rest holds. Exceptions that are wrong are told when
// something is judged by the policy, as those in comments are.
func ReadPolicy(path string, text []byte, known []*Practice) (*Policy, []manifest.Problem) {
	root, problems := manifest.Parse(path, text)
	r := reader{path: path, known: known, problems: problems}
	f := &policyFile{dir: "."}
	if root != nil {
		r.mapping(root, "the file", keys{"practices": func(_, v *yaml.Node) { r.file(f, v) }})
	}
	return &Policy{files: []*policyFile{f}}, r.problems
}

// reader of a file of settings.
type reader struct {
	path     string
	known    []*Practice
	problems []manifest.Problem
}

// keys are those that a mapping may have, and what is done with each.
type keys map[string]func(key, value *yaml.Node)

func (r *reader) origin(n *yaml.Node) manifest.Origin {
	return manifest.Origin{Path: r.path, Line: n.Line, Column: n.Column}
}

func (r *reader) wrong(at *yaml.Node, next, format string, args ...any) {
	r.problems = append(r.problems, manifest.Problem{Origin: r.origin(at), Err: hint.With(fmt.Errorf(format, args...), next)})
}

// each calls do for the keys of a mapping; false if it is none.
func (r *reader) each(n *yaml.Node, what string, do func(key, value *yaml.Node)) bool {
	if n = resolved(n); n.Kind != yaml.MappingNode {
		if n.ShortTag() != "!!null" { // a key whose lines are all comments
			r.wrong(n, "write KEY: VALUE, each in a line of its own; docs/settings.md shows a whole file", "%s holds no keys and values", what)
			return false
		}
		return true
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolved(n.Content[i+1])
		if first, twice := seen[key.Value]; twice {
			r.wrong(key, "keep one of the two", "%s says %q twice: first in line %d, which holds", what, key.Value, first)
			continue
		}
		seen[key.Value] = key.Line
		do(key, value)
	}
	return true
}

// mapping reads one whose keys are known; false if it is none, or has others.
func (r *reader) mapping(n *yaml.Node, what string, all keys) bool {
	isWhole := true
	isMapping := r.each(n, what, func(key, value *yaml.Node) {
		do, known := all[key.Value]
		if !known {
			isWhole = false
			r.wrong(key, didYouMean(key.Value, slices.Collect(maps.Keys(all))), "%s has no key %q", what, key.Value)
			return
		}
		do(key, value)
	})
	return isMapping && isWhole
}

func didYouMean(name string, known []string) string {
	return "did you mean: " + strings.Join(hint.Nearest(name, known), ", ")
}

// file reads what stands below "practices".
func (r *reader) file(f *policyFile, n *yaml.Node) {
	p := &part{}
	var parts []*part
	all := r.ofPart(p)
	all["exceptions"] = func(_, v *yaml.Node) {
		r.items(v, "exceptions", func(item *yaml.Node) { f.exceptions = append(f.exceptions, r.exception(item)...) })
	}
	all["for"] = func(_, v *yaml.Node) {
		r.items(v, "for", func(item *yaml.Node) { parts = append(parts, r.part(item)...) })
	}
	r.mapping(n, "practices", all)
	f.parts = append([]*part{p}, parts...)
}

func (r *reader) items(n *yaml.Node, what string, do func(item *yaml.Node)) {
	switch {
	case n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			do(resolved(item))
		}
	case n.ShortTag() != "!!null":
		r.wrong(n, "begin each with - in a line of its own", "%s is no list", what)
	}
}

// part reads an item of "for". One whose conditions aren't understood would hold for too much: it is left out.
func (r *reader) part(n *yaml.Node) []*part {
	p := &part{}
	about, isBroken := r.ofConditions(&p.conditions)
	all := r.ofPart(p)
	maps.Copy(all, about)
	switch isWhole := r.mapping(n, "an item of for", all); {
	case !isWhole || *isBroken:
		return nil
	case !p.areSaid():
		r.wrong(n, "say what it is for: paths, namespaces, names, kinds or labels", "an item of for is for nothing")
		return nil
	}
	return []*part{p}
}

// ofPart are the keys of what is said of everything, or for a part.
func (r *reader) ofPart(p *part) keys {
	p.severities, p.parameters, p.locks = map[string]severitySaid{}, map[parameterOf]valueSaid{}, map[string]manifest.Origin{}
	return keys{
		"profile": func(_, v *yaml.Node) { r.profile(p, v) },
		"severity": func(_, v *yaml.Node) {
			r.each(v, "severity", func(key, value *yaml.Node) { r.severity(p, key, value) })
		},
		"parameters": func(_, v *yaml.Node) {
			r.each(v, "parameters", func(key, values *yaml.Node) { r.parameters(p, key, values) })
		},
		"locked": func(_, v *yaml.Node) {
			r.items(v, "locked", func(item *yaml.Node) {
				if known := r.practice(item); known != nil {
					p.locks[known.ID] = r.origin(item)
				}
			})
		},
	}
}

// practice that a key or item names; nil if there is none.
func (r *reader) practice(n *yaml.Node) *Practice {
	var ids []string
	for _, p := range r.known {
		if p.ID == n.Value {
			return p
		}
		ids = append(ids, p.ID)
	}
	r.wrong(n, didYouMean(n.Value, ids)+"; all are listed by: fairlead explain", "there is no practice %q", n.Value)
	return nil
}

// profile notes what a profile says where the file itself says nothing.
func (r *reader) profile(p *part, n *yaml.Node) {
	i := slices.IndexFunc(Profiles, func(one Profile) bool { return one.Name == n.Value })
	if i < 0 {
		var names []string
		for _, one := range Profiles {
			names = append(names, one.Name)
		}
		r.wrong(n, "use "+strings.Join(names, ", "), "there is no profile %q", n.Value)
		return
	}
	p.begins = true
	for _, known := range r.known {
		if to, isSaid := Profiles[i].Severities[known.ID]; isSaid && p.severities[known.ID] == (severitySaid{}) {
			p.severities[known.ID] = severitySaid{to: to, own: known.Severity}
		}
		for name, value := range Profiles[i].Parameters[known.ID] {
			if of := (parameterOf{known.ID, name}); p.parameters[of].value == nil {
				p.parameters[of] = valueSaid{value: value}
			}
		}
	}
}

func (r *reader) severity(p *part, key, value *yaml.Node) {
	known := r.practice(key)
	to, ok := ParseSeverity(value.Value)
	if value.Value == off {
		to, ok = 0, true
	}
	switch {
	case known == nil:
	case !ok:
		r.wrong(value, "use error, warning, info or off", "%s is to be %q, which is no severity", key.Value, value.Value)
	default:
		p.severities[known.ID] = severitySaid{to: to, own: known.Severity, origin: r.origin(key)}
	}
}

// off is what a practice is that isn't to judge.
const off = "off"

func (r *reader) parameters(p *part, key, values *yaml.Node) {
	known := r.practice(key)
	if known == nil {
		return
	}
	r.each(values, "parameters of "+known.ID, func(key, value *yaml.Node) {
		parameter := known.parameter(key.Value)
		if parameter == nil {
			r.wrong(key, noParameter(known, key.Value), "%s has no parameter %q", known.ID, key.Value)
			return
		}
		v, err := parameter.read(value)
		if err != nil {
			r.wrong(value, "see what it is with: fairlead explain "+known.ID, "%s: %w", known.ID, err)
			return
		}
		p.parameters[parameterOf{known.ID, parameter.Name}] = valueSaid{v, r.origin(key)}
	})
}

func noParameter(p *Practice, name string) string {
	if len(p.Parameters) == 0 {
		return "remove it: this practice has none"
	}
	var names []string
	for _, one := range p.Parameters {
		names = append(names, one.Name)
	}
	return didYouMean(name, names)
}

// exception reads an item of "exceptions": the sentence alone, or with conditions. One whose conditions aren't understood
// would let too much be: it is left out.
func (r *reader) exception(n *yaml.Node) []*exception {
	e := exception{rule: &conditions{}, origin: r.origin(n)}
	if n.Kind == yaml.ScalarNode {
		return []*exception{newException(n.Value, e)}
	}
	var sentence *yaml.Node
	all, isBroken := r.ofConditions(e.rule)
	all["allow"] = func(key, v *yaml.Node) { sentence, e.origin = v, r.origin(key) }
	switch isWhole := r.mapping(n, "an exception", all); {
	case !isWhole || *isBroken:
		return nil
	case sentence == nil || sentence.Kind != yaml.ScalarNode:
		r.wrong(n, "write - allow: PRACTICE because REASON", "an exception allows nothing")
		return nil
	}
	return []*exception{newException("allow "+sentence.Value, e)}
}

// ofConditions are the keys of conditions; isBroken says that one of them isn't understood.
func (r *reader) ofConditions(c *conditions) (all keys, isBroken *bool) {
	isBroken = new(bool)
	patterns := func(into *[]string) func(key, value *yaml.Node) {
		return func(key, value *yaml.Node) {
			texts, err := textsOf(value)
			for _, text := range texts {
				_, wrong := path.Match(text, "")
				err = errors.Join(err, wrong)
			}
			if err != nil || len(texts) == 0 {
				*isBroken = true
				r.wrong(value, "write a list such as ["+key.Value[:len(key.Value)-1]+`-a, "b-*"]`, "%s is no list of names or patterns", key.Value)
			}
			*into = texts
		}
	}
	var paths []string
	return keys{
		"namespaces": patterns(&c.namespaces), "names": patterns(&c.names), "kinds": patterns(&c.kinds),
		"paths": func(key, value *yaml.Node) {
			patterns(&paths)(key, value)
			for _, text := range paths {
				if path.IsAbs(text) || strings.HasPrefix(path.Clean(text), "..") {
					*isBroken = true
					r.wrong(value, "paths count from the directory of this file, and lie in it", "%q leads out of the directory", text)
				}
				c.paths = append(c.paths, newGlob(text))
			}
		},
		"labels": func(_, value *yaml.Node) {
			c.labels = map[string]string{}
			isMapping := r.each(value, "labels", func(key, value *yaml.Node) {
				if _, err := path.Match(value.Value, ""); err != nil || value.Kind != yaml.ScalarNode {
					*isBroken = true
					r.wrong(value, "write KEY: VALUE; * stands for any value", "%s is no value of a label, or a pattern of it", value.Value)
				}
				c.labels[key.Value] = value.Value
			})
			*isBroken = *isBroken || !isMapping || len(c.labels) == 0
		},
	}, isBroken
}
