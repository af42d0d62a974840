package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Locate returns the place of a field, given as keys and list indexes ("spec", "containers", "0", "image"). A field
// that isn't written there resolves to its nearest parent that is.
func (o *Object) Locate(path ...string) Origin { return o.Places()(path...) }

// Places is Locate for many fields: the text is taken apart once, and let go of with the function.
func (o *Object) Places() func(path ...string) Origin {
	var root yaml.Node
	if len(o.doc.text) == 0 || yaml.Unmarshal(o.doc.text, &root) != nil || len(root.Content) == 0 {
		return func(...string) Origin { return o.Origin }
	}
	return func(path ...string) Origin { return o.locate(root.Content[0], path) }
}

func (o *Object) locate(node *yaml.Node, path []string) Origin {
	origin, line, column := o.Origin, node.Line, node.Column
	for _, step := range append(append([]string(nil), o.item...), path...) {
		if node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		child, key := descend(node, step)
		if child == nil {
			break
		}
		node, line, column = child, key.Line, key.Column
	}
	origin = o.doc.at(origin, o.doc.first+line-1)
	origin.Column = o.doc.column(line, column)
	return origin
}

// descend goes one step down; key is the node whose place is the step's.
func descend(node *yaml.Node, step string) (child, key *yaml.Node) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i]
			}
		}
		return merged(node, step)
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return node.Content[i], node.Content[i]
		}
	}
	return nil, nil
}

// merged looks for a key in what "<<" takes into a mapping, where the key itself doesn't stand: the first one that has
// it, as decode does it.
func merged(node *yaml.Node, step string) (child, key *yaml.Node) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].ShortTag() != "!!merge" {
			continue
		}
		sources := []*yaml.Node{node.Content[i+1]}
		if sources[0].Kind == yaml.SequenceNode {
			sources = sources[0].Content
		}
		for _, s := range sources {
			if s.Kind == yaml.AliasNode {
				s = s.Alias
			}
			if child, key := descend(s, step); child != nil {
				return child, key
			}
		}
	}
	return nil, nil
}

// FieldPath takes a field as the API server writes it (`spec.containers[0].image`, `.metadata.labels[a.b/c]`) apart
// into the steps of Locate.
func FieldPath(field string) []string {
	var steps []string
	for rest := strings.TrimPrefix(field, "."); rest != ""; {
		if rest[0] == '[' {
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return append(steps, rest[1:])
			}
			steps = append(steps, strings.Trim(rest[1:end], `"`))
			rest = strings.TrimPrefix(rest[end+1:], ".")
			continue
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			return append(steps, rest)
		}
		steps = append(steps, rest[:end])
		rest = strings.TrimPrefix(rest[end:], ".")
	}
	return steps
}
