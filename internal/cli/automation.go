package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func (a *app) automation() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "automation",
		Short:   "Pause and resume the commits that move versions",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
		Example: "  fairlead automation pause shop --reason \"freeze\" --until 72h\n  fairlead automation resume shop",
	}
	cmd.AddCommand(a.automationPause(), a.automationResume())
	return cmd
}

func (a *app) automationPause() *cobra.Command {
	var reason, until string
	cmd := &cobra.Command{
		Use:   "pause APP --reason …",
		Short: "Move no version of an Application until it is resumed",
		Long: `Move no version of an Application until it is resumed, or until --until. What
would be moved is still told by fairlead images. Commits of people are delivered
as ever; to stop those, too: fairlead suspend.`,
		Example:           `  fairlead automation pause shop --reason "freeze over the holidays" --until 2027-01-02`,
		Args:              oneArgument,
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return hint.With(errors.New("a reason is needed"), `say why, for whoever wonders: --reason "…"`)
			}
			pause := &v1alpha1.AutomationPause{Reason: reason, By: whoami(), Since: metav1.Now()}
			var err error
			if pause.Until, err = parseUntil(until, time.Now()); err != nil {
				return err
			}
			return a.setAutomationPause(cmd.Context(), args[0], pause)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever wonders")
	cmd.Flags().StringVar(&until, "until", "", "when it ends by itself: 36h, 2027-01-02 or a time of RFC 3339")
	a.addOutput(cmd)
	return cmd
}

func (a *app) automationResume() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "resume APP",
		Short:             "Move versions of an Application again",
		Example:           "  fairlead automation resume shop",
		Args:              oneArgument,
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.setAutomationPause(cmd.Context(), args[0], nil)
		},
	}
	a.addOutput(cmd)
	return cmd
}

func (a *app) setAutomationPause(ctx context.Context, arg string, pause *v1alpha1.AutomationPause) error {
	var was *v1alpha1.AutomationPause
	found, err := a.editApplication(ctx, arg, func(app *v1alpha1.Application) error {
		if name := app.Namespace + "/" + app.Name; pause != nil && len(app.Spec.Automation) == 0 {
			return hint.With(fmt.Errorf("nothing of %s is automated", name), "see spec.automation in docs/automation.md; to stop deliveries: fairlead suspend "+name)
		}
		was, app.Spec.AutomationPause = app.Spec.AutomationPause, pause
		return nil
	})
	if err != nil {
		return err
	}
	name := found.Namespace + "/" + found.Name
	switch {
	case a.json():
		return a.printJSON(toApplicationJSON(found))
	case pause != nil && pause.Until != nil:
		fmt.Fprintf(a.out, "no version of %s is moved until %s: %s\n", name, localTime(pause.Until.Time), harmless(pause.Reason))
	case pause != nil:
		fmt.Fprintf(a.out, "no version of %s is moved: %s\n", name, harmless(pause.Reason))
	case was == nil:
		fmt.Fprintf(a.out, "the automation of %s was not paused\n", name)
	default:
		fmt.Fprintf(a.out, "versions of %s are moved again (was paused: %s)\n", name, harmless(was.Reason))
	}
	return nil
}

// parseUntil reads when something ends: how long from now, a day (its end, local), or a time. nil for "".
func parseUntil(text string, now time.Time) (*metav1.Time, error) {
	if text == "" {
		return nil, nil
	}
	var until time.Time
	if d, err := time.ParseDuration(text); err == nil {
		until = now.Add(d)
	} else if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		until = day.AddDate(0, 0, 1)
	} else if until, err = time.Parse(time.RFC3339, text); err != nil {
		return nil, hint.With(fmt.Errorf("--until %q is no time", text), "write 36h, 2027-01-02 or 2027-01-02T15:04:05Z")
	}
	if !until.After(now) {
		return nil, hint.With(fmt.Errorf("--until %q is over", text), "name a time to come")
	}
	t := metav1.NewTime(until)
	return &t, nil
}

func localTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
