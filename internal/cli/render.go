package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/render"
)

func (a *app) render() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "render PATH",
		Short: "Print the objects that a path makes, each with the file and line it came from",
		Long: `Render a directory of manifests, a kustomization or a Helm chart. No cluster is needed or asked. Values of Secrets
are masked.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			snapshot, path, err := deliver.LocalSource(args[0]).Fetch(cmd.Context())
			if err != nil {
				return err
			}
			rendering, err := render.Render(cmd.Context(), snapshot.FS(), path, render.Options{Helm: render.Helm{Namespace: a.connection.namespace}})
			if err != nil {
				return inWords(deliver.Rendered(snapshot, path), err)
			}
			for _, o := range rendering.Set.Objects {
				text, err := yaml.Marshal(cluster.Shown(&o.Unstructured).Object)
				if err != nil {
					return err
				}
				origin := o.Origin
				origin.Path = snapshot.Display(origin.Path)
				fmt.Fprintf(a.out, "--- # %s\n%s", origin, text)
			}
			printer := a.planPrinter(a.err, deliver.Rendered(snapshot, path), 0)
			printer.problems(rendering.Set.Problems)
			printer.skipped(rendering.Set.Skipped)
			return yesOrNo(len(rendering.Set.Problems) == 0)
		},
	}
	return cmd
}
