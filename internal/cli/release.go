package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
)

type releaseFlags struct {
	signingKey            string
	dryRun, yes, liftHold bool
	timeout               time.Duration
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
	cmd.Flags().StringVar(&flags.signingKey, "signing-key", "", "sign with the SSH or OpenPGP key in `FILE`")
	cmd.Flags().BoolVar(&flags.liftHold, "lift-hold", false, "release a version that is held, and end its Hold")
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "show the changes, write nothing")
	cmd.Flags().DurationVar(&flags.timeout, "timeout", 5*time.Minute, "how long to wait until it runs")
	cmd.Flags().BoolVarP(&flags.yes, "yes", "y", false, "don't ask")
	return cmd
}

// releasing is one version on its way.
type releasing struct {
	*app
	*drifter
	of    *v1alpha1.Application
	image string
	to    string
	flags releaseFlags
}

func (a *app) runRelease(ctx context.Context, arg, ref string, flags releaseFlags) error {
	image, version := update.CutReference(ref)
	if version == "" {
		return hint.With(fmt.Errorf("%s names no version", ref), "name one: "+ref+":1.4.2")
	}
	d, err := a.drifter()
	if err != nil {
		return err
	}
	defer d.close()
	found, err := d.find(ctx, arg)
	if err != nil {
		return err
	}
	r := &releasing{app: a, drifter: d, of: found, image: image, to: version, flags: flags}
	held, err := r.held(ctx, ref)
	if err != nil {
		return err
	}
	return r.commit(ctx, held)
}

// held are the Holds that name the version. Without --lift-hold they end it here.
func (r *releasing) held(ctx context.Context, ref string) ([]v1alpha1.Hold, error) {
	all, err := controller.Holds(ctx, r.reader, client.ObjectKeyFromObject(r.of))
	if err != nil {
		return nil, err
	}
	held := slices.DeleteFunc(all, func(h v1alpha1.Hold) bool { return !slices.Contains(h.Spec.Images, ref) })
	if len(held) > 0 && !r.flags.liftHold {
		h := held[0].Spec
		return nil, hint.With(fmt.Errorf("%s is held by %s: %s", ref, orDash(h.By), h.Reason), "if that is no longer so: --lift-hold")
	}
	return held, nil
}

func (r *releasing) plan(ctx context.Context, at *source.Snapshot) (*update.ImagePlan, error) {
	spec, err := controller.Spec(r.of, nil)
	if err != nil {
		return nil, err
	}
	server, err := r.pipeline.Client.Capabilities()
	if err != nil {
		return nil, err
	}
	spec.Render.KubeVersion, spec.Render.APIVersions = server.Version, server.APIVersions
	where := controller.Path(r.of)
	if err := at.Prefetch(ctx, where); err != nil {
		return nil, err
	}
	plan, err := update.Images(ctx, update.Source{FS: at.FS(), Path: where, Options: spec.Render, Namespace: spec.Namespace}, []update.Move{{Image: r.image, To: r.to}})
	if err != nil {
		return nil, fmt.Errorf("render %s at %s: %w", where, at.Revision, err)
	}
	if len(plan.Declined) > 0 {
		return nil, plan.Declined[0].Err
	}
	return plan, nil
}

func (r *releasing) commit(ctx context.Context, held []v1alpha1.Hold) error {
	name := r.of.Namespace + "/" + r.of.Name
	repo, branch, err := controller.Repository(ctx, r.reader, r.store, r.of)
	if err != nil {
		return fmt.Errorf("release to %s: %w", name, err)
	}
	tip, err := repo.Fetch(ctx, source.Ref{Branch: branch})
	if err != nil {
		return err
	}
	plan, err := r.plan(ctx, tip)
	if err != nil {
		return err
	}
	if len(plan.Changes) == 0 {
		fmt.Fprintf(r.err, "%s has %s %s already\n", name, harmless(r.image), harmless(r.to))
		return errNo
	}
	r.printFileChanges(plan.Changes)
	if r.flags.dryRun {
		fmt.Fprintf(r.err, "%s would change; nothing is written\n", plural(len(plan.Changes), "file"))
		return nil
	}
	draft := source.Draft{Branch: branch, Message: fmt.Sprintf("%s: release %s %s\n", r.of.Name, path.Base(r.image), r.to)}
	if draft.Author, draft.Email, err = source.Person(ctx); err != nil {
		return err
	}
	if draft.Signer, err = signerIn(r.flags.signingKey); err != nil {
		return err
	}
	draft.Files = func(ctx context.Context, at *source.Snapshot) (map[string][]byte, error) {
		again, err := r.plan(ctx, at)
		if err != nil {
			return nil, err
		}
		return again.Files(), nil
	}
	if err := r.confirm(fmt.Sprintf("Commit this to %s and deliver it?", repo.URL()), r.flags.yes); err != nil {
		return err
	}
	for i := range held {
		if err := r.reader.Delete(ctx, &held[i]); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("end hold %s: %w", held[i].Name, err)
		}
	}
	made, err := repo.Commit(ctx, draft)
	if err != nil && !errors.Is(err, source.ErrNothingToCommit) {
		return err
	}
	fmt.Fprintf(r.out, "%s pushed %s to %s: %s\n", r.style.good.Render("✓"), made.Short(), made.Ref, harmless(made.Subject()))
	return r.syncNow(ctx, r.reader, r.of, r.flags.timeout)
}
