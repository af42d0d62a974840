package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

var errAnswer = errors.New("the server's answer cannot be used")

// explainWeb turns an error of a registry or Helm repository into what it means to a person. Texts of the library and of
// the server are not wrapped: they quote addresses, in which there may be a login or token.
func explainWeb(ctx context.Context, err error, auth Auth) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	// Of a registry of this machine, which is tried over https and http, what it says counts, not that it has no https.
	answer, isAnswer := errors.AsType[*transport.Error](err)
	requested := false
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err, requested = failed.Err, true
	}
	said := scrub(err.Error(), auth.secrets())
	var (
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		operation   *net.OpError
	)
	switch {
	case errors.Is(err, errPlain):
		return hint.With(errPlain, "serve it over https")
	case errors.Is(err, errMoved), errors.Is(err, ErrTooManyRequests), errors.Is(err, ErrUnreachable):
		return err // said in words already
	case errors.As(err, &hostname):
		return hint.With(fmt.Errorf("%w: %s", errCertificate, said), "use the host name that the certificate is for")
	case errors.As(err, &certificate), errors.As(err, &authority):
		return hint.With(fmt.Errorf("%w: %s", errCertificate, said), "give the authority that has signed it, in PEM")
	case isAnswer:
		return explainAnswer(answer, auth)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return hint.With(fmt.Errorf("%w: the connection breaks off: %s", ErrUnreachable, said), "try again later; a proxy in between may end what takes long")
	case errors.As(err, &operation), requested:
		return hint.With(fmt.Errorf("%w: %s", ErrUnreachable, said), "see that the address and port are right and the server runs")
	}
	return err
}

// explainAnswer is what a registry's refusal means.
func explainAnswer(answer *transport.Error, auth Auth) error {
	says := func(codes ...transport.ErrorCode) bool {
		return slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool { return slices.Contains(codes, d.Code) })
	}
	given := auth.header() != "" || len(auth.DockerConfig) > 0
	switch {
	case says(transport.UnauthorizedErrorCode, transport.DeniedErrorCode):
		return loginError(given)
	case says(transport.ManifestUnknownErrorCode):
		return ErrRefNotFound
	case says(transport.NameUnknownErrorCode), answer.StatusCode == http.StatusNotFound:
		next := "check the address; a private repository wants a login"
		if given {
			next = "check the address, and that this login may read the repository"
		}
		return hint.With(artifactMissing("no repository of artifacts there"), next)
	}
	return statusError(answer.StatusCode, given)
}
