package image

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/lru"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Providers are the kubelet's credential provider plugins: programs that know the login of a cloud's registries. See
// https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/.
type Providers struct{ all []*provider }

// ProviderOptions are how the programs are run.
type ProviderOptions struct {
	Directory   string           // that they are in
	Environment []string         // NAME=value, besides what the configuration sets
	Timeout     time.Duration    // of one run; a minute, as the kubelet has it, if zero
	Now         func() time.Time // time.Now if nil
}

// providerConfig is one of a CredentialProviderConfig of kubelet.config.k8s.io.
type providerConfig struct {
	Name                 string           `json:"name"`
	MatchImages          []string         `json:"matchImages"`
	DefaultCacheDuration *metav1.Duration `json:"defaultCacheDuration"`
	APIVersion           string           `json:"apiVersion"` // that it is spoken to in
	Args                 []string         `json:"args"`
	Env                  []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"env"`
	TokenAttributes json.RawMessage `json:"tokenAttributes"`
}

var errProviders = errors.New("the credential providers' configuration cannot be used")

const providersHint = "give the file that the kubelet is started with: --image-credential-provider-config"

// ReadProviders reads the kubelet's own configuration of them, in YAML or JSON. It runs none yet.
func ReadProviders(text []byte, o ProviderOptions) (*Providers, error) {
	var config struct {
		metav1.TypeMeta
		Providers []providerConfig `json:"providers"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, hint.With(fmt.Errorf("%w: %w", errProviders, err), providersHint)
	}
	if group, _, _ := strings.Cut(config.APIVersion, "/"); config.Kind != "CredentialProviderConfig" || group != "kubelet.config.k8s.io" {
		return nil, hint.With(fmt.Errorf("%w: it is no CredentialProviderConfig of kubelet.config.k8s.io", errProviders), providersHint)
	}
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Providers{}
	for _, one := range config.Providers {
		if why := one.check(); why != "" {
			return nil, hint.With(fmt.Errorf("%w: provider %q: %s", errProviders, one.Name, why), providersHint)
		}
		p.all = append(p.all, &provider{providerConfig: one, options: o, turn: make(turn, 1), answers: lru.New(mostAnswers)})
	}
	return p, nil
}

// check says what the kubelet would refuse.
func (c providerConfig) check() string {
	group, _, _ := strings.Cut(c.APIVersion, "/")
	switch {
	case c.Name == "" || c.Name == "." || c.Name == ".." || strings.ContainsAny(c.Name, `/\ `):
		return "its name is not that of a program in the directory"
	case len(c.MatchImages) == 0:
		return "it has no matchImages"
	case slices.ContainsFunc(c.MatchImages, func(p string) bool { _, err := path.Match(p, ""); return err != nil }):
		return "its matchImages can't be read"
	case c.DefaultCacheDuration == nil || c.DefaultCacheDuration.Duration < 0:
		return "it has no defaultCacheDuration"
	case group != providerGroup:
		return "its apiVersion is not one of " + providerGroup
	}
	return ""
}

// Auth is the login for a repository, named as in a pod; nobody's if no program knows one. It is for a short time: ask again
// before each use, the programs are only run when what they have said has expired.
func (p *Providers) Auth(ctx context.Context, repository string) (source.Auth, error) {
	repo, err := parseName(repository)
	if err != nil {
		return source.Auth{}, err
	}
	host := repo.RegistryStr()
	if host == name.DefaultRegistry {
		host = "docker.io" // as the kubelet has it
	}
	image := host + "/" + repo.RepositoryStr()
	var failed error
	for _, one := range p.all {
		if !slices.ContainsFunc(one.MatchImages, func(pattern string) bool { return fits(pattern, image) }) {
			continue
		}
		logins, err := one.ask(ctx, image)
		if err != nil {
			failed = cmp.Or(failed, fmt.Errorf("credential provider %s: %w", one.Name, err))
			continue
		}
		if found := longestFitting(logins, image); found != (login{}) {
			return source.Auth{Username: found.Username, Password: found.Password}, nil
		}
	}
	return source.Auth{}, failed
}

// fits tells whether a pattern is for an image, as the kubelet has it for matchImages: each part of the host's name matches,
// there are as many of them, the port is the same, and the path begins as the pattern's does.
func fits(pattern, image string) bool {
	host, under, _ := strings.Cut(pattern, "/")
	at, rest, _ := strings.Cut(image, "/")
	host, port, _ := strings.Cut(host, ":")
	at, atPort, _ := strings.Cut(at, ":")
	matches, err := path.Match(host, at)
	return err == nil && matches && strings.Count(host, ".") == strings.Count(at, ".") && port == atPort && strings.HasPrefix(rest, under)
}

func longestFitting(logins map[string]login, image string) (found login) {
	longest := -1
	for _, pattern := range slices.Sorted(maps.Keys(logins)) {
		if len(pattern) > longest && fits(pattern, image) {
			longest, found = len(pattern), logins[pattern]
		}
	}
	return found
}
