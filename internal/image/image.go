// Package image tells what registries know of images: which tags there are, what they name, when that was built and from
// what. It only reads. It is polite to registries: few requests at once, none before a pause is over that one of them has
// asked for, and nothing twice that cannot have changed.
package image

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/utils/lru"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Options of Registries. The zero Options are those of a controller.
type Options struct {
	Now     func() time.Time // time.Now if nil
	Timeout time.Duration    // of one request, 30 s if zero; a call, which may need many, has ten times that
}

// Registries are all that images are asked for of. There is one in a process, so that its limits hold.
type Registries struct {
	options Options

	mu           sync.Mutex
	repositories *lru.Cache // *Repository by identity
	gates        *lru.Cache // *gate by host
	transports   *lru.Cache // *http.Transport by the authorities that it trusts
	known        *lru.Cache // finding by digest
}

// How many are kept. Those that nobody has asked for the longest make place for others.
const (
	mostRepositories = 1000
	mostGates        = 1000
	mostTransports   = 100
	mostKnown        = 5000
)

// New returns Registries that nobody has been asked of yet.
func New(o Options) *Registries {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	return &Registries{
		options: o, repositories: lru.New(mostRepositories), gates: lru.New(mostGates),
		transports: lru.New(mostTransports), known: lru.New(mostKnown),
	}
}

// identity tells Repositories apart.
type identity struct {
	name  string
	login loginKey
}

type loginKey = [32]byte

// Repository is the one with a name as it stands in a pod, without a tag: "nginx", "ghcr.io/acme/front". For the same name
// and login it is the same, logged in already. It contacts nobody; an error means that the name or login cannot be used.
func (r *Registries) Repository(repository string, auth source.Auth) (*Repository, error) {
	repo, err := parseName(repository)
	if err != nil {
		return nil, err
	}
	id := identity{repo.Name(), auth.Fingerprint()}
	if known, ok := r.repositories.Get(id); ok {
		return known.(*Repository), nil
	}
	access, err := auth.ForRegistry(repo) // may take a while, so without the lock
	if err != nil {
		return nil, fmt.Errorf("images of %s: %w", repository, err)
	}
	transport, err := access.Transport()
	if err != nil {
		return nil, fmt.Errorf("images of %s: %w", repository, err)
	}
	transport.MaxIdleConnsPerHost = mostAtOnce

	r.mu.Lock()
	defer r.mu.Unlock()
	return keep(r.repositories, id, func() *Repository {
		host := repo.RegistryStr()
		return &Repository{
			registries: r, name: repository, repo: repo, access: access,
			door: polite{
				RoundTripper: keep(r.transports, string(auth.CA), func() *http.Transport { return transport }),
				gate:         keep(r.gates, host, func() *gate { return newGate(host, r.options.Now) }),
				login:        id.login, timeout: r.options.Timeout,
			},
			loggingIn: make(turn, 1), describing: make(turn, 1), tags: lru.New(mostTagsKnown),
			paging: paging{size: pageSize},
		}
	}), nil
}

// keep returns what is kept for a key, and takes in a fresh one if nothing is.
func keep[V any](in *lru.Cache, key any, fresh func() V) V {
	if known, ok := in.Get(key); ok {
		return known.(V)
	}
	made := fresh()
	in.Add(key, made)
	return made
}

// parseName reads the name of a repository. Its error doesn't quote the name, as a password may be in it.
func parseName(text string) (name.Repository, error) {
	repo, err := name.NewRepository(text)
	if at := "/" + repo.RepositoryStr(); err != nil || path.Clean(at) != at {
		return repo, hint.With(errors.New("not the name of a repository of images"), "write it as in a pod, without a tag: nginx, or ghcr.io/acme/front")
	}
	return repo, nil
}
