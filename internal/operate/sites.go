package operate

import (
	"net/http"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Sites makes a Site for each person that a server serves. What is the same for all of them, the server's kinds, it asks for
// once and with its own identity.
type Sites struct {
	Own client.Client // the server's own identity: the logins of sources are read with it, and Events written

	kinds    *cluster.Client
	mapper   meta.RESTMapper
	store    *source.Store
	ownLogin bool
}

// NewSites begins with the server's own identity. ownLogin: see Site.
func NewSites(own *rest.Config, store *source.Store, ownLogin bool) (*Sites, error) {
	config := unthrottled(own)
	kinds, err := cluster.NewClient(config)
	if err != nil {
		return nil, err
	}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	s := &Sites{kinds: kinds, store: store, ownLogin: ownLogin}
	if s.mapper, err = apiutil.NewDynamicRESTMapper(config, httpClient); err != nil {
		return nil, err
	}
	s.Own, err = s.api(config, httpClient)
	return s, err
}

// As is the Site of whoever a configuration is.
func (s *Sites) As(person *rest.Config) (*Site, error) {
	config := unthrottled(person)
	objects, err := s.kinds.Using(config)
	if err != nil {
		return nil, err
	}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	api, err := s.api(config, httpClient)
	if err != nil {
		return nil, err
	}
	return &Site{API: api, Pipeline: &deliver.Pipeline{Client: objects}, Store: s.store, Logins: s.Own, OwnLogin: s.ownLogin}, nil
}

func (s *Sites) api(config *rest.Config, httpClient *http.Client) (client.WithWatch, error) {
	return client.NewWithWatch(config, client.Options{Scheme: controller.Scheme(), Mapper: s.mapper, HTTPClient: httpClient})
}

func unthrottled(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	return config
}
