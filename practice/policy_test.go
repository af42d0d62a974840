package practice_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// sized tells of each object as a warning and as advice, with the value of its parameter.
var sized = &practice.Practice{
	ID: "sized", Severity: practice.Warning, Inputs: practice.Manifests | practice.Dockerfiles,
	Parameters: []practice.Parameter{
		{Name: "most", Default: 5},
		{Name: "words", Default: []string{"a"}},
		{Name: "mode", Default: "soft", Values: []string{"soft", "hard"}},
	},
	Run: func(p *practice.Pass) {
		for o := range p.All() {
			p.Report(practice.Note{At: o.At("metadata"), Message: fmt.Sprintf("%s has %d", o.ID().Name, practice.Value[int](p, "most", o.At()))})
			p.Report(practice.Note{At: o.At("metadata"), Message: o.ID().Name + " advice", Severity: practice.Info})
		}
		for f := range p.Files() {
			p.Reportf(practice.Line(f, 1), "%s has %d", path.Dir(f.Path), practice.Value[int](p, "most", practice.Line(f, 1)))
		}
	},
}

// Two workloads in namespaces and directories of their own, a role and a Dockerfile.
var judged = map[string]string{
	"apps/web/web.yaml": `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {team: a}}
spec: {containers: [{name: app, image: web}, {name: agent, image: agent}]}
`,
	"apps/old/old.yaml": `apiVersion: v1
kind: Pod
metadata: {name: old, namespace: legacy-one}
spec: {containers: [{name: app, image: old}]}
`,
	"apps/role.yaml": `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get]}
- {apiGroups: [""], resources: [pods], verbs: [get]}
`,
	"apps/web/Dockerfile": "FROM scratch\n",
}

// judge judges all of it by the settings in a tree, the platform's own before them.
func judge(t *testing.T, settings map[string]string, platform string, remark string) (found, said []string) {
	t.Helper()
	known := []*practice.Practice{everywhere, sized}
	scope := &practice.Scope{Now: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Sources: []string{"overlays/prod"}}
	dirs := []string{"overlays/prod"}
	for _, name := range slices.Sorted(maps.Keys(judged)) {
		dirs = append(dirs, path.Dir(name))
		if path.Base(name) == "Dockerfile" {
			scope.Dockerfiles = append(scope.Dockerfiles, dockerfile.Parse(name, []byte(judged[name])))
			continue
		}
		scope.Objects = append(scope.Objects, manifest.Read(name, []byte(remark+judged[name])).Objects...)
	}
	files := fstest.MapFS{}
	for name, text := range settings {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree := &practice.PolicyTree{Files: files, Known: known}
	outer, problems := practice.ReadPolicy("platform.yaml", []byte(platform), known)
	scope.Policy = outer.With(tree.For(dirs...))
	for _, p := range slices.Concat(problems, tree.Problems()) {
		t.Errorf("not wanted: %v", p)
	}
	for _, f := range practice.Judge(scope, known) {
		text := fmt.Sprintf("%s: %s", f.Severity, f.Message)
		switch {
		case f.Practice == practice.Exceptions.ID:
			said = append(said, fmt.Sprintf("%s %s", f.Origin, text))
			continue
		case f.Allowed != nil:
			text = "let be: " + f.Message
		}
		found = append(found, text)
	}
	slices.Sort(found)
	return found, said
}

func TestPolicy(t *testing.T) {
	asIs, _ := judge(t, nil, "", "")
	for name, test := range map[string]struct {
		settings         map[string]string
		platform, remark string
		without, with    []string // what differs from what is found without any settings
		said             []string
	}{
		"nothing said": {settings: map[string]string{".fairlead.yaml": "practices:\n  # all as it is\n"}},
		"more severe: advice stays advice": {
			settings: map[string]string{".fairlead.yaml": "practices: {severity: {sized: error}}"},
			without:  []string{"warning: apps/web has 5", "warning: old has 5", "warning: reader has 5", "warning: web has 5"},
			with:     []string{"error: apps/web has 5", "error: old has 5", "error: reader has 5", "error: web has 5"},
		},
		"less severe, in one namespace": {
			settings: map[string]string{".fairlead.yaml": "practices: {for: [{namespaces: [legacy-*], severity: {sized: info, everywhere: off}}]}"},
			without:  []string{"error: app image", "error: app probe", "warning: old has 5"},
			with:     []string{"info: old has 5"},
		},
		"off, and on again further in": {
			settings: map[string]string{
				".fairlead.yaml":          "practices: {severity: {sized: off}}",
				"apps/web/.fairlead.yaml": "practices: {severity: {sized: info}}",
			},
			without: []string{"info: old advice", "info: reader advice", "warning: apps/web has 5", "warning: old has 5", "warning: reader has 5", "warning: web has 5"},
			with:    []string{"info: apps/web has 5", "info: web has 5"},
		},
		"a profile further in replaces what is said further out": {
			settings: map[string]string{
				"apps/.fairlead.yaml":     "practices: {severity: {sized: off}, parameters: {sized: {most: 7}}}",
				"apps/web/.fairlead.yaml": "practices: {profile: recommended}",
			},
			without: []string{"info: old advice", "info: reader advice", "warning: old has 5", "warning: reader has 5"},
		},
		"parameters, by path and by label": {
			settings: map[string]string{
				"apps/.fairlead.yaml": "practices:\n  parameters: {sized: {most: 6}}\n  for:\n  - paths: [old]\n    parameters: {sized: {most: 7}}\n" +
					"  - labels: {team: '*'}\n    kinds: [Pod]\n    parameters: {sized: {most: 8}}\n",
			},
			without: []string{"warning: apps/web has 5", "warning: old has 5", "warning: reader has 5", "warning: web has 5"},
			with:    []string{"warning: apps/web has 6", "warning: old has 7", "warning: reader has 6", "warning: web has 8"},
		},
		"settings are for what lies below them, and for the scope that is made of what does": {
			settings: map[string]string{
				"apps/web/.fairlead.yaml":      "practices: {parameters: {sized: {most: 6}}}",
				"overlays/prod/.fairlead.yaml": "practices: {for: [{names: [old], parameters: {sized: {most: 9}}}]}",
				"elsewhere/.fairlead.yaml":     "practices: {severity: {sized: off}}",
			},
			without: []string{"warning: apps/web has 5", "warning: old has 5", "warning: web has 5"},
			with:    []string{"warning: apps/web has 6", "warning: old has 9", "warning: web has 6"},
		},
		"an exception for a container, by its name": {
			settings: map[string]string{".fairlead.yaml": "practices:\n  exceptions:\n  - allow: everywhere at containers[name=agent] because x\n    names: [web]\n    paths: ['apps/**/*.yaml']\n"},
			without:  []string{"error: agent image", "error: agent probe"},
			with:     []string{"let be: agent image", "let be: agent probe"},
		},
		"an exception for an absence, and for one rule of a role": {
			settings: map[string]string{".fairlead.yaml": "practices:\n  exceptions:\n  - allow: everywhere at containers[name=agent].readinessProbe because x\n    labels: {team: a}\n" +
				"  - allow: everywhere at rules[resources=secrets] until 2026-05-01 because y\n    kinds: [Role]\n    namespaces: [shop]\n"},
			without: []string{"error: agent probe", "error: rule 0"},
			with:    []string{"let be: agent probe", "let be: rule 0"},
		},
		"the sentence alone is for all below the file, Dockerfiles too": {
			settings: map[string]string{"apps/web/.fairlead.yaml": "practices: {exceptions: [allow sized because x]}"},
			without:  []string{"info: web advice", "warning: apps/web has 5", "warning: web has 5"},
			with:     []string{"let be: apps/web has 5", "let be: web advice", "let be: web has 5"},
		},
		"an exception whose place no Dockerfile has, and one for another namespace": {
			settings: map[string]string{"apps/web/.fairlead.yaml": "practices: {exceptions: [allow sized at containers because x, {allow: sized because x, namespaces: [other]}]}"},
		},
		"an exception that has ended": {
			settings: map[string]string{".fairlead.yaml": "practices:\n  exceptions:\n  - allow: everywhere at rules[0] until 2026-04-30 because y\n"},
			said:     []string{".fairlead.yaml:3 warning: the exception for everywhere has ended on 2026-04-30: y"},
		},
		"exceptions that say too little, or name nothing there is": {
			settings: map[string]string{".fairlead.yaml": "practices:\n  exceptions:\n  - allow: everywhere\n  - permit everywhere because x\n"},
			said: []string{
				".fairlead.yaml:3 warning: the exception gives no reason",
				`.fairlead.yaml:4 warning: an exception begins with allow, this one says "permit everywhere because x"`,
			},
		},
		"what is locked is not let be, nor made milder, further in": {
			platform: "practices:\n  locked: [everywhere, sized]\n  exceptions:\n  - allow: everywhere at rules[0] because the platform says so\n",
			settings: map[string]string{
				".fairlead.yaml": "practices:\n  severity: {everywhere: info, sized: error}\n  parameters: {sized: {most: 9}}\n  exceptions:\n  - allow everywhere at rules[1] because x\n",
			},
			remark:  "# fairlead: allow sized because y\n",
			without: []string{"error: rule 0", "warning: apps/web has 5", "warning: old has 5", "warning: reader has 5", "warning: web has 5"},
			with:    []string{"error: apps/web has 5", "error: old has 5", "error: reader has 5", "error: web has 5", "let be: rule 0"},
			said: []string{
				".fairlead.yaml:2 warning: everywhere is locked by platform.yaml:2: what is said of it here doesn't count",
				".fairlead.yaml:3 warning: sized is locked by platform.yaml:2: what is said of it here doesn't count",
				".fairlead.yaml:5 warning: the exception for everywhere doesn't hold: it is locked by platform.yaml:2",
				"apps/old/old.yaml:1 warning: the exception for sized doesn't hold: it is locked by platform.yaml:2",
				"apps/role.yaml:1 warning: the exception for sized doesn't hold: it is locked by platform.yaml:2",
				"apps/web/web.yaml:1 warning: the exception for sized doesn't hold: it is locked by platform.yaml:2",
			},
		},
		"locked for some, off with a profile for others": {
			platform: "practices: {for: [{namespaces: [shop], locked: [sized]}]}",
			settings: map[string]string{".fairlead.yaml": "practices: {severity: {sized: off}}"},
			without:  []string{"info: old advice", "warning: apps/web has 5", "warning: old has 5"},
			said:     []string{".fairlead.yaml:1 warning: sized is locked by platform.yaml:1: what is said of it here doesn't count"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, said := judge(t, test.settings, test.platform, test.remark)
			without, with := onlyIn(asIs, found), onlyIn(found, asIs)
			for i, diff := range []string{cmp.Diff(test.without, without), cmp.Diff(test.with, with), cmp.Diff(test.said, said)} {
				if diff != "" {
					t.Errorf("%s (-want +got):\n%s", []string{"no longer found", "found instead", "said of the settings"}[i], diff)
				}
			}
		})
	}
}

// onlyIn are those of some texts that others lack, counting each.
func onlyIn(some, others []string) []string {
	left := slices.Clone(others)
	var only []string
	for _, text := range some {
		if i := slices.Index(left, text); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			only = append(only, text)
		}
	}
	return only
}

func TestUnneededExceptions(t *testing.T) {
	const settings = `practices:
  exceptions:
  - allow sized because it is needed
  - allow: sized because another one is there
    names: [web]
  - allow: sized because of nobody
    names: [nobody]
  - allow: sized because of others' code
    paths: ["vendor/**"]
  - allow elsewhere because it wasn't judged
  - allow sized
`
	policy, problems := practice.ReadPolicy(".fairlead.yaml", []byte(settings), []*practice.Practice{sized})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	found := practice.Judge(&practice.Scope{
		Objects: manifest.Read("web.yaml", []byte(judged["apps/web/web.yaml"])).Objects, Policy: policy,
	}, []*practice.Practice{sized})
	isJudged := func(id string) bool { return id == "sized" }
	told := func(isWhole func(string) bool) (said []string) {
		for _, f := range policy.Unneeded(found, isJudged, isWhole) {
			said = append(said, fmt.Sprintf("%s %s: %s", f.Origin, f.Severity, f.Message))
		}
		return said
	}
	want := []string{".fairlead.yaml:6 info: nothing that was checked needs the exception for sized"}
	if diff := cmp.Diff(want, told(func(pattern string) bool { return pattern == "." })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{".fairlead.yaml:8 info: nothing that was checked needs the exception for sized"}, told(func(pattern string) bool { return pattern == "vendor/**" })); diff != "" {
		t.Error(diff)
	}
}

func TestAllowing(t *testing.T) {
	policy := practice.Allowing(manifest.Origin{Path: "Application shop"}, "allow sized because of x", "allow sized")
	var got []string
	for _, f := range practice.Judge(&practice.Scope{Objects: manifest.Read("web.yaml", []byte(judged["apps/web/web.yaml"])).Objects, Policy: policy}, []*practice.Practice{sized}) {
		if f.Allowed != nil {
			got = append(got, f.Message+" for "+f.Allowed.Origin.Path)
		} else {
			got = append(got, f.Message)
		}
	}
	if diff := cmp.Diff([]string{"the exception gives no reason", "web advice for Application shop", "web has 5 for Application shop"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadPolicyProblems(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"empty":                 {"", nil},
		"comments alone":        {"# nothing yet\n", nil},
		"no YAML":               {"practices:\n\tprofile: strict\n", []string{"2:0 not YAML: a tab indents this line"}},
		"a list":                {"- a\n", []string{"1:1 the file holds no keys and values"}},
		"another key":           {"practises: {}\n", []string{`1:1 the file has no key "practises" (did you mean: practices)`}},
		"a second document":     {"practices: {}\n---\npractices: {}\n", []string{"3:1 there is a second document in this file"}},
		"a key twice":           {"practices:\n  profile: strict\n  profile: starter\n", []string{`3:3 practices says "profile" twice: first in line 2, which holds`}},
		"a profile":             {"practices: {profile: strictest}", []string{`1:22 there is no profile "strictest" (use starter, recommended, strict)`}},
		"a practice":            {"practices: {severity: {size: error}, locked: [everywher]}", []string{`1:24 there is no practice "size"`, `1:47 there is no practice "everywher"`}},
		"a severity":            {"practices: {severity: {sized: fatal}}", []string{`1:31 sized is to be "fatal", which is no severity (use error, warning, info or off)`}},
		"a parameter's name":    {"practices: {parameters: {sized: {mots: 3}, everywhere: {x: 1}}}", []string{`1:34 sized has no parameter "mots"`, `1:57 everywhere has no parameter "x"`}},
		"a parameter's type":    {"practices: {parameters: {sized: {most: many, words: {a: b}, mode: loud}}}", []string{"1:40 sized: most is a whole number from 1 on", "1:53 sized: words is a list of texts", "1:67 sized: mode is soft or hard"}},
		"parameters that are 0": {"practices: {parameters: {sized: {most: 0}}}", []string{"1:40 sized: most is a whole number from 1 on"}},
		"conditions":            {"practices: {for: [{path: [a], profile: strict}, {namespaces: {a: b}}, {paths: ['[']}, {paths: [../x]}, {profile: strict}]}", []string{`1:20 an item of for has no key "path"`, "1:62 namespaces is no list of names or patterns", "1:79 paths is no list of names or patterns", `1:95 "../x" leads out of the directory`, "1:104 an item of for is for nothing"}},
		"exceptions":            {"practices: {exceptions: [{names: [a]}, {allow: sized because x, pathes: [a]}, [a], {allow: sized because x, labels: [a]}]}", []string{"1:26 an exception allows nothing", `1:65 an exception has no key "pathes"`, "1:79 an exception holds no keys and values", "1:117 labels holds no keys and values"}},
		"no list":               {"practices: {exceptions: allow sized because x}", []string{"1:25 exceptions is no list"}},
		"an alias to itself":    {"practices: &a\n  for: [*a]\n", []string{`2:3 an item of for has no key "for"`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := practice.ReadPolicy(".fairlead.yaml", []byte(test.text), []*practice.Practice{everywhere, sized})
			var got []string
			for i, p := range problems {
				next := hint.Of(p.Err)
				if p.Origin.Path != ".fairlead.yaml" || next == "" {
					t.Errorf("%v: of %q, with no next step", p, p.Origin.Path)
				}
				text := fmt.Sprintf("%d:%d %v", p.Origin.Line, p.Origin.Column, p.Err)
				if i < len(test.want) && strings.HasSuffix(test.want[i], "("+next+")") {
					text += " (" + next + ")"
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is wrong in a file leaves the rest of it as it is, and an exception whose condition isn't understood out.
func TestBrokenSettingsHoldInPart(t *testing.T) {
	const text = `practices:
  severity: {nothing: off, sized: info}
  exceptions:
  - {allow: sized because x, path: [other]}
  - {allow: sized because y, names: [old]}
`
	policy, problems := practice.ReadPolicy("x", []byte(text), []*practice.Practice{sized})
	if len(problems) != 2 {
		t.Errorf("problems are %v", problems)
	}
	for _, f := range practice.Judge(&practice.Scope{Objects: manifest.Read("web.yaml", []byte(judged["apps/web/web.yaml"])).Objects, Policy: policy}, []*practice.Practice{sized}) {
		if f.Severity != practice.Info || f.Allowed != nil {
			t.Errorf("%s: %s, allowed %v", f.Message, f.Severity, f.Allowed)
		}
	}
}

// Files of settings are looked for up to the top, and one that can't be read is told.
func TestPolicyTree(t *testing.T) {
	files := fstest.MapFS{
		"a/.fairlead.yaml":        {Data: []byte("practices: {severity: {x: off}}")},
		"a/b/.fairlead.yaml":      {Data: []byte("practices: {severity: {y: off}}")},
		"a/c/.fairlead.yaml/file": {},
	}
	tree := &practice.PolicyTree{Files: files, Tops: []string{"a/b", "a/c"}, Show: func(name string) string { return "shown/" + name }}
	if tree.For("a/b/d") == nil || tree.For("a") != nil || tree.For("other/b") != nil {
		t.Error("the files of a/b are for what lies in it, and nothing above is read")
	}
	tree.For("a/c")
	var got []string
	for _, p := range tree.Problems() {
		got = append(got, p.Error())
	}
	if len(got) != 2 || !strings.HasPrefix(got[0], `shown/a/b/.fairlead.yaml:1: there is no practice "y"`) || !strings.HasPrefix(got[1], "shown/a/c/.fairlead.yaml: the settings can't be read") {
		t.Errorf("problems are %q", got)
	}
	if tree.Text("shown/a/b/.fairlead.yaml") == nil {
		t.Error("the text of a file that was read is gone")
	}
}

// What is switched off for all that a scope is made of isn't run at all; what may be on for some of it is.
func TestMayJudge(t *testing.T) {
	for text, want := range map[string]bool{
		"{}":                        true,
		"{severity: {sized: info}}": true,
		"{severity: {sized: off}}":  false,
		"{for: [{paths: [apps/web], severity: {sized: off}}]}":                                 false,
		"{for: [{paths: [apps/db], severity: {sized: off}}]}":                                  true,
		"{for: [{paths: [apps/web], names: [a], severity: {sized: off}}]}":                     true,
		"{severity: {sized: off}, for: [{names: [a], severity: {sized: warning}}]}":            true,
		"{severity: {sized: off}, for: [{names: [a], profile: recommended}]}":                  true,
		"{for: [{paths: [apps], profile: strict}, {paths: ['**'], severity: {sized: 'off'}}]}": false,
	} {
		policy, problems := practice.ReadPolicy("x", []byte("practices: "+text), []*practice.Practice{sized})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if got := policy.MayJudge("sized", "apps/web"); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	locked, _ := practice.ReadPolicy("x", []byte("practices: {locked: [sized]}"), []*practice.Practice{sized})
	off, _ := practice.ReadPolicy("y", []byte("practices: {severity: {sized: off}}"), []*practice.Practice{sized})
	if !locked.With(off).MayJudge("sized", "apps/web") || off.With(locked).MayJudge("sized", "apps/web") {
		t.Error("a lock holds against what is further in, and not against what is further out")
	}
	if both := (*practice.Policy)(nil).With(off); both.MayJudge("sized") || !off.In("other").MayJudge("sized", "apps/web") {
		t.Error("what is about another directory switches nothing off here")
	}
}
