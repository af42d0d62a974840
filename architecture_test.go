package fairlead

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fairlead-dev/fairlead/"

// layers is the house of docs/architecture.md: a package may import those of lower layers and its own sub-packages,
// never sideways.
var layers = [][]string{
	{"manifest", "internal/hint", "internal/sandbox", "internal/gitserver", "internal/chatserver", "internal/corpustest", "internal/early", "internal/pattern", "internal/hours", "internal/query", "internal/reference", "internal/expression", "web", "api/v1alpha1"},
	{"internal/cluster", "deploy"},
	{"internal/source", "internal/render", "internal/apply", "internal/forge", "internal/outside", "practice"},
	{"internal/image", "internal/graph"},
	{"practices"},
	{"internal/deliver", "internal/check", "internal/notify", "internal/update"},
	{"internal/automation"},
	{"internal/controller", "internal/admission", "internal/lsp"},
	{"internal/operate"},
	{"internal/server"},
	{"internal/demo", "internal/faults"},
	{"internal/cli"},
	{"cmd/fairlead", "tools/buildsandbox", "tools/practicedocs", "bench"},
}

// manifest is public and L0, but its errors carry hints like everybody's.
var allowed = map[string][]string{"manifest": {"internal/hint"}, "internal/gitserver": {"internal/hint"}, "internal/query": {"internal/hint"}, "internal/sandbox": {"internal/hint"}, "internal/reference": {"manifest"}}

func TestImportsRunDownwards(t *testing.T) {
	for file, tree := range goFiles(t, parser.ImportsOnly) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		from, layer := home(filepath.ToSlash(filepath.Dir(file)))
		if from == "" {
			t.Errorf("%s: its package is in no layer: add it to architecture_test.go and docs/architecture.md", file)
			continue
		}
		for _, spec := range tree.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			imported, ours := strings.CutPrefix(path, module)
			if !ours {
				continue
			}
			to, below := home(imported)
			if to == from || slices.Contains(allowed[from], to) {
				continue
			}
			if below >= layer {
				t.Errorf("%s (layer %d) imports %s (layer %d): imports run downwards only", file, layer, imported, below)
			}
		}
	}
}

// A package called …test is for tests: nothing of it belongs in a program.
func TestOnlyTestsImportWhatIsForTests(t *testing.T) {
	seen := map[string]bool{}
	for file, tree := range goFiles(t, parser.ImportsOnly) {
		for _, spec := range tree.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			dir, ours := strings.CutPrefix(imported, module)
			if !ours || !strings.HasSuffix(dir, "test") {
				continue
			}
			seen[dir] = true
			if !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(filepath.Dir(file), "test") {
				t.Errorf("%s imports %s, which is for tests", file, dir)
			}
		}
	}
	if !seen["internal/sandbox/sandboxtest"] || !seen["internal/source/sourcetest"] || !seen["internal/corpustest"] {
		t.Errorf("imported are %v: the look at them is wrong", seen)
	}
}

func home(dir string) (pkg string, layer int) {
	for i, packages := range layers {
		for _, p := range packages {
			if dir == p || strings.HasPrefix(dir, p+"/") {
				return p, i
			}
		}
	}
	return "", -1
}

func TestNoHiddenWiring(t *testing.T) {
	for file, tree := range goFiles(t, 0) {
		isMain := tree.Name.Name == "main" || strings.HasSuffix(file, "_test.go")
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s has an init(): register by listing", file)
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "os" && n.Sel.Name == "Exit" && !isMain {
					t.Errorf("%s calls os.Exit: return an error", file)
				}
			}
			return true
		})
	}
}

func TestNoPackageForEverything(t *testing.T) {
	for file, tree := range goFiles(t, parser.PackageClauseOnly) {
		if slices.Contains([]string{"util", "utils", "common", "helpers", "types", "core", "misc"}, tree.Name.Name) {
			t.Errorf("%s: a package called %q says nothing of what is in it", file, tree.Name.Name)
		}
	}
}

func TestMainModuleHasNoReplaces(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "\nreplace ") {
		t.Error("go.mod has a replace: go install of the binary would not work")
	}
}

// goFiles parses the main module's files.
func goFiles(t *testing.T, mode parser.Mode) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); path == "sandbox" || name == "testdata" || name == "node_modules" || name != "." && strings.HasPrefix(name, ".") {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(path, ".go") || path == "architecture_test.go":
			return nil
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, mode)
		if err != nil {
			return err
		}
		files[path] = tree
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files found: the walk is wrong", len(files))
	}
	return files
}
