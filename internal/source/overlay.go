package source

import (
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// Overlay is a tree in which some texts, by slash path, are others than there, are only here, or (nil, not merely empty)
// are gone.
type Overlay struct {
	fs.FS
	Texts map[string][]byte
}

func gone(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

// Open opens a file or directory.
func (o Overlay) Open(name string) (fs.File, error) {
	switch text, here := o.Texts[name]; {
	case here && text == nil:
		return nil, gone("open", name)
	case here:
		return openText{bytes.NewReader(text), path.Base(name)}, nil
	}
	return o.FS.Open(name)
}

// ReadFile returns a copy of what is in a file.
func (o Overlay) ReadFile(name string) ([]byte, error) {
	switch text, here := o.Texts[name]; {
	case here && text == nil:
		return nil, gone("open", name)
	case here:
		return slices.Clone(text), nil
	}
	return fs.ReadFile(o.FS, name)
}

// Stat follows links.
func (o Overlay) Stat(name string) (fs.FileInfo, error) {
	switch text, here := o.Texts[name]; {
	case here && text == nil:
		return nil, gone("stat", name)
	case here:
		return openText{bytes.NewReader(text), path.Base(name)}, nil
	}
	return fs.Stat(o.FS, name)
}

// Lstat takes what is here for files: a link that it stands for isn't seen.
func (o Overlay) Lstat(name string) (fs.FileInfo, error) {
	if _, here := o.Texts[name]; here {
		return o.Stat(name)
	}
	return fs.Lstat(o.FS, name)
}

// ReadLink is that of the tree below.
func (o Overlay) ReadLink(name string) (string, error) { return fs.ReadLink(o.FS, name) }

// ReadDir lists what is here with what is below.
func (o Overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	if err != nil {
		return nil, err
	}
	for _, file := range slices.Sorted(maps.Keys(o.Texts)) {
		if path.Dir(file) != name {
			continue
		}
		i, there := slices.BinarySearchFunc(entries, path.Base(file), func(e fs.DirEntry, name string) int { return strings.Compare(e.Name(), name) })
		info, err := o.Stat(file)
		switch {
		case err != nil && there:
			entries = slices.Delete(entries, i, i+1)
		case err != nil, there && entries[i].Type().IsRegular():
		case there:
			entries[i] = fs.FileInfoToDirEntry(info)
		default:
			entries = slices.Insert(entries, i, fs.FileInfoToDirEntry(info))
		}
	}
	return entries, nil
}

type openText struct {
	*bytes.Reader
	name string
}

func (t openText) Stat() (fs.FileInfo, error) { return t, nil }
func (t openText) Close() error               { return nil }
func (t openText) Name() string               { return t.name }
func (t openText) Mode() fs.FileMode          { return 0o444 }
func (t openText) ModTime() time.Time         { return time.Time{} }
func (t openText) IsDir() bool                { return false }
func (t openText) Sys() any                   { return nil }
