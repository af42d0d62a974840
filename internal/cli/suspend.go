package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func (a *app) suspend() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "suspend APP --reason …",
		Short:             "Stop delivering an Application; what runs stays",
		Example:           `  fairlead suspend shop --reason "load test until noon"`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return hint.With(errors.New("a reason is needed"), `say why, for whoever finds it suspended: --reason "…"`)
			}
			return a.setSuspension(cmd.Context(), args[0], &v1alpha1.Suspension{Reason: reason, By: whoami(), Since: metav1.Now()})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; shown wherever the Application is")
	return cmd
}

func (a *app) resume() *cobra.Command {
	return &cobra.Command{
		Use:               "resume APP",
		Short:             "Deliver a suspended Application again",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.setSuspension(cmd.Context(), args[0], nil)
		},
	}
}

func (a *app) setSuspension(ctx context.Context, arg string, suspension *v1alpha1.Suspension) error {
	api, namespace, err := a.connection.resources()
	if err != nil {
		return err
	}
	found, err := findApplication(ctx, api, arg, namespace)
	if err != nil {
		return err
	}
	was := found.Spec.Suspend
	before := found.DeepCopy()
	found.Spec.Suspend = suspension
	if err := api.Patch(ctx, found, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("change application %s/%s: %w", found.Namespace, found.Name, err)
	}
	switch {
	case suspension != nil:
		fmt.Fprintf(a.out, "%s/%s is suspended: %s\n", found.Namespace, found.Name, suspension.Reason)
	case was == nil:
		fmt.Fprintf(a.out, "%s/%s was not suspended\n", found.Namespace, found.Name)
	default:
		fmt.Fprintf(a.out, "%s/%s is delivered again (was suspended: %s)\n", found.Namespace, found.Name, was.Reason)
	}
	return nil
}

// whoami is a name for people to ask, not a proof of identity.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}
