package door

import (
	"encoding/json"
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// refusal is an error with the status that it is answered with.
type refusal struct {
	error
	status int
}

func (r *refusal) Unwrap() error { return r.error }

// Refuse gives err the status that Fail answers it with.
func Refuse(status int, err error) error { return &refusal{err, status} }

// Answer writes v as JSON.
func Answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader has gone
}

// Fail answers with an error and the next step: {"error": {"message", "next"}}. Its status is that given by Refuse, the
// API server's own where it refused the person, and 500 otherwise.
func Fail(w http.ResponseWriter, err error) {
	Answer(w, statusOf(err), struct {
		Error told `json:"error"`
	}{told{err.Error(), hint.Of(err)}})
}

type told struct {
	Message string `json:"message"`
	Next    string `json:"next,omitempty"`
}

func statusOf(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok && tooLong != nil {
		return http.StatusRequestEntityTooLarge
	}
	switch {
	case errors.Is(err, ErrNobody), errors.Is(err, ErrOut):
		return http.StatusUnauthorized
	case apierrors.IsForbidden(err):
		return http.StatusForbidden
	case apierrors.IsNotFound(err):
		return http.StatusNotFound
	case apierrors.IsConflict(err):
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}
