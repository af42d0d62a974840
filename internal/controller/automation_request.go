package controller

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/automation"
	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// requestsOf is where new versions are proposed, with the login that pushes where no other is named; nil if they are committed.
func (w *work) requestsOf(ctx context.Context, to *v1alpha1.AutomationPullRequest, push source.Auth) (*automation.Requests, error) {
	if to == nil {
		return nil, nil
	}
	login := push
	if to.SecretRef != nil {
		var err error
		if login, err = readLogin(ctx, w.Client, w.app.Namespace, to.SecretRef); err != nil {
			return nil, err
		}
	}
	r := &automation.Requests{Token: cmp.Or(login.Token, login.Password), Branch: to.Branch}
	if r.Token == "" {
		return nil, hint.With(errors.New("no token of the forge is given: no request can be opened"), "name a Secret with one: write.pullRequest.secretRef")
	}
	var err error
	if r.Forge, err = forgeOf(w.app.Spec.Source.Git.URL, forge.Kind(to.Forge), cmp.Or(string(login.CA), string(push.CA))); err != nil {
		return nil, err
	}
	// The namespace's id is no other cluster's: of two that follow one branch, each leaves the other's proposal alone.
	var namespace corev1.Namespace
	if err := w.Get(ctx, types.NamespacedName{Name: w.app.Namespace}, &namespace); err != nil {
		return nil, fmt.Errorf("read the namespace %s: %w", w.app.Namespace, err)
	}
	r.Owner = string(namespace.UID)
	return r, nil
}

// forgeOf is the forge of a repository, which authorities in PEM vouch for; "" are those of the system.
func forgeOf(address string, kind forge.Kind, authorities string) (r forge.Repository, err error) {
	var isKnown bool
	if kind == "" {
		r, isKnown = forge.RepositoryOf(address, "")
	} else {
		r, isKnown = forge.RepositoryBy(kind, address)
	}
	if !isKnown {
		return r, hint.With(errors.New("its repository is at no forge that is known: no request can be opened"), "take its https:// address, and name the forge: write.pullRequest.forge")
	}
	if authorities == "" {
		return r, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(authorities)) {
		return r, hint.With(errors.New("the forge's certificate authority is no certificate"), "give ca.crt in PEM")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	r.Through = transport
	return r, nil
}
