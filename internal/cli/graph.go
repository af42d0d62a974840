package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/graph/draw"
	"github.com/fairlead-dev/fairlead/internal/graph/observe"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

type graphFlags struct {
	cluster bool
	all     bool
	focus   string
	depth   int
	seen    observe.Settings
}

func (a *app) graph() *cobra.Command {
	var flags graphFlags
	cmd := &cobra.Command{
		Use:   "graph [PATH...]",
		Short: "Show what depends on what",
		Long: `Show which workloads call which, by what their settings say, and what leads to
them from outside: of directories, kustomizations and charts, or of what runs
(--cluster). With --all also configuration, storage, accounts, policies, images,
nodes, applications and repositories.

With --observed also the traffic that Istio, Linkerd or Cilium has counted, told
from what is written.

Exit codes: 0 shown · 2 it could not be read.`,
		Example: "  fairlead graph ./k8s\n  fairlead graph ./k8s -o svg > shop.svg\n  fairlead graph --cluster -n shop --focus cart --depth 2\n  fairlead graph --cluster --observed http://localhost:9090",
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runGraph(cmd.Context(), args, flags) },
	}
	cmd.Flags().BoolVar(&flags.cluster, "cluster", false, "of what runs; -n for one namespace")
	cmd.Flags().BoolVar(&flags.all, "all", false, wrap("also Services, configuration, storage, accounts, policies, images, nodes, applications", widestUsage, 0))
	cmd.Flags().StringVar(&flags.focus, "focus", "", "only what is near the object called `NAME`")
	cmd.Flags().IntVar(&flags.depth, "depth", 1, wrap("with --focus: how many `STEPS` from it; -1 for all", widestUsage, 0))
	cmd.Flags().StringVar(&flags.seen.URL, "observed", "", wrap("also what was seen: by the Prometheus at `URL`", widestUsage, 0))
	cmd.Flags().StringVar(&flags.seen.TokenFile, "token-file", "", wrap("`FILE` with the token that Prometheus wants", widestUsage, 0))
	cmd.Flags().StringArrayVar(&flags.seen.Queries, "query", nil, wrap("`PROMQL` to ask instead of those for Istio, Linkerd and Cilium; repeatable", widestUsage, 0))
	a.addOutput(cmd, "dot", "mermaid", "svg")
	return cmd
}

func (a *app) runGraph(ctx context.Context, paths []string, flags graphFlags) error {
	var scope *practice.Scope
	var err error
	switch {
	case flags.cluster && len(paths) > 0:
		return hint.With(errors.New("--cluster goes without paths"), "show one, then the other")
	case flags.cluster:
		scope, err = a.runningScope(ctx)
	default:
		scope, err = a.writtenScope(ctx, orHere(paths))
	}
	if err != nil {
		return err
	}
	seen, err := a.seen(ctx, flags.seen)
	if err != nil {
		return err
	}
	g := graph.Of(scope, seen...)
	if !flags.all {
		g = g.Dependencies()
	}
	if flags.focus != "" {
		if g = g.Around(flags.focus, flags.depth); g == nil {
			return hint.With(fmt.Errorf("nothing there is called %q", flags.focus), "see what there is without --focus; --all shows more kinds")
		}
	}
	if len(g.Nodes) > legible && a.output != "json" {
		a.err.line(tooMany(g, flags))
		if a.output == "mermaid" && len(g.Edges) > mermaidDraws {
			a.err.line(fmt.Sprintf("Mermaid draws no more than %d lines", mermaidDraws))
		}
	}
	switch a.output {
	case "json":
		return a.printJSON(g)
	case "dot":
		return draw.DOT(a.out, g)
	case "mermaid":
		return draw.Mermaid(a.out, g)
	case "svg":
		return draw.SVG(a.out, g)
	}
	a.printGraph(g)
	return nil
}

// legible is how many nodes people can look at.
const legible = 150

// mermaidDraws is Mermaid's own bound, which forges don't move: https://mermaid.js.org/config/schema-docs/config.html#maxedges
const mermaidDraws = 500

// tooMany says how to see less.
func tooMany(g *graph.Graph, flags graphFlags) string {
	edges := map[string]int{}
	for _, e := range g.Edges {
		edges[e.From]++
		edges[e.To]++
	}
	middle := g.Nodes[0]
	for _, n := range g.Nodes {
		if edges[n.ID] > edges[middle.ID] {
			middle = n
		}
	}
	less := "see a part of it with --focus NAME --depth 1; most hangs on " + harmless(g.Names()[middle.ID])
	switch {
	case flags.focus != "" && flags.depth != 1:
		less = "see less with --depth 1"
	case flags.all:
		less += "; or leave --all out"
	}
	return fmt.Sprintf("%d boxes and %d lines: %s", len(g.Nodes), len(g.Edges), less)
}

// seen is the traffic that was, if it is asked for.
func (a *app) seen(ctx context.Context, settings observe.Settings) ([]graph.Traffic, error) {
	if settings.URL == "" {
		if settings.TokenFile != "" || len(settings.Queries) > 0 {
			return nil, hint.With(errors.New("nothing says which Prometheus is meant"), "add --observed URL")
		}
		return nil, nil
	}
	client, err := observe.New(settings)
	if err != nil {
		return nil, err
	}
	seen, err := client.Traffic(ctx)
	if err == nil && len(seen) == 0 {
		a.err.line("no traffic of the last minutes is known there")
	}
	return seen, err
}

// writtenScope is what the paths make together. What is broken in them is told, and left out.
func (a *app) writtenScope(ctx context.Context, paths []string) (*practice.Scope, error) {
	scope := &practice.Scope{}
	for _, arg := range paths {
		report, err := a.rendered(ctx, arg)
		if err != nil {
			return nil, err
		}
		printer := planPrinter{app: a, to: a.err, report: report}
		printer.problems(report.Problems())
		for _, o := range report.Rendering.Set.Objects {
			o.Origin = shownOrigin(report, o.Origin)
			scope.Objects = append(scope.Objects, o)
		}
	}
	if len(scope.Objects) == 0 {
		return nil, hint.With(fmt.Errorf("%s holds no Kubernetes manifests", strings.Join(paths, ", ")), "name directories with YAML manifests, kustomizations or Helm charts, or --cluster")
	}
	return scope, nil
}

// runningScope is what runs: without Kubernetes' own, unless -n names its namespace.
func (a *app) runningScope(ctx context.Context) (*practice.Scope, error) {
	client, _, err := a.connection.cluster()
	if err != nil {
		return nil, err
	}
	listing, err := client.List(ctx, a.connection.namespace)
	if err != nil {
		return nil, inWords(nil, err)
	}
	if len(listing.Objects) == 0 && len(listing.Unread) > 0 {
		return nil, hint.With(fmt.Errorf("list what is in the cluster: %s: %s", listing.Unread[0].Kind, listing.Unread[0].Reason),
			"ask for the right to get and list, such as the ClusterRole view, or name a namespace with -n")
	}
	scope := &practice.Scope{Live: true}
	for _, o := range listing.Objects {
		if a.connection.namespace != "" || !strings.HasPrefix(o.GetNamespace(), "kube-") {
			scope.Objects = append(scope.Objects, &manifest.Object{Unstructured: o})
		}
	}
	for _, unread := range listing.Unread {
		a.err.line("not shown: " + unread.Kind + ": " + unread.Reason)
	}
	return scope, nil
}
