package check

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"strings"
)

// overlaid is a file system in which some files have other texts than on disk.
type overlaid struct {
	fs.FS
	texts map[string][]byte
}

// lay puts texts, by absolute path, over the files below a directory.
func lay(fsys fs.FS, top string, texts map[string][]byte) fs.FS {
	below := map[string][]byte{}
	for name, text := range texts {
		if relative, err := filepath.Rel(top, name); err == nil && filepath.IsLocal(relative) {
			below[filepath.ToSlash(relative)] = text
		}
	}
	if len(below) == 0 {
		return fsys
	}
	return overlaid{fsys, below}
}

// Open opens the other text of a file that has one.
func (o overlaid) Open(name string) (fs.File, error) {
	if text, ok := o.texts[name]; ok {
		return openText{bytes.NewReader(text), oneFile{name[strings.LastIndexByte(name, '/')+1:], text}}, nil
	}
	return o.FS.Open(name)
}

// ReadFile reads it.
func (o overlaid) ReadFile(name string) ([]byte, error) {
	if text, ok := o.texts[name]; ok {
		return bytes.Clone(text), nil
	}
	return fs.ReadFile(o.FS, name)
}

// Stat asks the disk, which knows also of links; what is only here is a file.
func (o overlaid) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(o.FS, name)
	if text, ok := o.texts[name]; ok && (err != nil || info.Size() != int64(len(text))) {
		f, _ := o.Open(name)
		return f.Stat()
	}
	return info, err
}

// ReadDir lists what is on disk.
func (o overlaid) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.FS, name) }

// ReadLink reads a link that is on disk.
func (o overlaid) ReadLink(name string) (string, error) { return fs.ReadLink(o.FS, name) }

// Lstat is that of what is on disk.
func (o overlaid) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(o.FS, name) }
