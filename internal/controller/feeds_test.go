package controller

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/source"
)

func TestSameRepository(t *testing.T) {
	for name, tt := range map[string]struct {
		a, b string
		want bool
	}{
		"equal":                 {"https://git.example.com/acme/config", "https://git.example.com/acme/config", true},
		".git and slash":        {"https://git.example.com/acme/config.git", "https://git.example.com/acme/config/", true},
		"login and scheme":      {"https://me:pw@git.example.com/acme/config", "http://git.example.com/acme/config", true},
		"ssh in both spellings": {"git@git.example.com:acme/config.git", "ssh://git@git.example.com/acme/config", true},
		"case":                  {"https://Git.Example.com/Acme/Config", "https://git.example.com/acme/config", true},
		"another repository":    {"https://git.example.com/acme/config", "https://git.example.com/acme/config2", false},
		"another host":          {"https://git.example.com/acme/config", "https://evil.example.com/acme/config", false},
		"an @ in the path":      {"https://git.example.com/@acme/config", "https://git.example.com/acme/config", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sameRepository(tt.a, tt.b); got != tt.want {
				t.Errorf("sameRepository = %v, want %v", got, tt.want)
			}
		})
	}
}

// After a failure a feed looks again soon, unless the server has said that it is asked too often.
func TestPause(t *testing.T) {
	for name, tt := range map[string]struct {
		failures int
		err      error
		want     time.Duration
	}{
		"all is well":           {0, nil, time.Minute},
		"a failure":             {1, source.ErrUnreachable, firstRetry},
		"many failures":         {20, source.ErrUnreachable, time.Minute},
		"asked too often":       {1, fmt.Errorf("fetch: %w", source.ErrTooManyRequests), time.Minute},
		"asked too often again": {9, source.ErrTooManyRequests, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			fd := &feed{failures: tt.failures, err: tt.err, readers: map[types.NamespacedName]*reader{{Name: "shop"}: {interval: time.Minute}}}
			if got := fd.pause(); got != tt.want {
				t.Errorf("pause = %s, want %s", got, tt.want)
			}
		})
	}
}
