package controller

import (
	"cmp"
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Repository is the one that an Application follows, and the branch of it ("" for the default), as it is written to: with
// the Application's login, or first with that which git has on this machine (isOwn).
func Repository(ctx context.Context, reader client.Reader, store *source.Store, app *v1alpha1.Application, isOwn bool) (_ *source.Repo, branch string, err error) {
	git := app.Spec.Source.Git
	if git == nil {
		return nil, "", hint.With(errors.New("its source is no git repository: nothing can be written to it"), "change it where the artifact or the chart is made")
	}
	if ref := git.Ref; ref.Tag+ref.SemVer+ref.Commit != "" {
		return nil, "", hint.With(errors.New("it follows no branch: what is delivered can't be committed to"), "change a branch, and move the tag or the Application's ref")
	}
	var refused error
	if isOwn {
		repo, err := store.Repo(git.URL, source.Auth{UseLocal: true}, source.Limits{})
		if err != nil {
			return nil, "", err
		}
		if _, refused = repo.Resolve(ctx, source.Ref{Branch: git.Ref.Branch}); refused == nil || git.SecretRef == nil {
			return repo, git.Ref.Branch, refused
		}
	}
	auth, err := readLogin(ctx, reader, app.Namespace, git.SecretRef)
	if err != nil {
		return nil, "", cmp.Or(refused, err) // the person's own login is the one to mend
	}
	repo, err := store.Repo(git.URL, auth, source.Limits{})
	return repo, git.Ref.Branch, err
}
