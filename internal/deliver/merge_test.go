package deliver

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// told is a report in short: "update ConfigMap a", "guard: …", problems.
func (s site) told(r *Report) []string {
	told := []string{}
	for _, c := range r.Plan.Changes {
		if c.Action != apply.ActionUnchanged {
			line := string(c.Action) + " " + s.names([]manifest.ID{c.ID})[0]
			for _, f := range c.Fields {
				line += fmt.Sprintf("; %s: %v → %v", f.Path, f.From, f.To)
			}
			told = append(told, line)
		}
	}
	if r.Plan.Guard != nil {
		told = append(told, "waits: "+strings.Join(r.Plan.Guard.Reasons, "; "))
	}
	return told
}

// settings is the text of ConfigMaps: "a=1 b=2".
func settings(pairs string) map[string]string {
	files := map[string]string{}
	for pair := range strings.FieldsSeq(pairs) {
		name, value, _ := strings.Cut(pair, "=")
		files[name+".yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {v: \"" + value + "\"}\n"
	}
	return files
}

func with(files map[string]string, name, text string) map[string]string {
	files[name] = text
	return files
}

// at is the site with the files in a directory of their own.
func (s site) at(files map[string]string) site {
	s.Helper()
	s.dir = s.TempDir()
	s.files(files)
	return s
}

func TestMerge(t *testing.T) {
	s := newSite(t)
	const misspelt = "apiVersion: v1\nkind: Service\nmetadata: {name: broken}\nspec: {ports: [{prot: 80}]}\n"
	for name, tt := range map[string]struct {
		live     map[string]string // as delivered before
		edit     string            // of ConfigMap a, by hand
		from, to map[string]string
		change   func(*Spec)
		want     []string
		problems int
		baseErr  string
	}{
		"one more, one less and one changed": {live: settings("a=1 b=1 c=1 d=1"), from: settings("a=1 b=1 c=1 d=1"), to: settings("a=2 b=1 c=1 e=1"),
			want: []string{"update ConfigMap a; data.v: 1 → 2", "prune ConfigMap d", "create ConfigMap e"}},
		"nothing": {live: settings("a=1"), from: settings("a=1"), to: settings("a=1"), want: []string{}},
		"what was edited by hand": {live: settings("a=1 b=1"), edit: `{"data":{"v":"by hand"}}`, from: settings("a=1 b=1"), to: settings("a=1 b=2"),
			want: []string{"update ConfigMap b; data.v: 1 → 2"}},
		"a change of what was edited by hand": {live: settings("a=1"), edit: `{"data":{"v":"by hand"}}`, from: settings("a=1"), to: settings("a=2"),
			want: []string{"update ConfigMap a; data.v: 1 → 2"}},
		"what is merged into has not been delivered yet": {live: settings("a=1"), from: settings("a=2 b=1"), to: settings("a=2 b=1 c=1"),
			want: []string{"create ConfigMap c"}},
		"a change of what has not been delivered yet": {live: settings("a=1"), from: settings("a=1 b=1"), to: settings("a=1 b=2"),
			want: []string{"update ConfigMap b; data.v: 1 → 2"}},
		"what has not been delivered yet is taken back": {live: settings("a=1"), from: settings("a=2 b=1"), to: settings("a=1"),
			want: []string{"update ConfigMap a; data.v: 2 → 1", "prune ConfigMap b"}},
		"what has not been removed yet comes back": {live: settings("a=1 b=1 c=1 d=1"), from: settings("a=1 b=1 c=1"), to: settings("a=1 b=1 c=1 d=1"),
			want: []string{"create ConfigMap d"}},
		"most of it goes": {live: settings("a=1 b=1 c=1"), from: settings("a=1 b=1 c=1"), to: settings("a=1"),
			want: []string{"prune ConfigMap b", "prune ConfigMap c", "waits: 2 of 3 objects would go, more than 30%"}},
		"what waits to be removed goes on waiting": {live: settings("a=1 b=1 c=1"), from: settings("a=1"), to: settings("a=2"),
			want: []string{"update ConfigMap a; data.v: 1 → 2"}},
		"what waits to be removed is changed": {live: settings("a=1 b=1 c=1"), from: settings("a=1"), to: settings("a=1 b=2 c=1"),
			want: []string{"update ConfigMap b; data.v: 1 → 2"}},
		"nothing is ever removed": {live: settings("a=1 b=1 c=1 d=1"), from: settings("a=1 b=1 c=1 d=1"), to: settings("a=1 b=1 c=1"), change: unpruned, want: []string{}},
		"something is refused": {live: settings("a=1"), from: settings("a=1"), to: with(settings("a=2"), "broken.yaml", misspelt),
			want: []string{"update ConfigMap a; data.v: 1 → 2", "blocked Service broken"}, problems: 1},
		"something was refused before": {live: settings("a=1"), from: with(settings("a=1"), "broken.yaml", misspelt), to: with(settings("a=2"), "broken.yaml", misspelt),
			want: []string{"update ConfigMap a; data.v: 1 → 2"}},
		"what was refused is mended": {live: settings("a=1"), from: with(settings("a=1"), "broken.yaml", misspelt),
			to: with(settings("a=1"), "broken.yaml", strings.ReplaceAll(misspelt, "prot", "port")), want: []string{"create Service broken"}},
		"what is merged into can't be rendered": {live: settings("a=1"), from: with(settings("a=1"), "kustomization.yaml", "resources: [nowhere.yaml]"), to: settings("a=2"),
			want: []string{"update ConfigMap a; data.v: 1 → 2"}, baseErr: "nowhere.yaml: file does not exist"},
		"what is merged into holds nothing": {from: map[string]string{"README.md": ""}, to: settings("a=1"), want: []string{"create ConfigMap a"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T, s.namespace = t, sandboxtest.Namespace(t)
			var inventory []manifest.ID
			if tt.live != nil {
				live := s.at(tt.live)
				r := live.deliver()
				inventory = r.Inventory()
			}
			if tt.edit != "" {
				s.edit("a", tt.edit)
			}
			changes := []func(*Spec){owning(inventory)}
			if tt.change != nil {
				changes = append(changes, tt.change)
			}
			r, err := s.pipeline.PreviewMerge(t.Context(), s.at(tt.from).spec(changes...), s.at(tt.to).spec(changes...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.told(r)); diff != "" {
				t.Errorf("foretold (-want +got):\n%s", diff)
			}
			if len(r.Problems()) != tt.problems || (r.BaseErr != nil) != (tt.baseErr != "") || r.BaseErr != nil && !strings.Contains(r.BaseErr.Error(), tt.baseErr) {
				t.Errorf("problems %v, error of what is merged into %v", r.Problems(), r.BaseErr)
			}
		})
	}
}

// TestMergeOfWhatIsBroken has a file that can't be read on both sides, and an application that is new.
func TestMergeOfWhatIsBroken(t *testing.T) {
	s := newSite(t)
	server := gitserver.New(t.TempDir(), gitserver.Options{})
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	store := source.NewStore(t.TempDir())
	t.Cleanup(func() { _ = store.Close() })
	repo, err := store.Repo(web.URL+"/config", source.Auth{}, source.Limits{})
	if err := errors.Join(err, server.Create("config")); err != nil {
		t.Fatal(err)
	}
	for branch, value := range map[string]string{"main": "1", "change": "2"} {
		files := map[string][]byte{"app/broken.yaml": []byte("kind: [")}
		for name, text := range settings("a=" + value) {
			files["app/"+name] = []byte(text)
			files["new-on-"+branch+"/"+name] = []byte(text)
		}
		if _, err := server.Commit(t.Context(), "config", gitserver.Commit{Branch: branch, Files: files}); err != nil {
			t.Fatal(err)
		}
	}
	at := func(branch, path string) Spec {
		return s.spec(func(spec *Spec) { spec.Source = HeadSource{Head: repo.Head(source.Ref{Branch: branch}), Path: path} })
	}
	for path, want := range map[string][]string{"app": {"update ConfigMap a; data.v: 1 → 2"}, "new-on-change": {"create ConfigMap a"}} {
		r, err := s.pipeline.PreviewMerge(t.Context(), at("main", path), at("change", path))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.told(r)); diff != "" || len(r.Problems()) > 0 || r.BaseErr != nil || r.Base.Commit == r.Revision().Commit {
			t.Errorf("%s (-want +got):\n%s%v, %v", path, diff, r.Problems(), r.BaseErr)
		}
	}
	var stage *StageError
	if _, err := s.pipeline.PreviewMerge(t.Context(), at("main", "new-on-main"), at("change", "new-on-main")); !errors.As(err, &stage) || stage.Stage != Render {
		t.Errorf("a directory that goes: error is %v", err)
	}
}

func TestWhatBecomesOfPods(t *testing.T) {
	s := newSite(t)
	workload := func(kind, name, more string) string {
		return "apiVersion: apps/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec:\n" + more + `
  selector: {matchLabels: {app: ` + name + `}}
  template:
    metadata: {labels: {app: ` + name + `}}
    spec:
      containers:
      - {name: app, image: "app:1", env: [{name: A, valueFrom: {secretKeyRef: {name: login, key: a}}}]}
      volumes: [{name: conf, projected: {sources: [{configMap: {name: conf}}]}}]
`
	}
	files := map[string]string{
		"front.yaml":  workload("Deployment", "front", "  replicas: 3"),
		"still.yaml":  workload("Deployment", "still", "  paused: true"),
		"store.yaml":  workload("StatefulSet", "store", "  serviceName: store\n  replicas: 3\n  updateStrategy: {rollingUpdate: {partition: 2}}"),
		"legacy.yaml": workload("StatefulSet", "legacy", "  serviceName: legacy\n  updateStrategy: {type: OnDelete}"),
		"conf.yaml":   "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata: {a: \"1\"}\n",
		"login.yaml":  "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {a: \"1\"}\n",
		"other.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: \"1\"}\n",
	}
	inventory := s.at(files).deliver().Inventory()
	const readers = "restarts none; read by Deployment front, Deployment still, StatefulSet legacy, 1 more"
	for name, tt := range map[string]struct {
		file, old, new string // new "" removes the file
		want           string
	}{
		"another image":                         {"front.yaml", "app:1", "app:2", "restarts 3 pods"},
		"a label of the pods":                   {"front.yaml", "labels: {app: front}", "labels: {app: front, b: c}", "restarts 3 pods"},
		"a label of the workload":               {"front.yaml", "{name: front}", "{name: front, labels: {b: c}}", ""},
		"more replicas":                         {"front.yaml", "replicas: 3", "replicas: 5", "scales from 3 to 5 pods"},
		"none":                                  {"front.yaml", "replicas: 3", "replicas: 0", "scales from 3 to 0 pods"},
		"a paused one":                          {"still.yaml", "app:1", "app:2", ""},
		"a partition":                           {"store.yaml", "app:1", "app:2", "restarts 1 pod"},
		"one that waits for deletions":          {"legacy.yaml", "app:1", "app:2", ""},
		"one less":                              {"front.yaml", "", "", "ends 3 pods"},
		"a ConfigMap that is mounted":           {"conf.yaml", `"1"`, `"2"`, readers},
		"a Secret that is read into a variable": {"login.yaml", `"1"`, `"2"`, readers},
		"a ConfigMap that nobody reads":         {"other.yaml", `"1"`, `"2"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T = t
			changed := map[string]string{}
			for file, text := range files {
				changed[file] = text
			}
			changed[tt.file] = strings.ReplaceAll(files[tt.file], tt.old, tt.new)
			if tt.new == "" {
				delete(changed, tt.file)
			}
			r, err := s.pipeline.PreviewMerge(t.Context(), s.at(files).spec(owning(inventory)), s.at(changed).spec(owning(inventory)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range r.Plan.Changes {
				if c.Action != apply.ActionUnchanged {
					got = append(got, r.Pods(c).String())
				}
			}
			if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%v", diff, s.told(r))
			}
		})
	}
}

// TestForetoldRestartsHappen counts the pods that are really replaced.
func TestForetoldRestartsHappen(t *testing.T) {
	sandboxtest.StartWithNodes(t)
	s := newSite(t)
	const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  replicas: 3
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec: {containers: [{name: app, image: "app:1"}]}
`
	from := s.at(map[string]string{"front.yaml": text})
	inventory := from.deliver().Inventory()
	var before map[string]bool
	sandboxtest.Eventually(t, "3 pods", func() bool { before = s.pods(); return len(before) == 3 })
	to := s.at(map[string]string{"front.yaml": strings.ReplaceAll(text, "app:1", "app:2")})
	r, err := s.pipeline.PreviewMerge(t.Context(), from.spec(owning(inventory)), to.spec(owning(inventory)))
	if err != nil {
		t.Fatal(err)
	}
	to.deliver(owning(inventory))
	sandboxtest.Eventually(t, "3 other pods", func() bool {
		after := s.pods()
		for name := range before {
			delete(after, name)
		}
		return len(after) == r.Pods(r.Plan.Changes[0]).Restarts
	})
}

// pods names those that are there to stay.
func (s site) pods() map[string]bool {
	s.Helper()
	list, err := s.pipeline.Client.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace(s.namespace).List(s.Context(), metav1.ListOptions{})
	if err != nil {
		s.Fatal(err)
	}
	names := map[string]bool{}
	for _, pod := range list.Items {
		if pod.GetDeletionTimestamp() == nil {
			names[pod.GetName()] = true
		}
	}
	return names
}
