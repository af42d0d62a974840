package deliver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// elsewhere is a path of a directory that isn't what was named, as in a repository.
type elsewhere struct{ dir, path string }

func (e elsewhere) Fetch(context.Context) (*source.Snapshot, string, error) {
	snapshot, dir, err := source.Local(e.dir)
	return snapshot, filepath.ToSlash(filepath.Join(dir, e.path)), err
}

func TestStages(t *testing.T) {
	s := newSite(t)
	config := sandboxtest.Start(t)
	config.Host, config.Timeout = "https://127.0.0.1:1", 10*time.Second
	unreachable, err := cluster.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	const kubectl = "check the address with: kubectl cluster-info; for a cluster to try on: fairlead demo"
	const name = "name a directory with YAML manifests, a kustomization or a Helm chart"
	for name, tt := range map[string]struct {
		files  map[string]string
		source func(dir string) Source
		client *cluster.Client
		stage  Stage
		err    string // its end
		next   string // a part of it
	}{
		"a path of this machine that isn't there": {source: func(dir string) Source { return LocalSource(filepath.Join(dir, "nowhere")) },
			stage: Fetch, err: "nowhere: no such file or directory"},
		"a path of the repository that isn't there": {files: manyConfigMaps("a"), source: func(dir string) Source { return elsewhere{dir, "nowhere"} },
			stage: Render, err: "nowhere: file does not exist", next: " holds: app.yaml"},
		"an empty directory": {stage: Render, err: " holds no Kubernetes manifests", next: name},
		"a directory without manifests": {files: map[string]string{"README.md": "x", "values.yaml": "a: b\n"},
			stage: Render, err: "values.yaml, not a Kubernetes object: no apiVersion and no kind)", next: name},
		"a directory with many files that are none": {files: map[string]string{"a.yaml": "a: b\n", "b.yaml": "a: b\n"},
			stage: Render, err: "a.yaml, not a Kubernetes object: no apiVersion and no kind)", next: name},
		"a chart that is broken": {files: map[string]string{"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "templates/a.yaml": "{{ .Values.a"},
			stage: Render, err: "unclosed action", next: ""},
		"a server that isn't there": {files: manyConfigMaps("a"), client: unreachable,
			stage: Plan, err: "connection refused", next: kubectl},
		"a chart for a server that isn't there": {files: map[string]string{"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n"}, client: unreachable,
			stage: Render, err: "connection refused", next: kubectl},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T, s.dir = t, t.TempDir()
			s.files(tt.files)
			spec := s.spec()
			if tt.source != nil {
				spec.Source = tt.source(s.dir)
			}
			pipeline := s.pipeline
			if tt.client != nil {
				pipeline = &Pipeline{Client: tt.client}
			}
			r, err := pipeline.Preview(t.Context(), spec)
			var stage *StageError
			if !errors.As(err, &stage) || stage.Stage != tt.stage {
				t.Fatalf("error is %v, want one of stage %s", err, tt.stage)
			}
			if !strings.HasSuffix(err.Error(), tt.err) || !strings.Contains(hint.Of(err), tt.next) {
				t.Errorf("error %q, next step %q", err, hint.Of(err))
			}
			if r == nil || (r.Snapshot == nil) != (tt.stage == Fetch) || (r.Rendering == nil) != (tt.stage != Plan && !strings.Contains(err.Error(), "holds no")) {
				t.Errorf("the report is not what was reached: %+v", r)
			}
			if _, measured := r.Durations[tt.stage]; !measured {
				t.Error("the stage that failed has no duration")
			}
		})
	}
}

func TestFromFirstToLast(t *testing.T) {
	s := newSite(t)
	for _, step := range []struct {
		what, files string
		summary     string
		writes      bool
	}{
		{"two new", "a b", "2 created", true},
		{"the same", "a b", "nothing to do", false},
		{"one more and one less", "b c", "1 created, 1 pruned", true},
		{"all gone, which waits", "", "nothing to do", false},
	} {
		var inventory []manifest.ID
		if step.what != "two new" {
			inventory = s.inventory()
		}
		s.files(manyConfigMaps(step.files))
		r := s.preview(owning(inventory))
		if r.Writes() != step.writes {
			t.Errorf("%s: writes is %t", step.what, r.Writes())
		}
		if len(r.Outcomes) > 0 || r.Summary() != "nothing to do" {
			t.Errorf("%s: a preview did something: %s", step.what, r.Summary())
		}
		var progress []string
		s.pipeline.Progress = func(o apply.Outcome) { progress = append(progress, string(o.Action)) }
		s.pipeline.Run(t.Context(), r)
		if diff := cmp.Diff(step.summary, r.Summary()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.what, diff)
		}
		if len(progress) != len(r.Outcomes) {
			t.Errorf("%s: progress of %v, outcomes: %d", step.what, progress, len(r.Outcomes))
		}
	}
}

// inventory is what the application has in the namespace now.
func (s site) inventory() []manifest.ID {
	s.Helper()
	var ids []manifest.ID
	for _, name := range []string{"a", "b", "c"} {
		if s.exists(name) {
			ids = append(ids, manifest.ID{Kind: "ConfigMap", Namespace: s.namespace, Name: name})
		}
	}
	return ids
}

func TestEveryWayToRender(t *testing.T) {
	s := newSite(t)
	for name, files := range map[string]map[string]string{
		"plain": manyConfigMaps("a"),
		"kustomize": {"overlay/kustomization.yaml": "resources: [../base]\nnamePrefix: k-\n", "base/kustomization.yaml": "resources: [a.yaml]\n",
			"base/a.yaml": configMap("a")},
		// The chart asks the real server, not the library's idea of one.
		"helm": {"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: h}\ndata:\n" +
			"  version: {{ .Capabilities.KubeVersion.Version }}\n  has: \"{{ .Capabilities.APIVersions.Has \"resource.k8s.io/v1\" }}\"\n  not: \"{{ .Capabilities.APIVersions.Has \"extensions/v1beta1\" }}\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T, s.dir = t, t.TempDir()
			s.files(files)
			r := s.deliver(func(spec *Spec) {
				if name == "kustomize" {
					spec.Source = elsewhere{s.dir, "overlay"}
				}
			})
			if r.Summary() != "1 created" || len(r.Problems()) > 0 {
				t.Fatalf("%s, problems %v", r.Summary(), r.Problems())
			}
			if origin := r.Outcomes[0].Origin; !strings.HasSuffix(origin.Path, "a.yaml") && !strings.HasSuffix(origin.Path, "app.yaml") {
				t.Errorf("origin is %s", origin)
			}
			if name == "helm" {
				known, err := s.pipeline.Client.Capabilities()
				if err != nil {
					t.Fatal(err)
				}
				want := map[string]any{"version": known.Version, "has": "true", "not": "false"}
				if diff := cmp.Diff(want, r.Outcomes[0].Live.Object["data"]); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestAPathOwnsNothing(t *testing.T) {
	s := newSite(t)
	s.files(manyConfigMaps("a b"))
	path := func(spec *Spec) { spec.Application = "" }
	r := s.deliver(path)
	if labels := r.Outcomes[0].Live.GetLabels(); len(labels) > 0 {
		t.Errorf("labels: %v", labels)
	}
	s.files(manyConfigMaps("a"))
	if r := s.deliver(path); r.Writes() || !s.exists("b") {
		t.Error("a path has pruned")
	}
}

// followed is a site with a tracker, as the controller has it.
func followed(t *testing.T) (s site, changed func() int) {
	s = newSite(t)
	reports := make(chan manifest.ID, 100)
	tracker := cluster.NewTracker(s.pipeline.Client, cluster.Scope{Selector: apply.OwnerLabel}, func(_ string, id manifest.ID) { reports <- id })
	lifetime, end := context.WithCancel(context.Background())
	t.Cleanup(func() {
		end()
		tracker.Wait()
	})
	s.pipeline.Tracker, s.pipeline.Lifetime = tracker, lifetime
	return s, func() int { return len(reports) }
}

func TestTheTrackerSparesTheServer(t *testing.T) {
	s, _ := followed(t)
	s.files(manyConfigMaps("a b"))
	r := s.deliver()
	ids := r.Inventory()
	if s.pipeline.Tracker.Drifted(ids) {
		t.Error("drifted right after the delivery")
	}
	again := s.preview(owning(ids))
	for _, c := range again.Plan.Changes {
		if c.Action != apply.ActionUnchanged || c.Live() != nil {
			t.Errorf("%s %s: the server was asked", c.Action, c.ID)
		}
	}

	s.edit("a", `{"data":{"a":"edited"}}`)
	sandboxtest.Eventually(t, "the edit is seen", func() bool { return s.pipeline.Tracker.Drifted(ids) })
	r = s.deliver(owning(ids))
	if r.Summary() != "1 updated" || s.pipeline.Tracker.Drifted(ids) {
		t.Errorf("the edit was answered with: %s", r.Summary())
	}

	s.remove(configMaps, s.namespace, "b")
	sandboxtest.Eventually(t, "the deletion is seen", func() bool { return s.pipeline.Tracker.Drifted(ids) })
	if got := HealthOf(s.pipeline.Tracker, ids).Sentence(); got != "1 of 2 objects healthy; ConfigMap "+s.namespace+"/b: not in the cluster" {
		t.Error(got)
	}
	r = s.deliver(owning(ids))
	if r.Summary() != "1 created" || s.pipeline.Tracker.Drifted(ids) {
		t.Errorf("the deletion was answered with: %s", r.Summary())
	}
}

func TestWhatWasSentLastIsNotReadAgain(t *testing.T) {
	s, _ := followed(t)
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: VALUE}\n"
	texts := func(value string) map[string]string {
		return objects(strings.Replace(configMap("a"), "x}", value+"}", 1), strings.Replace(configMap("b"), "x}", value+"}", 1), strings.Replace(secret, "VALUE", value, 1))
	}
	direct := func(spec *Spec) { spec.Direct = true }
	s.files(texts("one"))
	ids := s.deliver(direct).Inventory()
	s.edit("b", `{"data":{"other":"somebody's"}}`)
	b := slices.IndexFunc(ids, func(id manifest.ID) bool { return id.Name == "b" })
	sandboxtest.Eventually(t, "the other field is seen", func() bool {
		body, _ := s.pipeline.Tracker.Sent(ids[b])
		return body == nil
	})

	s.files(texts("two"))
	read := map[string]bool{}
	r := s.deliver(direct, owning(ids))
	for _, c := range r.Plan.Changes {
		read[c.ID.Name] = c.WasRead()
		if c.ID.Name == "a" {
			if diff := cmp.Diff([]cluster.FieldChange{{Path: "data.a", Field: []string{"data", "a"}, From: "one", To: "two"}}, c.Fields); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
	if diff := cmp.Diff(map[string]bool{"a": false, "b": true, "s": true}, read); diff != "" || r.Summary() != "3 updated" {
		t.Errorf("%s; read (-want +got):\n%s", r.Summary(), diff)
	}
	if s.pipeline.Tracker.Drifted(ids) || len(s.preview(owning(ids)).Plan.Problems()) > 0 {
		t.Error("it is not settled")
	}
}

func TestTheTrackerIsToldWhatFailed(t *testing.T) {
	s, _ := followed(t)
	const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: NS-new}\n"
	s.files(objects(configMap("a"), namespace, strings.Replace(blocked, "name: ", "namespace: NS-new, name: ", 1)))
	r := s.deliver()
	t.Cleanup(func() { s.remove(configMaps.GroupVersion().WithResource("namespaces"), "", s.namespace+"-new") })
	var ids []manifest.ID
	for id := range r.Plan.Mappings() {
		ids = append(ids, id)
	}
	want := HealthReport{State: cluster.Missing, Healthy: 2, Total: 3, Bad: []ObjectHealth{
		{ID: manifest.ID{Kind: "Service", Namespace: s.namespace + "-new", Name: "wrong"}, Health: cluster.Health{State: cluster.Missing, Reason: "not in the cluster"}},
	}}
	if diff := cmp.Diff(want, HealthOf(s.pipeline.Tracker, ids)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDisplayedPaths(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "k8s"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	snapshot, path, err := source.Local("k8s")
	if err != nil {
		t.Fatal(err)
	}
	r := Rendered(snapshot, path)
	for text, want := range map[string]string{
		"render " + path + ": no":                 "render k8s: no",
		path + "/front.yaml:14: no":               "k8s/front.yaml:14: no",
		"in " + path + ".":                        "in k8s.",
		`"` + path + `"`:                          `"k8s"`,
		path + "-old/a.yaml, " + path + "/a.yaml": path + "-old/a.yaml, k8s/a.yaml",
		path + ".io is a group":                   path + ".io is a group",
		"nothing of it":                           "nothing of it",
	} {
		if got := r.Words(text); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	r = &Report{Snapshot: snapshot, path: "k8s"} // as in a work tree's root
	if got := r.Words("no kind Ingress in networking.k8s.io/v1, k8s/a.yaml"); !strings.HasPrefix(got, "no kind Ingress in networking.k8s.io/v1, ") {
		t.Errorf("got %q", got)
	}
	if got := (*Report)(nil).Words("as it is"); got != "as it is" {
		t.Errorf("got %q", got)
	}
}
