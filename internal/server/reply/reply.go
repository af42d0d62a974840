// Package reply is how the API answers: JSON, and errors with the status and the next step that fit them. What it tells of a
// refusal is the right that is missing, and nothing else.
package reply

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
	"unicode/utf8"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
)

type withStatus struct {
	error
	status int
}

func (e *withStatus) Unwrap() error { return e.error }

// With gives err the HTTP status that it is answered with. A nil err stays nil.
func With(status int, err error) error {
	if err == nil {
		return nil
	}
	return &withStatus{err, status}
}

// JSON answers with v.
func JSON(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":{"message":"the answer can't be written"}}`)
	}
	write(w, status, text)
}

// Tagged answers a GET with v and its ETag, or with 304 to who has it already.
func Tagged(w http.ResponseWriter, r *http.Request, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		JSON(w, http.StatusInternalServerError, v)
		return
	}
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-cache")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, http.StatusOK, text)
}

func write(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(bytes.TrimSpace(text), '\n')) // the reader may have gone
}

// Told is an error as the page gets it.
type Told struct {
	Message string `json:"message"`
	Next    string `json:"next,omitempty"`
}

// Outage remembers since when the API server doesn't answer. The zero value has seen nothing.
type Outage struct {
	mu    sync.Mutex
	since time.Time
}

// Fine says that the API server has answered.
func (o *Outage) Fine() {
	o.mu.Lock()
	o.since = time.Time{}
	o.mu.Unlock()
}

func (o *Outage) begin() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since.IsZero() {
		o.since = time.Now()
	}
	return o.since
}

// Fail answers with an error and returns its status.
func (o *Outage) Fail(w http.ResponseWriter, err error) int {
	status, told := o.Tell(err)
	JSON(w, status, struct {
		Error Told `json:"error"`
	}{told})
	return status
}

// Fail is Outage.Fail where nobody remembers outages.
func Fail(w http.ResponseWriter, err error) { (&Outage{}).Fail(w, err) }

// Tell is an error as Fail answers it.
func (o *Outage) Tell(err error) (int, Told) {
	status := Status(err)
	told := Told{Cut(err.Error(), mostMessage), hint.Of(err)}
	switch status {
	case http.StatusForbidden:
		told = forbidden(err)
	case http.StatusServiceUnavailable:
		since := o.begin()
		told = Told{fmt.Sprintf("the API server has not answered since %s UTC", since.UTC().Format(time.TimeOnly)), "try again; if it lasts: kubectl get --raw /readyz"}
	}
	if _, answered := errors.AsType[*apierrors.StatusError](err); answered && status != http.StatusServiceUnavailable {
		o.Fine()
	}
	return status, told
}

const mostMessage = 2000

// Status is that with which an error is answered.
func Status(err error) int {
	if apierrors.IsForbidden(err) || refusal().MatchString(err.Error()) { // an error may have become part of a text
		return http.StatusForbidden
	}
	if said, ok := errors.AsType[*withStatus](err); ok {
		return said.status
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	switch {
	case apierrors.IsUnauthorized(err):
		return http.StatusUnauthorized
	case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		return http.StatusNotFound
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
		return http.StatusConflict
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return http.StatusUnprocessableEntity
	case isOutage(err):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Asked gives an error that came of what was asked for, and so has a next step, the status of one, unless it has another.
func Asked(err error) error {
	if err == nil || hint.Of(err) == "" || Status(err) != http.StatusInternalServerError {
		return err
	}
	return With(http.StatusUnprocessableEntity, err)
}

// isOutage tells an API server that doesn't answer from one that answers with an error.
func isOutage(err error) bool {
	if apierrors.IsServerTimeout(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsTimeout(err) || apierrors.IsTooManyRequests(err) {
		return true
	}
	if _, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return false
	}
	_, isCall := errors.AsType[*url.Error](err)
	_, isNet := errors.AsType[net.Error](err)
	return isCall || isNet || errors.Is(err, context.DeadlineExceeded)
}

// refusal is what the API server says of a right that is missing.
// Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go
var refusal = pattern.New(`cannot (\S+) (?:resource|path) "([^"]+)"(?: in API group "([^"]*)")?(?: in the namespace "([^"]+)"| at the cluster scope)?`)

// forbidden names the right that is missing, and neither the object nor the person.
func forbidden(err error) Told {
	found := refusal().FindStringSubmatch(err.Error())
	if found == nil {
		return Told{"you may not do this", "ask whoever gives out rights in this cluster"}
	}
	what := found[2]
	if found[3] != "" {
		what += "." + found[3]
	}
	where := "in the whole cluster"
	if found[4] != "" {
		where = "in the namespace " + found[4]
	}
	return Told{fmt.Sprintf("you may not %s %s %s", found[1], what, where), fmt.Sprintf("ask for the right to %s %s %s", found[1], what, where)}
}

// Cut shortens a text to at most so many characters, the last of which is then "…".
func Cut(text string, most int) string {
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// NotFound is something that isn't there, or that the person may not know of.
func NotFound(what, next string) error {
	return With(http.StatusNotFound, hint.With(errors.New(what), next))
}

// Bad is a request that says something wrong.
func Bad(what, next string) error {
	return With(http.StatusBadRequest, hint.With(errors.New(what), next))
}
