package door

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

func TestGuard(t *testing.T) {
	d, _ := newDoor(t, func(o *Options) { o.Addresses = []string{"https://fairlead.example.com"} })
	guarded := d.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			reply.Fail(w, err)
		}
	}))
	for name, tt := range map[string]struct {
		method, address string
		header          map[string]string
		body            io.Reader
		want            int
	}{
		"the page's address":                    {"GET", "https://fairlead.example.com/", nil, nil, 200},
		"in capitals":                           {"GET", "https://Fairlead.Example.com/", nil, nil, 200},
		"this machine":                          {"GET", "http://localhost:8484/", nil, nil, 200},
		"this machine by number":                {"GET", "http://127.0.0.1:8484/", nil, nil, 200},
		"this machine by its newer number":      {"GET", "http://[::1]:8484/", nil, nil, 200},
		"a name that was turned to us":          {"GET", "http://evil.example/", nil, nil, 421},
		"a number that isn't this machine's":    {"GET", "http://10.0.0.7:8484/", nil, nil, 421},
		"localhost as a part of another name":   {"GET", "http://localhost.evil.example/", nil, nil, 421},
		"another port of the page's address":    {"GET", "https://fairlead.example.com:8443/", nil, nil, 421},
		"a form of another site":                {"POST", "https://fairlead.example.com/api/v1/sign-out", map[string]string{"Origin": "https://evil.example"}, nil, 403},
		"an old browser's form of another site": {"POST", "https://fairlead.example.com/", map[string]string{"Origin": "null"}, nil, 403},
		"a script of another site":              {"POST", "https://fairlead.example.com/", map[string]string{"Sec-Fetch-Site": "cross-site"}, nil, 403},
		"another port's script that reads":      {"GET", "http://localhost:8484/api/v1/state", map[string]string{"Sec-Fetch-Site": "same-site"}, nil, 403},
		"another site's script that reads":      {"GET", "https://fairlead.example.com/api/v1/state", map[string]string{"Sec-Fetch-Site": "cross-site"}, nil, 403},
		"another site's link to the page":       {"GET", "https://fairlead.example.com/", map[string]string{"Sec-Fetch-Site": "cross-site"}, nil, 200},
		"a provider that sends somebody back":   {"GET", "https://fairlead.example.com" + CallbackPath, map[string]string{"Sec-Fetch-Site": "cross-site"}, nil, 200},
		"the page's own script":                 {"POST", "https://fairlead.example.com/", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "https://fairlead.example.com"}, nil, 200},
		"64 KiB":                                {"POST", "http://localhost/", nil, strings.NewReader(strings.Repeat("x", 64<<10)), 200},
		"a byte more":                           {"POST", "http://localhost/", nil, strings.NewReader(strings.Repeat("x", 64<<10+1)), 413},
		"a byte more, of a length not told":     {"POST", "http://localhost/", nil, io.MultiReader(strings.NewReader(strings.Repeat("x", 64<<10+1))), 413},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.address, tt.body)
			for k, v := range tt.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			guarded.ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("status = %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if tt.want != 200 && !strings.HasPrefix(w.Body.String(), `{"error":{"message":"`) {
				t.Errorf("the refusal is %s", w.Body)
			}
			for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy"} {
				if w.Header().Get(h) == "" {
					t.Errorf("no %s", h)
				}
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("another site may read it")
			}
		})
	}
}

func TestAddressesOfThePage(t *testing.T) {
	for address, want := range map[string]bool{
		"https://fairlead.example.com": true, "https://fairlead.example.com/": true, "http://10.0.0.7:8484": true,
		"fairlead.example.com": false, "https://a.example/fairlead": false, "ftp://a.example": false, "javascript:alert(1)": false,
		"https://user:pw@a.example": false, "https://a.example/?x": false, "": false,
	} {
		if _, err := hostsOf([]string{address}); (err == nil) != want {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestOnlyPathsOfThePageFollowASignIn(t *testing.T) {
	for target, want := range map[string]string{
		"/drift?q=ns:shop#fields": "/drift?q=ns:shop#fields", "/": "/",
		"": "/", "javascript:alert(1)": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", `\/evil.example`: "/",
		"/\t/evil.example": "/", "/a\r\nSet-Cookie: a=b": "/", " //evil.example": "/", "/" + strings.Repeat("x", 5000): "/",
	} {
		if got := sameSite(target); got != want {
			t.Errorf("%q leads to %q, want %q", target, got, want)
		}
	}
}

func TestLimiter(t *testing.T) {
	l, now := newLimiter(), time.Unix(1_800_000_000, 0)
	one, two := netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.0.0.2/32")
	for range triesAtOnce {
		if l.wait(one, now) > 0 {
			t.Fatal("has to wait before the tenth failure")
		}
		l.failed(one, now)
	}
	if wait := l.wait(one, now); wait != tryEvery {
		t.Errorf("waits %s after ten failures", wait)
	}
	if l.wait(two, now) > 0 {
		t.Error("somebody else has to wait")
	}
	if wait := l.wait(one, now.Add(tryEvery)); wait > 0 {
		t.Errorf("still waits %s", wait)
	}
	for i := range 3 * mostAddress {
		l.failed(netip.PrefixFrom(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), 32), now)
	}
	if len(l.until) > mostAddress {
		t.Errorf("remembers %d addresses", len(l.until))
	}
}
