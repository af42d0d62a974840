package source

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

func file(name, content string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content))}
}

// unpackAll reads an archive into a pack, and the pack into its tree.
func unpackAll(t testing.TB, archive []byte, limits Limits, ofChart bool) (*pack, *os.File, error) {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "pack"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	p := newPacker(out, limits.orDefault())
	u := unpacker{pack: p, ofChart: ofChart}
	if err := u.unpack(context.Background(), bytes.NewReader(archive)); err != nil {
		return nil, nil, err
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	read, err := readPack(out)
	if err != nil {
		t.Fatalf("a pack just written cannot be read: %v", err)
	}
	return read, out, nil
}

func TestHostileArchives(t *testing.T) {
	one := func(h tar.Header) []byte { return tarOf([]tar.Header{h}, nil) }
	several := func(headers ...tar.Header) []byte {
		contents := make([]string, len(headers))
		for i, h := range headers {
			contents[i] = strings.Repeat("x", int(h.Size))
		}
		return tarOf(headers, contents)
	}
	whole := gzipped(several(file("a", strings.Repeat("abc", 1000))))
	for situation, c := range map[string]struct {
		archive []byte
		limits  Limits
		want    error
		text    string
	}{
		"a path that goes up":             {several(file("../a", "")), Limits{}, errUnsafeArchive, `"../a"`},
		"a path that goes up later":       {several(file("a/../../b", "")), Limits{}, errUnsafeArchive, `"a/../../b"`},
		"a path that goes up and stays":   {several(file("a/../b", "")), Limits{}, errUnsafeArchive, `"a/../b"`},
		"an absolute path":                {several(file("/etc/passwd", "")), Limits{}, errUnsafeArchive, `"/etc/passwd"`},
		"a path without end":              {several(file(strings.Repeat("a/", 4000)+"b", "")), Limits{}, errUnsafeArchive, ""},
		"a path that is no text":          {several(file("a\xff", "")), Limits{}, errUnsafeArchive, `"a\xff"`},
		"one name twice":                  {several(file("a", ""), file("./a", "1")), Limits{}, errUnsafeArchive, `"a" is there twice`},
		"a file in a file":                {several(file("a", ""), file("a/b", "")), Limits{}, errUnsafeArchive, `"a" is a file and a directory`},
		"a file in a link":                {several(tar.Header{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc"}, file("a/passwd", "")), Limits{}, errUnsafeArchive, `"a" is a file and a directory`},
		"a directory in place of a file":  {several(file("a", ""), tar.Header{Name: "a/", Typeflag: tar.TypeDir}), Limits{}, errUnsafeArchive, `"a"`},
		"a hard link to what isn't there": {one(tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "b"}), Limits{}, errUnsafeArchive, `"a" is a link to "b"`},
		"a hard link out":                 {one(tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "../../etc/passwd"}), Limits{}, errUnsafeArchive, `"../../etc/passwd"`},
		"a device":                        {one(tar.Header{Name: "null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}), Limits{}, nil, `"null" is a device or another special file: refused`},
		"a named pipe":                    {one(tar.Header{Name: "p", Typeflag: tar.TypeFifo}), Limits{}, nil, `"p" is a device or another special file: refused`},
		"too many files":                  {several(file("a", ""), file("b", ""), file("c", "")), Limits{MaxFiles: 2}, ErrTooLarge, "more than 2 files and directories"},
		"too many directories":            {several(file("a/b/c/d", "")), Limits{MaxFiles: 3}, ErrTooLarge, "more than 3 files and directories"},
		"too much":                        {several(file("a", "12345"), file("b", "12345")), Limits{MaxTreeSize: 9}, ErrTooLarge, "more than 9 bytes"},
		"a bomb":                          {gzipped(several(file("a", strings.Repeat("0", 5<<20)))), Limits{MaxTreeSize: 1 << 20}, ErrTooLarge, "more than 1.0 MiB"},
		"headers without end": {
			gzipped(bytes.Repeat(one(tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": strings.Repeat("0", 500<<10)}})[:501<<10], 4)),
			Limits{MaxTreeSize: 1, MaxFiles: 1}, ErrTooLarge, "it goes on and on",
		},
		"cut off":             {whole[:len(whole)/2], Limits{}, errArchive, "unexpected EOF"},
		"a page":              {[]byte("<html>" + strings.Repeat("sign in ", 100)), Limits{}, errArchive, "invalid tar header"},
		"compressed rubbish":  {append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, "rubbish rubbish rubbish"...), Limits{}, errArchive, ""},
		"a damaged gzip head": {[]byte{0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}, Limits{}, errArchive, ""},
	} {
		t.Run(situation, func(t *testing.T) {
			_, _, err := unpackAll(t, c.archive, c.limits, false)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("err = %v, want %v with %q", err, c.want, c.text)
			}
		})
	}
}

func TestChartArchivesThatAreNone(t *testing.T) {
	for situation, files := range map[string][]string{
		"a file beside the chart": {"web/Chart.yaml=", "README.md="},
		"two charts":              {"web/Chart.yaml=", "api/Chart.yaml="},
	} {
		t.Run(situation, func(t *testing.T) {
			if _, _, err := unpackAll(t, tgz(files...), Limits{}, true); !errors.Is(err, errArchive) || hint.Of(err) == "" {
				t.Errorf("err = %v, want %v and a hint", err, errArchive)
			}
		})
	}
}

func TestLinksOfAnArtifact(t *testing.T) {
	d := newDepot(t)
	link := func(name, target string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}
	}
	layer := tarOf([]tar.Header{
		file("base/z.yaml", "z"), link("apps/a/up.yaml", "../../base/z.yaml"), link("apps/a/dir", "../../base"),
		link("apps/a/outside.yaml", "../../../etc/passwd"), link("apps/a/absolute.yaml", "/etc/passwd"), link("apps/a/loop", "loop"),
		{Name: "hard.yaml", Typeflag: tar.TypeLink, Linkname: "base/z.yaml"},
	}, []string{"z"})
	d.push("latest", pushed{layers: []mutate.Addendum{layerOf(layer, types.OCIUncompressedLayer, nil)}})
	snapshot := d.mustFetch(Artifact{})
	for path, want := range map[string]string{
		"apps/a/up.yaml":       "z",
		"apps/a/dir/z.yaml":    "z",
		"hard.yaml":            "z",
		"apps/a/outside.yaml":  "apps/a/outside.yaml is a symlink to ../../../etc/passwd, outside the repository: refused",
		"apps/a/absolute.yaml": "apps/a/absolute.yaml is a symlink to /etc/passwd, outside the repository: refused",
		"apps/a/loop":          "apps/a/loop: symlinks that lead in a circle: refused",
	} {
		content, err := fs.ReadFile(snapshot.FS(), path)
		got := string(content)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s\nwant %s", path, got, want)
		}
	}
	if target, err := fs.ReadLink(snapshot.FS(), "apps/a/outside.yaml"); err != nil || target != "../../../etc/passwd" {
		t.Errorf("ReadLink = %q, %v: the link itself may be looked at", target, err)
	}
}

func TestAFileOfAnArtifactThatIsTooLarge(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("latest", "large="+strings.Repeat("x", 2000), "small=1")
	snapshot := d.mustFetch(Artifact{Limits: Limits{MaxFileSize: 1000}})
	if _, err := fs.ReadFile(snapshot.FS(), "large"); !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "read large of "+d.url) {
		t.Errorf("err = %v, want %v naming file and source", err, ErrTooLarge)
	}
	if got := mustRead(t, snapshot, "small"); got != "1" {
		t.Errorf("small = %q", got)
	}
}

func TestAFullDiskIsSaid(t *testing.T) {
	err := explainDisk(fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}))
	if !errors.Is(err, errDiskFull) || hint.Of(err) == "" {
		t.Errorf("err = %v (%s)", err, hint.Of(err))
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(tgz("a/b=1", "a/c=2"), false)
	f.Add(tgz("web/Chart.yaml=name: web"), true)
	f.Add(tarOf([]tar.Header{file("a", "1"), {Name: "l", Typeflag: tar.TypeSymlink, Linkname: "a"}, {Name: "h", Typeflag: tar.TypeLink, Linkname: "a"}}, []string{"1"}), false)
	f.Add(tarOf([]tar.Header{file("../a", ""), {Name: "p", Typeflag: tar.TypeFifo}}, nil), false)
	f.Fuzz(func(t *testing.T, archive []byte, ofChart bool) {
		limits := Limits{MaxFiles: 50, MaxTreeSize: 1 << 16}
		p, content, err := unpackAll(t, archive, limits, ofChart)
		if err != nil {
			return
		}
		if p.tree.count > limits.MaxFiles {
			t.Errorf("%d paths", p.tree.count)
		}
		var size int64
		var walk func(*entry, string)
		walk = func(e *entry, at string) {
			if at != "." && (!fs.ValidPath(at) || !isSafeName(e.name)) {
				t.Errorf("path %q", at)
			}
			if !e.mode.IsDir() {
				text, err := p.read(content, e.hash)
				if err != nil {
					t.Errorf("%s: %v", at, err)
				}
				size += int64(len(text))
			}
			for _, c := range e.children {
				walk(c, path.Join(at, c.name))
			}
		}
		walk(p.tree.root, ".")
		if size > limits.MaxTreeSize*int64(limits.MaxFiles) { // hard links share what they name
			t.Errorf("%d bytes", size)
		}
	})
}

func TestABoundedReaderEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := io.ReadAll(&boundedReader{ctx: ctx, from: strings.NewReader("x"), left: 9}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}
