package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	checkout := t.TempDir()
	write(t, filepath.Join(checkout, "go.mod"), mainModule+"\n\ngo 1.26.0\n", 0o644)
	write(t, filepath.Join(checkout, "sandbox", "go.mod"), mainModule+"/sandbox\n", 0o644)
	inside := filepath.Join(checkout, "internal", "deep")
	if err := os.MkdirAll(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(t.TempDir(), "named")
	write(t, named, "", 0o755)
	onPath := filepath.Join(t.TempDir(), program)
	write(t, onPath, "", 0o755)
	built := filepath.Join(checkout, "bin", program)

	for name, test := range map[string]struct {
		variable, path string
		built          bool
		want           string // "" for ErrNotFound
	}{
		"the variable comes first":                  {variable: named, path: filepath.Dir(onPath), built: true, want: named},
		"a variable that names nothing is an error": {variable: named + "x", path: filepath.Dir(onPath), built: true},
		"on PATH": {path: filepath.Dir(onPath), built: true, want: onPath},
		"in bin/ of the checkout around the working directory": {built: true, want: built},
		"nowhere": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(inside)
			t.Setenv(programVariable, test.variable)
			t.Setenv("PATH", test.path)
			if test.built {
				write(t, built, "", 0o755)
				t.Cleanup(func() { _ = os.Remove(built) })
			}
			got, err := Find()
			if got != test.want || errors.Is(err, ErrNotFound) != (test.want == "") {
				t.Errorf("found %q, %v", got, err)
			}
		})
	}
}

func TestFindSource(t *testing.T) {
	checkout := t.TempDir()
	write(t, filepath.Join(checkout, "go.mod"), mainModule+"\n", 0o644)
	want := filepath.Join(checkout, "sandbox")
	write(t, filepath.Join(want, "go.mod"), mainModule+"/sandbox\n", 0o644)
	t.Chdir(want) // itself a module, but not the one that is looked for
	got, err := FindSource()
	if err != nil || got != want {
		t.Errorf("found %q, %v, want %q", got, err, want)
	}
}

func write(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}
