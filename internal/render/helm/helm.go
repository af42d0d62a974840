// Package helm renders a chart of a Snapshot as `helm template` would, without a cluster and without a network.
//
// In go a chart directory or archive, values and what the server can do; out come the objects, each with its
// template and the line in what that template rendered.
package helm

import (
	"context"
	"errors"
	"fmt"
	"path"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Release is what a chart is rendered with.
type Release struct {
	ReleaseName string // empty: the chart's name
	Namespace   string // given to the templates, not set on objects; empty: "default"

	ValuesFiles []string       // from the chart's directory, later ones win; they may lie outside it
	Values      map[string]any // win over the files; nil deletes a key of the chart's own values
}

// Options are a release and the server that it is for.
type Options struct {
	Release     Release
	KubeVersion string   // empty: the library's
	APIVersions []string // nil: the library's
	MaxBytes    int64    // that the templates may render together
	Lines       bool     // name the lines of the templates, not those of what they render: takes twice as long
}

// Render renders the chart in the directory or .tgz file name. Its error is a manifest.Problem when the place is
// known.
func Render(ctx context.Context, r *files.Reader, name string, opts Options) (*manifest.Set, error) {
	l := &loader{files: r, places: map[*common.File]string{}}
	c, err := l.load(name)
	if err != nil {
		return nil, err
	}
	if err := l.installable(c, name); err != nil {
		return nil, err
	}
	given, err := readValues(r, name, opts.Release)
	if err != nil {
		return nil, err
	}
	if err := chartutil.ProcessDependencies(c, given.merged); err != nil {
		return nil, given.explain(err)
	}
	top, err := renderValues(c, given, opts)
	if err != nil {
		return nil, err
	}
	set := &manifest.Set{}
	if err := given.validate(l, c, top, set); err != nil {
		return nil, err
	}
	templates := l.templates(c)
	e := engine.Engine{CustomTemplateFuncs: bounded(ctx)} // EnableDNS stays false
	rendered, err := e.Render(c, top)
	if err != nil {
		return nil, templates.explain(r, err)
	}
	l.customResources(set, c)
	var from map[string][]int
	if opts.Lines {
		from = lines(e, c, top, rendered)
	}
	if err := templates.read(set, rendered, from, opts.MaxBytes); err != nil {
		return nil, err
	}
	skipHooks(set)
	return set, nil
}

// installable refuses what `helm install` refuses.
func (l *loader) installable(c *chart.Chart, name string) error {
	if c.Metadata.Type == "library" {
		return l.problem(name, "Chart.yaml", "type", hint.With(errors.New("a library chart renders nothing"),
			"deliver a chart that has it as a dependency"))
	}
	return nil
}

func renderValues(c *chart.Chart, given *values, opts Options) (common.Values, error) {
	capabilities, err := opts.capabilities()
	if err != nil {
		return nil, err
	}
	if want := c.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, capabilities.KubeVersion.String()) {
		return nil, hint.With(fmt.Errorf("chart %s wants Kubernetes %s, the server is %s", c.Name(), want, capabilities.KubeVersion.Version),
			"upgrade the server, or take a version of the chart that knows it")
	}
	release := common.ReleaseOptions{Name: opts.Release.ReleaseName, Namespace: opts.Release.Namespace, Revision: 1, IsInstall: true}
	if release.Name == "" {
		release.Name = c.Name()
	}
	if release.Namespace == "" {
		release.Namespace = "default"
	}
	if err := chartutil.ValidateReleaseName(release.Name); err != nil {
		return nil, hint.With(fmt.Errorf("release name %q: %w", release.Name, err), "use at most 53 lower-case letters, digits and dashes")
	}
	top, err := util.ToRenderValuesWithSchemaValidation(c, given.merged, release, capabilities, true) // validated by the caller
	if err != nil {
		return nil, given.explain(err)
	}
	return top, nil
}

func (o Options) capabilities() (*common.Capabilities, error) {
	capabilities := common.DefaultCapabilities.Copy()
	if o.KubeVersion != "" {
		version, err := common.ParseKubeVersion(o.KubeVersion)
		if err != nil {
			return nil, hint.With(fmt.Errorf("server version %q: %w", o.KubeVersion, err), "write it like v1.36.2")
		}
		capabilities.KubeVersion = *version
	}
	if o.APIVersions != nil {
		capabilities.APIVersions = o.APIVersions
	}
	return capabilities, nil
}

// customResources reads the files below crds/, which are no templates.
func (l *loader) customResources(set *manifest.Set, c *chart.Chart) {
	for _, crd := range c.CRDObjects() {
		set.Merge(manifest.Read(l.places[crd.File], crd.File.Data))
	}
}

// directory is where the values files of a chart are looked for.
func directory(name string) string {
	if path.Ext(name) == archiveExt {
		return path.Dir(name)
	}
	return name
}
