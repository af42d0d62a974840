package detail

import (
	"context"
	"net/http"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/manifest"
)

// application is all of one.
type application struct {
	ID           string                      `json:"id"`
	Spec         v1alpha1.ApplicationSpec    `json:"spec"`
	Revision     string                      `json:"revision"`
	Conditions   []metav1.Condition          `json:"conditions"`
	Objects      []object                    `json:"objects"`
	Releases     []releaseRow                `json:"releases"`
	Problems     []v1alpha1.ProblemStatus    `json:"problems"`
	Practices    *v1alpha1.PracticesStatus   `json:"practices"` // with what the gate refuses
	Drift        []driftRow                  `json:"drift"`
	PruneWaiting *v1alpha1.PruneWaiting      `json:"pruneWaiting"`
	Automation   []v1alpha1.AutomationStatus `json:"automation"`
	Discovered   []string                    `json:"discovered"`
	Holds        []hold                      `json:"holds"`
	YAML         string                      `json:"yaml"`
}

type object struct {
	ID     string `json:"id"`
	Health string `json:"health"`
	Why    string `json:"why"`
	Drift  int    `json:"drift"` // fields
}

type hold struct {
	Name string `json:"name"`
	v1alpha1.HoldSpec
}

func (s *server) application(ctx context.Context, v *view, r *http.Request) (any, error) {
	app, err := v.app(ctx, r.PathValue("namespace"), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	st := app.Status
	out := &application{
		ID: operate.Name(app), Spec: app.Spec, Revision: st.Revision, Conditions: orEmpty(st.Conditions), Problems: orEmpty(st.Problems), Practices: st.Practices,
		Drift: driftsOf(app, func(manifest.ID) bool { return true }), PruneWaiting: st.PruneWaiting, Automation: orEmpty(st.Automation), Discovered: orEmpty(st.Discovered),
		Releases: []releaseRow{}, Holds: []hold{},
	}
	if out.Objects, err = v.objectsOf(ctx, app); err != nil {
		return nil, err
	}
	releases, err := operate.Recent(ctx, v.API, app, mostHistory)
	if err != nil && !apierrors.IsForbidden(err) {
		return nil, err
	}
	for _, r := range releases {
		out.Releases = append(out.Releases, rowOf(r))
	}
	var holds v1alpha1.HoldList
	if err := v.API.List(ctx, &holds, client.InNamespace(app.Namespace)); err != nil && !apierrors.IsForbidden(err) {
		return nil, err
	}
	for _, h := range holds.Items {
		if h.Spec.Application == app.Name {
			out.Holds = append(out.Holds, hold{h.Name, h.Spec})
		}
	}
	out.YAML = applicationYAML(app)
	return out, nil
}

func applicationYAML(app *v1alpha1.Application) string {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(app)
	if err != nil {
		return ""
	}
	live := &unstructured.Unstructured{Object: fields}
	live.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Application"))
	return yamlOf(live)
}

// objectsOf says how the objects of an application run: each kind is listed once in each namespace, by its owner's label.
func (v *view) objectsOf(ctx context.Context, app *v1alpha1.Application) ([]object, error) {
	type lot struct{ group, kind, namespace string }
	live, unread := map[manifest.ID]*unstructured.Unstructured{}, map[lot]string{}
	selector := metav1.ListOptions{LabelSelector: apply.OwnerLabel + "=" + apply.OwnerValue(operate.Name(app))}
	listed := map[lot]bool{}
	fields := map[manifest.ID]int{}
	if app.Status.Drift != nil {
		for _, d := range app.Status.Drift.Objects {
			fields[manifest.ID(d.ObjectRef)] = max(1, len(d.Fields)+int(d.More))
		}
	}
	rows, judge := []object{}, v.judge(app)
	for _, ref := range app.Status.Inventory {
		id, at := manifest.ID(ref), lot{ref.Group, ref.Kind, ref.Namespace}
		if !listed[at] {
			listed[at] = true
			if err := v.list(ctx, schema.GroupVersionKind{Group: at.group, Kind: at.kind}, at.namespace, selector, live); err != nil {
				if reply.Status(err) == http.StatusServiceUnavailable {
					return nil, err
				}
				unread[at] = "it could not be read"
				if apierrors.IsForbidden(err) {
					unread[at] = "you may not list its kind here"
				}
			}
		}
		row := object{ID: operate.RowID(id), Drift: fields[id]}
		if why := unread[at]; why != "" {
			row.Health, row.Why = string(cluster.Unknown), why
		} else {
			told := judge.Of(live[id])
			row.Health, row.Why = string(told.State), cut(told.Reason)
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b object) int {
		switch {
		case cluster.HealthState(a.Health).Worse(cluster.HealthState(b.Health)):
			return -1
		case cluster.HealthState(b.Health).Worse(cluster.HealthState(a.Health)):
			return 1
		}
		return 0
	})
	return rows, nil
}

func (v *view) list(ctx context.Context, kind schema.GroupVersionKind, namespace string, options metav1.ListOptions, into map[manifest.ID]*unstructured.Unstructured) error {
	mapping, err := v.Pipeline.Client.Mapping(kind)
	if err != nil {
		return err
	}
	all, err := v.Pipeline.Client.Resource(mapping, namespace).List(ctx, options)
	if err != nil {
		return err
	}
	for i := range all.Items {
		into[cluster.IDOf(&all.Items[i])] = &all.Items[i]
	}
	return nil
}

// release is all of a Release.
type release struct {
	Release       releaseRow               `json:"release"`
	Revision      string                   `json:"revision"` // the whole hash
	CommitMessage string                   `json:"commitMessage"`
	Changes       []v1alpha1.ReleaseChange `json:"changes"`
	Images        []v1alpha1.ImageChange   `json:"images"`
	Problems      []v1alpha1.ProblemStatus `json:"problems"`
	Practices     *v1alpha1.Judgement      `json:"practices"`
}

func (s *server) release(ctx context.Context, v *view, r *http.Request) (any, error) {
	found := &v1alpha1.Release{}
	if err := v.API.Get(ctx, client.ObjectKey{Namespace: r.PathValue("namespace"), Name: r.PathValue("name")}, found); err != nil {
		if client.IgnoreNotFound(err) == nil {
			return nil, reply.NotFound("there is no such release", "it may be too old to be kept: look at which there are")
		}
		return nil, err
	}
	spec := found.Spec
	return &release{rowOf(found), spec.Revision, spec.Message, orEmpty(spec.Changes), orEmpty(spec.Images), orEmpty(spec.Problems), spec.Practices}, nil
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
