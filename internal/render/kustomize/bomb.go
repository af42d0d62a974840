package kustomize

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// maxExpanded bounds what aliases may make of one file: kustomize writes them all out, and can't be stopped.
const maxExpanded = 1_000_000

var errBomb = hint.With(fmt.Errorf("aliases make more than %d values of this file", maxExpanded), "write out what they repeat")

// bomb returns the line at which a document of a file begins whose aliases ("billion laughs") expand to too much,
// or 0.
func bomb(text []byte) int {
	if !bytes.Contains(text, []byte("&")) || !bytes.Contains(text, []byte("*")) {
		return 0
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil {
			return 0 // the end, or no YAML: kustomize says so
		}
		if expanded(&doc, map[*yaml.Node]int{}) > maxExpanded {
			return doc.Line
		}
	}
}

// expanded counts the values of a node with all aliases written out. It counts no further than needed.
func expanded(n *yaml.Node, known map[*yaml.Node]int) int {
	if count, ok := known[n]; ok {
		return count
	}
	known[n] = maxExpanded + 1 // what an anchor counts for within itself
	count := 1
	if n.Kind == yaml.AliasNode {
		count += expanded(n.Alias, known)
	}
	for _, c := range n.Content {
		if count += expanded(c, known); count > maxExpanded {
			break
		}
	}
	known[n] = min(count, maxExpanded+1)
	return known[n]
}
