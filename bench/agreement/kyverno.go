package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// readKyverno takes the examples from the tables of the tests of its rules for the Pod Security Standards: each row has a
// rule, a pod and whether the pod is allowed. Where it is allowed because the rule excludes something, the row says
// nothing of the pod.
func readKyverno(dirs []string) ([]example, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dirs[0], "pkg", "pss", "evaluate_test.go"), nil, 0)
	if err != nil {
		return nil, err
	}
	var all []example
	ast.Inspect(tree, func(n ast.Node) bool {
		table, ok := n.(*ast.ValueSpec)
		if !ok || len(table.Values) != 1 {
			return true
		}
		rows, _ := table.Values[0].(*ast.CompositeLit)
		if rows == nil {
			return true
		}
		for _, row := range rows.Elts {
			fields := fieldsOf(row)
			isAllowed := fields["allowed"] == "true"
			if pod := fields["rawPod"]; pod != "" && (!isAllowed || !strings.Contains(fields["rawRule"], `"exclude"`)) {
				all = append(all, example{rule: table.Names[0].Name, name: fields["name"], fails: !isAllowed,
					files: []file{{"pod.json", []byte(strings.Replace(strings.TrimSpace(pod), `"kind": "Pod"`, `"apiVersion": "v1", "kind": "Pod"`, 1))}}})
			}
		}
		return false
	})
	return all, nil
}

// fieldsOf are the fields of a row: strings, and the names of constants.
func fieldsOf(row ast.Expr) map[string]string {
	fields := map[string]string{}
	literal, ok := row.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	for _, e := range literal.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, _ := pair.Key.(*ast.Ident)
		if texts := literals(pair.Value, ""); key != nil && len(texts) == 1 {
			fields[key.Name] = texts[0]
		} else if name, ok := pair.Value.(*ast.Ident); ok && key != nil {
			fields[key.Name] = name.Name
		}
	}
	return fields
}
