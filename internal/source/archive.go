package source

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

var (
	errArchive       = errors.New("not an archive that can be read")
	errUnsafeArchive = errors.New("the archive could be read in more than one way, or reach outside of itself: refused")
)

const maxPathLength = 4096 // as Linux has it

// unpacker reads a tar into a pack. Whatever the tar says, nothing outside of the pack is written.
type unpacker struct {
	pack *packer
	// ofChart takes off the directory that all of a packaged chart is in.
	ofChart bool

	top string // that directory
}

// unpack reads a tar, compressed with gzip or not.
func (u *unpacker) unpack(ctx context.Context, r io.Reader) error {
	u.pack.layer++
	buffered := bufio.NewReaderSize(r, 1<<16)
	stream, err := decompressed(buffered)
	if err != nil {
		return err
	}
	// Headers are no content: without a bound of their own, compressed ones could go on forever.
	const perFile, once = 4 << 10, 1 << 20
	most := u.pack.limits.MaxTreeSize + int64(u.pack.limits.MaxFiles)*perFile + once
	archive := tar.NewReader(&boundedReader{ctx: ctx, from: stream, left: most})
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return explainArchive(err)
		}
		if err := u.entry(header, archive); err != nil {
			return explainArchive(err)
		}
	}
}

func decompressed(r *bufio.Reader) (io.Reader, error) {
	if start, _ := r.Peek(2); !bytes.Equal(start, []byte{0x1f, 0x8b}) {
		return r, nil // a tar, or found not to be one
	}
	stream, err := gzip.NewReader(r)
	if err != nil {
		return nil, explainArchive(err)
	}
	return stream, nil
}

// isTar tells by its beginning whether r holds a tar or something compressed with gzip.
func isTar(r *bufio.Reader) bool {
	const magicAt = 257 // POSIX.1-1988 and later; older tars are not told from other files
	start, _ := r.Peek(magicAt + 5)
	return bytes.HasPrefix(start, []byte{0x1f, 0x8b}) || len(start) > magicAt && string(start[magicAt:]) == "ustar"
}

// explainArchive leaves what has a meaning of its own; anything else is a broken archive.
func explainArchive(err error) error {
	corrupt := errors.Is(err, tar.ErrHeader) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF)
	if _, ok := errors.AsType[flate.CorruptInputError](err); ok || corrupt || strings.HasPrefix(err.Error(), "archive/tar:") {
		return hint.With(fmt.Errorf("%w: %w", errArchive, err), "push it again, as a tar or a tar compressed with gzip")
	}
	return err
}

func (u *unpacker) entry(header *tar.Header, content io.Reader) error {
	if header.Typeflag == tar.TypeXGlobalHeader { // git-archive(1) names the commit in one
		return nil
	}
	name, err := u.place(header.Name, header.Typeflag == tar.TypeDir)
	if err != nil || name == "" {
		return err
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return u.pack.addDir(name)
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		return u.pack.addContent(name, 0o444|fs.FileMode(header.Mode&0o111), content)
	case tar.TypeSymlink:
		if len(header.Linkname) > maxPathLength || !utf8.ValidString(header.Linkname) {
			return fmt.Errorf("%q: %w", name, errUnsafeArchive)
		}
		return u.pack.addContent(name, fs.ModeSymlink|0o777, strings.NewReader(header.Linkname))
	case tar.TypeLink:
		return u.hardLink(name, header.Linkname)
	}
	return hint.With(fmt.Errorf("%q is a device or another special file: refused", name), "leave it out of the archive")
}

// hardLink is one more name for a file that came before.
func (u *unpacker) hardLink(name, target string) error {
	target, err := u.place(target, false)
	if err != nil {
		return err
	}
	file := u.pack.paths[target]
	if file == nil || file.Mode.IsDir() {
		return fmt.Errorf("%q is a link to %q, which is not there: %w", name, target, errUnsafeArchive)
	}
	link := *file
	link.Path = name
	return u.pack.add(&link)
}

// place is the path in the pack of a name in the archive; "" for what is left out: the root, and git's own files.
func (u *unpacker) place(name string, isDir bool) (string, error) {
	clean := path.Clean(name)
	parts := strings.Split(clean, "/")
	if name == "" || len(name) > maxPathLength || strings.HasPrefix(name, "/") || parts[0] == ".." || strings.Contains("/"+name+"/", "/../") || !fs.ValidPath(clean) {
		return "", fmt.Errorf("%.200q: %w", name, errUnsafeArchive)
	}
	if u.ofChart && clean != "." {
		if u.top == "" {
			u.top = parts[0]
		}
		if parts[0] != u.top || len(parts) == 1 && !isDir {
			return "", hint.With(fmt.Errorf("%w: %.200q is not in the chart's directory %q", errArchive, name, u.top), "package the chart with: helm package")
		}
		parts = parts[1:]
		clean = strings.Join(parts, "/")
	}
	for _, part := range parts {
		if strings.EqualFold(part, ".git") {
			return "", nil
		}
	}
	if clean == "." {
		return "", nil
	}
	return clean, nil
}

// boundedReader ends with an error after as many bytes as are left, or when ctx ends.
type boundedReader struct {
	ctx  context.Context
	from io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: it goes on and on", ErrTooLarge)
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
