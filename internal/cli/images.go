package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func (a *app) images() *cobra.Command {
	cmd := &cobra.Command{
		Use:        "images [APP]",
		Short:      "Which versions git has, which are chosen, and why none newer",
		SuggestFor: []string{"image", "updates", "charts"},
		Long: `Show the images and charts that Applications move by themselves
(spec.automation): the versions that git has, the one that the policy has
chosen, what is due next, and with APP why each newer one is refused.

Exit codes: 0 all as their policies want it · 1 something waits or failed · 2
could not answer.`,
		Example:           "  fairlead images\n  fairlead images shop\n  fairlead images shop -o json",
		Args:              atMost(1),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := a.automated(cmd.Context(), args)
			if err != nil {
				return err
			}
			return a.printImages(found, len(args) == 1)
		},
	}
	a.addOutput(cmd)
	return cmd
}

// automated are the Applications that are named, or that have something to move.
func (a *app) automated(ctx context.Context, args []string) ([]v1alpha1.Application, error) {
	api, namespace, err := a.connection.resources()
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		all, err := listApplications(ctx, api, a.connection.namespace)
		return slices.DeleteFunc(all, func(one v1alpha1.Application) bool { return len(one.Status.Automation) == 0 }), err
	}
	found, err := findApplication(ctx, api, args[0], namespace)
	if err != nil {
		return nil, err
	}
	if len(found.Spec.Automation) == 0 {
		return nil, hint.With(fmt.Errorf("nothing of %s/%s is automated", found.Namespace, found.Name), "see spec.automation in docs/automation.md")
	}
	return []v1alpha1.Application{*found}, nil
}

// imageJSON is the stable JSON form of an image or a chart that is moved (docs/cli.md).
type imageJSON struct {
	Namespace   string                    `json:"namespace"`
	Application string                    `json:"application"`
	Paused      *v1alpha1.AutomationPause `json:"paused,omitempty"`
	v1alpha1.AutomationStatus
}

func (a *app) printImages(all []v1alpha1.Application, isOne bool) error {
	isFine := true
	out := []imageJSON{}
	var rows [][]string
	for i := range all {
		app := &all[i]
		for _, s := range app.Status.Automation {
			out = append(out, imageJSON{app.Namespace, app.Name, app.Spec.AutomationPause, s})
			state, ok := a.imageState(app, s)
			isFine = isFine && ok
			rows = append(rows, []string{harmless(app.Name), harmless(cmp.Or(s.Image, s.Chart)), harmless(orDash(strings.Join(s.Current, ", "))), harmless(orDash(s.Chosen)), state})
		}
	}
	switch {
	case a.json():
		if err := a.printJSON(out); err != nil {
			return err
		}
	case len(rows) == 0:
		fmt.Fprintln(a.out, "No image or chart is moved by itself. See spec.automation in docs/automation.md.")
	default:
		a.table([]string{"APPLICATION", "IMAGE OR CHART", "GIT HAS", "CHOSEN", "STATE"}, rows)
		if isOne {
			a.printNewer(&all[0])
		}
	}
	return yesOrNo(isFine)
}

// imageState says in a few words how an image is doing, and whether that is well.
func (a *app) imageState(app *v1alpha1.Application, s v1alpha1.AutomationStatus) (string, bool) {
	isBehind := s.Chosen != "" && slices.ContainsFunc(s.Current, func(v string) bool {
		tag, _, _ := strings.Cut(v, "@")
		return tag != s.Chosen
	})
	switch {
	case s.Message != "":
		return a.style.bad.Render("▲ " + harmless(s.Message)), false
	case len(s.Current) == 0:
		return a.style.dim.Render("◌ the source doesn't name it"), true
	case app.Spec.AutomationPause != nil && isBehind:
		return a.style.warn.Render("◌ paused: " + harmless(app.Spec.AutomationPause.Reason)), false
	case isBehind && s.PullRequest != "":
		return a.style.info.Render("◐ waits for " + harmless(s.PullRequest) + " to be merged"), false
	case isBehind:
		return a.style.info.Render("◐ being written"), false
	case s.Next != nil && s.Next.Until != nil:
		return a.style.info.Render(fmt.Sprintf("◐ %s from %s on", harmless(s.Next.Version), localTime(s.Next.Until.Time))), true
	}
	return a.style.good.Render("● as its policy wants it"), true
}

// printNewer says why no newer version is chosen.
func (a *app) printNewer(app *v1alpha1.Application) {
	for _, s := range app.Status.Automation {
		if len(s.Refused) == 0 {
			continue
		}
		fmt.Fprintf(a.out, "\n%s: newer than %s, but\n", harmless(cmp.Or(s.Image, s.Chart)), harmless(orDash(s.Chosen)))
		var rows [][]string
		for _, r := range s.Refused {
			until := ""
			if r.Until != nil {
				until = "until " + localTime(r.Until.Time)
			}
			rows = append(rows, []string{"  " + harmless(r.Version), harmless(r.Why), until})
		}
		if s.More > 0 {
			rows = append(rows, []string{fmt.Sprintf("  and %d more", s.More), "", ""})
		}
		a.table([]string{"  VERSION", "WHY NOT", ""}, rows)
	}
}
