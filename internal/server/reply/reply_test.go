package reply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestErrorsAsTheyAreAnswered(t *testing.T) {
	cannot := func(text string) error {
		return apierrors.NewForbidden(schema.GroupResource{Group: "apps", Resource: "deployments"}, "secret-name", errors.New(text))
	}
	for name, tt := range map[string]struct {
		err    error
		status int
		told   Told
	}{
		"a right in a namespace": {cannot(`User "eve" cannot patch resource "deployments" in API group "apps" in the namespace "shop"`), 403,
			Told{"you may not patch deployments.apps in the namespace shop", "ask for the right to patch deployments.apps in the namespace shop"}},
		"a right in the cluster": {cannot(`User "eve" cannot list resource "nodes" in API group "" at the cluster scope`), 403,
			Told{"you may not list nodes in the whole cluster", "ask for the right to list nodes in the whole cluster"}},
		"a right, in a text": {hint.With(errors.New(`3 objects: User "eve" cannot get resource "secrets" in API group "" in the namespace "shop"`), "x"), 403,
			Told{"you may not get secrets in the namespace shop", "ask for the right to get secrets in the namespace shop"}},
		"a refusal by admission": {cannot("no"), 403, Told{"you may not do this", "ask whoever gives out rights in this cluster"}},
		"asked for wrongly":      {Asked(hint.With(errors.New("no such tag"), "name another")), 422, Told{"no such tag", "name another"}},
		"a fault":                {errors.New("disk full"), 500, Told{"disk full", ""}},
		"not there":              {NotFound("no such thing", "look"), 404, Told{"no such thing", "look"}},
	} {
		status, told := new(Outage).Tell(tt.err)
		if diff := cmp.Diff(tt.told, told); diff != "" || status != tt.status {
			t.Errorf("%s: %d %s", name, status, diff)
		}
	}
}

// Since when is that of the first of many failures, until something is answered.
func TestAnOutageSaysSinceWhen(t *testing.T) {
	var o Outage
	down := fmt.Errorf("read: %w", &url.Error{Op: "Get", URL: "https://10.0.0.1:6443", Err: context.DeadlineExceeded})
	status, first := o.Tell(down)
	begun := o.since
	_, second := o.Tell(down)
	if status != http.StatusServiceUnavailable || first != second || o.since != begun || strings.Contains(first.Message, "10.0.0.1") {
		t.Errorf("%d %q, then %q", status, first.Message, second.Message)
	}
	o.Fine()
	if o.Tell(down); !o.since.After(begun) {
		t.Error("it is told since the last time")
	}
}

func TestWhoHasItAlreadyIsNotToldAgain(t *testing.T) {
	ask := func(tag string) *httptest.ResponseRecorder {
		out, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("If-None-Match", tag)
		Tagged(out, r, map[string]string{"text": "<b>"})
		return out
	}
	first := ask("")
	if got := first.Body.String(); got != "{\"text\":\"\\u003cb\\u003e\"}\n" {
		t.Errorf("body %q", got)
	}
	if again := ask(first.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("%d %q", again.Code, again.Body)
	}
}

func TestCut(t *testing.T) {
	for text, want := range map[string]string{"short": "short", "ünïcödé": "ünïcö…", "123456": "123456"} {
		if got := Cut(text, 6); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
