package kustomize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/types"
	k8syaml "sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// kustomization is one kustomization file, read as kustomize reads it.
type kustomization struct {
	types.Kustomization
	file string
	text []byte
	root yaml.Node // for lines; empty if the text is no YAML
}

// parse reads a kustomization file with kustomize's own types, so that nothing is understood differently here and
// there.
func parse(file string, text []byte) (*kustomization, error) {
	k := &kustomization{file: file, text: text}
	if err := yaml.Unmarshal(text, &k.root); err != nil {
		if problems := manifest.Read(file, text).Problems; len(problems) > 0 {
			return nil, problems[0]
		}
		return nil, k.problem(0, hint.With(err, "check that the file is YAML"))
	}
	if err := k.Unmarshal(text); err != nil {
		return nil, k.explainFields(err)
	}
	return k, nil
}

var (
	unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)
	wrongType    = regexp.MustCompile(`cannot unmarshal (\w+) into Go struct field \w+\.(\S+) of type (\S+)`)
)

func (k *kustomization) explainFields(err error) error {
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		next := fieldReference
		if near := files.Nearest(m[1], fieldNames()); near != "" {
			next = "did you mean " + near + "?"
		}
		return k.problem(k.lineOfKey(m[1]), hint.With(fmt.Errorf("unknown field %q", m[1]), next))
	}
	if m := wrongType.FindStringSubmatch(err.Error()); m != nil {
		next := fieldReference
		if m[3] == "string" {
			next = "put it in quotes"
		}
		return k.problem(k.lineOfKey(m[2][strings.LastIndex(m[2], ".")+1:]), hint.With(fmt.Errorf("%s is a %s, not a %s", m[2], m[1], m[3]), next))
	}
	return k.problem(1, hint.With(err, "check that the file is one YAML mapping"))
}

const fieldReference = "see the fields at https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/"

// fieldNames are the fields that a kustomization may have.
func fieldNames() []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[types.Kustomization]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// wantsOrigins says whether the author asked for origin annotations in the result.
func (k *kustomization) wantsOrigins() bool {
	return slices.Contains(k.BuildMetadata, types.OriginAnnotations)
}

// withOrigins is the kustomization with origin annotations asked for. It is written as the JSON that kustomize
// would make of it anyway.
func (k *kustomization) withOrigins() ([]byte, error) {
	if k.wantsOrigins() {
		return k.text, nil
	}
	text, err := k8syaml.YAMLToJSON(k.text)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	for name := range fields {
		if strings.EqualFold(name, "buildMetadata") { // encoding/json matches names in any case, and so kustomize does
			delete(fields, name)
		}
	}
	options, err := json.Marshal(append(slices.Clone(k.BuildMetadata), types.OriginAnnotations))
	if err != nil {
		return nil, err
	}
	if fields == nil {
		return k.text, nil // an empty file: let kustomize say so
	}
	fields["buildMetadata"] = options
	return json.Marshal(fields)
}

func (k *kustomization) dir() string { return path.Dir(k.file) }

func (k *kustomization) problem(line int, err error) error {
	return manifest.Problem{Origin: manifest.Origin{Path: k.file, Line: line}, Err: err}
}

// field returns the key and the value of a top-level field, in any case of its name, or nil.
func (k *kustomization) field(name string) (key, value *yaml.Node) {
	if len(k.root.Content) == 0 || k.root.Content[0].Kind != yaml.MappingNode {
		return nil, nil
	}
	top := k.root.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if strings.EqualFold(top[i].Value, name) {
			return top[i], top[i+1]
		}
	}
	return nil, nil
}

// line returns where a top-level field holds a value: the line of the value if it is found, else of the field.
func (k *kustomization) line(field, value string) int {
	line, _ := k.place(field, value)
	return line
}

// place also returns the line on which the value's own text begins: a block ("|-") begins below its mark.
func (k *kustomization) place(field, value string) (line, text int) {
	key, list := k.field(field)
	if key == nil {
		return 1, 1
	}
	n := find(list, func(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == value })
	switch {
	case n == nil:
		return key.Line, key.Line
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return n.Line, n.Line + 1
	}
	return n.Line, n.Line
}

// lineOfKey returns the line of the first mapping key of that name, at any depth.
func (k *kustomization) lineOfKey(name string) int {
	if n := find(&k.root, func(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == name }); n != nil {
		return n.Line
	}
	return 1
}

// find returns the first node, from the top down, for which match holds. Aliases are not followed: what they repeat
// was looked at where it stands.
func find(n *yaml.Node, match func(*yaml.Node) bool) *yaml.Node {
	if match(n) {
		return n
	}
	for _, c := range n.Content {
		if found := find(c, match); found != nil {
			return found
		}
	}
	return nil
}

// generatorLine returns the line of the configMapGenerator or secretGenerator entry that made an object: the one
// with the longest name that is part of the object's, which has prefixes, suffixes and a hash around it.
func (k *kustomization) generatorLine(field, object string) int {
	_, entries := k.field(field)
	if entries == nil {
		return 0
	}
	best, line := -1, 0
	for _, entry := range entries.Content {
		name := scalar(entry, "name")
		if strings.Contains(object, name) && len(name) > best {
			best, line = len(name), entry.Line
		}
	}
	return line
}

func scalar(mapping *yaml.Node, key string) string {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if strings.EqualFold(mapping.Content[i].Value, key) {
			return mapping.Content[i+1].Value
		}
	}
	return ""
}

func isKustomization(base string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), base)
}

// documents takes inline YAML (a plugin's configuration, a patch) apart. A nil result means that it is none.
func documents(text string) []*yaml.Node {
	var docs []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil {
			return docs
		}
		if len(doc.Content) > 0 && doc.Content[0].Kind == yaml.MappingNode {
			docs = append(docs, doc.Content[0])
		}
	}
}

func quoted(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	return strings.Join(quoted, ", ")
}
