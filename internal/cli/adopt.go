package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
)

type adoptFlags struct {
	commitFlags
	push, pullRequest bool
}

func (a *app) adopt() *cobra.Command {
	var flags adoptFlags
	cmd := &cobra.Command{
		Use:   "adopt APP [OBJECT [FIELD]]",
		Short: "Write what was changed in the cluster back into git",
		Long: `Write what was changed in the cluster back into git, where it is set: the line
of a manifest, the patch or the entry of images or replicas of a kustomization,
the value of a chart. Comments and layout stay. An object that was deleted goes
from its file.

Each change is proven before it is shown, by rendering again: exactly that field
becomes what runs, and nothing else changes. Where no such change can be made it
says why, with the patch that would say it. Values of Secrets are never written
to git.

Without OBJECT (KIND/NAME) and FIELD it is all that fairlead drift shows. The
changes are shown first. Then one commit, with what was changed, by whom and
when in its message, is pushed to the branch that the Application follows, or
with --pull-request to a branch of its own, of which a pull request is opened
with the token in FAIRLEAD_FORGE_TOKEN, GITHUB_TOKEN, GITLAB_TOKEN,
GITEA_TOKEN or BITBUCKET_TOKEN. Nothing is ever pushed by force: if somebody
else pushes at that moment, the change is made anew on top of theirs.

It commits as git's user.name and user.email, and logs in as git does here, or
else with the Application's login.

Exit codes: 0 all adopted, or nothing to adopt · 1 not all, or not agreed to ·
2 could not answer.`,
		Example: `  fairlead adopt shop
  fairlead adopt shop deployment/web spec.replicas --push
  fairlead adopt shop --pull-request --yes
  fairlead adopt shop --dry-run`,
		Args:              atMost(3),
		ValidArgsFunction: a.completeTargets(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneArgument(cmd, args[:min(len(args), 1)]); err != nil {
				return err
			}
			if err := flags.check(); err != nil {
				return err
			}
			return a.runAdopt(cmd.Context(), append(args, "", "")[:3], flags)
		},
	}
	cmd.Flags().BoolVar(&flags.push, "push", false, "push to the branch that is followed (default)")
	cmd.Flags().BoolVar(&flags.pullRequest, "pull-request", false, "push to a branch of its own, and open a pull request")
	flags.add(cmd, "show the changes, write nothing")
	return cmd
}

func (f adoptFlags) check() error {
	n := 0
	for _, set := range []bool{f.push, f.pullRequest, f.dryRun} {
		if set {
			n++
		}
	}
	if n > 1 {
		return hint.With(errors.New("--push, --pull-request and --dry-run contradict each other"), "keep one of them")
	}
	return nil
}

func (a *app) runAdopt(ctx context.Context, args []string, flags adoptFlags) error {
	s, err := a.site()
	if err != nil {
		return err
	}
	defer s.close()
	found, err := s.drift(ctx, args[0])
	if err != nil {
		return err
	}
	var objects []string
	if args[1] != "" {
		objects = []string{args[1]}
	}
	drifts, err := found.Selected(objects, args[2])
	switch {
	case err != nil:
		return err
	case len(drifts) == 0:
		fmt.Fprintf(a.err, "%s no drift in %s: there is nothing to adopt\n", a.style.good.Render("✓"), harmless(operate.Name(found.App)))
		return found.Unasked()
	}
	plan, err := s.Adopt(ctx, found, drifts)
	if err != nil {
		return err
	}
	a.printDrifts(found, drifts)
	a.printFileChanges(plan.Changes)
	a.printNotAdopted(plan.Declined)
	if len(plan.Changes) == 0 {
		fmt.Fprintln(a.err, "nothing that Fairlead can write to git by itself")
		return yesOrNo(len(plan.Declined) == 0)
	}
	if flags.pullRequest {
		plan.To = "fairlead/adopt-" + found.App.Name + "-" + plan.Digest()
	}
	done, err := a.push(ctx, plan.Proposal, pushing{commitFlags: flags.commitFlags, ask: fmt.Sprintf("Commit this and push it to branch %s of %s?", plan.Target(), plan.Repo.URL())})
	switch {
	case errors.Is(err, source.ErrBranchProtected) && !flags.pullRequest:
		return hint.With(err, "push to another branch, and have that merged: fairlead adopt "+args[0]+" --pull-request")
	case errors.Is(err, source.ErrNothingToCommit):
		fmt.Fprintf(a.err, "%s git says so already, at %s\n", a.style.good.Render("✓"), done.Short())
		return nil
	case err != nil:
		return err
	}
	if flags.pullRequest && !flags.dryRun {
		if err := a.openRequest(ctx, plan.Proposal); err != nil {
			return err
		}
	}
	return yesOrNo(len(plan.Declined) == 0)
}

// openRequest opens a pull request of the branch that was pushed, or says where one can.
func (a *app) openRequest(ctx context.Context, p *operate.Proposal) error {
	byHand := "open a pull request of it: " + p.RequestPage()
	r, isForge := forge.RepositoryOf(p.Repo.URL(), forgeOfToken())
	token := tokenOf(r.Kind)
	if !isForge || token == "" {
		a.printNext(a.out, byHand)
		return nil
	}
	title, story, _ := strings.Cut(p.Message, "\n")
	done, err := r.Propose(ctx, token, forge.Proposal{From: p.To, Into: p.Followed, Title: title, Body: "~~~~text\n" + strings.TrimSpace(story) + "\n~~~~\n"})
	if err != nil {
		return hint.With(err, strings.TrimPrefix(hint.Of(err)+"; or "+byHand, "; or "))
	}
	did := string(done.Did)
	if done.Did == forge.Unchanged {
		did = "open:"
	}
	fmt.Fprintf(a.out, "%s %s %s\n", a.style.good.Render("✓"), did, harmless(done.Page))
	return nil
}

// printNotAdopted shows what git can't be made to say.
func (a *app) printNotAdopted(declined []update.Declined) {
	for _, d := range declined {
		what := strings.TrimSpace(d.Wish.ID.String() + " " + d.Wish.Path)
		a.err.paragraph(2, a.style.warn.Render("!")+" "+harmless("not adopted: "+what+": "+d.Err.Error()))
		a.printNext(a.err, hint.Of(d.Err))
		for line := range strings.Lines(d.Patch) {
			fmt.Fprint(a.err, fieldIndent+a.style.dim.Render(harmless(strings.TrimSuffix(line, "\n")))+"\n")
		}
	}
}
