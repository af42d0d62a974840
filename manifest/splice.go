package manifest

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// splice puts other text in the place of some.
type splice struct {
	from, to int
	with     string
}

// slot is where a value stands.
type slot struct {
	up    *slot // of what holds it; nil of the whole document
	i     int   // number of its entry there
	value *place
}

func (at *slot) entry() entry { return at.up.value.entries[at.i] }

func (at *slot) in(i int) *slot { return &slot{up: at, i: i, value: at.value.entries[i].value} }

// isInFlow says that the value stands in {} or [].
func (at *slot) isInFlow() bool {
	return at.up != nil && (at.up.value.isFlow() || at.up.isInFlow())
}

// next is the next splice that brings the document nearer to having a value at a path (nil: to having none); nil if there is
// nothing to do.
func (s *syntax) next(steps []string, value any) (*splice, error) {
	if s.root == nil {
		if value == nil {
			return nil, nil
		}
		return s.begin(nest(steps, value)), nil
	}
	on := &slot{value: s.root}
	for depth, step := range steps {
		v := on.value
		i := -1
		switch {
		case v.Kind == yaml.AliasNode:
			return nil, aliased(v.Node, v.Alias)
		case v.Kind == yaml.MappingNode:
			i = v.find(step)
		case v.Kind == yaml.SequenceNode:
			if i = index(step, len(v.entries)); i < 0 && value != nil {
				return nil, at(v.Node, hint.With(fmt.Errorf("the list has no item %s, it has %d", step, len(v.entries)), "name an item that is there"))
			}
		case v.ShortTag() != "!!null" && value != nil:
			return nil, at(v.Node, hint.With(fmt.Errorf("%s is set in a value that is no mapping", step), "write a mapping there first"))
		}
		if 0 <= i && i < len(v.entries) {
			on = on.in(i)
			continue
		}
		switch {
		case value == nil:
			return nil, v.merged(step)
		case len(v.entries) == 0:
			return s.replace(on, nest(steps[depth:], value))
		}
		if err := v.merged(step); err != nil && depth < len(steps)-1 {
			return nil, err
		}
		return s.insert(on, step, nest(steps[depth+1:], value))
	}
	if value == nil {
		return s.remove(on)
	}
	return s.set(on, value)
}

// merged is the error of a field that "<<" brings in; nil if none does.
func (p *place) merged(field string) error {
	for _, e := range p.entries {
		if e.key == nil || e.key.ShortTag() != "!!merge" {
			continue
		}
		alone := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{e.key.Node, e.value.Node}}
		brought, _, _ := decode(alone) // as a part of the document it could be
		if fields, _ := brought.(map[string]any); slices.Contains(slices.Collect(maps.Keys(fields)), field) {
			return at(e.key.Node, hint.With(fmt.Errorf("%s comes from another place by <<", field), "change it there, or write it out here"))
		}
	}
	return nil
}

func (p *place) hasMerge() bool {
	return slices.ContainsFunc(p.entries, func(e entry) bool { return e.key.ShortTag() == "!!merge" })
}

func aliased(alias, anchor *yaml.Node) error {
	return at(alias, hint.With(fmt.Errorf("the value is *%s, which line %d of the document has for all places that use it", anchor.Anchor, anchor.Line),
		"change it there, or write it out here"))
}

// unshared makes sure that what changes at a slot isn't in something that an alias repeats elsewhere.
func (s *syntax) unshared(on *slot) error {
	for ; on != nil; on = on.up {
		if err := s.unused(on.value); err != nil {
			return err
		}
	}
	return nil
}

// free makes sure that a value can go: nothing in it is needed elsewhere, either.
func (s *syntax) free(on *slot) error {
	if err := s.disposable(on.value); err != nil {
		return err
	}
	return s.unshared(on)
}

func (s *syntax) disposable(v *place) error {
	for _, e := range v.entries {
		if err := s.disposable(e.value); err != nil {
			return err
		}
	}
	return s.unused(v)
}

func (s *syntax) unused(v *place) error {
	alias := s.aliases[v.Node]
	if alias == nil {
		return nil
	}
	return at(v.Node, hint.With(fmt.Errorf("the value is used again on line %d of the document, as *%s", alias.Line, alias.Value),
		"change it by hand where all that use it may change, or write it out there"))
}

// set gives an entry another value, and leaves of mappings and lists what is right already.
func (s *syntax) set(on *slot, value any) (*splice, error) {
	v := on.value
	now, _, err := decode(v.Node)
	if err != nil {
		return nil, err
	}
	if now, _ = canonical(now); reflect.DeepEqual(now, value) {
		return nil, nil
	}
	switch want := value.(type) {
	case map[string]any:
		if v.Kind == yaml.MappingNode && len(v.entries) > 0 && len(want) > 0 && !v.hasMerge() {
			return s.setFields(on, want)
		}
	case []any:
		if v.Kind == yaml.SequenceNode && len(v.entries) > 0 && len(want) > 0 {
			return s.setItems(on, now.([]any), want)
		}
	}
	return s.replace(on, value)
}

func (s *syntax) setFields(on *slot, want map[string]any) (*splice, error) {
	for _, key := range order(want) {
		i := on.value.find(key)
		if i < 0 {
			return s.insert(on, key, want[key])
		}
		if change, err := s.set(on.in(i), want[key]); change != nil || err != nil {
			return change, err
		}
	}
	for i, e := range on.value.entries {
		if _, ok := want[e.key.Value]; !ok {
			return s.remove(on.in(i))
		}
	}
	return nil, nil
}

func (s *syntax) setItems(on *slot, now, want []any) (*splice, error) {
	for i := range now {
		switch {
		case i == len(want), len(now) > len(want) && !reflect.DeepEqual(now[i], want[i]):
			return s.remove(on.in(i))
		case !reflect.DeepEqual(now[i], want[i]):
			return s.set(on.in(i), want[i])
		}
	}
	return s.insert(on, "", want[len(now)])
}

// begin writes into a document without content.
func (s *syntax) begin(value any) *splice {
	end := len(s.text)
	lines := s.writer(nil).lines(value, 0)
	newline := s.newline(end)
	with := strings.Join(lines, newline) + newline
	if end > 0 && s.text[end-1] != '\n' {
		with = newline + with
	}
	return &splice{end, end, with}
}

// replace writes a value in the place of another one, or of none.
func (s *syntax) replace(on *slot, value any) (*splice, error) {
	if err := s.free(on); err != nil {
		return nil, err
	}
	v, w := on.value, s.writer(on)
	if v.isFlow() && s.hasComment(v.body, v.end) || v.start < v.end && v.body == v.end {
		return nil, s.unread(v.start) // a comment would be lost; a tag or an anchor alone has nothing to replace
	}
	from := v.body // an anchor that nothing uses stays
	if v.Style&yaml.TaggedStyle != 0 {
		from = v.start
	}
	switch lines := w.lines(value, 0); {
	case on.isInFlow() && v.isBare():
		return s.fillFlow(on.entry(), w.flow(value, "")), nil
	case on.isInFlow(), on.up == nil && (s.isJSON || len(lines) == 0):
		return &splice{from, v.end, w.flow(value, "")}, nil
	case on.up == nil:
		return &splice{from, v.end, strings.Join(lines, w.newline)}, nil
	}
	return s.replaceBlock(on, from, w.beside("", value, s.column(on.up.value.entries[0].start()), on.entry().key == nil), w.newline), nil
}

// fillFlow writes the first value of a key in brackets: {a: , b}.
func (s *syntax) fillFlow(e entry, text string) *splice {
	at := e.value.end
	if e.sign < 0 {
		return &splice{at, at, ": " + text}
	}
	spaces := len(s.text[at:]) - len(bytes.TrimLeft(s.text[at:], " "))
	return &splice{at, at + spaces, " " + text}
}

// replaceBlock puts lines in the place of a value, of which the first follows the key or dash. The comment behind the key
// stays there; that behind the last line of a block goes with it.
func (s *syntax) replaceBlock(on *slot, from int, lines []string, newline string) *splice {
	v, sign := on.value, on.entry().sign+1
	head := sign // where the comment of the first line may begin
	if v.start < v.body {
		_, head = s.properties(v.start)
	}
	if v.start < from {
		sign = head
	}
	isBlock := len(v.entries) > 0 && !v.isFlow()
	isText := v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if !isBlock && !isText && len(lines) == 1 {
		if v.body < v.end {
			lines[0] = strings.TrimLeft(lines[0], " ") // those there stay
		}
		return &splice{min(from, v.end), v.end, lines[0]}
	}
	var comment string
	if v.isBare() || bytes.Contains(s.text[head:v.body], []byte("\n")) {
		comment = string(s.text[head:s.lineEnd(head)])
	}
	switch {
	case isText:
		if end := s.lineEnd(v.body); s.hasComment(v.body, end) {
			comment += " " + string(s.text[v.body+bytes.IndexByte(s.text[v.body:end], '#'):end])
		}
	case !isBlock && v.start < v.end:
		comment += string(s.text[v.end:s.lineEnd(v.end)])
	}
	lines[0] += strings.TrimRight(comment, " \t")
	return &splice{sign, s.lineEnd(v.end), strings.Join(lines, newline)}
}

// hasComment says whether there may be a comment between two places.
func (s *syntax) hasComment(from, to int) bool {
	return bytes.Contains(s.text[from:to], []byte(" #")) || bytes.Contains(s.text[from:to], []byte("\t#")) || bytes.Contains(s.text[from:to], []byte("\n#"))
}

// beside are fields that people write behind another one; all else comes last.
var beside = map[string]string{"namespace": "name", "imagePullPolicy": "image"}

// insert adds a key, or an item, to a mapping or list that has some.
func (s *syntax) insert(on *slot, key string, value any) (*splice, error) {
	if err := s.unshared(on); err != nil {
		return nil, err
	}
	holder := on.value
	if holder.isFlow() {
		return s.insertFlow(on, key, value)
	}
	w := s.writer(on)
	after := len(holder.entries) - 1
	column := s.column(holder.entries[0].start())
	prefix := strings.Repeat(" ", column)
	if holder.Kind == yaml.MappingNode {
		if i := holder.find(beside[key]); i >= 0 {
			after = i
		}
		prefix += w.text(key) + ":"
	} else {
		prefix += "-"
		w.quotes = holder.quotes()
	}
	at, err := s.behind(holder.entries[after].value, column)
	if err != nil {
		return nil, err
	}
	newline := s.newline(at)
	return &splice{at, at, newline + strings.Join(w.beside(prefix, value, column, holder.Kind == yaml.SequenceNode), newline)}, nil
}

// quotes are those around the last item of a list.
func (p *place) quotes() yaml.Style {
	return p.entries[len(p.entries)-1].value.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle)
}

// behind is the end of the last line of a value, with the comments below it that are further in than a column.
func (s *syntax) behind(v *place, column int) (int, error) {
	for len(v.entries) > 0 && !v.isFlow() {
		v = v.entries[len(v.entries)-1].value
	}
	end := s.lineEnd(v.end)
	if v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 && end == len(s.text) && !strings.HasPrefix(string(s.text[v.body+1:]), "-") {
		return 0, at(v.Node, hint.With(fmt.Errorf("nothing can follow a text block that ends without a line break"), "end the file with a line break"))
	}
	for {
		line := s.nextLine(end)
		sign := line + len(s.indent(line))
		if line == end || s.byteAt(sign) != '#' || s.column(sign) <= column {
			return end, nil
		}
		end = s.lineEnd(line)
	}
}

// insertFlow adds an entry to {a: b} or [a], in the last one's line, or in one of its own if that has one.
func (s *syntax) insertFlow(on *slot, key string, value any) (*splice, error) {
	holder, w := on.value, s.writer(on)
	if c := s.byteAt(holder.body); c != '{' && c != '[' {
		return nil, s.unread(holder.body)
	}
	last := holder.entries[len(holder.entries)-1]
	before, end := holder.body+1, last.value.end
	if n := len(holder.entries); n > 1 {
		before = holder.entries[n-2].comma + 1
	}
	gap := string(s.text[before:last.start()])
	hasLine := strings.Contains(gap, "\n")
	w.inFlow = true
	var text string
	if holder.Kind == yaml.MappingNode {
		text = w.text(key) + ": "
	} else {
		w.quotes = holder.quotes()
	}
	if !hasLine {
		if gap != "" || len(holder.entries) == 1 {
			gap = " "
		}
		text += w.flow(value, "")
		if last.comma >= 0 {
			return &splice{last.comma + 1, last.comma + 1, gap + text + ","}, nil
		}
		return &splice{end, end, "," + gap + text}, nil
	}
	indent := s.indent(last.start())
	text = s.newline(end) + indent + text + w.flow(value, indent)
	if last.comma >= 0 {
		to := last.comma + 1
		if s.endsLine(to) {
			to = s.lineEnd(to)
		}
		return &splice{to, to, text + ","}, nil
	}
	to := end
	if s.endsLine(end) {
		to = s.lineEnd(end)
	}
	return &splice{end, to, "," + string(s.text[end:to]) + text}, nil
}

// endsLine says whether only white space and a comment follow in the line.
func (s *syntax) endsLine(at int) bool {
	rest := bytes.TrimSpace(s.text[at:s.lineEnd(at)])
	return len(rest) == 0 || rest[0] == '#'
}

// beginsLine says whether only white space stands before a place in its line.
func (s *syntax) beginsLine(at int) bool {
	return len(bytes.TrimSpace(s.text[s.lineStart(at):at])) == 0
}
