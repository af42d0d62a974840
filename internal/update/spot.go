package update

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// ImageLine is a place of a file that says which version of an image there is to be.
type ImageLine struct {
	At          manifest.Origin
	Image       string // as it is written, with the registry that is beside it
	Tag, Digest string // "" if none is written
	spot        spot
}

// ImageLines are the places of a YAML file that name images: references, fields such as {repository, tag, digest}, entries of a
// kustomization's images, and those in patches that it holds as texts. What of the file can't be read is a Problem: templates.
func ImageLines(path string, text []byte) ([]ImageLine, []manifest.Problem) {
	spots, problems := spotsOf(path, text, places)
	var all []ImageLine
	for _, s := range spots {
		if s.marked == nil {
			all = append(all, ImageLine{At: s.at(), Image: s.name, Tag: s.tag, Digest: s.digest, spot: s})
		}
	}
	return all, problems
}

// Set writes another version there, "1.5", "sha256:…" or "1.5@sha256:…": no byte of the file changes but those of the value.
func (l ImageLine) Set(text []byte, to string) ([]byte, error) {
	v, err := parseVersion(to)
	if err != nil {
		return nil, err
	}
	return write(l.At.Path, text, []edit{l.spot.edit(v)})
}

// spot is a place in a file, or a text with a marker of Flux.
type spot struct {
	place
	file     string
	document int
	scalars  map[string]manifest.Scalar // of the document, by path
	inText   bool
	marked   *mark
}

// mark is what the comment {"$imagepolicy": "NAMESPACE:NAME:PART"} says: see https://fluxcd.io/flux/guides/image-update/.
type mark struct{ policy, part string }

func pathKey(path []string) string { return strings.Join(path, "\x00") }

func (s spot) at() manifest.Origin {
	for _, path := range [][]string{s.path, s.tagPath(), s.digestPath()} {
		if found, ok := s.scalars[pathKey(path)]; ok {
			return found.At
		}
	}
	return manifest.Origin{Path: s.file}
}

// isAt says whether the place is where an object has a field.
func (s spot) isAt(o *manifest.Object, p place) bool {
	if s.inText || s.marked != nil || s.file != o.Origin.Path || s.isText() != p.isText() {
		return false
	}
	paths := [][2][]string{{s.path, p.path}}
	if !s.isText() {
		paths = [][2][]string{{s.tagPath(), p.tagPath()}, {s.digestPath(), p.digestPath()}}
	}
	return slices.ContainsFunc(paths, func(pair [2][]string) bool {
		found, ok := s.scalars[pathKey(pair[0])]
		return ok && found.At == o.Locate(pair[1]...)
	})
}

// spotsOf are the places in a file, those in texts that are YAML themselves included.
func spotsOf(path string, text []byte, find func(any) []place) ([]spot, []manifest.Problem) {
	scalars, problems := manifest.Scalars(path, text)
	spots := spotsIn(path, scalars, find)
	for _, s := range scalars {
		if inner, _ := s.Value.(string); strings.ContainsAny(inner, "\n{[") && (strings.Contains(inner, "mage") || strings.Contains(inner, "chart")) {
			for _, found := range spotsIn(path, s.Within(), find) {
				found.inText = true
				spots = append(spots, found)
			}
		}
	}
	return spots, problems
}

func spotsIn(path string, scalars []manifest.Scalar, find func(any) []place) []spot {
	var all []spot
	for len(scalars) > 0 {
		n := 0
		for n < len(scalars) && scalars[n].Document == scalars[0].Document {
			n++
		}
		doc := scalars[:n]
		scalars = scalars[n:]
		byPath := map[string]manifest.Scalar{}
		for _, s := range doc {
			byPath[pathKey(s.Path)] = s
		}
		base := spot{file: path, document: doc[0].Document, scalars: byPath}
		for _, p := range find(tree(doc)) {
			s := base
			s.place = p
			all = append(all, s)
		}
		for _, marked := range doc {
			if m := markOf(marked.Comment); m != nil {
				s := base
				s.place, s.marked = place{path: marked.Path}, m
				all = append(all, s)
			}
		}
	}
	return all
}

func markOf(comment string) *mark {
	var said struct {
		Policy string `json:"$imagepolicy"`
	}
	begin := strings.IndexByte(comment, '{')
	if begin < 0 || json.NewDecoder(strings.NewReader(comment[begin:])).Decode(&said) != nil {
		return nil
	}
	parts := strings.SplitN(said.Policy, ":", 3)
	if len(parts) < 2 {
		return nil
	}
	m := &mark{policy: parts[0] + ":" + parts[1]}
	if len(parts) == 3 {
		m.part = parts[2]
	}
	return m
}

// tree puts scalars together again. A mapping whose keys count from 0 reads as a list.
func tree(scalars []manifest.Scalar) any {
	top := map[string]any{}
	for _, s := range scalars {
		at := top
		for i, step := range s.Path {
			if i == len(s.Path)-1 {
				at[step] = s.Value
				break
			}
			inner, ok := at[step].(map[string]any)
			if !ok {
				inner = map[string]any{}
				at[step] = inner
			}
			at = inner
		}
	}
	return withLists(top)
}

func withLists(v any) any {
	m, isMap := v.(map[string]any)
	if !isMap {
		return v
	}
	list := make([]any, len(m))
	for k := range m {
		m[k] = withLists(m[k])
		if i, err := strconv.Atoi(k); list != nil && err == nil && i >= 0 && i < len(list) && strconv.Itoa(i) == k {
			list[i] = m[k]
		} else {
			list = nil
		}
	}
	if len(list) == 0 {
		return m
	}
	return list
}

// edit is a change to one file.
type edit struct {
	file     string
	rewrites []manifest.Rewriting
	splices  []manifest.Edit // of its first document
	err      error           // why it can't be made
}

// edit writes a version there: in place of what is written, or, of what isn't there, beside it.
func (s spot) edit(to version) edit {
	e := edit{file: s.file}
	to = to.over(s.version)
	if s.isText() {
		e.rewrite(s.scalars[pathKey(s.path)], to.reference(s.name))
		return e
	}
	digest, hasDigest := s.scalars[pathKey(s.digestPath())]
	tag, hasTag := s.scalars[pathKey(s.tagPath())]
	written := to.tag
	switch {
	case hasDigest && s.isRule && to.digest == "":
		e.splices = append(e.splices, manifest.Edit{Path: s.digestPath()})
	case hasDigest:
		e.rewrite(digest, to.digest)
	case s.isRule && to.digest != "":
		e.splices = append(e.splices, manifest.Edit{Path: s.digestPath(), Value: to.digest})
	case to.digest != "":
		written = to.String()
	}
	switch {
	case hasTag:
		e.rewrite(tag, written)
	case written != "":
		e.splices = append(e.splices, manifest.Edit{Path: s.tagPath(), Value: written})
	}
	if len(e.splices) > 0 && (s.inText || s.document > 0) {
		e.err = errNoVersion
	}
	return e
}

func (e *edit) rewrite(s manifest.Scalar, to string) {
	if s.Text() != to {
		e.rewrites = append(e.rewrites, manifest.Rewriting{Scalar: s, To: to})
	}
}

// editMarked writes what a marker asks for.
func (s spot) editMarked(to version) (e edit, from, with string) {
	e.file = s.file
	now := s.scalars[pathKey(s.path)]
	from = now.Text()
	switch s.marked.part {
	case "":
		name, was := parseReference(from)
		with = to.over(was).reference(name)
	case "tag":
		was, digest, _ := strings.Cut(from, "@")
		if with = to.over(version{was, digest}).tag; digest != "" {
			with = to.over(version{was, digest}).String()
		}
	case "digest":
		with = to.digest
	case "name":
		with = from
	}
	if with == "" {
		e.err = hint.With(errNoPart, "name a version with a digest, or take the marker away")
		return e, from, with
	}
	e.rewrite(now, with)
	return e, from, with
}

// write makes edits in one file.
func write(path string, text []byte, edits []edit) ([]byte, error) {
	var rewrites []manifest.Rewriting
	for _, e := range edits {
		if e.err != nil {
			return nil, e.err
		}
		rewrites = append(rewrites, e.rewrites...)
	}
	text, err := manifest.Rewrite(text, rewrites...)
	if err != nil {
		return nil, err
	}
	made := map[string]bool{}
	for _, e := range edits {
		for _, s := range e.splices {
			if id := spell(s); !made[id] {
				made[id] = true
				if text, err = manifest.Splice(text, manifest.Origin{Path: path, Line: 1}, s); err != nil {
					return nil, err
				}
			}
		}
	}
	return text, nil
}

// writeAll makes edits, and returns the texts of the files that they change.
func (p *planner) writeAll(edits []edit) (map[string][]byte, error) {
	byFile := map[string][]edit{}
	for _, e := range edits {
		byFile[e.file] = append(byFile[e.file], e)
	}
	texts := map[string][]byte{}
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		text, err := p.read(file)
		if err == nil {
			texts[file], err = write(file, text, byFile[file])
		}
		if err != nil {
			return nil, err
		}
	}
	return texts, nil
}
