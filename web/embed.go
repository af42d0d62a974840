// Package web is the page, as its build left it in dist: `make page` builds it. Without Node there is a stub that says so.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist stub
var files embed.FS

// Files of the page, with an index.html; the stub's if the page wasn't built.
func Files() (fs.FS, error) {
	if _, err := fs.Stat(files, "dist/index.html"); err != nil {
		return fs.Sub(files, "stub")
	}
	return fs.Sub(files, "dist")
}
