// Package web is the page, as its build left it in dist: `make web` builds it. Without Node there is a stub that says so.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist stub.html
var files embed.FS

// Files of the page, with an index.html. Without a build it is the stub, and built is false.
func Files() (page fs.FS, built bool) {
	page, err := fs.Sub(files, "dist")
	if err == nil {
		_, err = fs.Stat(page, "index.html")
	}
	if err != nil {
		return stub{}, false
	}
	return page, true
}

type stub struct{}

func (stub) Open(name string) (fs.File, error) {
	if name == "index.html" {
		name = "stub.html"
	}
	return files.Open(name)
}
