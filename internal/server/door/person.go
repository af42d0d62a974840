// Package door decides who comes in and as whom: it signs people in, keeps that in an encrypted cookie, and gives
// everything behind it the person's own Kubernetes rights by impersonation. It has no rights of its own to give away:
// whoever has no name is nobody, and an error means no.
package door

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// Ways by which people come in.
const (
	ByToken = "token" // a Kubernetes token
	ByOIDC  = "oidc"  // an OpenID Connect provider
	ByLocal = "local" // the kubeconfig of whoever started `fairlead page`
	ByLink  = "link"  // a one-time link, as whom it was made for
)

// Person is somebody who has signed in, named as the API server knows them.
type Person struct {
	Name   string              `json:"name"`
	Groups []string            `json:"groups,omitempty"`
	UID    string              `json:"uid,omitempty"`
	Extra  map[string][]string `json:"extra,omitempty"` // such as the scopes that a token is narrowed to
	Via    string              `json:"via"`             // one of the ways above
}

type personKey struct{}

// With returns ctx on behalf of p.
func With(ctx context.Context, p Person) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

// From is the person on whose behalf ctx runs; false when it is nobody's.
func From(ctx context.Context) (Person, bool) {
	p, ok := ctx.Value(personKey{}).(Person)
	return p, ok && p.valid() == nil
}

// ErrNobody is returned wherever something is asked on nobody's behalf.
var ErrNobody = reply.With(http.StatusUnauthorized, hint.With(errors.New("nobody is signed in"), "sign in"))

// valid refuses whom the API server would take for somebody else: without a name it would take the call for our own.
func (p Person) valid() error {
	switch {
	case strings.TrimSpace(p.Name) == "", p.Name == "system:anonymous":
		return ErrNobody
	case !printable(p.Name) || !printable(p.UID) || !all(p.Groups, func(g string) bool { return g != "" && printable(g) }):
		return reply.With(http.StatusUnauthorized, hint.With(errors.New("the name, a group or the UID has characters that can't be shown, or is empty"), "ask who keeps the accounts"))
	}
	return nil
}

func all[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !holds(v) })
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// key is the same for persons with the same rights.
func (p Person) key() [sha256.Size]byte {
	groups := slices.Clone(p.Groups)
	slices.Sort(groups)
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", p.Name, groups, p.UID, p.Extra)) // fmt sorts the keys of maps
}
