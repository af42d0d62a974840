package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/fairlead-dev/fairlead/internal/demo"
	"github.com/fairlead-dev/fairlead/internal/graph/observe"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server"
	"github.com/fairlead-dev/fairlead/internal/server/door"
)

type pageFlags struct {
	on                             bool
	addresses                      []string
	keyFile, name, linkFile        string
	issuer, client, secretFile, ca string
	nameClaim, groupsClaim, prefix string
	scopes                         []string
	seen                           observe.Settings
}

func (f *pageFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.on, "page", true, "serve the page")
	flags.StringSliceVar(&f.addresses, "page-address", nil, "people open the page at these `URLS`")
	flags.StringVar(&f.name, "page-name", "", "`NAME` of this cluster on it")
	flags.StringVar(&f.keyFile, "page-key-file", "", "`FILE` with the keys of its sessions")
	flags.StringVar(&f.issuer, "oidc-issuer", "", "sign in at the provider at `URL`, too")
	flags.StringVar(&f.client, "oidc-client", "fairlead", "its `ID` of the page")
	flags.StringVar(&f.secretFile, "oidc-secret-file", "", "`FILE` with the client's secret")
	flags.StringVar(&f.ca, "oidc-ca-file", "", "`FILE` of authorities for its https")
	flags.StringVar(&f.nameClaim, "oidc-name", "email", "the `CLAIM` with the name")
	flags.StringVar(&f.groupsClaim, "oidc-groups", "groups", "the `CLAIM` with groups")
	flags.StringVar(&f.prefix, "oidc-prefix", "oidc:", "`PREFIX` of names and groups")
	flags.StringSliceVar(&f.scopes, "oidc-scopes", nil, "`SCOPES` to ask for")
	flags.StringVar(&f.seen.URL, "prometheus", "", "show traffic that it saw, at `URL`")
	flags.StringVar(&f.seen.TokenFile, "prometheus-token", "", "`FILE` with its token")
	flags.StringArrayVar(&f.seen.Queries, "prometheus-query", nil, "`PROMQL` to ask it; repeatable")
	flags.StringVar(&f.linkFile, "page-link-file", "", "sign in by a link with the secret in `FILE`: for the demo")
	_ = flags.MarkHidden("page-link-file")
}

// page completes options by the flags; nil if the page is off.
func (f *pageFlags) page(o server.PageOptions) (*server.Page, error) {
	if !f.on {
		return nil, nil
	}
	o.Door.Addresses, o.Cluster, o.Version = f.addresses, cmp.Or(f.name, o.Cluster), version()
	if f.keyFile != "" {
		keys, err := os.ReadFile(f.keyFile)
		if err != nil {
			return nil, fmt.Errorf("--page-key-file: %w", err)
		}
		if o.Door.Keys = bytes.Fields(keys); len(o.Door.Keys) == 0 {
			return nil, hint.With(fmt.Errorf("--page-key-file: %s holds no key", f.keyFile), "make one: openssl rand -hex 32")
		}
	}
	if f.linkFile != "" {
		o.Door.Links = []door.Link{&door.FileLink{Person: door.Person{Name: demo.Person}, File: f.linkFile}}
	}
	var err error
	if o.Door.OIDC, err = f.provider(); err != nil {
		return nil, err
	}
	if f.seen.URL != "" {
		client, err := observe.New(f.seen)
		if err != nil {
			return nil, err
		}
		o.Traffic = client.Traffic
	}
	return server.NewPage(o)
}

// provider as the flags say; nil without one.
func (f *pageFlags) provider() (*door.OIDC, error) {
	if f.issuer == "" {
		if f.secretFile != "" || f.ca != "" {
			return nil, hint.With(errors.New("there is a client's secret or authority, and no provider"), "name it with --oidc-issuer")
		}
		return nil, nil
	}
	o := &door.OIDC{Issuer: f.issuer, ClientID: f.client, NameClaim: f.nameClaim, GroupsClaim: f.groupsClaim, Prefix: f.prefix, Scopes: f.scopes}
	if f.secretFile != "" {
		secret, err := os.ReadFile(f.secretFile)
		if err != nil {
			return nil, fmt.Errorf("--oidc-secret-file: %w", err)
		}
		o.ClientSecret = string(bytes.TrimSpace(secret))
	}
	if f.ca != "" {
		var err error
		if o.Authorities, err = os.ReadFile(f.ca); err != nil {
			return nil, fmt.Errorf("--oidc-ca-file: %w", err)
		}
	}
	return o, nil
}
