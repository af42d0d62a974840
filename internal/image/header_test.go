package image

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNextLink(t *testing.T) {
	for text, want := range map[string]string{
		`</v2/x/tags/list?last=a>; rel="next"`:                      "/v2/x/tags/list?last=a",
		`</v2/x/tags/list?last=a>; rel=next`:                        "/v2/x/tags/list?last=a",
		`</a>;title="one, two; rel=next";rel=prev, </b>;REL="Next"`: "/b",
		`</b>`:                      "/b",
		`</a>; rel="help"`:          "",
		`/a; rel="next"`:            "",
		`</a; rel="next"`:           "",
		``:                          "",
		`<>; rel="next"`:            "",
		`</a>; rel="x, </b>; rel=y`: "",
	} {
		if got := nextLink([]string{text}); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := nextLink([]string{`</a>; rel="help"`, `</b>; rel="next"`}); got != "/b" {
		t.Errorf("of two headers: %q", got)
	}
}

func TestParseQuota(t *testing.T) {
	type quota struct {
		N      int64
		Window time.Duration
		OK     bool
	}
	for text, want := range map[string]quota{
		"100;w=21600": {100, 6 * time.Hour, true}, " " + "0 ; w=21600": {0, 6 * time.Hour, true},
		"100": {N: 100}, "100;x=1": {N: 100}, "-1;w=1": {}, "": {}, "100;w=99999999999999": {N: 100, Window: (1<<31 - 1) * time.Second},
	} {
		n, window, ok := parseQuota(text)
		if diff := cmp.Diff(want, quota{n, window, ok}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// Whatever a server writes, a pause is bounded and a list goes on at home or nowhere.
func FuzzHeaders(f *testing.F) {
	f.Add(`</v2/x/tags/list?last=a>; rel="next"`, "120", "100;w=21600", "Sun, 01 Mar 2026 12:00:00 GMT")
	f.Add(`<//evil.example/x>;rel=next, <https://user@ghcr.io:443/>`, "Sun, 01 Mar 9999 12:00:00 GMT", "9;w=0", "x")
	f.Add(`<\\evil.example>`, "-1", ";w=", "")
	from := &url.URL{Scheme: "https", Host: "ghcr.io", Path: "/v2/acme/front/tags/list"}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, link, after, quota, date string) {
		if next := nextLink([]string{link}); next != "" {
			if at, ok := resolve(next, from, "ghcr.io"); ok {
				if to, err := url.Parse(at); err != nil || to.Scheme != "https" || to.Host != "ghcr.io" || to.User != nil || !strings.HasPrefix(at, "https://ghcr.io") {
					t.Errorf("%s leads to %s (%v)", link, at, err)
				}
			}
		}
		h := http.Header{"Retry-After": {after}, "Date": {date}, "Ratelimit-Limit": {quota}, "Ratelimit-Remaining": {after}}
		if d := retryAfter(h, now); d < 0 {
			t.Errorf("%s after %s is %s", after, date, d)
		}
		if n, window, ok := parseQuota(quota); ok && (n < 0 || window < 0) {
			t.Errorf("%s is %d in %s", quota, n, window)
		}
		g := newGate("ghcr.io", func() time.Time { return now })
		for _, status := range []int{http.StatusOK, http.StatusTooManyRequests} {
			_ = g.heard(&http.Response{StatusCode: status, Header: h, Request: &http.Request{URL: from}}, loginKey{})
		}
		if g.pause.Until.After(now.Add(longestPause)) || !g.pause.Until.After(now) {
			t.Errorf("paused until %s", g.pause.Until)
		}
	})
}
