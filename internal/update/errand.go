package update

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/pattern"
	"github.com/fairlead-dev/fairlead/manifest"
)

// words are what follows from a move wherever it stands as a whole word: the old version and the new one.
type words []word

type word [2]string

func (w *words) add(from, to version) {
	w.pair(from.String(), to.String())
	w.pair(from.digest, to.digest)
	w.pair(from.tag, to.tag)
	// Charts write "v" before a version that has none, or have the version of an image that is tagged with one.
	w.pair("v"+from.tag, "v"+to.tag)
	if old, hasV := strings.CutPrefix(from.tag, "v"); hasV && strings.HasPrefix(to.tag, "v") {
		w.pair(old, to.tag[1:])
	}
}

func (w *words) pair(from, to string) {
	if pair := (word{from, to}); strings.TrimPrefix(from, "v") != "" && to != "" && from != to && !slices.Contains(*w, pair) {
		*w = append(*w, pair)
	}
}

func (p *planner) newErrand(moves []*movement) *errand {
	e := &errand{before: p.now.Set, placesOf: p.placesOf}
	for _, m := range moves {
		if e.images == nil && !m.isChart {
			e.images = map[string]bool{}
		}
		if e.images != nil {
			e.images[m.image] = true
		}
		for _, t := range m.targets {
			e.targets = append(e.targets, t)
			e.words.add(t.version, t.want)
		}
	}
	return e
}

// renamed is what an object is called now: its name may have the version in it.
func (e *errand) renamed(id objectID, now map[objectID]*manifest.Object) objectID {
	if now[id] != nil {
		return id
	}
	for _, w := range e.words {
		other := id
		if other.Name = w.replace(id.Name, nil); now[other] != nil && other != id {
			return other
		}
	}
	return id
}

// check says which targets haven't moved yet in another rendering. Its error is the first thing that differs there and mustn't.
func (e *errand) check(after *manifest.Set) (left []target, err error) {
	if n := len(after.Problems); n > len(e.before.Problems) {
		return nil, fmt.Errorf("an edit would break the source: %w", after.Problems[n-1])
	}
	wanted := map[objectID][]target{}
	for _, t := range e.targets {
		wanted[t.id] = append(wanted[t.id], t)
	}
	ids, objects := identified(e.before)
	_, now := identified(after)
	for _, id := range ids {
		called := e.renamed(id, now)
		o := now[called]
		if o == nil {
			return nil, fmt.Errorf("an edit would take %s away", id.ID)
		}
		delete(now, called)
		if o == objects[id] || reflect.DeepEqual(o.Object, objects[id].Object) {
			left = append(left, slices.DeleteFunc(wanted[id], func(t target) bool { return t.isAs(t.want) })...)
			continue
		}
		d := difference{errand: e, before: objects[id], after: o, targets: wanted[id]}
		if err := d.check(); err != nil {
			return nil, err
		}
		left = append(left, d.left...)
	}
	if len(now) > 0 {
		added := slices.MinFunc(slices.Collect(maps.Keys(now)), func(a, b objectID) int { return manifest.Compare(a.ID, b.ID) })
		return nil, fmt.Errorf("an edit would add %s", added.ID)
	}
	return left, nil
}

// difference is that of one object.
type difference struct {
	*errand
	before, after *manifest.Object
	targets       []target
	places        []place
	left          []target
}

func (d *difference) check() error {
	now := d.placesOf(d.after)
	for _, t := range d.targets {
		i := slices.IndexFunc(now, func(p place) bool { return slices.Equal(p.path, t.path) && p.tagKey == t.tagKey })
		switch {
		case i < 0 || now[i].name != t.name:
			return fmt.Errorf("an edit would take the image %s out of %s of %s", t.name, t.spelled, t.id.ID)
		case now[i].isAs(t.want):
		case now[i].version == t.version:
			d.left = append(d.left, t)
		default:
			return fmt.Errorf("an edit would make %s of %s %s, not %s", t.spelled, t.id.ID, now[i].version, t.want)
		}
	}
	d.places = append(d.placesOf(d.before), now...)
	return d.compare(nil, d.before.Object, d.after.Object)
}

// compare looks for what differs at a path and may not.
func (d *difference) compare(path []string, a, b any) error {
	switch was := a.(type) {
	case map[string]any:
		is, isMap := b.(map[string]any)
		if !isMap {
			break
		}
		keys := maps.Clone(was)
		maps.Copy(keys, is)
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			if err := d.compare(append(slices.Clone(path), k), was[k], is[k]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		is, isList := b.([]any)
		if !isList || len(is) != len(was) {
			break
		}
		for i := range was {
			if err := d.compare(append(slices.Clone(path), strconv.Itoa(i)), was[i], is[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if reflect.DeepEqual(a, b) || d.mayDiffer(path, a, b) {
		return nil
	}
	for _, p := range d.places {
		if p.covers(path) {
			return fmt.Errorf("an edit would change the image %s in %s of %s, too", p.name, spelled(d.before.Object, path), d.before.ID())
		}
	}
	return fmt.Errorf("an edit would change %s of %s, too", spelled(d.before.Object, path), d.before.ID())
}

func (d *difference) mayDiffer(path []string, a, b any) bool {
	for _, t := range d.targets {
		if t.covers(path) {
			return true // what it has become has been looked at
		}
	}
	if slices.ContainsFunc(d.places, func(p place) bool { return p.covers(path) }) {
		return false
	}
	switch a.(type) {
	case string, float64: // a whole number is a version nowhere, but a count
		return isChecksum(path) || d.follow(scalar(a), scalar(b))
	}
	return false
}

// isChecksum says whether a path is that of an annotation by which pods are made anew when what they read changes.
func isChecksum(path []string) bool {
	n := len(path)
	return n > 3 && slices.Equal(path[n-4:n-1], []string{"template", "metadata", "annotations"}) && strings.HasPrefix(path[n-1], "checksum/")
}

// follow says whether a text has become another by the words that follow alone.
func (e *errand) follow(from, to string) bool {
	all := from
	for _, w := range e.words {
		if w.replace(from, e.images) == to {
			return true
		}
		all = w.replace(all, e.images)
	}
	return all == to
}

// named is a name of an image at the end of a text.
var named = pattern.New(`[A-Za-z0-9._/:-]*$`)

// replace puts the second word in the place of the first wherever that stands as a whole: not as the version of an image that
// isn't among those that move, if these are given.
func (w word) replace(text string, images map[string]bool) string {
	var b strings.Builder
	for {
		i := strings.Index(text, w[0])
		if i < 0 {
			return b.String() + text
		}
		b.WriteString(text[:i])
		text = text[i+len(w[0]):]
		if said := b.String(); endsInWord(said) || beginsWithWord(text) || images != nil && isOther(said, images) {
			b.WriteString(w[0])
		} else {
			b.WriteString(w[1])
		}
	}
}

// isOther says whether a text ends with the name of an image that isn't among some, and the sign before a version.
func isOther(said string, images map[string]bool) bool {
	before := strings.TrimRight(said, ":@")
	if before == said {
		return false
	}
	name, _ := parseReference(named().FindString(before))
	return name != "" && !images[repositoryOf(name)]
}

func endsInWord(text string) bool {
	last := len(text) - 1
	return last >= 0 && (isWordByte(text[last]) || text[last] == '.' && last > 0 && isWordByte(text[last-1]))
}

func beginsWithWord(text string) bool {
	return text != "" && (isWordByte(text[0]) || text[0] == '.' && len(text) > 1 && isWordByte(text[1]))
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// spelled writes a path for people, and namedPath as steps, the items of lists by their names.
func spelled(object any, path []string) string {
	var b strings.Builder
	for _, step := range namedPath(object, path) {
		switch _, isIndex := manifest.Index(step); {
		case isIndex, strings.Contains(step, "=") || strings.Contains(step, "."):
			b.WriteString("[" + step + "]")
		case b.Len() > 0:
			b.WriteString("." + step)
		default:
			b.WriteString(step)
		}
	}
	return b.String()
}

func namedPath(object any, path []string) []string {
	steps := slices.Clone(path)
	for i, step := range path {
		_, isItem := object.([]any)
		object = manifest.Follow(object, []string{step})
		if fields, _ := object.(map[string]any); isItem && fields != nil {
			if name, _ := fields["name"].(string); name != "" {
				steps[i] = "name=" + name
			}
		}
	}
	return steps
}
