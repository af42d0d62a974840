// Command practicedocs writes the page of each practice, and a table of all, from the files that the practices' tests
// run and `fairlead explain` shows. Pages of practices that are gone are removed.
//
//	go run ./tools/practicedocs -o docs/practices
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fairlead-dev/fairlead/practices"
)

func main() {
	dir := flag.String("o", "docs/practices", "directory of the pages")
	flag.Parse()
	if err := writeAll(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "practicedocs:", err)
		os.Exit(1)
	}
}

func writeAll(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pages := map[string]string{"README.md": table()}
	for _, p := range practices.All {
		pages[p.ID+".md"] = page(p)
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return removeOthers(dir, pages)
}

// removeOthers removes the generated pages that are of no practice any more.
func removeOthers(dir string, pages map[string]string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, wanted := pages[filepath.Base(file)]; wanted {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(text), generated) {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}
