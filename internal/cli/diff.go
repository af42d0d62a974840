package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/source"
)

func (a *app) diff() *cobra.Command {
	var context int
	cmd := &cobra.Command{
		Use:   "diff PATH|APP",
		Short: "Compare what git says with what runs",
		Long: `Compare files, or an Application's git revision, with what runs.

PATH is a file or directory of YAML manifests, a kustomization, or a Helm chart;
no installation is needed in the cluster. Only fields that the files set are
compared, as the API server would change them: defaults are never shown as
differences. Values of Secrets are masked. Nothing is changed.

Exit codes: 0 the same · 1 differences or problems · 2 could not answer.`,
		Example: `  fairlead diff ./k8s
  fairlead diff charts/web -n web -U 3
  fairlead diff shop -o json`,
		Args:              oneArgument,
		ValidArgsFunction: a.completeTargets(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := a.preview(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.printDiff(planPrinter{app: a, to: a.out, report: report, target: args[0], context: context})
		},
	}
	cmd.Flags().IntVarP(&context, "unified", "U", 0, "show the YAML with this many lines of context")
	a.addOutput(cmd)
	return cmd
}

// preview runs the pipeline for a path or an Application without its writes.
func (a *app) preview(ctx context.Context, arg string) (*deliver.Report, error) {
	pipeline, spec, done, err := a.pipelineFor(ctx, arg)
	if err != nil {
		return nil, err
	}
	defer done()
	report, err := pipeline.Preview(ctx, spec)
	return report, inWords(report, err)
}

// pipelineFor makes the pipeline and Spec of an argument; done lets go of what they hold.
func (a *app) pipelineFor(ctx context.Context, arg string) (_ *deliver.Pipeline, _ deliver.Spec, done func(), err error) {
	api, namespace, err := a.connection.cluster()
	if err != nil {
		return nil, deliver.Spec{}, nil, err
	}
	pipeline := &deliver.Pipeline{Client: api}
	if isPath(arg) {
		return pipeline, localSpec(arg, namespace), func() {}, nil
	}
	resources, namespace, err := a.connection.resources()
	if err != nil {
		return nil, deliver.Spec{}, nil, err
	}
	found, err := findApplication(ctx, resources, arg, namespace)
	if err != nil {
		return nil, deliver.Spec{}, nil, norPath(arg, err)
	}
	dir, err := mirrorDir()
	if err != nil {
		return nil, deliver.Spec{}, nil, err
	}
	store := source.NewStore(dir)
	done = func() { _ = store.Close() }
	spec, err := applicationSpec(ctx, resources, found, store)
	if err != nil {
		done()
		return nil, deliver.Spec{}, nil, err
	}
	return pipeline, spec, done, nil
}

func (a *app) printDiff(p planPrinter) error {
	report := p.report
	if a.json() {
		if err := a.printJSON(toJSON(report)); err != nil {
			return err
		}
	} else {
		p.plan()
		a.err.paragraph(0, a.style.bold.Render(summary(report)))
	}
	return yesOrNo(report.Plan.Clean() && len(report.Problems()) == 0)
}
