package cli_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNeovim is a session of an editor, by its own client.
func TestNeovim(t *testing.T) {
	t.Parallel()
	need(t, "nvim")
	p, dir := newPerson(t), t.TempDir()
	p.write(filepath.Join(dir, "web.yaml"), rootPod)
	p.write(filepath.Join(dir, "Dockerfile"), "FROM debian:12.5-slim\nRUN apk add curl\nUSER 1000\n")
	script, err := filepath.Abs("testdata/nvim/session.lua")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := p.tries(dir, "nvim", "--headless", "--clean", "-n", "-c", "luafile "+script)
	want := `opened: 8:25 run-as-non-root
mended by hand: nothing
undone: 8:25 run-as-non-root
hover: **Containers run as a user that is not root, and the kubelet checks it**
line 8:      # fairlead: allow run-as-non-root because 
an exception without a reason: 8:7 exceptions, 9:25 run-as-non-root
with one: nothing
broken: 3:1 readable
a Dockerfile: 2:1 small-image
mended by the quick fix: nothing
line 2: RUN apk add --no-cache curl
stopped
`
	if diff := cmp.Diff(want, strings.ReplaceAll(got, "\r", "")); diff != "" {
		t.Error(diff)
	}
}
