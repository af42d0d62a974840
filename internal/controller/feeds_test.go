package controller

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
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

// counted is a Head that counts how often it is looked at.
type counted struct {
	source.Head
	looks *atomic.Int32
}

func (c counted) Fetch(context.Context) (*source.Snapshot, error) {
	c.looks.Add(1)
	return nil, source.ErrTooManyRequests // after which it isn't tried again before the interval is over
}

func (counted) Identity() source.Identity { return source.Identity{} }

// A feed waits as long as the shortest interval of its readers, the first and those that come later.
func TestAFeedLooksAtTheIntervalOfItsReaders(t *testing.T) {
	ctx := t.Context()
	follow := func(f *feeds, head counted, app string, interval time.Duration) {
		f.follow(ctx, types.NamespacedName{Name: app}, head, reader{interval: interval}, func() []string { return nil })
	}
	waitsLong := func(f *feeds, head counted) {
		follow(f, head, "a", time.Hour)
		f.byKey[head.Identity()].lookSoon()
		sandboxtest.Eventually(t, "it looks once", func() bool { return head.looks.Load() == 1 })
		head.looks.Store(0)
	}
	for name, join := range map[string]func(*feeds, counted){
		"the first":     func(f *feeds, head counted) { follow(f, head, "a", time.Millisecond) },
		"one more":      func(f *feeds, head counted) { waitsLong(f, head); follow(f, head, "b", time.Millisecond) },
		"the same anew": func(f *feeds, head counted) { waitsLong(f, head); follow(f, head, "a", time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			for range 30 { // what a wait that has begun knows of is a matter of luck
				var end context.CancelFunc
				ctx, end = context.WithCancel(t.Context())
				head := counted{looks: &atomic.Int32{}}
				f := newFeeds(nil, slog.New(slog.DiscardHandler), func(types.NamespacedName) {})
				join(f, head)
				sandboxtest.Eventually(t, "it looks", func() bool { return head.looks.Load() > 0 })
				end()
				f.wait()
			}
		})
	}
}

func TestFetchedIsWhenTheSourceOfAnApplicationLastAnswered(t *testing.T) {
	one, two := types.NamespacedName{Namespace: "a", Name: "one"}, types.NamespacedName{Namespace: "a", Name: "two"}
	at := time.Unix(1000, 0)
	f := newFeeds(nil, nil, nil)
	f.byKey[source.Identity{}] = &feed{readers: map[types.NamespacedName]*reader{one: {}}, fetched: at}
	if got := f.fetched(one); !got.Equal(at) {
		t.Errorf("%s, want %s", got, at)
	}
	if got := f.fetched(two); !got.IsZero() {
		t.Errorf("of one that nobody follows: %s, want none", got)
	}
}
