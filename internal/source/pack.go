package source

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// A pack is one file that holds what an archive has held: the content of its files one after the other, a list of
// them as JSON, and the list's length and hash. The names in an archive thus never become names on this machine's
// disk, and a pack that was damaged is found out.

// packed is one path of a pack.
type packed struct {
	Path string      `json:"path"`
	Mode fs.FileMode `json:"mode"`
	Hash string      `json:"hash,omitempty"`
	At   int64       `json:"at,omitempty"`
	Size int64       `json:"size,omitempty"`

	layer int // of the archive that it comes from
}

// packList is the list at the end of a pack.
type packList struct {
	Author  string    `json:"author,omitempty"`
	Message string    `json:"message,omitempty"`
	Time    time.Time `json:"time"`
	Files   []*packed `json:"files"`
}

// pack is the list of a pack, read.
type pack struct {
	tree  *tree
	spans map[string]*packed // by hash: where a file's content is
}

const linkMark = "link-" // before the hash of a symbolic link's target: it differs from a file with the same text

// packer writes a pack.
type packer struct {
	out    *bufio.Writer
	limits Limits
	said   Revision // what is known of who made it
	at     int64
	layer  int
	paths  map[string]*packed
}

func newPacker(w io.Writer, limits Limits) *packer {
	return &packer{out: bufio.NewWriterSize(w, 1<<16), limits: limits, paths: map[string]*packed{}}
}

// add puts a path into the list, and the directories above it. A later archive's file replaces an earlier one's; twice
// in one archive is a trick: which of them counts would depend on the reader.
func (p *packer) add(e *packed) error {
	e.layer = p.layer
	if dir := path.Dir(e.Path); dir != "." {
		if err := p.addDir(dir); err != nil {
			return err
		}
	}
	if before := p.paths[e.Path]; before != nil {
		if before.Mode.IsDir() || e.Mode.IsDir() || before.layer == e.layer {
			return fmt.Errorf("%q is there twice: %w", e.Path, errUnsafeArchive)
		}
	} else if len(p.paths) >= p.limits.MaxFiles {
		return tooManyFiles(p.limits)
	}
	p.paths[e.Path] = e
	return nil
}

func (p *packer) addDir(name string) error {
	if before := p.paths[name]; before != nil {
		if !before.Mode.IsDir() {
			return fmt.Errorf("%q is a file and a directory: %w", name, errUnsafeArchive)
		}
		return nil
	}
	return p.add(&packed{Path: name, Mode: fs.ModeDir | 0o555})
}

// addContent puts a file or link into the pack. Its content is read to the end, or to the limit.
func (p *packer) addContent(name string, mode fs.FileMode, content io.Reader) error {
	sum := sha256.New()
	at := p.at
	n, err := io.Copy(io.MultiWriter(p.out, sum), io.LimitReader(content, p.limits.MaxTreeSize-p.at+1))
	p.at += n
	if err != nil {
		return err
	}
	if p.at > p.limits.MaxTreeSize {
		return hint.With(fmt.Errorf("%w: its files have more than %s", ErrTooLarge, byteSize(p.limits.MaxTreeSize)),
			"keep large files out of it, or raise the limit")
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	if mode&fs.ModeSymlink != 0 {
		hash = linkMark + hash
	}
	return p.add(&packed{Path: name, Mode: mode, Hash: hash, At: at, Size: n})
}

// footer is the end of a pack: the length of the list, its hash, and a mark with the format's version.
const (
	packMark   = "fairlead-pack-1\n"
	footerSize = 8 + sha256.Size + len(packMark)
)

// end writes the list.
func (p *packer) end() error {
	files := slices.SortedFunc(maps.Values(p.paths), func(a, b *packed) int { return cmp.Compare(a.Path, b.Path) })
	list, err := json.Marshal(packList{Author: p.said.Author, Message: p.said.Message, Time: p.said.Time, Files: files})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(list)
	for _, part := range [][]byte{list, binary.BigEndian.AppendUint64(nil, uint64(len(list))), sum[:], []byte(packMark)} {
		if _, err := p.out.Write(part); err != nil {
			return err
		}
	}
	return p.out.Flush()
}

// readPack reads the list of a pack. Its error wraps errBroken if the pack is.
func readPack(file *os.File) (*pack, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	footer := make([]byte, footerSize)
	if _, err := file.ReadAt(footer, info.Size()-int64(footerSize)); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	size := binary.BigEndian.Uint64(footer)
	if string(footer[8+sha256.Size:]) != packMark || size > uint64(info.Size()) {
		return nil, fmt.Errorf("%w: it does not end as a pack does", errBroken)
	}
	text := make([]byte, size)
	if _, err := file.ReadAt(text, info.Size()-int64(footerSize)-int64(size)); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	if sum := sha256.Sum256(text); !bytes.Equal(sum[:], footer[8:8+sha256.Size]) {
		return nil, fmt.Errorf("%w: its list has another hash", errBroken)
	}
	var list packList
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	return list.pack()
}

// pack makes the tree.
func (l packList) pack() (*pack, error) {
	root := &entry{name: ".", mode: fs.ModeDir | 0o555}
	p := &pack{spans: map[string]*packed{}}
	directories := map[string]*entry{".": root}
	for _, f := range l.Files { // by path: directories before what is in them
		parent := directories[path.Dir(f.Path)]
		if parent == nil {
			return nil, fmt.Errorf("%w: %q without its directory", errBroken, f.Path)
		}
		e := &entry{name: path.Base(f.Path), mode: f.Mode, hash: f.Hash}
		parent.children = append(parent.children, e)
		if f.Mode.IsDir() {
			directories[f.Path] = e
		} else {
			p.spans[f.Hash] = f
		}
	}
	if err := root.sort(); err != nil {
		return nil, err
	}
	root.hashDirectories()
	said := commit{tree: root.hash, revision: Revision{Author: l.Author, Message: l.Message, Time: l.Time}}
	p.tree = &tree{said: said, root: root, count: len(l.Files)}
	return p, nil
}

// hashDirectories gives each directory at and under e a hash of all that is in it, as git's trees have.
func (e *entry) hashDirectories() {
	sum := sha256.New()
	for _, child := range e.children {
		if child.mode.IsDir() {
			child.hashDirectories()
		}
		fmt.Fprintf(sum, "%q %s\n", child.name, child.hash)
	}
	e.hash = "tree-" + hex.EncodeToString(sum.Sum(nil))
}

// read returns the content with a hash.
func (p *pack) read(file *os.File, hash string) ([]byte, error) {
	span := p.spans[hash]
	if span == nil {
		return nil, fmt.Errorf("%w: a file is missing", errBroken)
	}
	content := make([]byte, span.Size)
	if _, err := file.ReadAt(content, span.At); err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != strings.TrimPrefix(hash, linkMark) {
		return nil, fmt.Errorf("%w: %q has another hash", errBroken, span.Path)
	}
	return content, nil
}
