package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func (a *app) suspend() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "suspend APP --reason …",
		Short: "Stop delivering an Application; what runs stays",
		Long: `Stop delivering an Application until it is resumed. What runs stays as it is,
and differences from git are left alone. The reason is shown wherever the
Application is, with who suspended it.`,
		Example:           `  fairlead suspend shop --reason "load test until noon"`,
		Args:              oneArgument,
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(reason) == "" {
				return hint.With(errors.New("a reason is needed"), `say why, for whoever finds it suspended: --reason "…"`)
			}
			return a.setSuspension(cmd.Context(), args[0], &v1alpha1.Suspension{Reason: reason, By: whoami(), Since: metav1.Now()})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever finds it suspended")
	a.addOutput(cmd)
	return cmd
}

func (a *app) resume() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "resume APP",
		Short:             "Deliver a suspended Application again",
		Example:           "  fairlead resume shop",
		Args:              oneArgument,
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.setSuspension(cmd.Context(), args[0], nil)
		},
	}
	a.addOutput(cmd)
	return cmd
}

func (a *app) setSuspension(ctx context.Context, arg string, suspension *v1alpha1.Suspension) error {
	var was *v1alpha1.Suspension
	found, err := a.editApplication(ctx, arg, func(app *v1alpha1.Application) error {
		was, app.Spec.Suspend = app.Spec.Suspend, suspension
		return nil
	})
	if err != nil {
		return err
	}
	switch {
	case a.json():
		return a.printJSON(toApplicationJSON(found))
	case suspension != nil:
		fmt.Fprintf(a.out, "%s/%s is suspended: %s\n", found.Namespace, found.Name, suspension.Reason)
	case was == nil:
		fmt.Fprintf(a.out, "%s/%s was not suspended\n", found.Namespace, found.Name)
	default:
		fmt.Fprintf(a.out, "%s/%s is delivered again (was suspended: %s)\n", found.Namespace, found.Name, was.Reason)
	}
	return nil
}

// editApplication changes an Application, and returns it as it is then.
func (a *app) editApplication(ctx context.Context, arg string, edit func(*v1alpha1.Application) error) (*v1alpha1.Application, error) {
	api, namespace, err := a.connection.resources()
	if err != nil {
		return nil, err
	}
	found, err := findApplication(ctx, api, arg, namespace)
	if err != nil {
		return nil, err
	}
	before := found.DeepCopy()
	if err := edit(found); err != nil {
		return nil, err
	}
	if err := api.Patch(ctx, found, client.MergeFrom(before)); err != nil {
		return nil, fmt.Errorf("change application %s/%s: %w", found.Namespace, found.Name, err)
	}
	return found, nil
}

// whoami is a name for people to ask, not a proof of identity.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}
