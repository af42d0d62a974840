package detail

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/cluster/health"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/manifest"
)

// workload is all of one. What could not be read is named in Unseen.
type workload struct {
	Workload  summary                     `json:"workload"`
	Verdict   string                      `json:"verdict"`
	Pods      []pod                       `json:"pods"`
	DependsOn []edge                      `json:"dependsOn"`
	UsedBy    []edge                      `json:"usedBy"`
	Graph     neighbourhood               `json:"graph"`
	Source    *written                    `json:"source"`
	Findings  []v1alpha1.FindingStatus    `json:"findings"`
	History   []releaseRow                `json:"history"`
	Drift     []driftRow                  `json:"drift"`
	Images    []v1alpha1.AutomationStatus `json:"images"` // those that automation moves
	YAML      string                      `json:"yaml"`
	Unseen    []unseen                    `json:"unseen"`
}

// unseen is a part that could not be read.
type unseen struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// summary is a workload as the page's table of them has it, as far as the object itself tells.
type summary struct {
	ID        string   `json:"id"`
	Group     string   `json:"group"`
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	App       string   `json:"app"`
	Desired   int64    `json:"desired"`
	Ready     int64    `json:"ready"`
	Health    string   `json:"health"`
	Why       string   `json:"why"`
	Images    []string `json:"images"`
	Nodes     []string `json:"nodes"`
	Restarts  int32    `json:"restarts"`
	Created   int64    `json:"created"`
	Labels    []string `json:"labels"`
}

const (
	mostHistory = 20
	mostLabels  = 20
	mostLabel   = 120
)

func (s *server) workload(ctx context.Context, v *view, r *http.Request) (any, error) {
	id, err := parseID(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	live, err := v.object(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &workload{Workload: summaryOf(live), DependsOn: []edge{}, UsedBy: []edge{}, Pods: []pod{}, History: []releaseRow{}, Images: []v1alpha1.AutomationStatus{}, Unseen: []unseen{}, YAML: yamlOf(live)}
	pods, err := v.podsOf(ctx, live)
	out.miss("pods", err)
	out.addPods(v, pods)
	app, err := v.Parent(ctx, live.GetLabels())
	out.miss("application", err)
	told := v.judge(app).Of(live)
	out.Workload.Health, out.Workload.Why = string(told.State), cut(told.Reason)
	if app != nil {
		out.Workload.App = operate.Name(app)
		out.Source, err = v.sourceOf(ctx, app, id)
		out.miss("source", err)
	}
	out.Findings, out.Drift = findingsOf(app, id.String()), driftsOf(app, func(one manifest.ID) bool { return one == id })
	latest := out.addHistory(ctx, v, app, id)
	out.addImages(app, live)
	out.miss("dependencies", out.addGraph(ctx, v, id))
	out.Verdict = verdict(live, out, app, latest)
	return out, nil
}

// judge is by an application's own rules first; what is wrong with them its status tells.
func (v *view) judge(app *v1alpha1.Application) health.Judge {
	if app == nil {
		return v.Pipeline.Client.Judge(nil)
	}
	rules, err := controller.HealthRules(app)
	if err != nil {
		rules = nil
	}
	return v.Pipeline.Client.Judge(rules)
}

// miss notes what could not be read, without what the API server says of who asked.
func (w *workload) miss(what string, err error) {
	if err != nil {
		_, told := new(reply.Outage).Tell(err)
		w.Unseen = append(w.Unseen, unseen{what, cut(told.Message)})
	}
}

func summaryOf(live *unstructured.Unstructured) summary {
	id := cluster.IDOf(live)
	out := summary{ID: operate.RowID(id), Group: id.Group, Kind: id.Kind, Namespace: id.Namespace, Name: id.Name, Created: seconds(live.GetCreationTimestamp()), Images: []string{}, Nodes: []string{}, Labels: []string{}}
	for _, ref := range update.ReferencesOf(&manifest.Object{Unstructured: *live}) {
		out.Images = append(out.Images, cut(ref))
	}
	for key, value := range live.GetLabels() {
		out.Labels = append(out.Labels, key+"="+value)
	}
	slices.Sort(out.Labels)
	out.Labels = out.Labels[:min(len(out.Labels), mostLabels)]
	for i, label := range out.Labels {
		out.Labels[i] = reply.Cut(label, mostLabel)
	}
	return out
}

func (w *workload) addPods(v *view, pods []corev1.Pod) {
	counts := map[string]int{}
	for i := range pods {
		p := v.shownPod(&pods[i])
		w.Pods = append(w.Pods, p)
		w.Workload.Restarts += p.Restarts
		if p.Node != "" {
			counts[p.Node]++
		}
	}
	for node, n := range counts {
		w.Workload.Nodes = append(w.Workload.Nodes, fmt.Sprintf("%s:%d", node, n))
	}
	slices.Sort(w.Workload.Nodes)
}

// addHistory lists those of the last Releases that changed the object, and returns the latest of the application that was delivered.
func (w *workload) addHistory(ctx context.Context, v *view, app *v1alpha1.Application, id manifest.ID) (latest *v1alpha1.Release) {
	if app == nil {
		return nil
	}
	releases, err := operate.Recent(ctx, v.API, app, mostHistory)
	w.miss("releases", err)
	for _, r := range releases {
		if latest == nil && r.Spec.Revision == app.Status.Revision {
			latest = r
		}
		changed := slices.ContainsFunc(r.Spec.Changes, func(c v1alpha1.ReleaseChange) bool { return manifest.ID(c.ObjectRef) == id })
		if changed {
			w.History = append(w.History, rowOf(r))
		}
	}
	return latest
}

func (w *workload) addImages(app *v1alpha1.Application, live *unstructured.Unstructured) {
	if app == nil {
		return
	}
	for _, ref := range update.ReferencesOf(&manifest.Object{Unstructured: *live}) {
		image, _ := update.CutReference(ref)
		for _, a := range app.Status.Automation {
			if a.Image == image {
				w.Images = append(w.Images, a)
			}
		}
	}
}

const (
	mostYAML = 256 << 10
	mostLine = 1000
)

// yamlOf is an object as people read it: with the values of a Secret masked, and without managedFields.
func yamlOf(live *unstructured.Unstructured) string {
	shown := live.DeepCopy()
	shown.SetManagedFields(nil)
	if live.GetKind() == "Secret" && live.GroupVersionKind().Group == "" {
		shown = cluster.Shown(live)
	}
	text, err := yaml.Marshal(shown.Object)
	if err != nil {
		return ""
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if out.Len() > mostYAML {
			return out.String() + "# it goes on; it is too long to be shown\n"
		}
		out.WriteString(reply.Cut(strings.TrimSuffix(line, "\n"), mostLine) + "\n")
	}
	return out.String()
}
