package image

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// PullSecrets is the login of several Docker configurations, as they are in Secrets of the types
// kubernetes.io/dockerconfigjson and kubernetes.io/dockercfg. Of all their addresses the longest that fits an image counts;
// where two have the same one, the first. Errors say which one cannot be read, counted from 1.
func PullSecrets(configs ...[]byte) (source.Auth, error) {
	type logins map[string]authn.AuthConfig
	all := logins{}
	for i, text := range configs {
		var config struct {
			Auths logins `json:"auths"`
		}
		err := json.Unmarshal(text, &config)
		if err == nil && config.Auths == nil { // the older type has the addresses at the top
			err = json.Unmarshal(text, &config.Auths)
		}
		if err != nil {
			// Not err itself, which might quote a password.
			return source.Auth{}, hint.With(fmt.Errorf("pull secret %d: %w", i+1, errPullSecret), "make it with: kubectl create secret docker-registry")
		}
		for address, login := range config.Auths {
			if _, is := all[address]; !is {
				all[address] = login
			}
		}
	}
	if len(all) == 0 {
		return source.Auth{}, nil
	}
	merged, err := json.Marshal(map[string]logins{"auths": all})
	if err != nil {
		return source.Auth{}, errPullSecret
	}
	return source.Auth{DockerConfig: merged}, nil
}

var errPullSecret = errors.New("not a Docker configuration")
