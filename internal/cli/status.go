package cli

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/query"
	"github.com/fairlead-dev/fairlead/internal/server/live"
)

func (a *app) status() *cobra.Command {
	var wanted string
	cmd := &cobra.Command{
		Use:        "status [APP]",
		Short:      "What is delivered, what runs, what waits",
		SuggestFor: []string{"get", "list", "ls"},
		Long: `Show all Applications, or one with its problems and what waits for a person.
Without APP also DriftChecks and Notifiers, which count neither for the exit
code nor in JSON.

Without APP, -n shows those of one namespace, and -q those that a query means,
such as -q 'is:bad repo:config changed:<2h': docs/page-api.md has its language.
With it, all is of these Applications alone: the exit code too.

Exit codes: 0 all ready · 1 not all · 2 could not answer.`,
		Example:           "  fairlead status\n  fairlead status shop\n  fairlead status -n team-shop -o json\n  fairlead status -q is:bad",
		Args:              atMost(1),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := query.Parse(wanted)
			if err != nil {
				return err
			}
			api, namespace, err := a.connection.resources()
			if err != nil {
				return err
			}
			switch {
			case len(args) == 0:
				return a.printApplications(cmd.Context(), api, a.connection.namespace, q)
			case wanted != "":
				return hint.With(errors.New("-q chooses among all Applications, and one is named"), "leave out -q, or "+args[0])
			}
			found, err := findApplication(cmd.Context(), api, args[0], namespace)
			if err != nil {
				return err
			}
			return a.printApplication(found)
		},
	}
	cmd.Flags().StringVarP(&wanted, "query", "q", "", "only the Applications that it means")
	a.addOutput(cmd)
	return cmd
}

// applicationJSON is the stable JSON form of an Application's state (docs/cli.md).
type applicationJSON struct {
	Namespace  string                    `json:"namespace"`
	Name       string                    `json:"name"`
	Ready      bool                      `json:"ready"`
	Revision   string                    `json:"revision,omitempty"`
	Path       string                    `json:"path"`
	Conditions []metav1.Condition        `json:"conditions"`
	Problems   []v1alpha1.ProblemStatus  `json:"problems"`
	Waiting    *v1alpha1.PruneWaiting    `json:"pruneWaiting,omitempty"`
	Practices  *v1alpha1.PracticesStatus `json:"practices,omitempty"`
	Suspend    *v1alpha1.Suspension      `json:"suspend,omitempty"`
	Objects    int                       `json:"objects"`
	Discovered []string                  `json:"discovered,omitempty"`
}

func toApplicationJSON(app *v1alpha1.Application) applicationJSON {
	return applicationJSON{
		Namespace: app.Namespace, Name: app.Name, Ready: isReady(app), Revision: app.Status.Revision, Path: controller.Path(app),
		Conditions: orEmpty(app.Status.Conditions), Problems: orEmpty(app.Status.Problems), Waiting: app.Status.PruneWaiting, Practices: app.Status.Practices,
		Suspend: app.Spec.Suspend, Objects: len(app.Status.Inventory), Discovered: app.Status.Discovered,
	}
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func readyCondition(app *v1alpha1.Application) *metav1.Condition {
	return meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
}

func isReady(app *v1alpha1.Application) bool {
	return meta.IsStatusConditionTrue(app.Status.Conditions, v1alpha1.ConditionReady)
}

func listApplications(ctx context.Context, api client.Client, namespace string) ([]v1alpha1.Application, error) {
	var list v1alpha1.ApplicationList
	if err := api.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, unreadable("list applications", err)
	}
	items := list.Items
	sort.Slice(items, func(i, j int) bool { // slices.SortFunc has 25 KB of code for a type of this size
		return items[i].Namespace+"/"+items[i].Name < items[j].Namespace+"/"+items[j].Name
	})
	return items, nil
}

func (a *app) printApplications(ctx context.Context, api client.Client, namespace string, q query.Query) error {
	apps, err := listApplications(ctx, api, namespace)
	if err != nil {
		return err
	}
	there := len(apps)
	apps = meant(apps, q)
	ready := 0
	out := make([]applicationJSON, 0, len(apps))
	rows := make([][]string, 0, len(apps))
	names := shownNames(apps)
	for i := range apps {
		if isReady(&apps[i]) {
			ready++
		}
		out = append(out, toApplicationJSON(&apps[i]))
		rows = append(rows, append([]string{names[i]}, a.applicationRow(&apps[i])...))
	}
	switch {
	case a.json():
		if err := a.printJSON(out); err != nil {
			return err
		}
	case len(apps) == 0 && there > 0:
		a.out.paragraph(0, fmt.Sprintf("The query means none of %s.", plural(there, "application")))
	case len(apps) == 0:
		a.out.paragraph(0, "No applications yet. Deliver a path without one: fairlead sync ./k8s")
	default:
		a.table([]string{"APPLICATION", "STATE", "REVISION", "CHANGED", "DETAIL"}, rows)
		fmt.Fprintln(a.err, a.style.bold.Render(fmt.Sprintf("%d of %s ready", ready, plural(len(apps), "application"))))
	}
	if !a.json() && q.IsAll() {
		a.printDriftChecks(ctx, api, namespace)
		a.printNotifiers(ctx, api, namespace)
	}
	return yesOrNo(ready == len(apps))
}

// meant are the Applications that a query means.
func meant(apps []v1alpha1.Application, q query.Query) []v1alpha1.Application {
	var out []v1alpha1.Application
	for i := range apps {
		if q.IsAll() || q.Matches(live.Ask(&apps[i]), time.Now().Unix()) {
			out = append(out, apps[i])
		}
	}
	return out
}

// shownNames are the names, with their namespaces only where those differ.
func shownNames[T any, P interface {
	*T
	metav1.Object
}](objects []T) []string {
	names, full, several := make([]string, len(objects)), make([]string, len(objects)), false
	for i := range objects {
		o := P(&objects[i])
		names[i], full[i] = o.GetName(), o.GetNamespace()+"/"+o.GetName()
		several = several || o.GetNamespace() != P(&objects[0]).GetNamespace()
	}
	if several {
		return full
	}
	return names
}

func (a *app) applicationRow(app *v1alpha1.Application) []string {
	changed := "-"
	if app.Status.SyncedAt != nil {
		changed = ago(app.Status.SyncedAt.Time)
	}
	return []string{a.readySign(app), orDash(app.Status.ShortRevision), changed, detail(app)}
}

func (a *app) readySign(app *v1alpha1.Application) string {
	ready := readyCondition(app)
	switch {
	case app.Spec.Suspend != nil:
		return a.style.dim.Render("◌ suspended")
	case ready == nil:
		return a.style.dim.Render("? unknown")
	case ready.Status == metav1.ConditionTrue:
		return a.style.good.Render("● ready")
	case ready.Reason == "Progressing" || ready.Reason == "Missing":
		return a.style.info.Render("◐ not yet")
	}
	return a.style.bad.Render("▲ not ready")
}

// detail is what most needs to be known, short enough for a table.
func detail(app *v1alpha1.Application) string {
	ready, problems := readyCondition(app), app.Status.Problems
	switch {
	case app.Spec.Suspend != nil:
		return suspendedBy(app.Spec.Suspend)
	case ready == nil:
		return "waiting for the controller"
	case ready.Reason == "Partial" && len(problems) > 0:
		return plural(len(problems), "problem") + ", first: " + sentence(problems[0].Where, problems[0].Message)
	case ready.Reason == "GateClosed" && isRefused(app) && len(app.Status.Practices.Refused.Findings) > 0:
		first := findingProblem(app.Status.Practices.Refused.Findings[0])
		return "the gate is closed: " + sentence(first.where, first.message)
	case ready.Reason == "PruneWaiting" && app.Status.PruneWaiting != nil:
		return "prune waits: " + strings.Join(app.Status.PruneWaiting.Reasons, "; ")
	}
	return harmless(ready.Message)
}

func suspendedBy(s *v1alpha1.Suspension) string {
	if s.By == "" {
		return harmless(s.Reason)
	}
	return harmless(s.By + ": " + s.Reason)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func yesOrNo(yes bool) error {
	if yes {
		return nil
	}
	return errNo
}
