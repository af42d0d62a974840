package controller

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// SnapshotAt brings an Application's source at a revision as people name it, or what it follows for "". For git that is a
// branch, else a tag, else a commit; for OCI a digest, a tag or a range of versions; for a Helm chart a version or range of them.
func SnapshotAt(ctx context.Context, reader client.Reader, store *source.Store, app *v1alpha1.Application, revision string) (*source.Snapshot, error) {
	next := "name one that has been pushed; a commit by at least the first 7 characters of its hash"
	for _, at := range pinned(app, revision) {
		head, err := Head(ctx, reader, store, at)
		if err != nil {
			return nil, err
		}
		snapshot, err := head.Fetch(ctx)
		if !errors.Is(err, source.ErrRefNotFound) || revision == "" {
			return snapshot, err
		}
		if named := hint.Of(err); named != "" {
			next = named
		}
	}
	return nil, hint.With(fmt.Errorf("%q is %w: %s", revision, source.ErrRefNotFound, soughtAmong(app, revision)), next)
}

// soughtAmong says what a revision was taken for.
func soughtAmong(app *v1alpha1.Application, revision string) string {
	switch s := app.Spec.Source; {
	case s.Helm != nil:
		return "no version"
	case s.OCI != nil && strings.HasPrefix(revision, digestPrefix):
		return "no digest"
	case s.OCI != nil:
		return "no tag"
	}
	return "no branch, no tag and no commit"
}

const digestPrefix = "sha256:"

// pinned are the Applications that a revision may mean, the first that is there wins.
func pinned(app *v1alpha1.Application, revision string) []*v1alpha1.Application {
	if revision == "" {
		return []*v1alpha1.Application{app}
	}
	at := func(pin func(*v1alpha1.Source)) *v1alpha1.Application {
		out := app.DeepCopy()
		pin(&out.Spec.Source)
		return out
	}
	git := func(ref v1alpha1.GitRef) *v1alpha1.Application {
		return at(func(s *v1alpha1.Source) { s.Git.Ref = ref })
	}
	switch s := app.Spec.Source; {
	case s.OCI != nil && strings.HasPrefix(revision, digestPrefix):
		return []*v1alpha1.Application{at(func(s *v1alpha1.Source) { s.OCI.Ref = v1alpha1.OCIRef{Digest: revision} })}
	case s.OCI != nil && strings.ContainsAny(revision, "^~<>=*"): // as no tag does
		return []*v1alpha1.Application{at(func(s *v1alpha1.Source) { s.OCI.Ref = v1alpha1.OCIRef{SemVer: revision} })}
	case s.OCI != nil:
		return []*v1alpha1.Application{at(func(s *v1alpha1.Source) { s.OCI.Ref = v1alpha1.OCIRef{Tag: revision} })}
	case s.Helm != nil:
		return []*v1alpha1.Application{at(func(s *v1alpha1.Source) { s.Helm.Version = revision })}
	case s.Git == nil:
		return []*v1alpha1.Application{app}
	}
	if len(revision) == fullHash && isHex(revision) {
		return []*v1alpha1.Application{git(v1alpha1.GitRef{Commit: revision})}
	}
	all := []*v1alpha1.Application{git(v1alpha1.GitRef{Branch: revision}), git(v1alpha1.GitRef{Tag: revision})}
	if len(revision) >= shortestHash && isHex(revision) {
		all = append(all, git(v1alpha1.GitRef{Commit: revision}))
	}
	return all
}

// lengths of a commit's hash, whole and as short as source.Ref takes it
const fullHash, shortestHash = 40, 7

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// IsWildcard says whether an Application's path stands for many directories.
func IsWildcard(app *v1alpha1.Application) bool { return isWildcard(Path(app)) }

// Directories lists the directories that an Application's wildcard path matches, sorted.
func Directories(app *v1alpha1.Application, fsys fs.FS) ([]string, error) {
	return directories(fsys, Path(app))
}

// Child is the Application that would be made for a directory of a wildcard path. If it is there, it is returned with what
// the cluster knows of it.
func Child(ctx context.Context, reader client.Reader, app *v1alpha1.Application, dir string) (*v1alpha1.Application, error) {
	child := &v1alpha1.Application{}
	key := client.ObjectKey{Namespace: app.Namespace, Name: applicationName(dir)}
	err := reader.Get(ctx, key, child)
	if client.IgnoreNotFound(err) != nil {
		return nil, err
	}
	if err == nil && child.Labels[v1alpha1.DiscoveredByLabel] != app.Name {
		return nil, fmt.Errorf("an application %s exists already and was not made for this path", key)
	}
	child.Namespace, child.Name = key.Namespace, key.Name
	child.Spec = *app.Spec.DeepCopy()
	setPath(&child.Spec.Source, dir)
	return child, nil
}
