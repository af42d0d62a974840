package cli

import (
	"cmp"
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

type diffFlags struct {
	context       int
	ref, from, to string
	comment       string
}

func (a *app) diff() *cobra.Command {
	var flags diffFlags
	cmd := &cobra.Command{
		Use:   "diff PATH|APP",
		Short: "Compare files, or what an Application follows, with what runs",
		Long: `Compare files, or what an Application follows, with what runs.

PATH is a file or directory of YAML manifests, a kustomization, or a Helm chart;
no installation is needed in the cluster. Only fields that the files set are
compared, as the API server would change them: defaults are never shown as
differences. Values of Secrets are masked. Nothing is changed.

--ref shows what a sync of another revision would do: a branch, tag or commit of
git, a tag, digest or range of versions of an OCI artifact, a version or range
of versions of a chart.
--from and --to show what going from one to the other would change, such as by
merging one branch into the other: what the two make of each object, as the API
server says in a dry run. Where the cluster differs from --from already, that
isn't shown: the change doesn't cause it. A path with a wildcard shows every
application whose objects change.

--comment writes the preview below a pull or merge request of GitHub, GitLab,
Gitea, Forgejo or Bitbucket, and brings it up to date when it is run again. It
logs in with FAIRLEAD_FORGE_TOKEN, or GITHUB_TOKEN, GITLAB_TOKEN, GITEA_TOKEN or
BITBUCKET_TOKEN.

Exit codes: 0 the same · 1 differences or problems · 2 could not answer. With
--comment: 0 commented · 1 commented, and there are problems · 2 not commented,
or nothing could be rendered, and the comment says so.`,
		Example: `  fairlead diff ./k8s
  fairlead diff charts/web -n web -U 3
  fairlead diff shop -o json
  fairlead diff shop --ref spring-cleaning
  fairlead diff shop --ref 2.0.0
  fairlead diff shop --from main --to spring-cleaning -o markdown
  fairlead diff shop --from main --to "$GITHUB_SHA" \
    --comment https://github.com/acme/config/pull/7`,
		Args:              oneArgument,
		ValidArgsFunction: a.completeTargets(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(args[0]); err != nil {
				return err
			}
			return a.runDiff(cmd.Context(), args[0], flags)
		},
	}
	cmd.Flags().IntVarP(&flags.context, "unified", "U", 0, "show the YAML with this many lines of context")
	cmd.Flags().StringVar(&flags.ref, "ref", "", "compare this `REV` with what runs")
	cmd.Flags().StringVar(&flags.from, "from", "", "`REV` to come from; default: the Application's")
	cmd.Flags().StringVar(&flags.to, "to", "", "`REV` to go to, or to merge: preview it")
	cmd.Flags().StringVar(&flags.comment, "comment", "", "write it below the pull or merge request at `URL`")
	a.addOutput(cmd, "markdown")
	return cmd
}

// check finds flags that contradict each other.
func (f diffFlags) check(target string) error {
	switch {
	case f.ref != "" && f.from+f.to != "":
		return hint.With(errors.New("--ref goes without --from and --to"), "--ref compares with what runs, --from and --to two revisions with each other: keep one")
	case f.from != "" && f.to == "":
		return hint.With(errors.New("--from needs --to"), "name with --to what is to be merged, or gone to")
	case f.ref+f.to != "" && isPath(target):
		return hint.With(errors.New("a path has no other revisions"), "name an Application, or check the revision out and name the path without --ref, --from and --to")
	}
	return nil
}

func (a *app) runDiff(ctx context.Context, target string, flags diffFlags) error {
	send, err := a.commenter(flags.comment)
	if err != nil {
		return err
	}
	found, err := a.compare(ctx, target, flags)
	if err != nil {
		return err
	}
	unanswered := found.unanswered()
	if unanswered == nil {
		if err := a.printComparison(found, flags); err != nil {
			return err
		}
	}
	switch {
	case send == nil && unanswered != nil:
		return unanswered
	case send == nil:
		return found.answer(func(r *deliver.Report) bool { return r.Plan.Clean() && len(r.Problems()) == 0 })
	}
	if err := send(ctx, marker(found), found.markdown(flags)); err != nil || unanswered != nil {
		return cmp.Or(err, unanswered)
	}
	return found.answer(func(r *deliver.Report) bool { return len(r.Problems()) == 0 })
}

// pathPipeline makes the pipeline and Spec for a path of this machine.
func (a *app) pathPipeline(path string) (*deliver.Pipeline, deliver.Spec, error) {
	api, namespace, err := a.connection.cluster()
	if err != nil {
		return nil, deliver.Spec{}, err
	}
	return &deliver.Pipeline{Client: api}, localSpec(path, namespace), nil
}
