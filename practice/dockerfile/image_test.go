package dockerfile

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseImage(t *testing.T) {
	for name, want := range map[string]Image{
		"nginx":                              {Host: "docker.io", Path: "library/nginx"},
		"nginx:1.29":                         {Host: "docker.io", Path: "library/nginx", Tag: "1.29"},
		"grafana/grafana":                    {Host: "docker.io", Path: "grafana/grafana"},
		"docker.io/nginx":                    {Host: "docker.io", Path: "library/nginx"},
		"registry:5000/image":                {Host: "registry:5000", Path: "image"},
		"registry:5000/image:1@sha256:12":    {Host: "registry:5000", Path: "image", Tag: "1", Digest: "sha256:12"},
		"localhost/a/b":                      {Host: "localhost", Path: "a/b"},
		"gcr.io/distroless/static:nonroot":   {Host: "gcr.io", Path: "distroless/static", Tag: "nonroot"},
		"index.docker.io/library/redis:8":    {Host: "docker.io", Path: "library/redis", Tag: "8"},
		"${REGISTRY}/a:$TAG":                 {Host: "docker.io", Path: "${REGISTRY}/a", Tag: "$TAG"},
		"public.ecr.aws/docker/library/node": {Host: "public.ecr.aws", Path: "docker/library/node"},
	} {
		if diff := cmp.Diff(want, ParseImage(name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, want := range map[string]string{"node:22": "node", "public.ecr.aws/docker/library/node": "node", "a/node": "", "registry:5000/node": ""} {
		if got := ParseImage(name).Official(); got != want {
			t.Errorf("%s is official as %q, want %q", name, got, want)
		}
	}
}

func TestImages(t *testing.T) {
	f := Parse("Dockerfile", []byte(`FROM node:22 AS a
FROM a
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/
COPY --from=a x y
COPY --from=0 x y
COPY --from=assets x y
RUN --mount=type=cache,target=/c --mount=type=bind,from=golang:1.26,target=/go go
FROM scratch
FROM ${IMAGE}
`))
	var got []string
	for _, use := range f.Images() {
		got = append(got, fmt.Sprint(use.Line, " ", use.Name, " ", use.Base))
	}
	if diff := cmp.Diff([]string{"1 node:22 true", "3 ghcr.io/astral-sh/uv:0.9 false", "7 golang:1.26 false"}, got); diff != "" {
		t.Error(diff)
	}
}
