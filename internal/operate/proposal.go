package operate

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
	"github.com/fairlead-dev/fairlead/internal/update"
)

// Proposal is a commit to the branch that an Application follows: planned, to be shown, not made.
type Proposal struct {
	Repo     *source.Repo
	Followed string           // the branch
	Tip      *source.Snapshot // of the branch, as it was planned upon
	Changes  []update.Change  // by path; none: there is nothing to commit
	Message  string
	To       string // another branch that it is pushed to; "" is Followed

	// again plans upon what others have pushed meanwhile; its error says that it would be another change than was shown.
	again func(ctx context.Context, at *source.Snapshot) ([]update.Change, error)
	// before is what has to be so in the cluster when the commit arrives; nil is nothing.
	before func(ctx context.Context) error
}

// Author of a commit.
type Author struct {
	Name, Email string
	Signer      *signature.Signer // nil leaves it unsigned
}

// propose begins a Proposal at the tip of the branch that an Application follows.
func (s *Site) propose(ctx context.Context, app *v1alpha1.Application) (*Proposal, error) {
	repo, branch, err := controller.Repository(ctx, s.Logins, s.Store, app, s.OwnLogin)
	if err != nil {
		return nil, err
	}
	tip, err := repo.Fetch(ctx, source.Ref{Branch: branch})
	if err != nil {
		return nil, err
	}
	if err := tip.Prefetch(ctx, controller.Path(app)); err != nil {
		return nil, err
	}
	return &Proposal{Repo: repo, Followed: cmp.Or(branch, tip.Revision.Branch()), Tip: tip}, nil
}

// source is what an Application's is to be edited in, at a Snapshot.
func (s *Site) source(ctx context.Context, app *v1alpha1.Application, at *source.Snapshot) (update.Source, error) {
	spec, err := controller.Spec(app, nil)
	if err != nil {
		return update.Source{}, err
	}
	server, err := s.Pipeline.Client.Capabilities()
	if err != nil {
		return update.Source{}, err
	}
	spec.Render.KubeVersion, spec.Render.APIVersions = server.Version, server.APIVersions
	src := update.Source{FS: at.FS(), Path: controller.Path(app), Options: spec.Render, Namespace: spec.Namespace}
	return src, at.Prefetch(ctx, src.Path)
}

// Target is the branch that it is pushed to.
func (p *Proposal) Target() string { return cmp.Or(p.To, p.Followed) }

// Push does what has to be done before, commits, and pushes, never by force. It returns source.ErrNothingToCommit, with the
// revision that has it, if git says so already.
func (p *Proposal) Push(ctx context.Context, by Author) (source.Revision, error) {
	if p.before != nil { // else the automation might undo it at once
		if err := p.before(ctx); err != nil {
			return source.Revision{}, err
		}
	}
	return p.Repo.Commit(ctx, source.Draft{
		Branch: p.Followed, To: p.To, Message: p.Message, Author: by.Name, Email: by.Email, Signer: by.Signer, Files: p.files,
	})
}

func (p *Proposal) files(ctx context.Context, at *source.Snapshot) (map[string][]byte, error) {
	changes := p.Changes
	if at.Revision.Commit != p.Tip.Revision.Commit {
		var err error
		if changes, err = p.again(ctx, at); err != nil {
			return nil, err
		}
		if !slices.EqualFunc(p.Changes, changes, func(a, b update.Change) bool { return a.Path == b.Path && (a.After == nil) == (b.After == nil) }) {
			return nil, errMeanwhile
		}
	}
	return (&update.Plan{Changes: changes}).Files(), nil
}

var errMeanwhile = hint.With(errors.New("git has changed meanwhile, and the change would be another than you have seen"), "look at it anew, and do it again")

// Digest is the same for the same changes.
func (p *Proposal) Digest() string {
	h := sha256.New()
	for _, c := range p.Changes {
		fmt.Fprintf(h, "%s %d %s\n", c.Path, len(c.After), bytes.TrimSpace(c.After))
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// RequestPage is the page on which a forge offers to open a pull request of To; where the forge isn't known it is the branch.
func (p *Proposal) RequestPage() string {
	page := strings.TrimSuffix(strings.TrimSuffix(p.Repo.URL(), "/"), ".git")
	switch {
	case !strings.HasPrefix(page, "http"):
		return "branch " + p.To
	case strings.Contains(page, "gitlab"):
		return page + "/-/merge_requests/new?merge_request%5Bsource_branch%5D=" + p.To
	case strings.HasPrefix(page, "https://bitbucket.org/"):
		return page + "/pull-requests/new?source=" + p.To + "&dest=" + p.Followed
	}
	return page + "/compare/" + p.Followed + "..." + p.To // GitHub, Gitea, Forgejo
}
