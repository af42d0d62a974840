package kustomize

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// plugins checks the configuration of generators, transformers and validators: kustomize's built-in ones may work
// on the Snapshot's files; programs and containers are refused. first is the line of the file on which their text begins.
func (s *survey) plugins(file string, first int, docs []*yaml.Node) error {
	for _, doc := range docs {
		problem := func(n *yaml.Node, err error) error {
			return manifest.Problem{Origin: manifest.Origin{Path: file, Line: first + n.Line - 1}, Err: err}
		}
		kind := scalar(doc, "kind")
		switch {
		case scalar(doc, "apiVersion") != konfig.BuiltinPluginApiVersion:
			return problem(doc, hint.With(fmt.Errorf("%s is a plugin that runs a program or container: refused", kind),
				"use kustomize's built-in transformers (apiVersion: builtin), or commit what the plugin makes"))
		case kind == "HelmChartInflationGenerator":
			return problem(doc, errHelmChart)
		case s.allowRemote:
			continue
		}
		if n := remoteField(doc, 0); n != nil {
			return problem(n, hint.With(fmt.Errorf("%s: %q is remote: refused", kind, n.Value),
				"copy it into the repository, or allow remote bases for this application"))
		}
	}
	return nil
}

// valueFields of the built-in plugins hold values and texts, never names of files.
var valueFields = map[string]bool{
	"metadata": true, "annotations": true, "labels": true, "literals": true, "patch": true, "jsonOp": true, "value": true,
}

// maxDepth of a plugin's configuration. An anchor may hold an alias to itself.
const maxDepth = 100

// remoteField returns the first string that the plugin could fetch, or the node at which to give up looking.
func remoteField(n *yaml.Node, depth int) *yaml.Node {
	if depth > maxDepth {
		return n
	}
	if n.Kind == yaml.AliasNode {
		return remoteField(n.Alias, depth+1)
	}
	if n.Kind == yaml.ScalarNode {
		_, file, _ := strings.Cut(n.Value, "=") // a ConfigMap's "key=path"
		if isRemoteFile(n.Value) || isRemoteFile(file) {
			return n
		}
	}
	for i, c := range n.Content {
		isValue := n.Kind == yaml.MappingNode && i%2 == 1 && valueFields[n.Content[i-1].Value]
		if isValue {
			continue
		}
		if found := remoteField(c, depth+1); found != nil {
			return found
		}
	}
	return nil
}
