package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/manifest"
)

func (a *app) status() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [APP]",
		Short: "What is delivered, what runs, what waits",
		Long: `Show all Applications, or one with its problems and what waits for a person.

Exit codes: 0 all ready · 1 not all · 2 could not answer.`,
		Example:           "  fairlead status\n  fairlead status shop\n  fairlead status -n team-shop -o json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			api, namespace, err := a.connection.resources()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return a.printApplications(cmd.Context(), api, a.connection.namespace)
			}
			found, err := findApplication(cmd.Context(), api, args[0], namespace)
			if err != nil {
				return err
			}
			return a.printApplication(cmd.Context(), api, found)
		},
	}
	a.addOutput(cmd)
	return cmd
}

// applicationJSON is the stable JSON form of an Application's state (docs/cli.md).
type applicationJSON struct {
	Namespace  string                   `json:"namespace"`
	Name       string                   `json:"name"`
	Ready      bool                     `json:"ready"`
	Revision   string                   `json:"revision,omitempty"`
	Path       string                   `json:"path"`
	Conditions []metav1.Condition       `json:"conditions"`
	Problems   []v1alpha1.ProblemStatus `json:"problems"`
	Waiting    *v1alpha1.PruneWaiting   `json:"pruneWaiting,omitempty"`
	Suspend    *v1alpha1.Suspension     `json:"suspend,omitempty"`
	Objects    int                      `json:"objects"`
}

func toApplicationJSON(app *v1alpha1.Application) applicationJSON {
	return applicationJSON{
		Namespace: app.Namespace, Name: app.Name, Ready: isReady(app), Revision: app.Status.Revision, Path: app.Spec.Source.Git.Path,
		Conditions: orEmpty(app.Status.Conditions), Problems: orEmpty(app.Status.Problems), Waiting: app.Status.PruneWaiting,
		Suspend: app.Spec.Suspend, Objects: len(app.Status.Inventory),
	}
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func isReady(app *v1alpha1.Application) bool {
	return meta.IsStatusConditionTrue(app.Status.Conditions, v1alpha1.ConditionReady)
}

func listApplications(ctx context.Context, api client.Client, namespace string) ([]v1alpha1.Application, error) {
	var list v1alpha1.ApplicationList
	if err := api.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		if meta.IsNoMatchError(err) {
			return nil, notInstalled()
		}
		return nil, fmt.Errorf("list applications: %w", err)
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.Application) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return list.Items, nil
}

func (a *app) printApplications(ctx context.Context, api client.Client, namespace string) error {
	apps, err := listApplications(ctx, api, namespace)
	if err != nil {
		return err
	}
	ready := 0
	out := make([]applicationJSON, 0, len(apps))
	rows := make([][]string, 0, len(apps))
	for i := range apps {
		if isReady(&apps[i]) {
			ready++
		}
		out = append(out, toApplicationJSON(&apps[i]))
		rows = append(rows, a.applicationRow(&apps[i]))
	}
	switch {
	case a.json():
		if err := a.printJSON(out); err != nil {
			return err
		}
	case len(apps) == 0:
		fmt.Fprintln(a.out, "No applications yet. Deliver a path without one: fairlead sync ./k8s. Write one: docs/applications.md.")
	default:
		a.table(a.out, []string{"APPLICATION", "READY", "REVISION", "OBJECTS", "LAST CHANGE", "STATE"}, rows)
		fmt.Fprintf(a.err, "%s\n", a.style.bold.Render(fmt.Sprintf("%d of %s ready", ready, plural(len(apps), "application"))))
	}
	if ready < len(apps) {
		return errNo
	}
	return nil
}

func (a *app) applicationRow(app *v1alpha1.Application) []string {
	changed := "-"
	if app.Status.SyncedAt != nil {
		changed = ago(app.Status.SyncedAt.Time)
	}
	objects := fmt.Sprint(len(app.Status.Inventory))
	if len(app.Status.Discovered) > 0 {
		objects = plural(len(app.Status.Discovered), "app")
	}
	return []string{app.Namespace + "/" + app.Name, a.readySign(app), orDash(app.Status.ShortRevision), objects, changed, readyMessage(app)}
}

func (a *app) readySign(app *v1alpha1.Application) string {
	ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return a.style.dim.Render("? unknown")
	case ready.Status == metav1.ConditionTrue:
		return a.style.good.Render("● yes")
	case ready.Reason == "Progressing" || ready.Reason == "Missing":
		return a.style.info.Render("◐ not yet")
	case ready.Reason == "Suspended":
		return a.style.dim.Render("◌ paused")
	}
	return a.style.bad.Render("▲ no")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// printApplication shows one Application in full.
func (a *app) printApplication(ctx context.Context, api client.Client, app *v1alpha1.Application) error {
	if a.json() {
		if err := a.printJSON(toApplicationJSON(app)); err != nil {
			return err
		}
		return yesOrNo(isReady(app))
	}
	fmt.Fprintf(a.out, "%s  %s  %s\n", a.style.bold.Render(app.Namespace+"/"+app.Name), a.readySign(app), readyMessage(app))
	git := app.Spec.Source.Git
	fmt.Fprintf(a.out, "  source    %s  %s  %s\n", git.URL, git.Path, a.style.dim.Render(refText(git.Ref)))
	for _, c := range app.Status.Conditions {
		if c.Type != v1alpha1.ConditionReady {
			fmt.Fprintf(a.out, "  %-9s %s\n", strings.ToLower(c.Type), c.Message)
		}
	}
	if len(app.Status.Discovered) > 0 {
		fmt.Fprintf(a.out, "  found     %s\n", strings.Join(app.Status.Discovered, ", "))
	} else {
		fmt.Fprintf(a.out, "  owns      %s\n", countKinds(app.Status.Inventory))
	}
	for _, p := range app.Status.Problems {
		parts := slices.DeleteFunc([]string{p.Where, p.Object, p.Message}, func(s string) bool { return s == "" })
		fmt.Fprintf(a.out, "%s %s\n", a.style.bad.Render("✗ problem"), strings.Join(parts, ": "))
		if p.Next != "" {
			fmt.Fprintf(a.out, "    %s %s\n", a.style.dim.Render("next:"), p.Next)
		}
	}
	if w := app.Status.PruneWaiting; w != nil {
		fmt.Fprintf(a.out, "%s %s\n", a.style.warn.Render("! not pruned:"), strings.Join(w.Reasons, "; "))
		for _, o := range w.Objects {
			fmt.Fprintf(a.out, "    %s\n", objectName(o))
		}
		fmt.Fprintf(a.out, "    %s fairlead sync %s --approve-prune\n", a.style.dim.Render("to remove them:"), app.Name)
	}
	return yesOrNo(isReady(app))
}

func yesOrNo(yes bool) error {
	if yes {
		return nil
	}
	return errNo
}

func refText(r v1alpha1.GitRef) string {
	switch {
	case r.Branch != "":
		return "branch " + r.Branch
	case r.Tag != "":
		return "tag " + r.Tag
	case r.SemVer != "":
		return "semver " + r.SemVer
	case r.Commit != "":
		return "commit " + r.Commit
	}
	return "default branch"
}

func objectName(o v1alpha1.ObjectRef) string { return manifest.ID(o).String() }

// countKinds words an inventory: "6 Deployments, 6 Services, 1 Namespace".
func countKinds(objects []v1alpha1.ObjectRef) string {
	counts := map[string]int{}
	for _, o := range objects {
		counts[o.Kind]++
	}
	kinds := make([]string, 0, len(counts))
	for k := range counts {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	for i, k := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", counts[k], k)
	}
	if len(kinds) == 0 {
		return "nothing yet"
	}
	return strings.Join(kinds, ", ")
}
