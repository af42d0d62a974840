package forge_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/forge/forgetest"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestProposalsThatAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			t.Errorf("a call at another host: %s %v", r.URL, r.Header)
		}))
		t.Cleanup(elsewhere.Close)
		for name, tt := range map[string]struct {
			token    string
			proposal forge.Proposal
			before   func(http.ResponseWriter, *http.Request) bool
			prepare  func()
			err      string
			next     string
		}{
			"a wrong token":       {token: "wr0ng-t0ken", err: "refuses the token", next: "make a new one"},
			"a token that reads":  {token: forgetest.Reader, err: "not allowed with this token", next: "give the token|use a project access token"},
			"another's forge":     {before: says(404, "<html>"), err: "not found", next: "may see the repository"},
			"a forge in trouble":  {before: says(503, "<html>"), err: "503", next: "try again later"},
			"rubbish":             {before: says(200, "<html>"), err: "is not that of", next: "check the address"},
			"a list that is none": {before: says(200, `"no"`), err: "is not that of", next: "check the address"},
			"a wrong branch":      {proposal: forge.Proposal{From: "nowhere", Into: "main", Title: "x"}, err: "", next: "both branches|may see the repository"},
			"it has moved":        {prepare: func() { w.MoveTo(elsewhere.URL) }, err: "sends elsewhere: " + strings.TrimPrefix(elsewhere.URL, "http://"), next: "address it has now"},
		} {
			t.Run(name, func(t *testing.T) {
				w.Before = tt.before
				defer func() { w.Before = nil; w.MoveTo("") }()
				if tt.prepare != nil {
					tt.prepare()
				}
				token, p := tt.token, tt.proposal
				if token == "" {
					token = forgetest.Writer
				}
				if p.From == "" {
					p = w.proposal("1.1")
				}
				_, err := w.repository.Propose(t.Context(), token, p)
				if err == nil {
					t.Fatal("no error")
				}
				if !strings.Contains(err.Error(), tt.err) || !strings.HasPrefix(err.Error(), "propose branch "+p.From+" at "+string(w.repository.Kind)+": ") {
					t.Errorf("error %q", err)
				}
				if !hasOne(hint.Of(err), tt.next) {
					t.Errorf("next step %q, want %q", hint.Of(err), tt.next)
				}
				if strings.Contains(err.Error()+hint.Of(err), token) {
					t.Error("the error shows the token")
				}
			})
		}
		if n := len(w.Requests()); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

func hasOne(text, alternatives string) bool {
	for one := range strings.SplitSeq(alternatives, "|") {
		if strings.Contains(text, one) {
			return true
		}
	}
	return false
}

func says(code int, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, body, code)
		return true
	}
}

func TestAForgeThatLetsNobodyCall(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.Limit(time.Hour)
		_, err := w.repository.Propose(t.Context(), forgetest.Writer, w.proposal("1.1"))
		limited, ok := errors.AsType[*forge.Limited](err)
		if !ok || limited.After != time.Hour || hint.Of(err) != "try again in 1h0m0s" {
			t.Fatalf("error %v → %q", err, hint.Of(err))
		}
		if n := len(w.Calls()); n != 1 {
			t.Errorf("%d calls of a forge that wants none", n)
		}
		w.Limit(0)
		if done := w.propose(t, w.proposal("1.1")); done.Did != forge.Opened {
			t.Errorf("%+v", done)
		}
	})
}

// A next page may be named anywhere.
func TestATokenStaysHome(t *testing.T) {
	w := newWorld(t, forge.Bitbucket)
	w.Before = says(200, `{"values": [], "next": "https://evil.example/2.0/repositories/acme/config/pullrequests?page=2"}`)
	_, err := w.repository.Propose(t.Context(), forgetest.Writer, w.proposal("1.1"))
	if err == nil || !strings.Contains(err.Error(), "next page is at another address") {
		t.Errorf("error %v", err)
	}
}

func TestALoginOfAPersonsAtBitbucket(t *testing.T) {
	for _, kind := range []forge.Kind{forge.Bitbucket, forge.BitbucketDataCenter} {
		w := newWorld(t, kind)
		if _, err := w.repository.Propose(t.Context(), "ada@example.com:"+forgetest.Writer, w.proposal("1.1")); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		w.Before = says(403, `{"error": {"message": "`+forgetest.Writer+` lacks a scope"}, "errors": [{"message": "and `+forgetest.Writer+`"}]}`)
		_, err := w.repository.Propose(t.Context(), "ada@example.com:"+forgetest.Writer, w.proposal("1.1"))
		if err == nil || strings.Contains(err.Error(), forgetest.Writer) {
			t.Errorf("%s: the error shows the token: %v", kind, err)
		}
	}
}
