package query

import "strings"

// field is something that can be asked of a row.
type field struct {
	name  string
	says  string // what its values are, for errors
	parse func(text string) (value, bool)
	holds func(v value, r Row, now int64) bool
	// offers are the values to begin with, for completion; without them what the rows have.
	offers []string
}

// fields is the whole list, in the order in which people are shown it.
var fields = []*field{
	text("ns", pattern.matches),
	text("name", pattern.matches),
	text("kind", pattern.matches),
	text("app", pattern.matchesEnd),
	oneOf("health", "healthy", "progressing", "degraded", "suspended", "missing", "unknown"),
	oneOf("sync", "synced", "drifted", "behind", "held", "unmanaged", "unknown"),
	drift,
	number("score", "<80", "<50"),
	number("errors", ">0"),
	number("warnings", ">0"),
	text("image", isImage),
	newer,
	text("node", func(p pattern, s string) bool { return p.matches(node(s)) }),
	text("label", isLabel),
	number("restarts", ">0"),
	changed,
	text("repo", func(p pattern, s string) bool { return p.matchesEnd(s) || p.matchesEnd(strings.TrimSuffix(s, ".git")) }),
	text("id", pattern.matchesEnd),
	is,
}

func fieldNamed(name string) *field {
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			return f
		}
	}
	return nil
}

func names() string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.name
	}
	return strings.Join(all, ", ")
}

func text(name string, matches func(pattern, string) bool) *field {
	return &field{
		name:  name,
		parse: func(s string) (value, bool) { return value{text: newPattern(s)}, true },
		holds: func(v value, r Row, _ int64) bool {
			for _, s := range r.Words(name) {
				if matches(v.text, s) {
					return true
				}
			}
			return false
		},
	}
}

// oneOf is a text that has to be one of some words, or a pattern.
func oneOf(name string, all ...string) *field {
	f := text(name, pattern.matches)
	f.offers = all
	f.says = "is " + strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
	f.parse = func(s string) (value, bool) {
		v := value{text: newPattern(s)}
		return v, v.text.wild || contains(all, s)
	}
	return f
}

func contains(all []string, s string) bool {
	for _, one := range all {
		if strings.EqualFold(one, s) {
			return true
		}
	}
	return false
}

// number is a count; what is unknown (-1) is no number.
func number(name string, offers ...string) *field {
	return &field{
		name: name, offers: offers, says: "needs a number such as 80 or <80",
		parse: func(s string) (value, bool) { return parseNumber(s, nil) },
		holds: func(v value, r Row, _ int64) bool {
			n, ok := r.Number(name)
			return ok && n >= 0 && v.holds(n)
		},
	}
}

func yesOrNo(s string) (value, bool) {
	v := value{yes: strings.EqualFold(s, "yes"), no: strings.EqualFold(s, "no")}
	return v, v.yes || v.no
}

var drift = &field{
	name: "drift", offers: []string{"yes", "no"}, says: "is yes, no or a number such as >2",
	parse: func(s string) (value, bool) {
		if v, ok := yesOrNo(s); ok {
			return v, true
		}
		return parseNumber(s, nil)
	},
	holds: func(v value, r Row, _ int64) bool {
		n, ok := r.Number("drift")
		if v.yes || v.no {
			return ok && (n > 0) == v.yes
		}
		return ok && v.holds(n)
	},
}

var newer = &field{
	name: "newer", offers: []string{"yes", "no"}, says: "is yes or no", parse: yesOrNo,
	holds: func(v value, r Row, _ int64) bool {
		words := r.Words("newer")
		return len(words) > 0 && (words[0] != "") == v.yes
	},
}

var seconds = map[string]int64{"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

// changed is an age: 2h alone is less than that. A clock that is ahead of ours makes nothing younger than now.
var changed = &field{
	name: "changed", offers: []string{"<1h", "<1d", "<1w"}, says: "needs an age such as <2h (s, m, h, d, w)",
	parse: func(s string) (value, bool) {
		v, ok := parseNumber(s, seconds)
		if v.op == "" {
			v.op = "<"
		}
		return v, ok
	},
	holds: func(v value, r Row, now int64) bool {
		at, ok := r.Number("changed")
		return ok && at != 0 && v.holds(max(now-at, 0))
	},
}

var is = &field{
	name: "is", offers: []string{"bad"}, says: "is bad",
	parse: func(s string) (value, bool) { return value{}, strings.EqualFold(s, "bad") },
	holds: func(_ value, r Row, _ int64) bool { return isBad(r) },
}

// isBad: not healthy, drifted, or held.
func isBad(r Row) bool {
	for _, h := range r.Words("health") {
		if h != "healthy" {
			return true
		}
	}
	for _, s := range r.Words("sync") {
		if s == "drifted" || s == "held" {
			return true
		}
	}
	n, _ := r.Number("drift")
	return n > 0
}

// isImage: the whole reference, without its digest, without its tag; or the end of these from a slash on.
func isImage(p pattern, ref string) bool {
	bare, _, _ := strings.Cut(ref, "@")
	name := bare
	if i := strings.LastIndexByte(bare, ':'); i > strings.LastIndexByte(bare, '/') { // else the port of a registry
		name = bare[:i]
	}
	return p.matchesEnd(ref) || p.matchesEnd(bare) || p.matchesEnd(name)
}

// isLabel: "k", or "k=v".
func isLabel(p pattern, label string) bool {
	key, _, _ := strings.Cut(label, "=")
	return p.matches(label) || p.matches(key)
}

// node is the name in "node-4:2".
func node(s string) string {
	name, _, _ := strings.Cut(s, ":")
	return name
}
