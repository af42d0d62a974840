package forge

import (
	"net/http"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	const now = "Thu, 01 Oct 2026 12:00:00 GMT" // 1790856000
	for name, tt := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"it doesn't say":          {map[string]string{"Date": now}, 0},
		"in seconds":              {map[string]string{"Retry-After": "60"}, time.Minute},
		"as a date":               {map[string]string{"Retry-After": "Thu, 01 Oct 2026 12:02:00 GMT", "Date": now}, 2 * time.Minute},
		"when GitHub counts anew": {map[string]string{"X-RateLimit-Reset": "1790859600", "Date": now}, time.Hour},
		"when GitLab counts anew": {map[string]string{"RateLimit-Reset": "1790856030", "Date": now}, 30 * time.Second},
		"a time that is over":     {map[string]string{"X-RateLimit-Reset": "1", "Date": now}, 0},
		"a month":                 {map[string]string{"Retry-After": "2592000"}, 24 * time.Hour},
		"rubbish":                 {map[string]string{"Retry-After": "-5", "X-RateLimit-Reset": "soon", "Date": "today"}, 0},
	} {
		h := http.Header{}
		for key, value := range tt.header {
			h.Set(key, value)
		}
		if got := wait(h); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
