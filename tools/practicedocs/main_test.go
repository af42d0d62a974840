package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fairlead-dev/fairlead/practices"
)

func TestPagesOfGonePracticesGo(t *testing.T) {
	dir := t.TempDir()
	old, kept := filepath.Join(dir, "old.md"), filepath.Join(dir, "by-hand.md")
	for file, text := range map[string]string{old: generated + "# old\n", kept: "# By hand\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("the page of a practice that is gone stays: %v", err)
	}
	wanted := []string{kept, filepath.Join(dir, "README.md")}
	for _, p := range practices.All {
		wanted = append(wanted, filepath.Join(dir, p.ID+".md"))
	}
	for _, file := range wanted {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}
