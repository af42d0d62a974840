package live

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

var errNobody = errors.New("nobody is signed in")

// refusal is an error with the status it is answered with.
type refusal struct {
	status int
	error
}

func (r *refusal) Unwrap() error { return r.error }

// refuse answers with an error: {"error":{"message":…,"next":…}}.
func refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var r *refusal
	if errors.As(err, &r) {
		status = r.status
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	var body struct {
		Error struct {
			Message string `json:"message"`
			Next    string `json:"next"`
		} `json:"error"`
	}
	body.Error.Message, body.Error.Next = err.Error(), hint.Of(err)
	_ = json.NewEncoder(w).Encode(body) // the reader may be gone
}
