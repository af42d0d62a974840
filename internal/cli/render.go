package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/manifest"
)

func (a *app) render() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "render PATH",
		Short:      "Print the objects that a path makes, with file and line",
		SuggestFor: []string{"template", "build"},
		Long: `Render a file or directory of manifests, a kustomization or a Helm chart. No
cluster is needed or asked. Values of Secrets are masked.

Exit codes: 0 all of it · 1 some is broken, and named · 2 nothing could be
rendered.`,
		Example: "  fairlead render ./k8s\n  fairlead render charts/web -n web\n  fairlead render ./k8s -o json",
		Args:    oneArgument,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runRender(cmd.Context(), args[0]) },
	}
	a.addOutput(cmd)
	return cmd
}

func (a *app) runRender(ctx context.Context, arg string) error {
	report, err := a.rendered(ctx, arg)
	if err != nil {
		return err
	}
	if a.json() {
		err = a.printJSON(toRenderJSON(report))
	} else {
		err = a.printRendered(report)
	}
	set := report.Rendering.Set
	switch {
	case err != nil:
		return err
	case len(set.Objects) == 0 && len(set.Problems) == 0:
		return hint.With(fmt.Errorf("%s holds no Kubernetes manifests", arg), "name a directory with YAML manifests, a kustomization or a Helm chart")
	}
	return yesOrNo(len(set.Problems) == 0)
}

// rendered is what a path makes, without a cluster.
func (a *app) rendered(ctx context.Context, arg string) (*deliver.Report, error) {
	snapshot, path, err := deliver.LocalSource(arg).Fetch(ctx)
	if err != nil {
		return nil, inWords(nil, err)
	}
	report := deliver.Rendered(snapshot, path)
	report.Rendering, err = render.Render(ctx, snapshot.FS(), path, render.Options{Helm: render.Helm{Namespace: a.connection.namespace}})
	if err != nil {
		return nil, inWords(report, err)
	}
	return report, nil
}

// renderJSON is the stable JSON form of what a path makes (docs/cli.md).
type renderJSON struct {
	Objects  []renderedJSON     `json:"objects"`
	Problems []problemJSON      `json:"problems"`
	Skipped  []manifest.Skipped `json:"skipped"`
}

type renderedJSON struct {
	Origin manifest.Origin `json:"origin"`
	Object map[string]any  `json:"object"`
}

func toRenderJSON(r *deliver.Report) renderJSON {
	out := renderJSON{Objects: []renderedJSON{}, Problems: problemsJSON(r), Skipped: skippedJSON(r)}
	for _, o := range r.Rendering.Set.Objects {
		out.Objects = append(out.Objects, renderedJSON{Origin: shownOrigin(r, o.Origin), Object: cluster.Shown(&o.Unstructured).Object})
	}
	return out
}

func (a *app) printRendered(r *deliver.Report) error {
	for _, o := range r.Rendering.Set.Objects {
		text, err := yaml.Marshal(cluster.Shown(&o.Unstructured).Object)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "--- # %s\n%s", shownOrigin(r, o.Origin), text)
	}
	printer := planPrinter{app: a, to: a.err, report: r}
	printer.problems(r.Problems())
	printer.skipped(r.Rendering.Set.Skipped)
	return nil
}
