package forge

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Limited is the error of a forge that lets nobody call so often.
type Limited struct {
	After time.Duration // until it does; 0 if it doesn't say
	text  string
}

func (l *Limited) Error() string { return l.text }

// isRateLimit tells a limit from a right that is missing: GitHub answers 403 to both.
// Source: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
func isRateLimit(answer *http.Response, body []byte) bool {
	return answer.Header.Get("X-RateLimit-Remaining") == "0" || answer.Header.Get("Retry-After") != "" ||
		bytes.Contains(bytes.ToLower(body), []byte("rate limit"))
}

func (c *caller) tooOften(answer *http.Response, said string) error {
	l := &Limited{After: wait(answer.Header), text: string(c.kind) + " lets nobody call so often" + said}
	if l.After == 0 {
		return hint.With(l, "try again later")
	}
	return hint.With(l, fmt.Sprintf("try again in %s", l.After))
}

// mostWait bounds what a forge can make one wait.
const mostWait = 24 * time.Hour

// wait reads Retry-After, in seconds or as a date, or when the count begins anew: X-RateLimit-Reset of GitHub, RateLimit-Reset of
// GitLab, in Unix seconds. Times are compared with the forge's own clock.
func wait(h http.Header) time.Duration {
	now, err := http.ParseTime(h.Get("Date"))
	isDated := err == nil
	after := time.Duration(0)
	if seconds, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		after = time.Duration(min(seconds, int(mostWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(h.Get("Retry-After")); err == nil && isDated {
		after = at.Sub(now)
	} else if reset := h.Get("X-RateLimit-Reset") + h.Get("RateLimit-Reset"); isDated {
		if at, err := strconv.ParseInt(reset, 10, 64); err == nil {
			after = time.Unix(at, 0).Sub(now)
		}
	}
	return min(max(after, 0), mostWait)
}
