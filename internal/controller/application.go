package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
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
		Prune: deliver.Prune{
			Enabled:          app.Spec.Sync.Prune == nil || *app.Spec.Sync.Prune,
			ApprovedRevision: app.Annotations[v1alpha1.ApprovePruneAnnotation],
		},
		Replace: deliver.Replace{ApprovedRevision: app.Annotations[v1alpha1.ApproveReplaceAnnotation]},
		Render:  render.Options{Helm: render.Helm{ReleaseName: app.Name, Namespace: app.Spec.Destination.Namespace}},
	}
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
	git := app.Spec.Source.Git
	if git == nil {
		return nil, hint.With(errors.New("the source is not a git repository"), "set spec.source.git")
	}
	auth, err := gitAuth(ctx, reader, app)
	if err != nil {
		return nil, err
	}
	repo, err := store.Repo(git.URL, auth, source.Limits{})
	if err != nil {
		return nil, err
	}
	return repo.Head(GitRef(git.Ref)), nil
}

// GitRef translates a ref.
func GitRef(r v1alpha1.GitRef) source.Ref {
	return source.Ref{Branch: r.Branch, Tag: r.Tag, SemVer: r.SemVer, Commit: r.Commit}
}

// gitAuth reads the login of an Application's repository.
func gitAuth(ctx context.Context, reader client.Reader, app *v1alpha1.Application) (source.Auth, error) {
	ref := app.Spec.Source.Git.SecretRef
	if ref == nil {
		return source.Auth{}, nil
	}
	var secret corev1.Secret
	if err := reader.Get(ctx, types.NamespacedName{Namespace: app.Namespace, Name: ref.Name}, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return source.Auth{}, hint.With(fmt.Errorf("the login's Secret %s/%s does not exist", app.Namespace, ref.Name),
				fmt.Sprintf("create it: kubectl -n %s create secret generic %s --from-literal=username=… --from-literal=password=…", app.Namespace, ref.Name))
		}
		return source.Auth{}, fmt.Errorf("read the login's Secret %s/%s: %w", app.Namespace, ref.Name, err)
	}
	return source.Auth{
		Username:   string(secret.Data["username"]),
		Password:   string(secret.Data["password"]),
		Token:      string(secret.Data["token"]),
		SSHKey:     first(secret.Data, "identity", "ssh-privatekey"),
		KnownHosts: secret.Data["known_hosts"],
		CA:         first(secret.Data, "ca.crt", "caFile"),
	}, nil
}

func first(data map[string][]byte, keys ...string) []byte {
	for _, k := range keys {
		if len(data[k]) > 0 {
			return data[k]
		}
	}
	return nil
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
