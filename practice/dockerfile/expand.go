package dockerfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// scope is what variables have which value: of the file before its first FROM, or of a stage.
type scope struct {
	names  map[string]variable
	shared bool // names is another stage's: copied before it is written
}

type variable struct {
	value string
	env   bool // ENV set it: no ARG changes it
}

func (s *scope) put(name string, v variable) {
	if !v.env && s.names[name].env {
		return
	}
	if s.shared || s.names == nil {
		own := make(map[string]variable, len(s.names)+1)
		maps.Copy(own, s.names)
		s.names, s.shared = own, false
	}
	s.names[name] = v
}

// inherit makes the scope of a stage that starts from this one's.
func (s *scope) inherit() *scope {
	s.shared = true
	return &scope{names: s.names, shared: true}
}

// Get returns the value of a variable.
func (s *scope) Get(name string) (string, bool) {
	v, ok := s.names[name]
	return v.value, ok
}

// Keys lists the variables.
func (s *scope) Keys() []string { return nil } // only asked to name one that was misspelt

// lex expands variables and takes quotes away, as the builder does.
type lex struct {
	*shell.Lex
	special string // what makes a word more than its text
}

func newLex(escape rune) *lex {
	l := &lex{Lex: shell.NewLex(escape), special: `$'"` + string(escape)}
	l.SkipUnsetEnv = true
	return l
}

// expand returns a word with the variables that have a value in its place, and whether there are others.
func (l *lex) expand(word string, s *scope) (expanded string, open bool) {
	if !strings.ContainsAny(word, l.special) {
		return word, false
	}
	expanded, unset, err := l.ProcessWord(word, s)
	if err != nil {
		return word, strings.Contains(word, "$")
	}
	if len(unset) > 0 {
		expanded = defaults(expanded)
		open = strings.Contains(expanded, "$")
	}
	return expanded, open
}

// defaults resolves what is said of variables that have no value: ${X:-y} is y, ${X:+y} is nothing.
func defaults(word string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(word, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := closing(rest)
		if end < 0 {
			b.WriteString("${" + rest)
			return b.String()
		}
		inner := rest[:end]
		word = rest[end+1:]
		after := strings.TrimLeftFunc(inner, func(r rune) bool {
			return r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		})
		switch modifier := strings.TrimPrefix(after, ":"); {
		case strings.HasPrefix(modifier, "-"):
			b.WriteString(defaults(modifier[1:]))
		case strings.HasPrefix(modifier, "+"):
		default:
			b.WriteString("${" + inner + "}")
		}
	}
}

// closing is the index of the brace that ends what ${ begins, or -1.
func closing(s string) int {
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// declare notes the variables of an ARG: with their default, or with what stands before the first FROM. One that ENV has
// set keeps its value.
func (l *lex) declare(s *scope, args []string, global *scope) []string {
	for i, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if ok {
			value, _ = l.expand(value, s)
			args[i] = name + "=" + value
		} else if global != nil {
			value, ok = global.Get(name)
		}
		if ok {
			s.put(name, variable{value: value})
		}
	}
	return args
}

// set notes the variables of an ENV.
func (l *lex) set(s *scope, args []string) []string {
	list := l.pairs(s, args)
	for _, pair := range list {
		name, value, _ := strings.Cut(pair, "=")
		s.put(name, variable{value: value, env: true})
	}
	return list
}

// pairs makes NAME=value of what the parser has in three words each. All are expanded before any of them is set.
func (l *lex) pairs(s *scope, args []string) []string {
	list := make([]string, 0, len(args)/3)
	for three := range slices.Chunk(args, 3) {
		if len(three) < 3 {
			break // the parser makes none
		}
		name, _ := l.expand(three[0], s)
		value, _ := l.expand(three[1], s)
		list = append(list, name+"="+value)
	}
	return list
}

// split expands words of which each may become several.
func (l *lex) split(s *scope, args []string) []string {
	var list []string
	for _, arg := range args {
		expanded, _ := l.expand(arg, s)
		list = append(list, strings.Fields(expanded)...)
	}
	return list
}
