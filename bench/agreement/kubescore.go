package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readKubeScore takes the examples from its tests: each names a file of testdata, a check and the grade that it gives.
func readKubeScore(dirs []string) ([]example, error) {
	tests, err := filepath.Glob(filepath.Join(dirs[0], "score", "*_test.go"))
	if err != nil {
		return nil, err
	}
	var all []example
	for _, test := range tests {
		tree, err := parser.ParseFile(token.NewFileSet(), test, nil, 0)
		if err != nil {
			return nil, err
		}
		for _, g := range gradesIn(tree) {
			text, err := os.ReadFile(filepath.Join(dirs[0], "score", "testdata", g.file))
			if err != nil {
				return nil, err
			}
			all = append(all, example{rule: strings.ReplaceAll(strings.ToLower(g.check), " ", "-"),
				name: g.file + " in " + g.test, files: []file{{g.file, text}}, fails: g.grade != "GradeAllOK"})
		}
	}
	return all, nil
}

type grade struct{ test, file, check, grade string }

// gradesIn finds the calls that name a file, a check and a grade. The file's name may hold the variable of a loop over
// strings around the call.
func gradesIn(tree *ast.File) []grade {
	var all []grade
	for _, decl := range tree.Decls {
		test, ok := decl.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(test.Name.Name, "Test") {
			continue
		}
		loop := []string{""}
		ast.Inspect(test, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeStmt:
				if over, ok := n.X.(*ast.CompositeLit); ok {
					loop = literals(over, "")
				}
			case *ast.CallExpr:
				name, _ := n.Fun.(*ast.Ident)
				if name == nil || !strings.HasPrefix(name.Name, "testExpectedScore") || len(n.Args) < 4 {
					return true
				}
				given, _ := n.Args[len(n.Args)-1].(*ast.SelectorExpr)
				if given == nil {
					return true // 0: the check isn't run at all
				}
				for _, value := range loop {
					files, check := literals(n.Args[1], value), literals(n.Args[len(n.Args)-2], value)
					if len(files) == 1 && len(check) == 1 {
						all = append(all, grade{test.Name.Name, files[0], check[0], given.Sel.Name})
					}
					if len(files) == 1 && !strings.Contains(files[0], value) {
						break
					}
				}
			}
			return true
		})
	}
	return all
}

// literals are the strings below a node, sums of them put together, with a value for the variable.
func literals(n ast.Node, variable string) []string {
	var all []string
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			all = append(all, strings.Join(append(literals(n.X, variable), literals(n.Y, variable)...), ""))
			return false
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				all = append(all, text)
			}
		case *ast.Ident:
			if variable != "" && n.Name == "v" {
				all = append(all, variable)
			}
		}
		return true
	})
	return all
}
