package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
	"github.com/fairlead-dev/fairlead/internal/update"
)

type adoptFlags struct {
	push, pullRequest, dryRun, yes bool
	signingKey                     string
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
	cmd.Flags().BoolVar(&flags.dryRun, "dry-run", false, "show the changes, write nothing")
	cmd.Flags().StringVar(&flags.signingKey, "signing-key", "", "sign with the SSH or OpenPGP key in `FILE`")
	cmd.Flags().BoolVarP(&flags.yes, "yes", "y", false, "don't ask")
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
	d, err := a.drifter()
	if err != nil {
		return err
	}
	defer d.close()
	found, err := a.driftOne(ctx, d, args[0])
	if err != nil {
		return err
	}
	var objects []string
	if args[1] != "" {
		objects = []string{args[1]}
	}
	drifts, err := found.selected(objects, args[2])
	switch {
	case err != nil:
		return err
	case len(drifts) == 0:
		fmt.Fprintf(a.err, "%s no drift in %s: there is nothing to adopt\n", a.style.good.Render("✓"), harmless(found.name()))
		return found.unasked()
	}
	repo, branch, err := controller.Repository(ctx, d.reader, d.store, found.app)
	if err != nil {
		return fmt.Errorf("adopt drift of %s: %w", found.name(), err)
	}
	ad := &adoption{app: a, drifter: d, found: found, drifts: drifts}
	tip, err := repo.Fetch(ctx, source.Ref{Branch: branch})
	if err != nil {
		return err
	}
	plan, err := ad.plan(ctx, tip)
	if err != nil {
		return err
	}
	a.printDrifts(found, drifts)
	ad.print(plan)
	switch {
	case len(plan.Changes) == 0:
		fmt.Fprintln(a.err, "nothing that Fairlead can write to git by itself")
		return yesOrNo(len(plan.Declined) == 0)
	case flags.dryRun:
		fmt.Fprintf(a.err, "%s would change; nothing is written\n", plural(len(plan.Changes), "file"))
		return yesOrNo(len(plan.Declined) == 0)
	}
	draft, err := ad.draft(ctx, plan, tip, branch, flags)
	if err != nil {
		return err
	}
	if err := a.confirm(fmt.Sprintf("Commit this and push it to branch %s of %s?", draft.to(), repo.URL()), flags.yes); err != nil {
		return err
	}
	made, err := repo.Commit(ctx, draft.Draft)
	if errors.Is(err, source.ErrBranchProtected) && !flags.pullRequest {
		return hint.With(err, "push to another branch, and have that merged: fairlead adopt "+args[0]+" --pull-request")
	}
	if errors.Is(err, source.ErrNothingToCommit) {
		fmt.Fprintf(a.err, "%s git says so already, at %s\n", a.style.good.Render("✓"), made.Short())
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s pushed %s to %s: %s\n", a.style.good.Render("✓"), made.Short(), made.Ref, harmless(made.Subject()))
	if flags.pullRequest {
		if err := a.openRequest(ctx, repo.URL(), draft); err != nil {
			return err
		}
	}
	return yesOrNo(len(plan.Declined) == 0)
}

// openRequest opens a pull request of the branch that was pushed, or says where one can.
func (a *app) openRequest(ctx context.Context, repository string, d draft) error {
	byHand := "open a pull request of it: " + pullRequestAt(repository, d.followed, d.To)
	r, isForge := forge.RepositoryOf(repository, forgeOfToken())
	token := tokenOf(r.Kind)
	if !isForge || token == "" {
		a.printNext(a.out, byHand)
		return nil
	}
	title, story, _ := strings.Cut(d.Message, "\n")
	done, err := r.Propose(ctx, token, forge.Proposal{From: d.To, Into: d.followed, Title: title, Body: "~~~~text\n" + strings.TrimSpace(story) + "\n~~~~\n"})
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

// adoption is what is written to git of one Application.
type adoption struct {
	*app
	drifter *drifter
	found   *drifted
	drifts  []cluster.Drift
}

// wishes are what git has to say; what it can't be made to say is declined.
func (ad *adoption) wishes() (wishes []update.Wish, declined []update.Declined) {
	for _, d := range ad.drifts {
		if d.Kind == cluster.Deleted {
			wishes = append(wishes, update.Wish{ID: d.ID})
		}
		for _, f := range d.Fields {
			w, ok := update.WishOf(d, f)
			switch {
			case ok:
				wishes = append(wishes, w)
			case d.ID.Kind == "Secret":
				declined = append(declined, update.Declined{Wish: w, Err: update.ErrSecret})
			default:
				declined = append(declined, update.Declined{Wish: w, Err: hint.With(errors.New("the order of a list is not one value"), "put the list in order by hand")})
			}
		}
	}
	return wishes, declined
}

// plan makes the changes to the files of a Snapshot.
func (ad *adoption) plan(ctx context.Context, at *source.Snapshot) (*update.Plan, error) {
	options := ad.found.spec.Render
	server, err := ad.drifter.pipeline.Client.Capabilities()
	if err != nil {
		return nil, err
	}
	options.KubeVersion, options.APIVersions = server.Version, server.APIVersions
	path := controller.Path(ad.found.app)
	was, err := render.Render(ctx, ad.found.report.Snapshot.FS(), path, options)
	if err != nil {
		return nil, err
	}
	if err := at.Prefetch(ctx, path); err != nil {
		return nil, err
	}
	wishes, declined := ad.wishes()
	plan, err := update.Adopt(ctx, update.Source{FS: at.FS(), Path: path, Options: options, Namespace: ad.found.spec.Namespace, Was: was.Set}, wishes)
	if err != nil {
		return nil, fmt.Errorf("render %s at %s: %w", path, at.Revision, err)
	}
	plan.Declined = append(plan.Declined, declined...)
	return plan, nil
}

// print shows the changes to files, and what can't be changed.
func (ad *adoption) print(plan *update.Plan) {
	ad.printFileChanges(plan.Changes)
	for _, d := range plan.Declined {
		what := strings.TrimSpace(d.Wish.ID.String() + " " + d.Wish.Path)
		ad.err.paragraph(2, ad.style.warn.Render("!")+" "+harmless("not adopted: "+what+": "+d.Err.Error()))
		ad.printNext(ad.err, hint.Of(d.Err))
		for line := range strings.Lines(d.Patch) {
			fmt.Fprint(ad.err, fieldIndent+ad.style.dim.Render(harmless(strings.TrimSuffix(line, "\n")))+"\n")
		}
	}
}

// printFileChanges shows what files become.
func (a *app) printFileChanges(changes []update.Change) {
	p := planPrinter{app: a, to: a.out}
	for _, c := range changes {
		fmt.Fprintln(a.out)
		note := ""
		if c.After == nil {
			note = a.style.dim.Render("  is removed")
		}
		fmt.Fprintln(a.out, a.style.bold.Render(harmless(c.Path))+note)
		p.painted("  ", differing(textLines(c.Before), textLines(c.After), contextLines))
	}
	if len(changes) > 0 {
		fmt.Fprintln(a.out)
	}
}

func textLines(text []byte) []string {
	if text == nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// draft is the commit of a plan that a person has seen.
type draft struct {
	source.Draft
	followed string // the branch's name, "" for the default
}

func (d draft) to() string {
	switch {
	case d.To != "":
		return d.To
	case d.Branch != "":
		return d.Branch
	}
	return d.followed
}

func (ad *adoption) draft(ctx context.Context, plan *update.Plan, seen *source.Snapshot, branch string, flags adoptFlags) (draft, error) {
	d := draft{Draft: source.Draft{Branch: branch, Message: update.Story(ad.found.name(), adopted(ad.drifts, plan))}, followed: branch}
	if branch == "" {
		d.followed = strings.TrimPrefix(seen.Revision.Ref, "default branch ")
	}
	var err error
	if d.Author, d.Email, err = source.Person(ctx); err != nil {
		return d, err
	}
	if d.Signer, err = signerIn(flags.signingKey); err != nil {
		return d, err
	}
	if flags.pullRequest {
		d.To = "fairlead/adopt-" + ad.found.app.Name + "-" + digestOf(plan)
	}
	d.Files = func(ctx context.Context, at *source.Snapshot) (map[string][]byte, error) {
		if at.Revision.Commit == seen.Revision.Commit {
			return plan.Files(), nil
		}
		again, err := ad.plan(ctx, at)
		if err == nil && !isSame(plan, again) {
			err = hint.With(errors.New("git has changed meanwhile, and the change would be another than you have seen"), "run it again")
		}
		if err != nil {
			return nil, err
		}
		return again.Files(), nil
	}
	return d, nil
}

// signerIn reads the key in the file of --signing-key; nil for "".
func signerIn(file string) (*signature.Signer, error) {
	if file == "" {
		return nil, nil
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--signing-key: %w", err)
	}
	signer, err := signature.ParseSigner(key)
	if err != nil {
		return nil, fmt.Errorf("--signing-key: %w", err)
	}
	return signer, nil
}

// isSame says whether two plans make the same wishes come true in the same files.
func isSame(a, b *update.Plan) bool {
	return slices.EqualFunc(a.Changes, b.Changes, func(x, y update.Change) bool { return x.Path == y.Path && (x.After == nil) == (y.After == nil) }) &&
		slices.EqualFunc(a.Made, b.Made, func(x, y update.Made) bool { return x.Wish.ID == y.Wish.ID && x.Wish.Path == y.Wish.Path })
}

// adopted are the drifts of which something came true.
func adopted(drifts []cluster.Drift, plan *update.Plan) []cluster.Drift {
	is := map[string]bool{}
	for _, m := range plan.Made {
		is[m.Wish.ID.String()+" "+m.Wish.Path] = true
	}
	var all []cluster.Drift
	for _, d := range drifts {
		d.Fields = slices.DeleteFunc(slices.Clone(d.Fields), func(f cluster.DriftedField) bool { return !is[d.ID.String()+" "+f.Path] })
		if len(d.Fields) > 0 || d.Kind == cluster.Deleted && is[d.ID.String()+" "] {
			all = append(all, d)
		}
	}
	return all
}

// digestOf names a branch: the same changes, the same name.
func digestOf(plan *update.Plan) string {
	h := sha256.New()
	for _, c := range plan.Changes {
		fmt.Fprintf(h, "%s %d %s\n", c.Path, len(c.After), bytes.TrimSpace(c.After))
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// pullRequestAt is the page on which a forge offers to open one; where the forge isn't known it is the branch.
func pullRequestAt(repository, into, branch string) string {
	page := strings.TrimSuffix(strings.TrimSuffix(repository, "/"), ".git")
	switch {
	case !strings.HasPrefix(page, "http"):
		return "branch " + branch
	case strings.Contains(page, "gitlab"):
		return page + "/-/merge_requests/new?merge_request%5Bsource_branch%5D=" + branch
	case strings.HasPrefix(page, "https://bitbucket.org/"):
		return page + "/pull-requests/new?source=" + branch + "&dest=" + into
	}
	return page + "/compare/" + into + "..." + branch // GitHub, Gitea, Forgejo
}
