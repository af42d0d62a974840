package runasnonroot

import (
	"testing"

	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

func TestNumberOfAUser(t *testing.T) {
	for name, test := range map[string]struct{ text, user, want string }{
		"made with useradd":            {"FROM a\nRUN apt-get update && useradd -r -u 10001 app && rm -rf /x\n", "app", "10001"},
		"made with adduser, after it":  {"FROM a\nRUN adduser app -D --uid=1500\n", "app", "1500"},
		"made in the stage below":      {"FROM a AS base\nRUN useradd --uid 77 app\nFROM base\nCOPY . .\n", "app", "77"},
		"made in a here-document":      {"FROM a\nRUN <<EOF\nset -e\nuseradd -u 4242 app\nEOF\n", "app", "4242"},
		"made over several lines":      {"FROM a\nRUN useradd \\\n    --uid 10001 \\\n    app; \\\n    chown app /data\n", "app", "10001"},
		"another user's":               {"FROM a\nRUN useradd -u 5 other && useradd app\n", "app", "10001, and make the user with that number"},
		"known from the base":          {"FROM node\n", "node", "1000"},
		"a number that is a variable":  {"FROM a\nRUN useradd -u $UID app\n", "app", "10001, and make the user with that number"},
		"named in another's arguments": {"FROM a\nRUN useradd -u 5 other && chown -R app /app\n", "app", "10001, and make the user with that number"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := numberOf(dockerfile.Parse("Dockerfile", []byte(test.text)).Final(), test.user); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestImagesThatStartAsRoot(t *testing.T) {
	for image, want := range map[string]bool{
		"scratch":                            true,
		"alpine:3.20":                        true,
		"docker.io/library/python:3.12-slim": true,
		"public.ecr.aws/docker/library/golang:1.24":          true,
		"nginx@sha256:0000":                                  true,
		"gcr.io/distroless/static-debian12":                  true,
		"gcr.io/distroless/static-debian12:nonroot":          false,
		"gcr.io/distroless/base-debian12:debug-nonroot":      false,
		"mcr.microsoft.com/dotnet/aspnet:8.0":                true,
		"mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled": false,
		"registry.access.redhat.com/ubi9/ubi-minimal:9.5":    true,
		"registry.access.redhat.com/ubi9/nodejs-22:latest":   false,
		"cgr.dev/chainguard/static:latest":                   false,
		"nginxinc/nginx-unprivileged:1.27":                   false,
		"haproxy:3.1":                                        false,
		"registry:5000/platform/base":                        false,
		"":                                                   false,
	} {
		if got := startsAsRoot(image); got != want {
			t.Errorf("%q: got %v", image, got)
		}
	}
}
