package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fairlead-dev/fairlead/internal/source/sourcetest"
)

func (s *stage) serveRegistry(t *testing.T) {
	s.registry = sourcetest.Registry(t, "")
}

// push packs a directory and puts it into the registry, and tells the controller: "push charts/web:1.2.0 v1". One with a
// Chart.yaml becomes a chart, as helm push makes it.
func (s *stage) push(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "push REPOSITORY:TAG DIRECTORY")
	ref, err := name.ParseReference(s.registry + "/" + args[0])
	ts.Check(err)
	dir, media := ts.MkAbs(args[1]), sourcetest.Manifests
	if charts, _ := filepath.Glob(filepath.Join(dir, "*", "Chart.yaml")); len(charts) > 0 {
		media = sourcetest.Chart
	}
	packed, err := sourcetest.Pack(os.DirFS(dir), "")
	ts.Check(err)
	_, err = sourcetest.Push(ref.String(), packed, media)
	ts.Check(err)
	s.controller.Pushed("oci://" + ref.Context().Name())
}
