package cli

import (
	"context"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// site is the cluster at hand, as whoever types.
type site struct {
	*operate.Site
	namespace string // for names without one
}

func (a *app) site() (*site, error) {
	api, _, err := a.connection.cluster()
	if err != nil {
		return nil, err
	}
	resources, namespace, err := a.connection.resources()
	if err != nil {
		return nil, err
	}
	dir, err := mirrorDir()
	if err != nil {
		return nil, err
	}
	return &site{&operate.Site{API: resources, Pipeline: &deliver.Pipeline{Client: api}, Store: source.NewStore(dir), Logins: resources, OwnLogin: true}, namespace}, nil
}

func (s *site) close() { _ = s.Store.Close() }

// find reads an Application by what was typed.
func (s *site) find(ctx context.Context, arg string) (*v1alpha1.Application, error) {
	return findApplication(ctx, s.API, arg, s.namespace)
}

// drift finds an Application by what was typed, and compares it.
func (s *site) drift(ctx context.Context, arg string) (*operate.Drifted, error) {
	app, err := s.find(ctx, arg)
	if err != nil {
		return nil, err
	}
	found, err := s.Drift(ctx, app)
	return found, inWords(nil, err)
}
