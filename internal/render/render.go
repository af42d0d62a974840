// Package render turns the files of a Snapshot into a manifest.Set. It never contacts a cluster and never writes.
//
// In go a file system, a path in it and options, out comes a Rendering: the objects with the place each came from,
// and the files that were read.
package render

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/internal/render/helm"
	"github.com/fairlead-dev/fairlead/internal/render/kustomize"
	"github.com/fairlead-dev/fairlead/internal/render/plain"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Options say how to render. The zero value renders with the chart's own values, the libraries' idea of the server
// and no network.
type Options struct {
	Helm Helm

	// KubeVersion ("v1.36.2") and APIVersions ("apps/v1", "apps/v1/Deployment") are what the real server can do;
	// charts ask for it. Empty: what the Helm library knows.
	KubeVersion string
	APIVersions []string

	// TemplateLines has objects of charts name the line of their template, not that of what it rendered; rendering takes
	// twice as long.
	TemplateLines bool

	// AllowRemoteBases lets kustomize fetch bases and files by git and HTTP.
	AllowRemoteBases bool

	Limits Limits
}

// Helm is what a chart is rendered with.
type Helm = helm.Release

// Rendering is what came of one path of a Snapshot.
type Rendering struct {
	Set  *manifest.Set
	Kind Kind
	Path string // of what was rendered: a directory or file

	// Files are all files that were read, Dirs the directories whose list of names mattered, and Found what was only
	// looked for, all sorted: a rendering stays good as long as none of them changes (Inputs).
	Files, Dirs, Found []string
}

// Render renders the file or directory at name, a slash path from the root of fsys. Its error says that nothing
// could be rendered, as a manifest.Problem when the place is known; single broken files and documents are
// Problems of the Set. A rendering may be empty.
func Render(ctx context.Context, fsys fs.FS, name string, opts Options) (*Rendering, error) {
	limits := opts.Limits.orDefault()
	ctx, cancel := context.WithTimeout(ctx, limits.Time)
	defer cancel()
	r := files.NewReader(ctx, fsys, limits.reading())

	kind, name, err := detect(r, name)
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	set, err := within(ctx, func() (*manifest.Set, error) {
		switch kind {
		case HelmKind:
			return helm.Render(ctx, r, name, helm.Options{
				Release: opts.Helm, KubeVersion: opts.KubeVersion, APIVersions: opts.APIVersions, MaxBytes: limits.RenderedBytes,
				Lines: opts.TemplateLines,
			})
		case KustomizeKind:
			return kustomize.Render(ctx, r, name, kustomize.Options{AllowRemoteBases: opts.AllowRemoteBases})
		}
		return plain.Render(r, name, plain.Options{Elsewhere: elsewhere(r)})
	})
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	if len(set.Objects) > limits.Objects {
		return nil, hint.With(fmt.Errorf("render %s: %d objects are more than the limit of %d", name, len(set.Objects), limits.Objects),
			"split it into several applications")
	}
	skipArgoHooks(set)
	set.Sort()
	return &Rendering{Set: set, Kind: kind, Path: name, Files: r.Files(), Dirs: r.Dirs(), Found: r.Found()}, nil
}
