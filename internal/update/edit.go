package update

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// edit is a change to one file.
type edit struct {
	file     string
	rewrites []manifest.Rewriting
	splices  []manifest.Edit // of its first document
	err      error           // why it can't be made
	was, is  version         // that are written
}

// edit writes a version there: in place of what is written, or, of what isn't there, beside it.
func (s spot) edit(to version) edit {
	to = to.over(s.version)
	e := edit{file: s.file, was: s.version, is: to}
	if s.isText() {
		e.rewrite(s.byPath[pathKey(s.path)], to.reference(s.name))
		return e
	}
	digest, hasDigest := s.byPath[pathKey(s.digestPath())]
	tag, hasTag := s.byPath[pathKey(s.tagPath())]
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
	if len(e.splices) > 0 && (s.inText || s.number > 0) {
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
	now := s.byPath[pathKey(s.path)]
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
	made, taken := map[string]bool{}, map[string]bool{}
	for _, e := range edits {
		for _, s := range e.splices {
			id := spell(s)
			if made[id] {
				continue
			}
			made[id] = true
			s.Path = next(s.Path, taken)
			if text, err = manifest.Splice(text, manifest.Origin{Path: path, Line: 1}, s); err != nil {
				return nil, err
			}
		}
	}
	return text, nil
}

// next is the path of an item that is added to a list, behind those that have been.
func next(path []string, taken map[string]bool) []string {
	path = slices.Clone(path)
	for i, isItem := manifest.Index(path[len(path)-1]); isItem && taken[pathKey(path)]; {
		i++
		path[len(path)-1] = strconv.Itoa(i)
	}
	taken[pathKey(path)] = true
	return path
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
