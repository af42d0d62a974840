package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func (a *app) history() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use:        "history [APP]",
		Short:      "What was delivered when, by whom, why",
		SuggestFor: []string{"log", "releases"},
		Long: `Show the Releases of all Applications or of one, newest first: one for each sync
that changed something, and for each revision that the gate refused.

Of one Application it reads as a log: what changed by kind, which images from
which version to which, and how long it took. Without APP it is a table, and -n
shows those of one namespace. Times are local.`,
		Example:           "  fairlead history\n  fairlead history shop\n  fairlead history shop -o json",
		Args:              atMost(1),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 1 {
				return hint.With(fmt.Errorf("--most %d shows nothing", most), "give 1 or more")
			}
			api, namespace, err := a.connection.resources()
			if err != nil {
				return err
			}
			app := ""
			scope := a.connection.namespace
			if len(args) == 1 {
				found, err := findApplication(cmd.Context(), api, args[0], namespace)
				if err != nil {
					return err
				}
				app, scope = found.Name, found.Namespace
			}
			releases, err := listReleases(cmd.Context(), api, scope, app)
			if err != nil {
				return err
			}
			return a.printHistory(releases[:min(len(releases), most)], app != "")
		},
	}
	cmd.Flags().IntVar(&most, "most", 50, "how many to show")
	a.addOutput(cmd)
	return cmd
}

func listReleases(ctx context.Context, api client.Client, namespace, app string) ([]v1alpha1.Release, error) {
	var list v1alpha1.ReleaseList
	if err := api.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, unreadable("list releases", err)
	}
	releases := slices.DeleteFunc(list.Items, func(r v1alpha1.Release) bool { return app != "" && r.Spec.Application != app })
	slices.SortStableFunc(releases, func(a, b v1alpha1.Release) int {
		if c := b.CreationTimestamp.Compare(a.CreationTimestamp.Time); c != 0 {
			return c
		}
		return int(b.Spec.Number - a.Spec.Number)
	})
	return releases, nil
}

// releaseJSON is the stable JSON form of a Release (docs/cli.md).
type releaseJSON struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	At        time.Time `json:"at"`
	v1alpha1.ReleaseSpec
	Result        string `json:"result"`
	ResultMessage string `json:"resultMessage,omitempty"`
}

func (a *app) printHistory(releases []v1alpha1.Release, ofOne bool) error {
	if a.json() {
		out := make([]releaseJSON, 0, len(releases))
		for _, r := range releases {
			out = append(out, releaseJSON{r.Namespace, r.Name, r.CreationTimestamp.Time, r.Spec, r.Status.Result, r.Status.Message})
		}
		return a.printJSON(out)
	}
	if len(releases) == 0 {
		fmt.Fprintln(a.out, "Nothing delivered yet.")
		return nil
	}
	if ofOne {
		a.printLog(releases)
		return nil
	}
	rows := make([][]string, 0, len(releases))
	names := shownNames(releases)
	for i, r := range releases {
		rows = append(rows, []string{
			r.CreationTimestamp.Local().Format("2006-01-02 15:04"), names[i], r.Spec.ShortRevision, a.result(r.Status.Result), r.Spec.Summary, why(r),
		})
	}
	a.table([]string{"TIME", "RELEASE", "REVISION", "RESULT", "CHANGES", "WHY"}, rows)
	return nil
}

// why is who wrote the revision and its message when a revision was the reason, and says so when it wasn't.
func why(r v1alpha1.Release) string {
	if !isNews(r.Spec.Reason) {
		return "(" + r.Spec.Reason + ")"
	}
	if r.Spec.Author == "" { // artifacts and charts need not name one
		return harmless(orDash(r.Spec.Subject))
	}
	return harmless(r.Spec.Author + ": " + r.Spec.Subject)
}

func (a *app) result(r string) string {
	text := words(r)
	switch r {
	case "Healthy":
		return a.style.good.Render("● " + text)
	case "Degraded", "Failed", "Partial", "Refused":
		return a.style.bad.Render("▲ " + text)
	case "RollingOut", "Delivering":
		return a.style.info.Render("◐ " + text)
	}
	return a.style.dim.Render("◌ " + orDash(text))
}

// words reads "RollingOut" as "rolling out".
func words(reason string) string {
	var b strings.Builder
	for i, r := range reason {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
