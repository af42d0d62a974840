package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/update"
)

type driftFlags struct{ watch, unmanaged bool }

func (a *app) drift() *cobra.Command {
	var flags driftFlags
	cmd := &cobra.Command{
		Use:   "drift [APP]",
		Short: "See what was changed in the cluster, not in git",
		Long: `See what was changed in the cluster, not in git, and who changed it.

Each Application is compared with what was delivered of it last: what git has
had since then is no drift. Only fields that git sets are compared. Values of
Secrets are masked. Nothing is changed. Without APP it is all Applications, or
those of the namespace named with -n.

--watch goes on telling, as it happens, until it is interrupted.

--unmanaged lists instead what is in the namespaces that Applications deliver
to (or in that named with -n) and in no Application, with who made it and when;
not what controllers and Kubernetes itself keep there. With -o yaml it is
written as manifests to put into git: without status and without what the server
fills in. Values of Secrets are left out.

Exit codes: 0 none · 1 drift · 2 could not answer, not for all of it either.`,
		Example: `  fairlead drift
  fairlead drift shop --watch
  fairlead drift shop -o json
  fairlead drift --unmanaged -n shop -o yaml > found.yaml`,
		Args:              atMost(1),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case flags.unmanaged && (flags.watch || len(args) > 0):
				return hint.With(errors.New("--unmanaged goes without APP and --watch"), "name a namespace with -n")
			case a.output == "yaml" && !flags.unmanaged:
				return hint.With(errors.New("-o yaml goes with --unmanaged only"), "use -o json")
			case flags.unmanaged:
				return a.runUnmanaged(cmd.Context())
			}
			return a.runDrift(cmd.Context(), strings.Join(args, ""), flags)
		},
	}
	cmd.Flags().BoolVarP(&flags.watch, "watch", "w", false, "go on telling of it as it happens")
	cmd.Flags().BoolVar(&flags.unmanaged, "unmanaged", false, "list what no Application has instead")
	a.addOutput(cmd, "yaml")
	return cmd
}

// driftJSON is the stable JSON form of one Application's drift (docs/cli.md).
type driftJSON struct {
	Application string          `json:"application"`
	Revision    string          `json:"revision,omitempty"`
	Drift       []cluster.Drift `json:"drift"`
	Problems    []problemJSON   `json:"problems"`
	Error       string          `json:"error,omitempty"`
}

func (a *app) runDrift(ctx context.Context, arg string, flags driftFlags) error {
	s, err := a.site()
	if err != nil {
		return err
	}
	defer s.close()
	apps, err := a.applicationsNamed(ctx, arg)
	if err != nil {
		return err
	}
	if flags.watch {
		return a.watchDrift(ctx, s, apps)
	}
	said, drifts := []driftJSON{}, 0
	var unknown []error
	for i := range apps {
		one, err := a.tellDrift(ctx, s, &apps[i])
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			unknown = append(unknown, err)
		}
		said, drifts = append(said, one), drifts+len(one.Drift)
	}
	switch {
	case a.json():
		if err := a.printJSON(said); err != nil {
			return err
		}
	case drifts == 0 && len(unknown) == 0:
		fmt.Fprintln(a.err, a.style.good.Render("✓")+" no drift in "+plural(len(apps), "application"))
	}
	if len(unknown) == 0 {
		return yesOrNo(drifts == 0)
	}
	for _, err := range unknown[1:] {
		a.printError(err)
	}
	return unknown[0]
}

// tellDrift compares one Application, and prints what has drifted unless that is told as JSON. The error says what could
// not be compared.
func (a *app) tellDrift(ctx context.Context, s *site, app *v1alpha1.Application) (driftJSON, error) {
	out := driftJSON{Application: app.Namespace + "/" + app.Name, Drift: []cluster.Drift{}, Problems: []problemJSON{}}
	found, err := s.Drift(ctx, app)
	if err == nil {
		found.Blame(ctx)
		out.Revision, out.Problems, out.Drift = found.Report.Revision().Commit, problemsJSON(found.Report), append(out.Drift, found.Drifts...)
		if !a.json() {
			a.printDrift(found)
		}
		err = found.Unasked()
	}
	if err = inWords(nil, err); err != nil {
		out.Error = err.Error()
	}
	return out, err
}

// applicationsNamed is the one that is named, or all that deliver anything themselves.
func (a *app) applicationsNamed(ctx context.Context, arg string) ([]v1alpha1.Application, error) {
	api, namespace, err := a.connection.resources()
	if err != nil {
		return nil, err
	}
	if arg != "" {
		app, err := findApplication(ctx, api, arg, namespace)
		if err != nil {
			return nil, err
		}
		return []v1alpha1.Application{*app}, nil
	}
	all, err := listApplications(ctx, api, a.connection.namespace)
	if err != nil {
		return nil, err
	}
	var apps []v1alpha1.Application
	for _, app := range all {
		if !controller.IsWildcard(&app) {
			apps = append(apps, app)
		}
	}
	return apps, nil
}

// printDrift shows what of one Application has drifted.
func (a *app) printDrift(d *operate.Drifted) {
	if len(d.Drifts) == 0 {
		return
	}
	fmt.Fprintf(a.out, "%s  %s\n", a.style.bold.Render(harmless(operate.Name(d.App))), a.style.dim.Render(plural(len(d.Drifts), "object")+" of what git says at "+d.Report.Revision().Short()))
	a.printDrifts(d, d.Drifts)
	fmt.Fprintln(a.out)
}

func (a *app) printDrifts(d *operate.Drifted, drifts []cluster.Drift) {
	p := planPrinter{app: a, to: a.out, report: d.Report}
	for _, one := range drifts {
		mark := a.style.warn.Render("~")
		if one.Kind == cluster.Deleted {
			mark = a.style.bad.Render("-")
		}
		line := mark + " " + a.style.bold.Render(harmless(one.ID.String()))
		if one.Kind == cluster.Deleted {
			line += " was deleted" + a.style.dim.Render(bySuffix(one.By)+a.writtenAt(d, one.Written))
		}
		a.out.paragraph(len(fieldIndent), line)
		for _, f := range one.Fields {
			a.out.paragraph(len(valueIndent), fieldIndent+harmless(f.Path)+a.style.dim.Render(bySuffix(f.By)+a.writtenAt(d, f.Written)))
			p.painted(valueIndent, valueLines(cluster.FieldChange{From: f.Git, To: f.Live}))
		}
	}
}

// bySuffix reads "  by kubectl-edit at 2026-11-02 10:03:12 UTC"; "  by somebody unknown" if nothing was noted.
func bySuffix(by cluster.Actor) string {
	if who := update.Who(by); who != "" {
		return harmless("  by " + who)
	}
	return "  by somebody unknown"
}

// writtenAt reads "  git: apps/shop/web.yaml:6".
func (a *app) writtenAt(d *operate.Drifted, w *cluster.Written) string {
	if w == nil {
		return ""
	}
	at := w.File
	if d != nil {
		at = d.Report.Snapshot.Display(at)
	}
	if w.Line > 0 {
		at = fmt.Sprintf("%s:%d", at, w.Line)
	}
	if w.Author != "" {
		at += " (" + w.Author + ")"
	}
	return harmless("  git: " + at)
}
