package source

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestLinks(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commitAll(gitserver.Commit{
		Files: contents(map[string]string{"base/z.yaml": "z", "apps/a/x.yaml": "x"}),
		Links: map[string]string{
			"apps/a/up.yaml":       "../../base/z.yaml",
			"apps/a/twice.yaml":    "up.yaml",
			"apps/a/dir":           "../../base",
			"apps/a/whole":         "../..",
			"apps/a/outside.yaml":  "../../../etc/passwd",
			"apps/a/absolute.yaml": "/etc/passwd",
			"apps/a/back.yaml":     "../../../config/base/z.yaml",
			"apps/a/loop1":         "loop2",
			"apps/a/loop2":         "loop1",
			"apps/a/self":          "self/x",
			"apps/a/dangling":      "none.yaml",
			"apps/a/via":           "dir/../../secret",
			"out":                  "../elsewhere",
		},
	})
	snapshot := h.fetch(Ref{})
	for path, want := range map[string]string{
		"apps/a/up.yaml":             "z",
		"apps/a/twice.yaml":          "z",
		"apps/a/dir/z.yaml":          "z",
		"apps/a/whole/apps/a/x.yaml": "x",
		"apps/a/outside.yaml":        "apps/a/outside.yaml is a symlink to ../../../etc/passwd, outside the repository: refused",
		"apps/a/absolute.yaml":       "apps/a/absolute.yaml is a symlink to /etc/passwd, outside the repository: refused",
		"apps/a/back.yaml":           "apps/a/back.yaml is a symlink to ../../../config/base/z.yaml, outside the repository: refused",
		"apps/a/loop1":               "apps/a/loop1: symlinks that lead in a circle: refused",
		"apps/a/self":                "apps/a/self: symlinks that lead in a circle: refused",
		"apps/a/dangling":            "apps/a/dangling is a symlink to none.yaml: file does not exist",
		"apps/a/via":                 "apps/a/via is a symlink to dir/../../secret, outside the repository: refused",
		"out/file":                   "out is a symlink to ../elsewhere, outside the repository: refused",
	} {
		t.Run(path, func(t *testing.T) {
			content, err := fs.ReadFile(snapshot.FS(), path)
			got := string(content)
			if err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
			_, openErr := snapshot.FS().Open(path)
			_, statErr := fs.Stat(snapshot.FS(), path)
			if (openErr == nil) != (err == nil) || (statErr == nil) != (err == nil) {
				t.Errorf("ReadFile: %v; Open: %v; Stat: %v", err, openErr, statErr)
			}
		})
	}
	if target, err := fs.ReadLink(snapshot.FS(), "apps/a/outside.yaml"); err != nil || target != "../../../etc/passwd" {
		t.Errorf("ReadLink = %q, %v: the link itself may be looked at", target, err)
	}
	if info, err := fs.Lstat(snapshot.FS(), "apps/a/loop1"); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("Lstat = %v, %v", info, err)
	}
}

func TestSubmodule(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	commit := h.commit("main", map[string]string{"a/x": "x"})
	blob := h.git("rev-parse", commit+":a/x")
	tree := h.tree(fmt.Sprintf("160000 commit %s\tcharts\n100644 blob %s\tvalues\n", strings.Repeat("12", 20), blob))
	h.pushTree(tree)
	snapshot := h.fetch(Ref{})
	_, err := fs.ReadFile(snapshot.FS(), "charts")
	if !errors.Is(err, errSubmodule) || hint.Of(err) == "" || !strings.Contains(err.Error(), "charts") {
		t.Errorf("error = %v", err)
	}
	if _, err := fs.ReadDir(snapshot.FS(), "charts"); err == nil {
		t.Error("a submodule was listed")
	}
	if got := mustRead(t, snapshot, "values"); got != "x" {
		t.Errorf("the file beside it: %q", got)
	}
	if err := snapshot.Prefetch(t.Context(), "."); err != nil {
		t.Errorf("Prefetch: %v", err)
	}
}

func TestUnsafeTrees(t *testing.T) {
	for name, tc := range map[string]struct{ entry, want string }{
		"parent directory":        {"..", "could reach outside"},
		"current directory":       {".", "could reach outside"},
		"repository":              {".git", "could reach outside"},
		"repository in capitals":  {".GIT", "could reach outside"},
		"path in a name":          {"../up", "could reach outside"},
		"missing directory in it": {"no/file", "could reach outside"},
		"absolute":                {"/etc", "could reach outside"},
		"twice":                   {"values", "there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, gitserver.Options{})
			commit := h.commit("main", map[string]string{"values": "x"})
			blob := h.git("rev-parse", commit+":values")
			h.pushTree(h.rawTree(t, "100644", tc.entry, blob, "100644", "values", blob))
			_, err := h.repo(Auth{}, Limits{}).Fetch(t.Context(), Ref{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v, want %q", err, tc.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"big": strings.Repeat("x", 2000), "a": strings.Repeat("a", 600), "b": strings.Repeat("b", 600), "same": strings.Repeat("a", 600)})

	snapshot := mustFetch(t, h.repo(Auth{}, Limits{MaxFileSize: 1000, MaxTreeSize: 1000}), Ref{})
	_, err := fs.ReadFile(snapshot.FS(), "big")
	if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "read big of "+h.url+"config.git: too large: it has 2.0 KiB, a file may have 1000 bytes") {
		t.Errorf("large file: %v", err)
	}
	mustRead(t, snapshot, "a")
	mustRead(t, snapshot, "a")
	mustRead(t, snapshot, "same")
	if _, err := fs.ReadFile(snapshot.FS(), "b"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("more than the sum: %v", err)
	}

	// However it was listed before.
	if _, err := h.repo(Auth{}, Limits{MaxFiles: 3}).Fetch(t.Context(), Ref{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("many files, listed before: %v", err)
	}
	if _, err := mustRepo(t, newStore(t), h.url+"config.git", Auth{}, Limits{MaxFiles: 3}).Fetch(t.Context(), Ref{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("many files: %v", err)
	}
}

// A tree of ten levels, each naming the one below ten times, is ten thousand million files in 4 KB.
func TestTreeBomb(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	below := h.git("rev-parse", h.commit("main", map[string]string{"v": "x"})+"^{tree}")
	for range 10 {
		var level strings.Builder
		for i := range 10 {
			fmt.Fprintf(&level, "040000 tree %s\t%d\n", below, i)
		}
		below = h.tree(level.String())
	}
	h.pushTree(below)
	if _, err := h.repo(Auth{}, Limits{MaxFiles: 1000}).Fetch(t.Context(), Ref{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error = %v", err)
	}
}

// Git itself does not send such a tree, but a server that wants to harm may.
func TestMalformedTree(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	commit := h.commit("main", map[string]string{"values": "x"})
	blob := h.git("rev-parse", commit+":values")
	crafted := h.git("commit-tree", "-m", "crafted", h.rawTree(t, "100644", "", blob))
	m := newMirror(filepath.Join(h.dir, "config.git")) // as if it had come
	defer m.objects.close()
	if _, err := m.loadTree(t.Context(), crafted, Limits{}.orDefault()); !errors.Is(err, errUnsafeTree) {
		t.Errorf("error = %v", err)
	}
}

// tree writes a tree object from lines of git-mktree(1).
func (h *host) tree(lines string) string {
	return runGit(h.t, h.dir+"/config.git", lines, "mktree", "--missing")
}

// rawTree writes a tree that git would not make, of triples of mode, name and hash.
func (h *host) rawTree(t *testing.T, triples ...string) string {
	var tree bytes.Buffer
	for i := 0; i < len(triples); i += 3 {
		hash, err := hex.DecodeString(triples[i+2])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&tree, "%s %s\x00%s", triples[i], triples[i+1], hash)
	}
	return runGit(t, h.dir+"/config.git", tree.String(), "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
}

// pushTree makes a tree the content of main.
func (h *host) pushTree(tree string) {
	h.git("update-ref", "refs/heads/main", h.git("commit-tree", "-m", "crafted", tree))
}
