package cli_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rogpeppe/go-internal/testscript"
)

func (s *stage) serveRegistry(t *testing.T) {
	web := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(web.Close)
	s.registry = strings.TrimPrefix(web.URL, "http://")
}

// push packs a directory and puts it into the registry, and tells the controller: "push charts/web:1.2.0 v1". One with a
// Chart.yaml becomes a chart, as helm push makes it.
func (s *stage) push(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "push REPOSITORY:TAG DIRECTORY")
	ref, err := name.ParseReference(s.registry + "/" + args[0])
	ts.Check(err)
	dir, media := ts.MkAbs(args[1]), types.MediaType("application/vnd.cncf.flux.content.v1.tar+gzip")
	if charts, _ := filepath.Glob(filepath.Join(dir, "*", "Chart.yaml")); len(charts) > 0 {
		media = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zip)
	ts.Check(archive.AddFS(os.DirFS(dir)))
	ts.Check(archive.Close())
	ts.Check(zip.Close())
	image, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1),
		mutate.Addendum{Layer: static.NewLayer(packed.Bytes(), media), MediaType: media})
	ts.Check(err)
	ts.Check(remote.Write(ref, image))
	s.controller.Pushed("oci://" + ref.Context().Name())
}
