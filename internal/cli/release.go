package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/update"
)

type releaseFlags struct {
	commitFlags
	liftHold bool
	timeout  time.Duration
}

func (a *app) release() *cobra.Command {
	var flags releaseFlags
	cmd := &cobra.Command{
		Use:        "release APP IMAGE:TAG",
		Short:      "Commit a version of an image, and deliver it",
		SuggestFor: []string{"deploy", "promote"},
		Long: `Commit a version of an image to the branch that an Application follows, wherever
its source says it: in manifests, the images of a kustomization, or the values
of a chart. Nothing but that value's bytes changes, which is proven by rendering
before it is shown. Then it is delivered.

A version that is held, as after a rollback, is refused without --lift-hold.

Exit codes: 0 delivered · 1 not agreed to, or nothing to do · 2 could not
answer.`,
		Example: `  fairlead release shop ghcr.io/acme/front:1.4.2
  fairlead release shop ghcr.io/acme/front:1.4.2 --yes`,
		Args:              atMost(2),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return hint.With(errors.New("name an Application and an image"), "fairlead release shop ghcr.io/acme/front:1.4.2")
			}
			return a.runRelease(cmd.Context(), args[0], args[1], flags)
		},
	}
	flags.add(cmd, "show the changes, write nothing")
	cmd.Flags().BoolVar(&flags.liftHold, "lift-hold", false, "release a version that is held, and end its Hold")
	cmd.Flags().DurationVar(&flags.timeout, "timeout", 5*time.Minute, "how long to wait until it runs")
	return cmd
}

func (a *app) runRelease(ctx context.Context, arg, ref string, flags releaseFlags) error {
	s, err := a.site()
	if err != nil {
		return err
	}
	defer s.close()
	found, err := s.find(ctx, arg)
	if err != nil {
		return err
	}
	p, err := s.Release(ctx, found, ref, flags.liftHold)
	if _, isHeld := errors.AsType[*operate.HeldError](err); isHeld {
		return hint.With(err, "if that is no longer so: --lift-hold")
	}
	if err != nil {
		return err
	}
	if len(p.Changes) == 0 {
		image, version := update.CutReference(ref)
		fmt.Fprintf(a.err, "%s has %s %s already\n", operate.Name(found), harmless(image), harmless(version))
		return errNo
	}
	a.printFileChanges(p.Changes)
	return s.deliver(ctx, a, found, p, flags.commitFlags, flags.timeout)
}
