package check

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/manifest"
)

// operation is one of a list of them (RFC 6902) that gives a field its value.
type operation struct {
	target patchTarget
	file   string
	steps  []string
	key    *yaml.Node // of its value
	value  *yaml.Node
}

// patchTarget is what of a patch's target its objects are told by; labels and annotations are left out, as what is put at a
// patch has that patch's value.
type patchTarget struct {
	Kind string `yaml:"kind"`
	Name string `yaml:"name"` // a pattern
}

func (t patchTarget) selects(o *manifest.Object) bool {
	name, err := regexp.Compile("^.*(?:" + t.Name + ").*$") // it may have got a prefix since
	return (t.Kind == "" || t.Kind == o.GetKind()) && err == nil && name.MatchString(o.GetName())
}

// addInline reads the patches that stand in a kustomization itself as text blocks, and operations there or in files.
func (by *kustomized) addInline(fsys fs.FS, file string) {
	var said struct {
		Patches               []inlinePatch `yaml:"patches"`
		PatchesJSON6902       []inlinePatch `yaml:"patchesJson6902"`
		PatchesStrategicMerge []yaml.Node   `yaml:"patchesStrategicMerge"`
	}
	text, err := fs.ReadFile(fsys, file)
	if err != nil || yaml.Unmarshal(text, &said) != nil {
		return // building has told what is wrong with it
	}
	for _, block := range said.PatchesStrategicMerge {
		by.inline = append(by.inline, manifest.Read(file, inPlace(text, &block)).Objects...)
	}
	for _, p := range append(said.Patches, said.PatchesJSON6902...) {
		at, written := file, inPlace(text, &p.Patch)
		if p.Path != "" {
			at = path.Join(path.Dir(file), p.Path)
			written, _ = fs.ReadFile(fsys, at)
		}
		if list := operations(written); list != nil {
			by.addOperations(at, p.Target, list)
		} else if p.Path == "" {
			by.inline = append(by.inline, manifest.Read(file, written).Objects...)
		}
	}
}

type inlinePatch struct {
	Path   string      `yaml:"path"`
	Patch  yaml.Node   `yaml:"patch"`
	Target patchTarget `yaml:"target"`
}

// inPlace is the text of a text block (|) with each line where it is in the file, and nothing else; nil of what is written
// otherwise.
func inPlace(text []byte, block *yaml.Node) []byte {
	if block.Style&yaml.LiteralStyle == 0 {
		return nil
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	begin := min(block.Line, len(lines)) // the block begins below its sign
	end := min(begin+strings.Count(strings.TrimRight(block.Value, "\n"), "\n")+1, len(lines))
	return append(bytes.Repeat([]byte("\n"), begin), bytes.Join(lines[begin:end], nil)...)
}

// operations are the items of a list of them, nil if the text is none.
func operations(text []byte) []*yaml.Node {
	var root yaml.Node
	if yaml.Unmarshal(text, &root) != nil || len(root.Content) == 0 || root.Content[0].Kind != yaml.SequenceNode {
		return nil
	}
	return root.Content[0].Content
}

func (by *kustomized) addOperations(file string, target patchTarget, list []*yaml.Node) {
	for _, item := range list {
		o := operation{target: target, file: file}
		does := ""
		for i := 0; item.Kind == yaml.MappingNode && i < len(item.Content); i += 2 {
			switch key, value := item.Content[i], item.Content[i+1]; key.Value {
			case "op":
				does = value.Value
			case "path":
				for _, step := range strings.Split(strings.TrimPrefix(value.Value, "/"), "/") {
					o.steps = append(o.steps, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
				}
			case "value":
				o.key, o.value = key, value
			}
		}
		if o.value != nil && (does == "add" || does == "replace") {
			by.operations = append(by.operations, o)
		}
	}
}

// sets is the place in an operation's value that the steps into an object lead to, if the object has that value. Where a list
// was added to, the item is told by what it is.
func (op operation) sets(o *manifest.Object, steps []string) (at manifest.Origin, ok bool) {
	if len(steps) < len(op.steps) || !op.target.selects(o) {
		return at, false
	}
	for i, step := range op.steps {
		if _, err := strconv.Atoi(steps[i]); step != steps[i] && (step != "-" || err != nil) {
			return at, false
		}
	}
	place, node := op.key, op.value
	for _, step := range steps[len(op.steps):] {
		key, value := child(node, step)
		if value == nil {
			return at, false
		}
		place, node = key, value
	}
	if node.Kind != yaml.ScalarNode || !isSame(node, manifest.Follow(o.Object, steps)) {
		return at, false
	}
	return manifest.Origin{Path: op.file, Line: place.Line, Column: place.Column}, true
}

// child is what a step leads to: the value and its key, or an item of a list.
func child(node *yaml.Node, step string) (key, value *yaml.Node) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	}
	return nil, nil
}

// isSame says whether a scalar is a value as objects have it.
func isSame(node *yaml.Node, value any) bool {
	switch v := value.(type) {
	case string:
		return node.Tag == "!!str" && node.Value == v
	case bool:
		var b bool
		return node.Decode(&b) == nil && b == v
	case int64:
		var i int64
		return node.Decode(&i) == nil && i == v
	case float64:
		var f float64
		return node.Decode(&f) == nil && f == v
	}
	return false
}
