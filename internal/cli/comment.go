package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// tokens are the variables with a login for each forge, besides FAIRLEAD_FORGE_TOKEN, which wins.
var tokens = map[forge.Kind]string{
	forge.GitHub: "GITHUB_TOKEN", forge.GitLab: "GITLAB_TOKEN", forge.Gitea: "GITEA_TOKEN",
	forge.Bitbucket: "BITBUCKET_TOKEN", forge.BitbucketDataCenter: "BITBUCKET_TOKEN",
}

func tokenOf(kind forge.Kind) string {
	return cmp.Or(os.Getenv("FAIRLEAD_FORGE_TOKEN"), os.Getenv(tokens[kind]))
}

// forgeOfToken is the only forge that there is a token for, "" if there are several or none.
func forgeOfToken() (only forge.Kind) {
	for kind, variable := range tokens {
		if os.Getenv(variable) == "" || kind == forge.Bitbucket { // the Cloud's host is known
			continue
		}
		if only != "" {
			return ""
		}
		only = kind
	}
	return only
}

// commenter returns what writes a comment below the request at an address, or nil for none. What is wrong with the
// address or the login is said before anything else is done.
func (a *app) commenter(address string) (func(ctx context.Context, marker, body string) error, error) {
	if address == "" {
		return nil, nil
	}
	request, err := forge.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("--comment: %w", err)
	}
	token := tokenOf(request.Kind)
	if token == "" {
		return nil, hint.With(fmt.Errorf("--comment: there is no token for %s", request.Kind),
			"put one that may write comments into FAIRLEAD_FORGE_TOKEN or "+tokens[request.Kind])
	}
	return func(ctx context.Context, marker, body string) error {
		if err := request.Comment(ctx, token, marker, body); err != nil {
			return err
		}
		fmt.Fprintln(a.err, "commented on "+request.String())
		return nil
	}, nil
}
