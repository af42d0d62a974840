package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/server/door"
)

// visit is how the person who may see two of three namespaces calls a route. In paths and bodies {ns} is a namespace, and
// {name} what the names in it begin with.
type visit struct {
	path, body string
	status     int      // in a namespace that they may see
	shows      []string // what is told of it
	// isAbout says that the call names one object: asked about the third namespace it must answer like one that isn't there.
	isAbout bool
}

// visits are those of each route that one has to sign in for: a new route has to say here what it tells whom.
var visits = map[string][]visit{
	"GET /api/v1/state":  {{path: "/api/v1/state", status: 200, shows: []string{"{name}-front", "{name}-bare", "{name}-app", "{name}-chat", "{name}-config", "{ns}", "you may list pods, deployments.apps"}}},
	"GET /api/v1/stream": {{path: "/api/v1/stream", status: 200, shows: []string{"event: beat"}}},
	"GET /api/v1/query/complete": {
		{path: "/api/v1/query/complete?q=ns:", status: 200, shows: []string{"{ns}"}},
		{path: "/api/v1/query/complete?q=name:", status: 200, shows: []string{"{name}-front"}},
		{path: "/api/v1/query/complete?q=image:secret", status: 200},
		{path: "/api/v1/query/complete?q=label:", status: 200, shows: []string{"team={name}-team"}},
	},
	"GET /api/v1/workloads/{id}": {
		{path: "/api/v1/workloads/Deployment.apps%20{ns}%2F{name}-front", status: 200, shows: []string{"{name}-front"}, isAbout: true},
		{path: "/api/v1/workloads/Secret%20{ns}%2F{name}-login", status: 403, isAbout: true},
	},
	"GET /api/v1/applications/{namespace}/{name}": {{path: "/api/v1/applications/{ns}/{name}-app", status: 200, shows: []string{"{name}-config"}, isAbout: true}},
	"GET /api/v1/releases/{namespace}/{name}":     {{path: "/api/v1/releases/{ns}/{name}-app-1", status: 200, shows: []string{"{name}-author"}, isAbout: true}},
	"GET /api/v1/events":                          {{path: "/api/v1/events?object=Deployment.apps%20{ns}%2F{name}-front", status: 200, shows: []string{"{name}-message"}, isAbout: true}},
	"GET /api/v1/logs":                            {{path: "/api/v1/logs?namespace={ns}&pod={name}-bare", status: 200, shows: []string{"event: end"}, isAbout: true}},
	"GET /api/v1/compare":                         {{path: "/api/v1/compare?application={ns}/{name}-app&from=live&to=git", status: 422, isAbout: true}},
	"GET /api/v1/practices/{id}":                  {{path: "/api/v1/practices/run-as-non-root", status: 200, shows: []string{"run-as-non-root"}}},
	"POST /api/v1/actions/{action}": {
		{path: "/api/v1/actions/suspend", body: `{"application":"{ns}/{name}-app","reason":"none","preview":true}`, status: 200, shows: []string{"effects"}, isAbout: true},
		{path: "/api/v1/actions/suspend", body: `{"application":"{ns}/{name}-app","reason":"none","seen":"x"}`, status: 409, shows: []string{"preview"}, isAbout: true},
		{path: "/api/v1/actions/rollback", body: `{"application":"{ns}/{name}-app","reason":"none","to":"1","preview":true}`, status: 422, isAbout: true},
	},
}

const hiddenWord = "secret" // what all names of the third namespace begin with

func TestThePersonOfTwoNamespaces(t *testing.T) {
	w := newWorld(t)
	browser := w.serve(w.ofTwo())
	sandboxtest.Eventually(t, "what calls what is found out", func() bool {
		_, state := w.call(browser, "GET", "/api/v1/state", "")
		return strings.Contains(state, `"Deployment.apps `+w.two+`/beta-front calls Deployment.apps `+w.one+`/alpha-front"`)
	})
	for _, r := range (&Page{Door: &door.Door{}}).routes() {
		if r.who != person && r.who != reader {
			continue
		}
		visits := visits[r.pattern]
		if len(visits) == 0 {
			t.Errorf("%s: say in visits what a person of two namespaces sees there", r.pattern)
		}
		for _, v := range visits {
			method, _, _ := strings.Cut(r.pattern, " ")
			t.Run(method+" "+v.path, func(t *testing.T) { w.visit(t, browser, method, v) })
		}
	}
	if strings.Contains(w.log.String(), "hunter2") {
		t.Error("a Secret is in the log")
	}
}

func (w *world) visit(t *testing.T, browser *http.Client, method string, v visit) {
	for namespace, name := range map[string]string{w.one: "alpha", w.two: "beta"} {
		status, body := v.call(w, browser, method, namespace, name)
		if status != v.status {
			t.Errorf("of %s: status = %d, want %d: %s", name, status, v.status, body)
		}
		fill := strings.NewReplacer("{ns}", namespace, "{name}", name)
		for _, shows := range v.shows {
			if !strings.Contains(body, fill.Replace(shows)) {
				t.Errorf("of %s: %q isn't told in %s", name, fill.Replace(shows), body)
			}
		}
		w.tellsNothing(t, body)
	}
	if v.isAbout {
		w.isHidden(t, browser, method, v, w.hidden, hiddenWord)
	}
}

func (v visit) call(w *world, browser *http.Client, method, namespace, name string) (int, string) {
	fill := strings.NewReplacer("{ns}", namespace, "{name}", name)
	fillPath := strings.NewReplacer("{ns}", url.PathEscape(namespace), "{name}", url.PathEscape(name))
	return w.call(browser, method, fillPath.Replace(v.path), fill.Replace(v.body))
}

// isHidden checks that the answer about something in a namespace is that about what isn't there.
func (w *world) isHidden(t *testing.T, browser *http.Client, method string, v visit, namespace, name string) {
	status, body := v.call(w, browser, method, namespace, name)
	if status < 300 || status == http.StatusConflict {
		t.Errorf("of a namespace that they may not see: status = %d: %s", status, body)
	}
	nowhere, text := v.call(w, browser, method, namespace, "nothing")
	if same := strings.ReplaceAll(body, name+"-", "nothing-"); status != nowhere || same != text {
		t.Errorf("whether something is in a namespace that they may not see is told:\n%d %s\n%d %s", status, body, nowhere, text)
	}
}

// tellsNothing of the third namespace: neither it nor anything in it is named.
func (w *world) tellsNothing(t *testing.T, body string) {
	for _, word := range []string{w.hidden, hiddenWord + "-", "hunter2"} {
		if i := strings.Index(body, word); i >= 0 {
			t.Errorf("tells of %q: …%s…", word, body[max(0, i-200):min(len(body), i+200)])
		}
	}
}
