package runasnonroot

import (
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

func TestImagesGetAUser(t *testing.T) {
	const made, starts = "RUN adduser -D -u 10001 app\n", "ENTRYPOINT [\"server\"]\n"
	for name, test := range map[string]struct{ text, want string }{
		"that it makes and never becomes":          {"FROM alpine:3.22\n" + made + starts, "3: USER 10001"},
		"after what needs root":                    {"FROM alpine:3.22\n" + made + "RUN apk add --no-cache tzdata \\\n    ca-certificates\nEXPOSE 8080\n" + starts, "5: USER 10001"},
		"without a number":                         {"FROM alpine:3.22\nRUN adduser -D app\n" + starts, ""},
		"of two":                                   {"FROM alpine:3.22\n" + made + "RUN adduser -D -u 10002 job\n" + starts, ""},
		"below an entrypoint that its base brings": {"FROM postgres:17.2\n" + made + "CMD [\"postgres\"]\n", ""},
		"below a script that may need root":        {"FROM alpine:3.22\n" + made + "ENTRYPOINT [\"/docker-entrypoint.sh\"]\n", ""},
		"with a port of root's":                    {"FROM alpine:3.22\n" + made + "EXPOSE 80\n" + starts, ""},
		"by the number that it makes it with":      {"FROM alpine:3.22\n" + made + "USER app:www\n" + starts, "3: USER 10001:www"},
		"by the number that its base has for it":   {"FROM node:22-slim\nUSER node\n" + starts, "2: USER 1000"},
		"by a number that nobody knows":            {"FROM registry.example.com/base:1.0.0\nUSER nobody\n" + starts, ""},
		"by a variable":                            {"FROM node:22-slim\nARG USER=node\nUSER $USER\n" + starts, ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := dockerfile.Parse("Dockerfile", []byte(test.text))
			found := practice.Judge(&practice.Scope{Dockerfiles: []*dockerfile.File{file}}, []*practice.Practice{Practice})
			if len(found) != 1 {
				t.Fatalf("found %v", found)
			}
			got := ""
			for _, e := range found[0].Edits {
				got += string(rune('0'+e.First)) + ": " + strings.Join(e.Text, "\n")
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
