// Package kustomize builds a kustomization of a Snapshot.
//
// It surveys the whole tree of kustomizations first and only then lets the library work on what it has seen: no
// network, no programs, no file outside the Snapshot, unless remote bases are allowed.
package kustomize

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Options say what a kustomization may do. Zero: nothing outside the Snapshot.
type Options struct {
	AllowRemoteBases bool
}

// Render builds the kustomization in dir. Its error is a manifest.Problem when the place is known.
func Render(ctx context.Context, r *files.Reader, dir string, opts Options) (*manifest.Set, error) {
	s := &survey{files: r, allowRemote: opts.AllowRemoteBases, seen: map[string]*kustomization{}}
	if err := s.visit(visit{dir: dir}); err != nil {
		return nil, err
	}
	built, err := build(ctx, s, dir)
	if err != nil {
		return nil, s.explain(dir, err)
	}
	return read(s, dir, built)
}

// build runs kustomize's library. It has to be told the restrictions that are not its defaults: none.
func build(ctx context.Context, s *survey, dir string) (resmap.ResMap, error) {
	release, err := lockSchema(ctx, s.setsOpenAPI)
	if err != nil {
		return nil, err
	}
	defer release()
	// Unspecified keeps the kustomization's own sortOptions without a warning on the standard logger.
	return krusty.MakeKustomizer(&krusty.Options{
		Reorder:          krusty.ReorderOptionUnspecified,
		LoadRestrictions: types.LoadRestrictionsRootOnly,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(newFileSystem(s, dir), mounted(dir))
}

// builds holds apart the builds that share kyaml's one global OpenAPI schema from those that replace it
// (github.com/kubernetes-sigs/kustomize/issues/4824).
var builds = semaphore.NewWeighted(maxBuilds)

const (
	maxBuilds = 1 << 20
	// patience of a build that has to be alone. All others queue behind it, and a build that was given up may
	// still run.
	patience = 30 * time.Second
)

// lockSchema waits for the global schema: alone, if the build sets a schema of its own.
func lockSchema(ctx context.Context, alone bool) (release func(), err error) {
	weight := int64(1)
	if alone {
		weight = maxBuilds
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	if err := builds.Acquire(ctx, weight); err != nil {
		return nil, hint.With(errors.New("another kustomization has not ended, and this one sets an OpenAPI schema for the whole process"),
			"try again, or do without the openapi field")
	}
	openapi.Schema() // parsed under kyaml's lock here, it is only read from now on
	return func() {
		if alone {
			openapi.ResetOpenAPI()
			openapi.Schema()
		}
		builds.Release(weight)
	}, nil
}

// read takes the built objects over, each with the place in the source that it came from.
func read(s *survey, dir string, built resmap.ResMap) (*manifest.Set, error) {
	places := newPlaces(s, dir)
	set := &manifest.Set{}
	for _, res := range built.Resources() {
		origin, err := res.GetOrigin()
		if err != nil {
			return nil, fmt.Errorf("origin of %s: %w", res.CurId(), err)
		}
		if !s.seen[dir].wantsOrigins() {
			if err := res.SetOrigin(nil); err != nil {
				return nil, err
			}
		}
		text, err := res.AsYAML()
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", res.CurId(), err)
		}
		one := manifest.ReadRendered(places.file(origin), text, nil)
		for _, o := range one.Objects {
			places.put(o, origin)
		}
		set.Merge(one)
	}
	return set, nil
}
