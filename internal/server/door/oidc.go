package door

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// CallbackPath is where a provider sends people back to.
const CallbackPath = "/api/v1/sign-in/oidc/callback"

// OIDC is an OpenID Connect provider that people sign in at, by the code flow with PKCE.
type OIDC struct {
	Issuer       string // https, save on this machine
	ClientID     string
	ClientSecret string   // "": a public client
	Authorities  []byte   // PEM; nil: those of the system
	NameClaim    string   // which claim is the name; "email" only counts if the provider has verified it
	GroupsClaim  string   // "": nobody has groups
	Prefix       string   // before name and groups, as the API server's role bindings have them
	Scopes       []string // beside openid; nil: email, and groups if the provider has that
}

// provider is an OIDC whose addresses are found when they are first needed: it may be down when we start.
type provider struct {
	OIDC
	redirect string
	client   *http.Client

	mu     sync.Mutex
	found  *oidc.Provider
	scopes []string
}

func newProvider(o OIDC, addresses []string) (*provider, error) {
	if len(addresses) == 0 {
		return nil, hint.With(errors.New("a provider has nowhere to send people back to"), "name the page's address: --page-address https://fairlead.example.com")
	}
	if o.ClientID == "" || o.NameClaim == "" {
		return nil, errors.New("a provider needs a client ID and a claim that is the name")
	}
	if !strings.HasPrefix(o.Issuer, "https://") && !strings.HasPrefix(o.Issuer, "http://127.0.0.1:") {
		return nil, hint.With(fmt.Errorf("issuer %q isn't https", o.Issuer), "name it as its /.well-known/openid-configuration does")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if o.Authorities != nil {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(o.Authorities) {
			return nil, errors.New("there is no certificate among the provider's authorities")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	return &provider{OIDC: o, redirect: strings.TrimRight(addresses[0], "/") + CallbackPath, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}}, nil
}

// find asks the issuer for its addresses and keys, once it answers.
func (p *provider) find(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// It keeps the context for fetching keys later, so that it must not be one request's.
	found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.Issuer)
	if err != nil {
		return nil, reply.With(http.StatusBadGateway, hint.With(fmt.Errorf("the sign-in provider doesn't answer as it should: %w", err), "try again, or sign in with a token"))
	}
	p.found, p.scopes = found, append([]string{oidc.ScopeOpenID}, p.Scopes...)
	if p.Scopes == nil {
		p.scopes = append(p.scopes, "email")
		var has struct {
			Scopes []string `json:"scopes_supported"`
		}
		if err := found.Claims(&has); err == nil && slices.Contains(has.Scopes, "groups") { // some refuse what they don't know
			p.scopes = append(p.scopes, "groups")
		}
	}
	return found, nil
}

func (p *provider) flow(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: p.redirect, Scopes: p.scopes}
}

// pending is a sign-in under way: in a sealed cookie, so that only the browser that began it can end it.
type pending struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
	Return   string `json:"return"`
}

// SignInByOIDC sends the browser to the provider.
func (d *Door) SignInByOIDC(w http.ResponseWriter, r *http.Request) {
	if d.oidc == nil {
		reply.Fail(w, reply.With(http.StatusNotFound, hint.With(errors.New("there is no sign-in provider here"), "sign in with a token")))
		return
	}
	found, err := d.oidc.find(r.Context())
	if err != nil {
		d.toPage(w, r, "/", err)
		return
	}
	p := pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Return: sameSite(r.URL.Query().Get("return"))}
	d.keep(w, r, providerPurpose, p, http.SameSiteLaxMode) // Strict isn't sent when the provider sends people back
	http.Redirect(w, r, d.oidc.flow(found).AuthCodeURL(p.State, oidc.Nonce(p.Nonce), oauth2.S256ChallengeOption(p.Verifier)), http.StatusSeeOther)
}

// ComeBack is where the provider sends the browser to.
func (d *Door) ComeBack(w http.ResponseWriter, r *http.Request) {
	var p pending
	err := d.take(w, r, providerPurpose, &p)
	if d.oidc == nil || err != nil || p.State == "" || !same(p.State, r.URL.Query().Get("state")) {
		d.toPage(w, r, "/", reply.With(http.StatusBadRequest, hint.With(errors.New("this sign-in wasn't begun in this browser, or took too long"), "sign in again")))
		return
	}
	err = d.try(w, r, ByOIDC, func(ctx context.Context) (Person, time.Time, error) {
		query := r.URL.Query()
		if refused := query.Get("error"); refused != "" {
			return Person{}, time.Time{}, reply.With(http.StatusUnauthorized, fmt.Errorf("the provider refuses: %q", clip(refused)))
		}
		return d.oidc.redeem(ctx, query.Get("code"), p)
	})
	d.toPage(w, r, p.Return, err)
}

// redeem gets the identity token for the code and reads it. Errors of the exchange may quote the code and the answer.
func (p *provider) redeem(ctx context.Context, code string, began pending) (Person, time.Time, error) {
	refuse := func(why string, next string) (Person, time.Time, error) {
		return Person{}, time.Time{}, reply.With(http.StatusUnauthorized, hint.With(errors.New(why), next))
	}
	found, err := p.find(ctx)
	if err != nil {
		return Person{}, time.Time{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.flow(found).Exchange(ctx, code, oauth2.VerifierOption(began.Verifier))
	if answered, ok := errors.AsType[*oauth2.RetrieveError](err); ok { // whose text has all of the answer
		return refuse(fmt.Sprintf("the provider doesn't take its own code: %q", clip(answered.ErrorCode)), "sign in again; if it stays so, see the client's ID and secret")
	}
	if err != nil {
		return Person{}, time.Time{}, reply.With(http.StatusBadGateway, hint.With(fmt.Errorf("the sign-in provider doesn't answer as it should: %w", err), "try again, or sign in with a token"))
	}
	raw, _ := token.Extra("id_token").(string)
	identity, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return refuse("the provider's token doesn't hold", "see that its clock is right, and that the issuer and client ID are those of this page")
	}
	if identity.Nonce == "" || !same(identity.Nonce, began.Nonce) {
		return refuse("the provider's token is for another sign-in", "sign in again")
	}
	var claims map[string]any
	if err := identity.Claims(&claims); err != nil {
		return refuse("the provider's token can't be read", "ask who keeps the provider")
	}
	person, err := p.person(claims)
	if err != nil {
		return Person{}, time.Time{}, reply.With(http.StatusUnauthorized, err)
	}
	return person, identity.Expiry, nil
}
