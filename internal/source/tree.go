package source

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// tree is all that a commit names: its files and directories, with git's hashes, without their content. Immutable.
type tree struct {
	commit string
	said   commit
	root   *entry
	count  int // of files and directories
}

// entry is a file, directory, symbolic link or submodule.
type entry struct {
	name     string
	hash     string
	mode     fs.FileMode
	children []*entry // of a directory, by name
}

// modeOf reads a mode of git (gitformat-index(5)). Permissions besides "executable" were recorded long ago and mean
// nothing.
func modeOf(octal string) (fs.FileMode, bool) {
	mode, err := strconv.ParseUint(octal, 8, 32)
	if err != nil {
		return 0, false
	}
	switch mode &^ 0o777 {
	case 0o100000:
		return 0o444 | fs.FileMode(mode&0o111), true
	case 0o120000:
		return fs.ModeSymlink | 0o777, true
	case 0o040000:
		return fs.ModeDir | 0o555, true
	case 0o160000: // a submodule
		return fs.ModeIrregular, true
	}
	return 0, false
}

func (e *entry) isSubmodule() bool { return e.mode == fs.ModeIrregular }

func (e *entry) child(name string) *entry {
	i, ok := slices.BinarySearchFunc(e.children, name, func(c *entry, name string) int { return cmp.Compare(c.name, name) })
	if !ok {
		return nil
	}
	return e.children[i]
}

// find returns the entry at a slash path, links not followed, or nil.
func (t *tree) find(name string) *entry {
	at := t.root
	if name == "." {
		return at
	}
	for part := range strings.SplitSeq(name, "/") {
		if at = at.child(part); at == nil {
			return nil
		}
	}
	return at
}

// straight is find, as far as no link is on the way or at the end of it.
func (t *tree) straight(name string) (found *entry, links bool) {
	at := t.root
	if name == "." {
		return at, false
	}
	for part := range strings.SplitSeq(name, "/") {
		if at = at.child(part); at == nil || at.mode&fs.ModeSymlink != 0 {
			return nil, at != nil
		}
	}
	return at, false
}

// blobs returns the hashes of all files and links at and under e, each once, in the order of their paths.
func (e *entry) blobs() []string {
	var hashes []string
	seen := map[string]bool{}
	var walk func(*entry)
	walk = func(e *entry) {
		if !e.mode.IsDir() && !e.isSubmodule() && !seen[e.hash] {
			seen[e.hash] = true
			hashes = append(hashes, e.hash)
		}
		for _, c := range e.children {
			walk(c)
		}
	}
	walk(e)
	return hashes
}

// loadTree lists what a commit that is here holds. No content is looked at.
func (m *mirror) loadTree(ctx context.Context, hash string, limits Limits) (*tree, error) {
	found, err := m.objects.info(hash)
	if err != nil {
		return nil, err
	}
	if found.kind != "commit" {
		return nil, fmt.Errorf("%s is a %s: %w", hash, found.kind, ErrRefNotFound)
	}
	if found.size > limits.MaxFileSize {
		return nil, fmt.Errorf("%w: the commit's message is %s", ErrTooLarge, byteSize(found.size))
	}
	text, err := m.objects.read(hash)
	if err != nil {
		return nil, err
	}
	said, err := parseCommit(string(text))
	if err != nil {
		return nil, err
	}
	listing := &listing{max: limits.MaxFiles}
	err = command{repo: m.dir, env: cleanEnv(m.dir), args: []string{"ls-tree", "-r", "-t", "-z", "--full-tree", hash}}.runInto(ctx, listing)
	if listing.count > listing.max {
		return nil, tooManyFiles(limits)
	}
	if failed, ok := errors.AsType[*gitError](err); ok && malformedTree().MatchString(failed.complaint) {
		return nil, fmt.Errorf("%s: %w", failed.gist(), errUnsafeTree)
	}
	if err != nil {
		return nil, err
	}
	root, err := parseTree(listing.text.String())
	if err != nil {
		return nil, err
	}
	root.hash = said.tree
	return &tree{commit: hash, said: said, root: root, count: listing.count}, nil
}

// malformedTree is how git's tree-walk.c words what is in the commit itself, not in how it is kept here.
var malformedTree = pattern.New(`empty filename in tree entry|malformed mode in tree entry|too-short tree object`)

func tooManyFiles(l Limits) error {
	return hint.With(fmt.Errorf("%w: more than %d files and directories", ErrTooLarge, l.MaxFiles), "raise the limit, or keep the manifests in a repository of their own")
}

// listing counts what git lists and stops it early: a tree of a few bytes can name itself a billion times over.
type listing struct {
	text       bytes.Buffer
	count, max int
}

func (l *listing) Write(p []byte) (int, error) {
	l.count += bytes.Count(p, []byte{0})
	if l.count > l.max {
		return 0, ErrTooLarge
	}
	return l.text.Write(p)
}

var errUnsafeTree = errors.New("the repository holds a path that could reach outside of it: refused")

// parseTree reads the records "<mode> <kind> <hash>\t<path>\0" of git-ls-tree(1), directories before what is in them.
// The strings of the result are parts of out: one allocation for all.
func parseTree(out string) (*entry, error) {
	root := &entry{name: ".", mode: fs.ModeDir | 0o555}
	directories := map[string]*entry{".": root}
	for out != "" {
		record, rest, ended := strings.Cut(out, "\x00")
		out = rest
		head, name, ok := strings.Cut(record, "\t")
		fields := strings.Fields(head)
		if !ended || !ok || len(fields) != 3 || !isFullHash(fields[2]) {
			return nil, fmt.Errorf("%w: ls-tree prints %q", errBroken, record)
		}
		mode, ok := modeOf(fields[0])
		if !ok {
			return nil, fmt.Errorf("%s is of a kind (%s) that git does not know: refused", name, fields[0])
		}
		parent := directories[path.Dir(name)]
		if parent == nil || !isSafeName(path.Base(name)) || path.Clean(name) != name {
			return nil, fmt.Errorf("%q: %w", name, errUnsafeTree)
		}
		e := &entry{name: name[strings.LastIndexByte(name, '/')+1:], hash: fields[2], mode: mode}
		parent.children = append(parent.children, e)
		if mode.IsDir() {
			if directories[name] != nil {
				return nil, fmt.Errorf("%q: %w", name, errUnsafeTree)
			}
			directories[name] = e
		}
	}
	return root, root.sort()
}

// isFullHash is fullHash for what is asked for each file of a repository at each push.
func isFullHash(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 40
}

// isSafeName refuses the names that git itself would not check out, and / inside of one.
func isSafeName(name string) bool {
	return name != "" && name != "." && name != ".." && name != "/" && !strings.EqualFold(name, ".git")
}

// sort orders all that is under e by name; git orders directories as if they ended in /. Two of one name are a trick: which
// of them counts would depend on the reader.
func (e *entry) sort() error {
	slices.SortFunc(e.children, func(a, b *entry) int { return cmp.Compare(a.name, b.name) })
	for i, child := range e.children {
		if i > 0 && e.children[i-1].name == child.name {
			return fmt.Errorf("%q is there twice: %w", child.name, errUnsafeTree)
		}
		if err := child.sort(); err != nil {
			return err
		}
	}
	return nil
}
