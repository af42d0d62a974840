package update

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

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
	docs, problems := documentsOf(path, text)
	var all []ImageLine
	for _, d := range docs {
		for _, p := range places(d.tree) {
			s := spot{place: p, yamlDocument: d}
			all = append(all, ImageLine{At: s.at(), Image: s.name, Tag: s.tag, Digest: s.digest, spot: s})
		}
	}
	return all, problems
}

// Set writes another version there, "1.5", "sha256:…" or "1.5@sha256:…": no byte of the file changes but those of the value, unless
// a field has to be added for it.
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
	*yamlDocument
	marked *mark
}

// yamlDocument is one of a file, or of a text in it.
type yamlDocument struct {
	file   string
	number int // in the file
	inText bool
	list   []manifest.Scalar
	byPath map[string]manifest.Scalar
	tree   any // of them
}

func (d *yamlDocument) text(path ...string) string { return d.byPath[pathKey(path)].Text() }

// mark is what the comment {"$imagepolicy": "NAMESPACE:NAME:PART"} says: see https://fluxcd.io/flux/guides/image-update/.
type mark struct{ policy, part string }

func pathKey(path []string) string { return strings.Join(path, "\x00") }

func (s spot) at() manifest.Origin {
	for _, path := range [][]string{s.path, s.tagPath(), s.digestPath()} {
		if found, ok := s.byPath[pathKey(path)]; ok {
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
		found, ok := s.byPath[pathKey(pair[0])]
		return ok && found.At == o.Locate(pair[1]...)
	})
}

// documentsOf are those of a file, and of the texts in it that are YAML themselves and may be about images or charts.
func documentsOf(path string, text []byte) ([]*yamlDocument, []manifest.Problem) {
	scalars, problems := manifest.Scalars(path, text)
	all := partsOf(path, scalars)
	for _, s := range scalars {
		inner, _ := s.Value.(string)
		isAbout := func(word string) bool { return strings.Contains(inner, word) }
		if strings.ContainsAny(inner, "\n{[") && slices.ContainsFunc([]string{"mage", "tag", "Tag", "digest", "chart"}, isAbout) {
			for _, d := range partsOf(path, s.Within()) {
				d.inText = true
				all = append(all, d)
			}
		}
	}
	return all, problems
}

// partsOf parts scalars by their documents.
func partsOf(path string, scalars []manifest.Scalar) []*yamlDocument {
	var all []*yamlDocument
	for i, s := range scalars {
		if i == 0 || s.Document != scalars[i-1].Document {
			all = append(all, &yamlDocument{file: path, number: s.Document, byPath: map[string]manifest.Scalar{}})
		}
		d := all[len(all)-1]
		d.list, d.byPath[pathKey(s.Path)] = append(d.list, s), s
	}
	for _, d := range all {
		d.tree = tree(d.list)
	}
	return all
}

// spots are the places that a document has by itself, and those that markers are behind.
func (d *yamlDocument) spots(find func(any) []place) []spot {
	var all []spot
	for _, p := range find(d.tree) {
		all = append(all, spot{place: p, yamlDocument: d})
	}
	for _, s := range d.list {
		if m := markOf(s.Comment); m != nil {
			all = append(all, spot{place{path: s.Path}, d, m})
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
