package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Parent is the Application that delivers an object with these labels; nil if none does, or the person may not know of it.
func (s *Site) Parent(ctx context.Context, labels map[string]string) (*v1alpha1.Application, error) {
	owner := labels[apply.OwnerLabel]
	namespace, name, _ := strings.Cut(owner, ".") // no namespace has a dot
	if name == "" {
		return nil, nil
	}
	app := &v1alpha1.Application{}
	err := s.API.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, app)
	if err == nil && apply.OwnerValue(Name(app)) == owner {
		return app, nil
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	var all v1alpha1.ApplicationList // its name may have been cut
	if err := s.API.List(ctx, &all, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	for i := range all.Items {
		if apply.OwnerValue(Name(&all.Items[i])) == owner {
			return &all.Items[i], nil
		}
	}
	return nil, nil
}

// Item of a list in an object.
type Item struct {
	Path  []string // of the list
	Value any
	First bool // it comes before the others
}

// Append plans to have the source of an Application give one more item to a list of another Application that it delivers.
func (s *Site) Append(ctx context.Context, parent, app *v1alpha1.Application, item Item) (*Proposal, error) {
	p, err := s.propose(ctx, parent)
	if err != nil {
		return nil, err
	}
	p.again = func(ctx context.Context, at *source.Snapshot) ([]update.Change, error) {
		return s.appended(ctx, parent, manifest.ID{Group: v1alpha1.GroupVersion.Group, Kind: "Application", Namespace: app.Namespace, Name: app.Name}, item, at)
	}
	p.Changes, err = p.again(ctx, p.Tip)
	return p, err
}

func (s *Site) appended(ctx context.Context, parent *v1alpha1.Application, id manifest.ID, item Item, at *source.Snapshot) ([]update.Change, error) {
	src, err := s.source(ctx, parent, at)
	if err != nil {
		return nil, err
	}
	rendered, err := render.Render(ctx, src.FS, src.Path, src.Options)
	if err != nil {
		return nil, fmt.Errorf("render %s at %s: %w", src.Path, at.Revision, err)
	}
	i := slices.IndexFunc(rendered.Set.Objects, func(o *manifest.Object) bool {
		has := o.ID()
		return has == id || has.Namespace == "" && src.Namespace == id.Namespace && has == manifest.ID{Group: id.Group, Kind: id.Kind, Name: id.Name}
	})
	if i < 0 {
		return nil, hint.With(fmt.Errorf("git has no %s any more", id), "see what it has with: fairlead render")
	}
	list, _, err := unstructured.NestedSlice(rendered.Set.Objects[i].Object, item.Path...)
	if err != nil {
		return nil, err
	}
	if item.First {
		list = append([]any{item.Value}, list...)
	} else {
		list = append(list, item.Value)
	}
	wish := update.Wish{ID: id, Path: strings.Join(item.Path, "."), Field: item.Path, Value: list}
	plan, err := update.Adopt(ctx, src, []update.Wish{wish})
	switch {
	case err != nil:
		return nil, err
	case len(plan.Declined) > 0:
		return nil, plan.Declined[0].Err
	case len(plan.Changes) == 0:
		return nil, hint.With(errors.New("git says so already"), "sync, and look again")
	}
	return plan.Changes, nil
}
