package forge_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/forge/forgetest"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestClose(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		page := w.propose(t, w.proposal("1.1")).Page
		for range 2 { // the second time there is nothing to close
			pages, err := w.repository.Close(t.Context(), forgetest.Writer, "bot", "main has web 1.1 already.\n/merge")
			if err != nil {
				t.Fatal(err, hint.Of(err))
			}
			if diff := cmp.Diff([]string{page}, pages); page != "" && diff != "" {
				t.Errorf("closed (-want +got):\n%s", diff)
			}
			page = ""
		}
		want(t, w, `1 closed bot→main web 1.1: web: 1.0 → 1.1 # main has web 1.1 already.`+"\n"+`\/merge`)
		if tip := w.Tip("acme/config", "bot"); tip != "" {
			t.Errorf("the branch is still there: %s", tip)
		}
		w.pushed = w.push(t, "bot", "1.1")
		if done := w.propose(t, w.proposal("1.1")); done.Did != forge.Opened {
			t.Errorf("wanted again: %+v", done)
		}
	})
}

func TestABranchWithCommitsOfOthersIsKept(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.propose(t, w.proposal("1.1"))
		ada := w.push(t, "bot", "Ada's")
		for range 2 {
			if _, err := w.repository.Close(t.Context(), forgetest.Writer, "bot", "No longer wanted."); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(ada, w.Tip("acme/config", "bot")); diff != "" {
			t.Errorf("branch (-want +got):\n%s", diff)
		}
	})
}

func TestABranchThatSomebodyElseProposesIsKept(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.propose(t, w.proposal("1.1"))
		w.Add(forgetest.Request{Repository: "acme/config", Title: "Ada's", From: "bot", Into: "release", State: "open"})
		if _, err := w.repository.Close(t.Context(), forgetest.Writer, "bot", "No longer wanted."); err != nil {
			t.Fatal(err)
		}
		want(t, w, "1 closed bot→main web 1.1: web: 1.0 → 1.1 # No longer wanted.", "2 open bot→release Ada's: ")
		if diff := cmp.Diff(w.pushed, w.Tip("acme/config", "bot")); diff != "" {
			t.Errorf("branch (-want +got):\n%s", diff)
		}
	})
}

// What a person closed isn't wanted any more: nothing is left to say, but Fairlead's own branch to take away.
func TestTheBranchOfWhatAPersonClosedIsDeleted(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.propose(t, w.proposal("1.1"))
		w.Change(1, func(r *forgetest.Request) { r.State = "closed" })
		pages, err := w.repository.Close(t.Context(), forgetest.Writer, "bot", "No longer wanted.")
		if err != nil || len(pages) > 0 || w.Tip("acme/config", "bot") != "" {
			t.Errorf("closed %v, %v; the branch is at %q", pages, err, w.Tip("acme/config", "bot"))
		}
		want(t, w, "1 closed bot→main web 1.1: web: 1.0 → 1.1")
		w.pushed = w.push(t, "bot", "1.1")
		if done := w.propose(t, w.proposal("1.1")); done.Did != forge.Held {
			t.Errorf("proposed again: %+v", done)
		}
	})
}

// mortal passes so many calls, and then no answer, or not even the call.
type mortal struct {
	calls    int
	isCalled bool // the last one arrives, its answer doesn't
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.calls--; m.calls >= 0 || m.calls == -1 && m.isCalled {
		answer, err := http.DefaultTransport.RoundTrip(r)
		if m.calls >= 0 || err != nil {
			return answer, err
		}
		answer.Body.Close()
	}
	return nil, errors.New("killed")
}

// A controller may be killed before and after any call: what it does next time comes to the same end.
func TestEndedHalfWay(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for calls := 0; calls < 40; calls++ {
			w.pushed = w.push(t, "bot", fmt.Sprint(calls))
			p := w.proposal(fmt.Sprint(calls))
			mortally := w.repository
			mortally.Through = &mortal{calls: calls / 2, isCalled: calls%2 == 1}
			_, err := mortally.Propose(t.Context(), forgetest.Writer, p)
			if err == nil {
				_, err = mortally.Close(t.Context(), forgetest.Writer, "bot", "No longer wanted.")
			}
			if w.Tip("acme/config", "bot") != "" {
				w.propose(t, p)
			}
			if _, err := w.repository.Close(t.Context(), forgetest.Writer, "bot", "No longer wanted."); err != nil {
				t.Fatal(err)
			}
			if w.Tip("acme/config", "bot") != "" {
				t.Errorf("killed at %d: the branch is still there", calls)
			}
			for _, r := range w.Requests() {
				if r.State != "closed" || len(r.Comments) != 1 {
					t.Errorf("killed at %d: %+v", calls, r)
				}
			}
			if err == nil {
				return
			}
		}
		t.Error("it never comes to its end")
	})
}

func TestCallsAreThoseOfTheDocumentation(t *testing.T) {
	wanted := map[forge.Kind][]string{
		forge.GitHub: {
			"GET /api/v3/repos/acme/config/pulls", "GET /api/v3/user", "GET /api/v3/repos/acme/config/issues/1/comments",
			"POST /api/v3/repos/acme/config/issues/1/comments", "PATCH /api/v3/repos/acme/config/pulls/1",
			"GET /api/v3/repos/acme/config/git/ref/heads/bot", "DELETE /api/v3/repos/acme/config/git/refs/heads/bot",
		},
		forge.BitbucketDataCenter: {
			"GET /rest/api/1.0/projects/acme/repos/config/pull-requests", "GET /rest/api/1.0/projects/acme/repos/config/pull-requests/1/activities",
			"POST /rest/api/1.0/projects/acme/repos/config/pull-requests/1/comments", "PUT /rest/api/1.0/projects/acme/repos/config/pull-requests/1",
			"POST /rest/api/1.0/projects/acme/repos/config/pull-requests/1/decline", "GET /rest/api/1.0/projects/acme/repos/config/branches",
			"DELETE /rest/branch-utils/1.0/projects/acme/repos/config/branches",
		},
	}
	for kind, calls := range wanted {
		w := newWorld(t, kind)
		w.propose(t, w.proposal("1.1"))
		before := len(w.Calls())
		if _, err := w.repository.Close(t.Context(), forgetest.Writer, "bot", "x"); err != nil {
			t.Fatal(err)
		}
		got := slices.Compact(w.Calls()[before:])
		if diff := cmp.Diff(calls, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}
