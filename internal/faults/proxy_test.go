package faults

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The proxy itself, before any server of HTTP.
func TestEffects(t *testing.T) {
	const whole = "0123456789"
	type seen struct {
		Status int    // 0: the connection ended without an answer
		Body   string // as far as it came
		Whole  bool   // the answer had an end
		Served int    // how often the server was asked
	}
	for name, c := range map[string]struct {
		effect Effect
		want   seen
	}{
		"delayed":                      {Delay(time.Millisecond), seen{200, whole, true, 1}},
		"answered in its place":        {Answer(503, "away"), seen{503, "away", true, 0}},
		"refused":                      {Refuse(), seen{0, "", false, 0}},
		"done, and the answer is lost": {Lose(), seen{0, "", false, 1}},
		"cut":                          {Cut(4), seen{200, "0123", false, 1}},
		"truncated":                    {Truncate(4), seen{200, "0123", true, 1}},
		"spoiled":                      {Spoil(4), seen{200, "0123556789", true, 1}},
		"dripping":                     {Drip(3, time.Millisecond), seen{200, whole, true, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got := seen{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				got.Served++
				_, _ = io.WriteString(w, whole)
			}))
			defer server.Close()
			p, err := Start(Options{Server: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			fault := p.Inject(Fault{Match: All, Times: 1, Effect: c.effect})
			if response, err := http.Post(p.URL(), "text/plain", nil); err == nil { // a GET would be sent again
				defer response.Body.Close()
				body, err := io.ReadAll(response.Body)
				got.Status, got.Body, got.Whole = response.StatusCode, string(body), err == nil
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if fault.Hits() != 1 {
				t.Errorf("struck %d times, want once", fault.Hits())
			}
		})
	}
}

func TestFaultStrikesWhatItIsFor(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	p, err := Start(Options{Server: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	isA := To("/a")
	p.Inject(Fault{Name: "a", Match: isA, After: To("/start"), Skip: 1, Times: 2, Effect: Answer(http.StatusTeapot, "")})
	var got []int
	for _, path := range strings.Fields("/a /start /a /b /a /a /a") {
		response, err := http.Get(p.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		got = append(got, response.StatusCode)
	}
	if diff := cmp.Diff([]int{200, 200, 200, 200, 418, 418, 200}, got); diff != "" {
		t.Error(diff)
	}
	struck := p.Requests(func(r Request) bool { return r.Fault == "a" })
	if len(struck) != 2 {
		t.Errorf("noted %d struck requests, want 2", len(struck))
	}
}

func TestRequestsAreRead(t *testing.T) {
	for line, want := range map[string]Request{
		"GET /api/v1/configmaps?labelSelector=x":                         {Verb: "list", Resource: "configmaps"},
		"GET /api/v1/namespaces/shop":                                    {Verb: "get", Resource: "namespaces", Name: "shop"},
		"GET /apis/apps/v1/namespaces/shop/deployments?watch=true":       {Verb: "watch", Group: "apps", Resource: "deployments", Namespace: "shop"},
		"PATCH /apis/apps/v1/namespaces/shop/deployments/web?dryRun=All": {Verb: "apply", Group: "apps", Resource: "deployments", Namespace: "shop", Name: "web", DryRun: true},
		"PATCH /apis/apps/v1/namespaces/shop/deployments/web/status":     {Verb: "apply", Group: "apps", Resource: "deployments", Namespace: "shop", Name: "web", Subresource: "status"},
		"POST /apis/fairlead.dev/v1alpha1/namespaces/shop/releases":      {Verb: "create", Group: "fairlead.dev", Resource: "releases", Namespace: "shop"},
		"DELETE /api/v1/namespaces/shop/configmaps/a":                    {Verb: "delete", Resource: "configmaps", Namespace: "shop", Name: "a"},
		"DELETE /api/v1/namespaces/shop/configmaps":                      {Verb: "deletecollection", Resource: "configmaps", Namespace: "shop"},
		"GET /version":                     {},
		"POST /config.git/git-upload-pack": {},
	} {
		t.Run(line, func(t *testing.T) {
			method, path, _ := strings.Cut(line, " ")
			r := httptest.NewRequest(method, path, nil)
			r.Header.Set("Content-Type", "application/apply-patch+yaml")
			got := *read(r)
			got.At, got.Method, got.Path = time.Time{}, "", ""
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
