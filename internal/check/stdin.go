package check

import (
	"bytes"
	"io/fs"
	"time"
)

// oneFile is a file system of one text.
type oneFile struct {
	name string
	text []byte
}

func (f oneFile) Open(name string) (fs.File, error) {
	if name != f.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return openText{bytes.NewReader(f.text), f}, nil
}

type openText struct {
	*bytes.Reader
	file oneFile
}

func (t openText) Stat() (fs.FileInfo, error) { return t, nil }
func (t openText) Close() error               { return nil }
func (t openText) Name() string               { return t.file.name }
func (t openText) Mode() fs.FileMode          { return 0o444 }
func (t openText) ModTime() time.Time         { return time.Time{} }
func (t openText) IsDir() bool                { return false }
func (t openText) Sys() any                   { return nil }
