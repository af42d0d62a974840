package practice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

func TestParseException(t *testing.T) {
	for text, want := range map[string]string{
		"allow image-pinned because the vendor has one tag":                              "[image-pinned] at  until 0001-01-01: the vendor has one tag",
		"allow a, b,c because of this":                                                   "[a b c] at  until 0001-01-01: of this",
		"allow a at containers[name=web].image until 2027-01-31 because at last it ends": "[a] at containers[name=web].image until 2027-01-31: at last it ends",
		"allow a until 2027-01-31 at rules[0] because x":                                 "[a] at rules[0] until 2027-01-31: x",
		"":                                         `an exception begins with allow, this one says ""`,
		"ignore a because x":                       `an exception begins with allow, this one says "ignore a because x"`,
		"allow because x":                          "the exception names no practice",
		"allow a":                                  "the exception gives no reason",
		"allow a because":                          "the exception gives no reason",
		"allow a until tomorrow because x":         `"tomorrow" is no day`,
		"allow a until because x":                  `"" is no day`,
		"allow a at because x":                     "the exception names no place after at",
		"allow a at containers[name=] because x":   `"containers[name=]" is no part of a field's path`,
		"allow a at b at c because x":              `"at" is said twice`,
		"allow a until 2027-02-30 because of time": `"2027-02-30" is no day`,
	} {
		e, err := practice.ParseException(text)
		got := fmt.Sprintf("%v at %s until %s: %s", e.Practices, e.At, e.Until.Format(time.DateOnly), e.Reason)
		if err != nil {
			if got = err.Error(); hint.Of(err) == "" {
				t.Errorf("%q: no next step", text)
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// everywhere finds each container's image, and that its probe is missing; of roles each rule, of Dockerfiles each RUN.
var everywhere = &practice.Practice{
	ID: "everywhere", Severity: practice.Error, Inputs: practice.Manifests | practice.Dockerfiles,
	Run: func(p *practice.Pass) {
		for pod := range p.Pods() {
			for c := range pod.Containers() {
				p.Reportf(c.At("image"), "%s image", c.Name)
				p.Reportf(c.At("readinessProbe"), "%s probe", c.Name)
			}
		}
		for role := range p.Of("rbac.authorization.k8s.io", "Role") {
			p.Reportf(role.At("rules", "0"), "rule 0")
			p.Reportf(role.At("rules", "1", "verbs"), "rule 1")
		}
		for f := range p.Files() {
			for _, s := range f.Stages {
				for _, in := range s.Instructions {
					p.Reportf(practice.Line(f, in.Line), "line %d", in.Line)
				}
			}
		}
	},
}

func TestExceptions(t *testing.T) {
	for name, test := range map[string]struct {
		manifests, dockerfile string
		lets                  []string // messages of what is let be
		said                  []string // of the exceptions, with their lines
	}{
		"in a comment at a container": {
			manifests: twoContainers("", "# fairlead: allow everywhere because x"),
			lets:      []string{"web image", "web probe"},
		},
		"in a comment behind a field": {
			manifests: strings.Replace(twoContainers("", ""), "image: web", "image: web # fairlead: allow everywhere because x", 1),
			lets:      []string{"web image"},
		},
		"in an annotation, at an absence": {
			manifests: twoContainers("allow everywhere at containers[name=web].readinessProbe because x", ""),
			lets:      []string{"web probe"},
		},
		"in an annotation, twice": {
			manifests: twoContainers(`allow everywhere at [name=web] because x\nallow everywhere at containers[0] because y\n`, ""),
			lets:      []string{"proxy image", "proxy probe", "web image", "web probe"},
		},
		"of one rule of a role": {
			manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, annotations: {fairlead.dev/allow: "allow everywhere at rules[resources=secrets] because x"}}
rules:
- {apiGroups: [""], resources: [pods, secrets], verbs: [get]}
- {apiGroups: [""], resources: [pods], verbs: [get]}
`,
			lets: []string{"rule 0"},
		},
		"in a Dockerfile": {
			dockerfile: "FROM scratch\nRUN a\n# fairlead: allow everywhere because x\nRUN b\nRUN c\n",
			lets:       []string{"line 4"},
		},
		"without a reason": {
			manifests: twoContainers("", "# fairlead: allow everywhere"),
			said:      []string{"11 warning: the exception gives no reason"},
		},
		"on its last day, and after it": {
			manifests: twoContainers("allow everywhere at [name=web] until 2026-05-01 because x", "# fairlead: allow everywhere until 2026-04-30 because y"),
			lets:      []string{"web image", "web probe"},
			said:      []string{"11 warning: the exception for everywhere has ended on 2026-04-30: y"},
		},
		"that nothing needs": {
			manifests: twoContainers("allow everywhere at [name=db] because x", ""),
			said:      []string{"6 info: nothing here needs the exception for everywhere"},
		},
		"for what is not judged now": {
			manifests: twoContainers("allow elsewhere because x", ""),
		},
		"for what is no practice": {
			manifests: twoContainers("allow nowhere because x", ""),
			said:      []string{`6 warning: the exception names "nowhere", which is no practice`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			scope := &practice.Scope{
				Now: time.Date(2026, 5, 1, 15, 0, 0, 0, time.UTC), Known: func(id string) bool { return id != "nowhere" },
				Objects: manifest.Read("web.yaml", []byte(test.manifests)).Objects,
			}
			if test.dockerfile != "" {
				scope.Dockerfiles = []*dockerfile.File{dockerfile.Parse("Dockerfile", []byte(test.dockerfile))}
			}
			var lets, said []string
			for _, f := range practice.Judge(scope, []*practice.Practice{everywhere}) {
				switch {
				case f.Practice == practice.Exceptions.ID:
					said = append(said, fmt.Sprintf("%d %s: %s", f.Origin.Line, f.Severity, f.Message))
				case f.Allowed != nil:
					lets = append(lets, f.Message)
				}
			}
			slices.Sort(lets)
			if diff := cmp.Diff(test.lets, lets); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.said, said); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func twoContainers(annotation, comment string) string {
	if comment == "" {
		comment = "# one"
	}
	return `apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    fairlead.dev/allow: "` + annotation + `"
spec:
  containers:
  - name: proxy
    image: proxy
  ` + comment + `
  - name: web
    image: web
`
}
