package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/cluster/health"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Spec translates an Application for the pipeline: the one place that knows both.
func Spec(app *v1alpha1.Application, from deliver.Source) (deliver.Spec, error) {
	spec := deliver.Spec{
		Application: app.Namespace + "/" + app.Name,
		Source:      from,
		Namespace:   app.Spec.Destination.Namespace,
		Inventory:   fromRefs(app.Status.Inventory),
		Timeout:     timeout(app),
		Prune: deliver.Prune{
			Enabled:          app.Spec.Sync.Prune == nil || *app.Spec.Sync.Prune,
			ApprovedRevision: app.Annotations[v1alpha1.ApprovePruneAnnotation],
		},
		Gate:    gate(app),
		Replace: deliver.Replace{ApprovedRevision: app.Annotations[v1alpha1.ApproveReplaceAnnotation]},
		Render:  render.Options{Helm: render.Helm{ReleaseName: app.Name, Namespace: app.Spec.Destination.Namespace}},
	}
	policy, err := DriftPolicy(app)
	if err != nil {
		return spec, err
	}
	spec.Drift.Leave = policy.Leave(cluster.Ignore)
	if p := app.Spec.Sync.MaxPrunePercent; p != nil {
		spec.Prune.Share = float64(*p) / 100
	}
	if k := app.Spec.Render.Kustomize; k != nil {
		spec.Render.AllowRemoteBases = k.AllowRemoteBases
	}
	if h := app.Spec.Render.Helm; h != nil {
		if h.ReleaseName != "" {
			spec.Render.Helm.ReleaseName = h.ReleaseName
		}
		spec.Render.Helm.ValuesFiles = h.ValuesFiles
		if h.Values != nil {
			if err := json.Unmarshal(h.Values.Raw, &spec.Render.Helm.Values); err != nil {
				return spec, hint.With(fmt.Errorf("spec.render.helm.values: %w", err), "values must be a mapping")
			}
		}
	}
	return spec, nil
}

// HealthRules makes an Application's own health rules ready; without any they are empty.
func HealthRules(app *v1alpha1.Application) (*health.Rules, error) {
	rules := make([]health.Rule, 0, len(app.Spec.Health))
	for _, r := range app.Spec.Health {
		rules = append(rules, health.Rule(r))
	}
	compiled, err := health.Compile(rules)
	if err != nil {
		return nil, fmt.Errorf("spec.health: %w", err)
	}
	return compiled, nil
}

// approvals are what a person has said yes to, in one text.
func approvals(app *v1alpha1.Application) string {
	return app.Annotations[v1alpha1.ApprovePruneAnnotation] + "/" + app.Annotations[v1alpha1.ApproveReplaceAnnotation]
}

// Path is the directory that an Application delivers, in its source.
func Path(app *v1alpha1.Application) string {
	path := ""
	switch s := app.Spec.Source; {
	case s.Git != nil:
		path = s.Git.Path
	case s.OCI != nil:
		path = s.OCI.Path
	}
	if path == "" {
		return "."
	}
	return path
}

func setPath(s *v1alpha1.Source, path string) {
	switch {
	case s.Git != nil:
		s.Git.Path = path
	case s.OCI != nil:
		s.OCI.Path = path
	}
}

// Head is what an Application follows. Its logins are read with reader.
func Head(ctx context.Context, reader client.Reader, store *source.Store, app *v1alpha1.Application) (source.Head, error) {
	switch s := app.Spec.Source; {
	case s.Git != nil:
		return gitHead(ctx, reader, store, app.Namespace, s.Git)
	case s.OCI != nil:
		return artifactHead(ctx, reader, store, app)
	case s.Helm != nil:
		return chartHead(ctx, reader, store, app)
	}
	return nil, hint.With(errors.New("the application has no source"), "set spec.source.git, spec.source.oci or spec.source.helm")
}

// GitRef translates a ref.
func GitRef(r v1alpha1.GitRef) source.Ref {
	return source.Ref{Branch: r.Branch, Tag: r.Tag, SemVer: r.SemVer, Commit: r.Commit}
}

func interval(app *v1alpha1.Application) time.Duration {
	if i := app.Spec.Sync.Interval; i != nil && i.Duration > 0 {
		return i.Duration
	}
	return defaultInterval
}

const defaultTimeout = 5 * time.Minute

func timeout(app *v1alpha1.Application) time.Duration {
	if t := app.Spec.Sync.Timeout; t != nil && t.Duration > 0 {
		return t.Duration
	}
	return defaultTimeout
}

func parseName(s string) types.NamespacedName {
	namespace, name, _ := strings.Cut(s, "/")
	return types.NamespacedName{Namespace: namespace, Name: name}
}

func toRefs(ids []manifest.ID) []v1alpha1.ObjectRef {
	refs := make([]v1alpha1.ObjectRef, len(ids))
	for i, id := range ids {
		refs[i] = v1alpha1.ObjectRef(id)
	}
	return refs
}

func fromRefs(refs []v1alpha1.ObjectRef) []manifest.ID {
	ids := make([]manifest.ID, len(refs))
	for i, ref := range refs {
		ids[i] = manifest.ID(ref)
	}
	return ids
}

// problemStatus words a problem for people: where, what, what next. Texts are bounded, since a status is stored.
func problemStatus(p manifest.Problem) v1alpha1.ProblemStatus {
	s := v1alpha1.ProblemStatus{Where: p.Origin.String(), Message: clip(p.Err.Error(), 1000), Next: hint.Of(p.Err)}
	if p.ID != (manifest.ID{}) {
		s.Object = p.ID.String()
	}
	return s
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
