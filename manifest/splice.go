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
			var ok bool
			if i, ok = index(step, len(v.entries)); !ok {
				return nil, at(v.Node, hint.With(fmt.Errorf("the list has no item %s, it has %d", step, len(v.entries)), "name an item that is there"))
			}
		case v.ShortTag() != "!!null":
			return nil, at(v.Node, hint.With(fmt.Errorf("%s is set in a value that is no mapping", step), "write a mapping there first"))
		}
		if i >= 0 && i < len(v.entries) {
			on = on.in(i)
			continue
		}
		switch {
		case value == nil:
			return nil, v.merged(steps[depth:])
		case len(v.entries) == 0:
			return s.replace(on, nest(steps[depth:], value))
		case depth < len(steps)-1 && v.merged(steps[depth:]) != nil:
			return nil, v.merged(steps[depth:])
		}
		return s.insert(on, step, nest(steps[depth+1:], value))
	}
	if value == nil {
		return s.remove(on)
	}
	return s.set(on, value)
}

// merged is the error of a field that "<<" brings in, if it does.
func (p *place) merged(steps []string) error {
	for _, e := range p.entries {
		if e.key == nil || e.key.ShortTag() != "!!merge" {
			continue
		}
		source := e.value.Node
		if v, _, err := decode(source); err == nil {
			sources, isList := v.([]any)
			if !isList {
				sources = []any{v}
			}
			for _, fields := range sources {
				if m, ok := fields.(map[string]any); ok {
					if _, has := m[steps[0]]; has {
						return at(e.key.Node, hint.With(fmt.Errorf("%s comes from another place by <<", steps[0]), "change it there, or write it out here"))
					}
				}
			}
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

// unshared makes sure that what changes at a slot, or above it, isn't what an alias repeats elsewhere.
func (s *syntax) unshared(on *slot) error {
	for ; on != nil; on = on.up {
		if alias := s.aliases[on.value.Node]; alias != nil {
			return at(on.value.Node, hint.With(fmt.Errorf("the value is used again on line %d of the document, as *%s", alias.Line, alias.Value),
				"change it by hand where all that use it may change, or write it out there"))
		}
	}
	return nil
}

// disposable makes sure that nothing in a value that goes is needed elsewhere.
func (s *syntax) disposable(on *slot) error {
	for i := range on.value.entries {
		below := on.in(i)
		if err := s.disposable(below); err != nil {
			return err
		}
	}
	if s.aliases[on.value.Node] != nil {
		return s.unshared(&slot{value: on.value})
	}
	return nil
}

// set gives an entry another value, and leaves of mappings and lists what is right already.
func (s *syntax) set(on *slot, value any) (*splice, error) {
	v := on.value
	now, _, err := decode(v.Node)
	if err != nil {
		return nil, err
	}
	if now, _ = plain(now); reflect.DeepEqual(now, value) {
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
	if err := s.unshared(on); err != nil {
		return nil, err
	}
	if err := s.disposable(on); err != nil {
		return nil, err
	}
	v, w := on.value, s.writer(on)
	from := v.start // a tag goes, an anchor that nothing uses stays
	if v.Style&yaml.TaggedStyle == 0 {
		from = v.body
	}
	if v.isFlow() && s.hasComment(v.body, v.end) || v.start < v.end && v.body == v.end {
		return nil, s.unread(v.start) // a comment would be lost; a tag or an anchor alone has nothing to replace
	}
	if on.isInFlow() || on.up == nil && s.isJSON {
		text, to := w.flow(value, ""), v.end
		switch {
		case v.start < v.end:
		case on.entry().sign < 0:
			text = ": " + text
		default:
			text, to = " "+text, to+len(s.text[to:])-len(bytes.TrimLeft(s.text[to:], " "))
		}
		return &splice{from, to, text}, nil
	}
	if on.up == nil {
		lines := w.lines(value, 0)
		if len(lines) == 0 {
			lines = []string{w.flow(value, "")}
		}
		return &splice{from, v.end, strings.Join(lines, w.newline)}, nil
	}
	lines := w.beside("", value, s.column(on.up.value.entries[0].start()), on.entry().key == nil)
	sign := on.entry().sign + 1
	if from > v.start {
		_, sign = s.properties(v.start)
	}
	isBlock := len(v.entries) > 0 && !v.isFlow()
	isBeside := !bytes.Contains(s.text[sign:from], []byte("\n"))
	switch {
	case !isBlock && len(lines) == 1 && v.body < v.end:
		return &splice{from, v.end, strings.TrimLeft(lines[0], " ")}, nil
	case !isBlock && len(lines) == 1:
		return &splice{v.end, v.end, lines[0]}, nil
	}
	// The comment behind the key stays there; that behind the last line of a block goes with it.
	var comment string
	if !isBeside || v.start == v.end {
		comment = string(s.text[sign:s.lineEnd(sign)])
	}
	if !isBlock && v.start < v.end {
		comment += string(s.text[v.end:s.lineEnd(v.end)])
	}
	lines[0] += strings.TrimRight(comment, " \t")
	return &splice{sign, s.lineEnd(v.end), strings.Join(lines, w.newline)}, nil
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

// remove takes an entry out.
func (s *syntax) remove(on *slot) (*splice, error) {
	if err := s.unshared(on); err != nil {
		return nil, err
	}
	if err := s.disposable(on); err != nil {
		return nil, err
	}
	holder, e := on.up.value, on.entry()
	switch {
	case holder.isFlow():
		return s.removeFlow(on)
	case len(holder.entries) == 1 && holder.Kind == yaml.MappingNode:
		return s.replace(on.up, map[string]any{})
	case len(holder.entries) == 1:
		return s.replace(on.up, []any{})
	case !s.beginsLine(e.start()):
		return s.removeBeside(on), nil
	}
	from := s.lineStart(e.start())
	if on.i > 0 || on.up.up != nil { // what stands above all is about the document
		from = s.comments(e.start())
	}
	to := s.nextLine(e.value.end)
	if to == s.lineEnd(e.value.end) && from > 0 { // the last line of all has no line break: nor has the one before then
		from = s.lineEnd(s.lineStart(from - 1))
	}
	return &splice{from, to, ""}, nil
}

// removeBeside takes out the first entry of a block that begins in the line of a dash. The next one takes its place, unless a
// comment stands between them.
func (s *syntax) removeBeside(on *slot) *splice {
	from, end := on.entry().start(), s.lineEnd(on.entry().value.end)
	if next := on.up.value.entries[1].start(); len(bytes.TrimSpace(s.text[end:next])) == 0 {
		return &splice{from, next, ""}
	}
	line := s.lineStart(from)
	return &splice{line + len(bytes.TrimRight(s.text[line:from], " \t")), end, ""}
}

// comments is the beginning of the lines of comments directly above an entry, as far in as it is.
func (s *syntax) comments(start int) int {
	column, from := s.column(start), s.lineStart(start)
	for from > 0 {
		line := s.lineStart(from - 1)
		sign := line + len(s.indent(line))
		if s.byteAt(sign) != '#' || s.column(sign) != column {
			break
		}
		from = line
	}
	return from
}

func (s *syntax) removeFlow(on *slot) (*splice, error) {
	holder, e := on.up.value, on.entry()
	if c := s.byteAt(holder.body); c != '{' && c != '[' {
		return nil, s.unread(holder.body)
	}
	from, to, with := e.start(), max(e.value.end, e.comma+1), ""
	switch n := len(holder.entries); {
	case n == 1:
		from, to = holder.body+1, holder.end-1
	case s.beginsLine(from) && s.endsLine(to):
		from, to = s.comments(from), s.nextLine(to)
		if on.i == n-1 && e.comma < 0 {
			comma := holder.entries[on.i-1].comma
			from, with = comma, string(s.text[comma+1:from])
		}
		return &splice{from, to, with}, nil
	case on.i > 0:
		from, to = holder.entries[on.i-1].value.end, e.value.end
	default:
		to = holder.entries[1].start()
	}
	if s.hasComment(from, to) {
		return nil, s.unread(from)
	}
	return &splice{from, to, ""}, nil
}

// order is that in which people write keys: what names a thing first.
func order(fields map[string]any) []string {
	first := []string{"apiVersion", "kind", "metadata", "name"}
	return slices.SortedFunc(maps.Keys(fields), func(a, b string) int {
		if i, j := slices.Index(first, a), slices.Index(first, b); i >= 0 || j >= 0 {
			if i < 0 || j < 0 {
				return j - i // the one that is listed
			}
			return i - j
		}
		return strings.Compare(a, b)
	})
}
