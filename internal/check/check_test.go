package check_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// here writes the files of a text in the manner of txtar to a new directory, and goes there.
func here(t *testing.T, files string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(files)).Files {
		put(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	t.Chdir(dir)
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// gathered is what a check has taken in: the scopes with what they hold, what could not be read, what was passed over.
func gathered(t *testing.T, in check.Input) string {
	t.Helper()
	r, err := check.Run(t.Context(), in, nil)
	if err != nil {
		return fmt.Sprintf("%v; %s\n", err, hint.Of(err))
	}
	var b strings.Builder
	for _, s := range r.Scopes {
		if n := s.Objects + s.Dockerfiles; n > 0 {
			fmt.Fprintf(&b, "%s %s: %d\n", s.Kind, s.Name, n)
		}
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s: %s\n", place(f), f.Message)
		if f.Leads == "" || f.Fix == "" {
			t.Errorf("%q says not what it leads to, or how it is mended", f.Message)
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "skipped %s: %s\n", s.Path, s.Reason)
	}
	return b.String()
}

// place reads FILE:LINE:COLUMN, as much as is known of it.
func place(f practice.Finding) string {
	if at := f.Origin; at.Column > 0 {
		return fmt.Sprintf("%s:%d:%d", at.Path, at.Line, at.Column)
	}
	return f.Origin.String()
}

const (
	pod   = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: web}]}\n"
	chart = "-- web/Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\n-- web/values.yaml --\nname: web\n" +
		"-- web/templates/web.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: {{ .Values.name }}}\n"
)

// TestInputs are the situations in which files are found, and found out.
func TestInputs(t *testing.T) {
	service := func(name string) string {
		return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\n"
	}
	for name, tt := range map[string]struct {
		files   string
		targets []string
		want    string
	}{
		// Globs
		"** at the start": {
			files:   "-- a/web.yaml --\n" + pod + "-- b/c/web.yaml --\n" + pod + "-- b/c/api.yaml --\n" + pod,
			targets: []string{"**/web.yaml"},
			want:    "manifests a/web.yaml: 1\nmanifests b/c/web.yaml: 1\n",
		},
		"** in the middle": {
			files:   "-- k8s/web.yaml --\n" + pod + "-- k8s/a/b/web.yaml --\n" + pod + "-- other/web.yaml --\n" + pod,
			targets: []string{"k8s/**/web.yaml"},
			want:    "manifests k8s/a/b/web.yaml: 1\nmanifests k8s/web.yaml: 1\n",
		},
		"** at the end": {
			files:   "-- k8s/web.yaml --\n" + pod + "-- k8s/a/web.yaml --\n" + pod + "-- Dockerfile --\nFROM scratch\n",
			targets: []string{"k8s/**"},
			want:    "manifests k8s/a: 1\nmanifests k8s/web.yaml: 1\n",
		},
		"a glob above": {
			files:   "-- k8s/web.yaml --\n" + pod + "-- sub/x --\n",
			targets: []string{"../*/k8s/*.yaml"},
			want:    "manifests ../HERE/k8s/web.yaml: 1\n",
		},
		"names that begin with a dot are names": {
			files:   "-- .k8s/web.yaml --\n" + pod + "-- .git/web.yaml --\n" + pod + "-- node_modules/web.yaml --\n" + pod,
			targets: []string{"**/*.yaml"},
			want:    "manifests .k8s/web.yaml: 1\n",
		},
		"a name that looks like a glob": {
			files: "-- [web].yaml --\n" + pod, targets: []string{"[web].yaml"}, want: "manifests [web].yaml: 1\n",
		},
		"a glob that is none": {
			files: "-- web.yaml --\n" + pod, targets: []string{"*/[web.yaml"},
			want: "*/[web.yaml: syntax error in pattern; close the bracket, or write \\[ for one that means itself\n",
		},
		"files of one directory, named one by one, are one scope": {
			files: "-- k8s/a.yaml --\n" + service("a") + "-- k8s/b.yaml --\n" + service("b"), targets: []string{"k8s/a.yaml", "k8s/b.yaml", "./k8s/a.yaml", "k8s"},
			want: "manifests k8s: 2\n",
		},
		"nothing is there": {targets: []string{"nowhere"}, want: "there is no nowhere here; check the path: it is taken from the directory you are in\n"},
		"an empty directory": {
			files: "-- empty/notes.txt --\n", targets: []string{"empty"},
		},

		// Kinds of files
		"each kind is found out": {
			files: "-- Dockerfile --\nFROM scratch\n-- api.Dockerfile --\nFROM scratch\n-- Dockerfile.dockerignore --\nnode_modules\n" +
				"-- k8s/web.yaml --\n" + pod + "-- k8s/compose.yml --\nservices: {}\n-- k8s/data.json --\n[1, 2]\n-- over/kustomization.yaml --\nresources: [web.yaml]\n-- over/web.yaml --\n" + pod +
				"-- charts/" + chart[len("-- "):strings.Index(chart, "-- web/values")] + "-- charts/web/templates/web.yaml --\n" + service("web"),
			targets: []string{"."},
			want: "dockerfiles Dockerfiles in .: 2\nchart charts/web: 1\nmanifests k8s: 1\nkustomization over: 1\n" +
				"skipped k8s/compose.yml: no Kubernetes object\nskipped k8s/data.json: no Kubernetes object\n",
		},
		"what others have written is passed over, unless it is named": {
			files: "-- vendor/web.yaml --\n" + pod, targets: []string{"vendor", "."}, want: "manifests vendor: 1\n",
		},
		"what others have written is told": {
			files: "-- vendor/web.yaml --\n" + pod + "-- web.yaml --\n" + pod, targets: []string{"."},
			want: "manifests .: 1\nskipped vendor: written by others or by programs: name it to have it checked\n",
		},
		"a byte order mark and Windows' line ends": {
			files: "-- web.yaml --\n\ufeff" + strings.ReplaceAll(pod, "\n", "\r\n"), targets: []string{"web.yaml"}, want: "manifests web.yaml: 1\n",
		},
		"a List is its items": {
			files: "-- web.json --\n" + `{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}]}`, targets: []string{"."},
			want: "manifests .: 1\n",
		},

		// Kustomizations
		"a kustomization that another one uses is judged with it": {
			files: "-- base/kustomization.yaml --\nresources: [web.yaml]\n-- base/web.yaml --\n" + pod +
				"-- dev/kustomization.yaml --\nresources: [../base]\n-- prod/kustomization.yaml --\nbases: [../base]\n",
			targets: []string{"."}, want: "kustomization dev: 1\nkustomization prod: 1\n",
		},
		"components": {
			files: "-- used/kustomization.yaml --\nkind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nresources: [web.yaml]\n-- used/web.yaml --\n" + pod +
				"-- unused/kustomization.yaml --\nkind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nresources: [api.yaml]\n-- unused/api.yaml --\n" + service("api") +
				"-- prod/kustomization.yaml --\ncomponents: [../used]\n",
			targets: []string{"."}, want: "kustomization prod: 1\nskipped unused: a component that no kustomization here uses\n",
		},
		"kustomizations that use each other": {
			files:   "-- a/kustomization.yaml --\nresources: [../b, web.yaml]\n-- a/web.yaml --\n" + pod + "-- b/kustomization.yaml --\nresources: [../a, api.yaml]\n-- b/api.yaml --\n" + service("api"),
			targets: []string{"."}, want: "kustomization a: 2\nb/kustomization.yaml:1: resources: ../a leads back to a: a cycle\n",
		},
		"one that can't be built is judged by its files": {
			files: "-- prod/kustomization.yaml --\nresources:\n- web.yaml\n- gone.yaml\n-- prod/web.yaml --\n" + pod, targets: []string{"prod"},
			want: "kustomization prod: 1\nprod/kustomization.yaml:3: resources: prod/gone.yaml: file does not exist\n",
		},
		"one that can't be built is judged by its base": {
			files: "-- base/kustomization.yaml --\nresources: [web.yaml]\n-- base/web.yaml --\n" + pod +
				"-- prod/kustomization.yaml --\nresources:\n- ../base\npatches:\n- path: gone.yaml\n", targets: []string{"prod"},
			want: "kustomization prod: 1\nprod/kustomization.yaml:4: patches: prod/gone.yaml: file does not exist\n",
		},
		"one that can't be built, nor what it builds upon": {
			files: "-- base/kustomization.yaml --\nresources:\n- web.yaml\n- gone.yaml\n-- base/web.yaml --\n" + pod +
				"-- prod/kustomization.yaml --\nresources: [../base]\n", targets: []string{"prod"},
			want: "kustomization prod: 1\nbase/kustomization.yaml:3: resources: base/gone.yaml: file does not exist\n",
		},
		"one that is no YAML": {
			files: "-- prod/kustomization.yaml --\nresources: [web.yaml\n-- prod/web.yaml --\n" + pod, targets: []string{"prod"},
			want: "prod/kustomization.yaml:1: not YAML: did not find expected ',' or ']'\nskipped prod/web.yaml: beside a kustomization that can't be read\n",
		},
		"a patch that is named means its kustomization": {
			files: "-- prod/kustomization.yaml --\nresources: [web.yaml]\npatches: [{path: patch.yaml}]\n-- prod/web.yaml --\n" + pod +
				"-- prod/patch.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {a: b}}\n", targets: []string{"prod/patch.yaml"},
			want: "kustomization prod: 1\n",
		},
		"files beside those that a kustomization lists": {
			files: "-- kustomization.yaml --\nresources: [web.yaml]\n-- web.yaml --\n" + pod + "-- old.yaml --\n" + pod, targets: []string{"."},
			want: "kustomization .: 1\nskipped old.yaml: beside a kustomization that doesn't list it\n",
		},

		// Charts
		"each of a chart's values files": {
			files: chart + "-- web/values-prod.yaml --\nname: prod\n-- web/ci/kind-values.yaml --\nname: ci\n-- web/ci/cluster.yaml --\n" + service("ci") +
				"-- web/values/test.yaml --\nname: test\n-- web/values.schema.json --\n{}\n", targets: []string{"."},
			want: "chart web: 1\nchart web with ci/kind-values.yaml: 1\nchart web with values-prod.yaml: 1\nchart web with values/test.yaml: 1\nmanifests web/ci: 1\n",
		},
		"a part of a chart means the chart": {
			files: chart, targets: []string{"web/templates/web.yaml", "web/values.yaml"}, want: "chart web: 1\n",
		},
		"a chart in a chart is judged with it": {
			files:   chart + "-- web/charts/db/Chart.yaml --\napiVersion: v2\nname: db\nversion: 1.0.0\n-- web/charts/db/templates/db.yaml --\n" + service("db"),
			targets: []string{"."}, want: "chart web: 2\n",
		},
		"a library chart": {
			files: "-- lib/Chart.yaml --\napiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n", targets: []string{"."},
			want: "skipped lib: a library chart: it is judged in the charts that use it\n",
		},
		"a chart that fails, beside others": {
			files:   chart + "-- bad/Chart.yaml --\napiVersion: v2\nname: bad\nversion: 1.0.0\n-- bad/templates/a.yaml --\na: 1\nb: {{ fail \"no\" }}\n",
			targets: []string{"."}, want: "chart web: 1\nbad/templates/a.yaml:2:1: no\n",
		},
		"a chart that fails with some values": {
			files: chart + "-- web/values-bad.yaml --\nname: [\n", targets: []string{"web"},
			want: "chart web: 1\nweb/values-bad.yaml:1:1: values: did not find expected node content\n",
		},
		"a chart that never ends": {
			files:   "-- bad/Chart.yaml --\napiVersion: v2\nname: bad\nversion: 1.0.0\n-- bad/templates/a.yaml --\n{{ define \"a\" }}{{ include \"a\" . }}{{ end }}\na: {{ include \"a\" . }}\n",
			targets: []string{"."}, want: "bad/templates/a.yaml:1:1: include \"a\" .: error calling include: rendering template has a nested reference name: a: unable to execute template\n",
		},
		"a chart that is a kustomization, too": {
			files: chart + "-- web/kustomization.yaml --\nresources: []\n", targets: []string{"."},
			want: "web/kustomization.yaml: web is both a Helm chart and a kustomization\n",
		},
		"an archive is judged if it is named": {
			files: "-- web-1.0.0.tgz --\nno archive\n-- web.yaml --\n" + pod, targets: []string{"."},
			want: "manifests .: 1\nskipped web-1.0.0.tgz: an archive: name it to have it checked as a chart\n",
		},
		"an archive that is none": {
			files: "-- web-1.0.0.tgz --\nno archive\n", targets: []string{"web-1.0.0.tgz"},
			want: "web-1.0.0.tgz: not a chart archive: gzip: invalid header\n",
		},

		// What is broken
		"a file that ends too soon": {
			files: "-- k8s/a.yaml --\n" + service("a") + "---\napiVersion: v1\nkind: Service\nmetadata: {name: \"b\n-- k8s/b.yaml --\n" + service("b"), targets: []string{"k8s"},
			want: "manifests k8s: 2\nk8s/a.yaml:7: not YAML: found unexpected end of stream\n",
		},
		"a placeholder": {
			files: "-- k8s/a.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {app: {{ name }}}}\n---\n" + service("b"), targets: []string{"k8s"},
			want: "manifests k8s: 1\nk8s/a.yaml:3:36: a key of the mapping is not a string\n",
		},
		"two objects of one name": {
			files: "-- k8s/a.yaml --\n" + service("web") + "---\n" + service("web") + "-- k8s/b.yaml --\n" + service("web") + "spec: {type: NodePort}\n", targets: []string{"k8s"},
			want: "manifests k8s: 2\nk8s/b.yaml:3:12: Service web is defined a second time, with other content: first at k8s/a.yaml:1\n",
		},
		"a time that is none": {
			files: "-- a.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: a, creationTimestamp: 2020-13-45T99:00:00Z}\nspec: {containers: [{name: web, image: web}]}\n", targets: []string{"."},
			want: "manifests .: 1\n",
		},
		"bytes that are no text": {
			files: "-- a.yaml --\n" + service("a\x00b") + "---\n" + service("b"), targets: []string{"."},
			want: "manifests .: 1\na.yaml:3: not YAML: control characters are not allowed\n",
		},
		"another encoding": {
			files: "-- a.yaml --\n" + utf16(service("a")) + "\n-- b.yaml --\n" + service("b") + "-- c.yaml --\n" + utf16("a: b"), targets: []string{"."},
			want: "manifests .: 1\na.yaml: the file is in UTF-16\nskipped c.yaml: no Kubernetes object\n",
		},
		"a Dockerfile that is none": {
			files: "-- Dockerfile --\nRUN x\n-- a/Dockerfile --\nFROM scratch\nRUNN x\n-- b/Dockerfile --\n", targets: []string{"."},
			want: "dockerfiles Dockerfiles in .: 3\nDockerfile:1:1: RUN stands before the first FROM\na/Dockerfile:2:1: unknown instruction: RUNN (did you mean RUN?)\nb/Dockerfile:1:1: file with no instructions\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			here(t, tt.files)
			got := gathered(t, check.Input{Targets: tt.targets})
			dir, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(got, filepath.Base(dir)+"/", "HERE/")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// utf16 is a text as Windows writes it.
func utf16(text string) string {
	out := "\xff\xfe"
	for _, r := range text {
		out += string([]byte{byte(r), 0})
	}
	return out
}

func TestStandardInputIsFoundOut(t *testing.T) {
	for text, want := range map[string]string{
		pod: "manifests stdin: 1\n",
		"# syntax=docker/dockerfile:1\n\nFROM\tscratch\n": "dockerfiles stdin: 1\n",
		"\ufeffARG A\nfrom scratch\n":                     "dockerfiles stdin: 1\n",
		"from: scratch\n":                                 "skipped stdin: no Kubernetes object\n",
		"":                                                "skipped stdin: no Kubernetes object\n",
		"apiVersion: v1\nkind: [":                         "stdin:2: not YAML: did not find expected node content\n",
	} {
		if diff := cmp.Diff(want, gathered(t, check.Input{Targets: []string{"-"}, Stdin: strings.NewReader(text)})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestLinksAreNotFollowedOut(t *testing.T) {
	outside := t.TempDir()
	put(t, filepath.Join(outside, "secret.yaml"), pod)
	here(t, "-- .git/HEAD --\n-- k8s/web.yaml --\n"+pod+"-- other/api.yaml --\n"+strings.ReplaceAll(pod, "web", "api"))
	for name, target := range map[string]string{
		"k8s/out.yaml": filepath.Join(outside, "secret.yaml"), "k8s/in.yaml": "../other/api.yaml", "k8s/dir": "../other", "k8s/outdir": outside,
		"k8s/gone.yaml": "nowhere.yaml", "k8s/loop.yaml": "loop.yaml",
	} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	want := `manifests k8s: 2
k8s/gone.yaml: k8s/gone.yaml is a symlink to nowhere.yaml: file does not exist
k8s/loop.yaml: k8s/loop.yaml: symlinks that lead in a circle: refused
k8s/out.yaml: k8s/out.yaml is a symlink to OUTSIDE/secret.yaml, outside the repository: refused
skipped k8s/dir: a symbolic link to a directory
skipped k8s/outdir: a symbolic link that leads out of the repository, or nowhere
`
	got := strings.ReplaceAll(gathered(t, check.Input{Targets: []string{"k8s"}}), outside, "OUTSIDE")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAHugeFileIsPassedOver(t *testing.T) {
	here(t, "-- web.yaml --\n"+pod)
	put(t, "huge.yaml", strings.Repeat("- {a: some, b: data}\n", 50<<20/21))
	want := "manifests .: 1\nskipped huge.yaml: too large: it has 50.0 MiB, a file may have 10.0 MiB\n"
	if diff := cmp.Diff(want, gathered(t, check.Input{Targets: []string{"."}})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Paths in messages are those of the person, wherever in a repository they are.
func TestPathsAreThoseOfThePerson(t *testing.T) {
	here(t, "-- .git/HEAD --\n-- a/kustomization.yaml --\nresources:\n- ../b\n- gone.yaml\n-- b/kustomization.yaml --\nresources: [b.yaml]\n-- b/b.yaml --\n"+pod+
		"-- c/a.yaml --\n"+pod+"---\n"+pod+"spec: {}\n")
	t.Chdir("c")
	want := `kustomization ../a: 1
manifests a.yaml: 1
../a/kustomization.yaml:3: resources: ../a/gone.yaml: file does not exist
a.yaml:10:1: key "spec" is set twice, first on line 4 of the document
`
	if diff := cmp.Diff(want, gathered(t, check.Input{Targets: []string{"../a", "a.yaml"}})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRevisions(t *testing.T) {
	here(t, "-- old/web.yaml --\n"+pod)
	git(t, "init", "-q", "-b", "main")
	git(t, "add", ".")
	git(t, "commit", "-qm", "first")
	put(t, "new/web.yaml", pod)
	if diff := cmp.Diff("manifests old: 1\n", gathered(t, check.Input{Targets: []string{"old"}, Ref: "main"})); diff != "" {
		t.Errorf("a directory of then (-want +got):\n%s", diff)
	}
	want := "new as of main: file does not exist; see what there was with: git ls-tree -r --name-only main\n"
	if diff := cmp.Diff(want, gathered(t, check.Input{Targets: []string{"new"}, Ref: "main"})); diff != "" {
		t.Errorf("a directory that wasn't there (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("manifests old/web.yaml: 1\n", gathered(t, check.Input{Targets: []string{"*/web.yaml"}, Ref: "main"})); diff != "" {
		t.Errorf("a glob (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("", gathered(t, check.Input{Targets: []string{"new", "x/*.yaml"}, Ref: "main", MayBeGone: true})); diff != "" {
		t.Errorf("what may be gone (-want +got):\n%s", diff)
	}
}

func TestARunThatIsEnded(t *testing.T) {
	here(t, "-- web.yaml --\n"+pod)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := check.Run(ctx, check.Input{Targets: []string{"."}}, nil); err == nil {
		t.Error("no error")
	}
}

func git(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
