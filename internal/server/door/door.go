package door

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authentication "k8s.io/client-go/kubernetes/typed/authentication/v1"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Options of a Door. The zero value of all but Config and Log is safe: tokens and nothing else.
type Options struct {
	Config *rest.Config // of the server itself, which may impersonate people; of Local, the person's own
	Log    *slog.Logger
	// Addresses at which people open the page ("https://fairlead.example.com"), beside those of this machine. The first
	// is where an OpenID Connect provider sends them back to.
	Addresses []string
	// Keys encrypt sessions: the first seals, all open. Without any, one is made up and sessions end with the process.
	Keys  [][]byte
	OIDC  *OIDC // nil: off
	Links []Link
	// Local is who started `fairlead page`: all who come by its link are this person, and nobody is impersonated.
	Local *Person
	// Namespaces to look into when the person may not list them, with Local.
	Namespaces []string
}

// Door lets people in.
type Door struct {
	Rights *Rights

	options Options
	hosts   map[string]bool
	sealers []cipher.AEAD
	asks    authentication.AuthenticationV1Interface // as the server itself, as is
	reads   core.NamespacesGetter
	oidc    *provider
	limit   *limiter
	ended   *endings
	now     func() time.Time
}

// New makes a Door.
func New(o Options) (*Door, error) {
	config := rest.CopyConfig(o.Config)
	config.QPS = -1 // the API server's own priority and fairness is the brake
	o.Config = config
	if err := o.check(); err != nil {
		return nil, err
	}
	asks, err := authentication.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	reads, err := core.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	d := &Door{options: o, asks: asks, reads: reads, limit: newLimiter(), ended: newEndings(), now: time.Now}
	if d.hosts, err = hostsOf(o.Addresses); err != nil {
		return nil, err
	}
	if d.sealers, err = sealersOf(o.Keys); err != nil {
		return nil, err
	}
	if o.OIDC != nil {
		if d.oidc, err = newProvider(*o.OIDC, o.Addresses); err != nil {
			return nil, err
		}
	}
	d.Rights = newRights(d.Config, d.namespaces)
	return d, nil
}

// Self is whom the API server takes the holder of config for.
func Self(ctx context.Context, config *rest.Config) (Person, error) {
	asks, err := authentication.NewForConfig(config)
	if err != nil {
		return Person{}, err
	}
	review, err := asks.SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return Person{}, err
	}
	p := personOf(review.Status.UserInfo)
	p.Via = ByLocal
	return p, p.valid()
}

// personOf is somebody as the API server describes them.
func personOf(u authenticationv1.UserInfo) Person {
	p := Person{Name: u.Username, Groups: u.Groups, UID: u.UID}
	for key, values := range u.Extra {
		if p.Extra == nil {
			p.Extra = map[string][]string{}
		}
		p.Extra[key] = values
	}
	return p
}

// check refuses a configuration by which calls would be somebody else's.
func (o *Options) check() error {
	if o.Config.Impersonate.UserName != "" && o.Local == nil {
		return hint.With(errors.New("the server's own login impersonates somebody: it can't impersonate people then"), "use a kubeconfig without as: in it, or leave the page out: --page=false")
	}
	if o.Local != nil {
		return o.Local.valid()
	}
	return nil
}

// Config is how to call the API server as p. The zero Person and whoever else has no name get an error, never a
// configuration: without a name the call would be the server's own.
func (d *Door) Config(p Person) (*rest.Config, error) {
	if err := p.valid(); err != nil {
		return nil, err
	}
	config := rest.CopyConfig(d.options.Config)
	if d.options.Local != nil {
		if p.key() != d.options.Local.key() {
			return nil, ErrNobody
		}
		return config, nil
	}
	config.Impersonate = rest.ImpersonationConfig{UserName: p.Name, UID: p.UID, Groups: slices.Clone(p.Groups), Extra: maps.Clone(p.Extra)}
	return config, nil
}

// ConfigFor is Config of the person in ctx.
func (d *Door) ConfigFor(ctx context.Context) (*rest.Config, error) {
	p, ok := From(ctx)
	if !ok {
		return nil, ErrNobody
	}
	return d.Config(p)
}

// namespaces there are, by the server's own rights.
func (d *Door) namespaces(ctx context.Context) ([]string, error) {
	list, err := d.reads.Namespaces().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		if len(d.options.Namespaces) > 0 {
			return d.options.Namespaces, nil
		}
		return nil, fmt.Errorf("list namespaces: %w", err)
	}
	names := make([]string, 0, len(list.Items))
	for _, n := range list.Items {
		names = append(names, n.Name)
	}
	return names, nil
}
