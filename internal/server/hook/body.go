package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	smallBody   = 1 << 20  // nearly every push
	largeBody   = 25 << 20 // GitHub's own cap, the largest documented
	largeAtOnce = 4        // bodies beyond smallBody, which have to be held before their signature can be checked
)

// receive reads the body, but never more than the limit.
func (h *handler) receive(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *refusal) {
	tooLarge := &refusal{status: http.StatusRequestEntityTooLarge, reason: fmt.Sprintf("body is larger than %d MiB", limit>>20)}
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	var body bytes.Buffer
	in := http.MaxBytesReader(w, r.Body, limit)
	_, err := io.CopyN(&body, in, smallBody)
	if err == nil {
		select {
		case h.large <- struct{}{}:
			defer func() { <-h.large }()
		default:
			return nil, &refusal{status: http.StatusTooManyRequests, wait: time.Second, quiet: true,
				reason: "too many large bodies at once"}
		}
		_, err = body.ReadFrom(in)
	}
	if _, capped := errors.AsType[*http.MaxBytesError](err); capped {
		return nil, tooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &refusal{status: http.StatusBadRequest, reason: "body was cut short"}
	}
	return body.Bytes(), nil
}
