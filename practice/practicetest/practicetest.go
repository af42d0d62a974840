// Package practicetest runs a practice's own examples: each is a file or directory of its testdata, and what it must
// find there stands on the offending line.
//
//   - good-NAME.yaml, good-NAME.Dockerfile, good-NAME/ (several files judged together; with a Chart.yaml, those of a chart
//     whose templates have nothing to fill in): nothing may be found.
//   - bad-NAME…: each line with `# want "PART OF THE MESSAGE"` must have a finding that says so, and no other line any.
//     In a Dockerfile the comment stands on a line of its own above the offending one; several wants may share a line.
//   - live-good-NAME.yaml, live-bad-NAME.yaml: the same, judged as a cluster.
//   - live-good-NAME/, live-bad-NAME/ with git/*.yaml: what the config repository says (Scope.Git) of what is in the other files.
//   - a file or directory whose name contains "-complete": what isn't in it is nowhere (Scope.Complete).
//
// Mends holds the edits that are offered for what is found in them to mend it.
package practicetest

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// Run runs the examples of a practice, and checks that it has what it must have: a doc, a bad and a good example.
func Run(t *testing.T, p *practice.Practice) {
	t.Helper()
	if text, err := fs.ReadFile(p.Files, "practice.md"); err != nil || len(strings.Fields(string(text))) < 20 {
		t.Errorf("%s: practice.md says too little: %v", p.ID, err)
	}
	entries, err := fs.ReadDir(p.Files, "testdata")
	if err != nil {
		t.Fatal(err)
	}
	good, bad := 0, 0
	for _, e := range entries {
		kind := strings.TrimPrefix(e.Name(), "live-")
		switch {
		case strings.HasPrefix(kind, "good-"):
			good++
		case strings.HasPrefix(kind, "bad-"):
			bad++
		default:
			continue // a fix and what it makes
		}
		t.Run(e.Name(), func(t *testing.T) { runExample(t, p, path.Join("testdata", e.Name())) })
	}
	if good == 0 || bad == 0 {
		t.Errorf("%s has %d good and %d bad examples: it needs both", p.ID, good, bad)
	}
}

// line of a file.
type line struct {
	file string
	at   int
}

func runExample(t *testing.T, p *practice.Practice, name string) {
	scope, wants := read(t, p, name)
	findings := practice.Judge(scope, []*practice.Practice{p})
	for _, f := range findings {
		at := line{f.Origin.Path, f.Origin.Line}
		i := slices.IndexFunc(wants[at], func(want string) bool { return strings.Contains(f.Message, want) })
		if i < 0 {
			t.Errorf("%s:%d: not wanted: %s", at.file, at.at, f.Message)
			continue
		}
		if wants[at] = slices.Delete(wants[at], i, i+1); len(wants[at]) == 0 {
			delete(wants, at)
		}
		if f.Leads == "" || f.Fix == "" {
			t.Errorf("%s: %q says not what it leads to (%q), or how to mend it (%q)", f.Origin, f.Message, f.Leads, f.Fix)
		}
	}
	for at, missing := range wants {
		t.Errorf("%s:%d: not found: %s", at.file, at.at, strings.Join(missing, "; "))
	}
}

// Mends applies the edits that the findings of a practice's examples offer, judges again by all of some practices, and
// returns how many findings offered some.
func Mends(t *testing.T, p *practice.Practice, judges []*practice.Practice) (offered int) {
	t.Helper()
	entries, err := fs.ReadDir(p.Files, "testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := path.Join("testdata", e.Name())
		scope, _ := read(t, p, name)
		text := func(file string) []byte {
			text, _ := fs.ReadFile(p.Files, file)
			return text
		}
		before := practice.Judge(scope, judges)
		for i, f := range before {
			if f.Practice != p.ID || len(f.Edits) == 0 {
				continue
			}
			offered++
			if _, err := Mend(scope, before, text, judges, i); err != nil && !errors.Is(err, ErrUncovers) {
				t.Errorf("%s: %s: %v", f.Origin, f.Message, err)
			}
		}
	}
	return offered
}

// read makes a scope of an example, and finds what it wants.
func read(t *testing.T, p *practice.Practice, name string) (*practice.Scope, map[line][]string) {
	t.Helper()
	scope := &practice.Scope{
		Name: path.Base(name), Live: strings.Contains(name, "/live-"), Complete: strings.Contains(name, "-complete"), Git: map[manifest.ID]*manifest.Object{},
	}
	scope.Complete = scope.Complete || scope.Live
	wants := map[line][]string{}
	scope.Chart = practice.ReadChart(p.Files, name, "")
	err := fs.WalkDir(p.Files, name, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(p.Files, file)
		if err != nil {
			return err
		}
		note(wants, file, string(text))
		if isDockerfile(file) {
			scope.Dockerfiles = append(scope.Dockerfiles, dockerfile.Parse(file, text))
			return nil
		}
		if scope.Chart != nil && path.Base(path.Dir(file)) != "templates" {
			return nil
		}
		set := manifest.Read(file, text)
		for _, broken := range set.Problems {
			t.Errorf("the example is broken: %v", broken)
		}
		if strings.HasPrefix(file, name+"/git/") {
			for _, o := range set.Objects {
				scope.Git[o.ID()] = o
			}
			return nil
		}
		scope.Objects = append(scope.Objects, set.Objects...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if isBad := strings.Contains(path.Base(name), "bad-"); isBad != (len(wants) > 0) {
		t.Errorf("%s has %d lines that want a finding", name, len(wants))
	}
	return scope, wants
}

func isDockerfile(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "Dockerfile") || strings.HasSuffix(base, ".Dockerfile")
}

var (
	wanted = regexp.MustCompile(`#\s*want((?:\s+"(?:[^"\\]|\\.)*")+)`)
	quoted = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
)

// note collects what a file wants. A comment that has its line for itself speaks of the next line that isn't one.
func note(wants map[line][]string, file, text string) {
	var above []string
	for i, l := range strings.Split(text, "\n") {
		var here []string
		if m := wanted.FindStringSubmatch(l); m != nil {
			for _, q := range quoted.FindAllStringSubmatch(m[1], -1) {
				here = append(here, strings.ReplaceAll(q[1], `\"`, `"`))
			}
		}
		if strings.HasPrefix(strings.TrimSpace(l), "#") {
			above = append(above, here...)
			continue
		}
		if here = append(above, here...); len(here) > 0 {
			wants[line{file, i + 1}] = here
		}
		above = nil
	}
	if len(above) > 0 {
		panic(fmt.Sprintf("%s ends with a wanted finding and no line for it", file))
	}
}
