package source

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
)

func TestWhoWroteALine(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	first := h.commit("main", map[string]string{"a.yaml": "one\ntwo\nthree\n", "other": "x"})
	second := h.commit("main", map[string]string{"a.yaml": "one\nTWO\nthree\n"})
	h.commit("main", map[string]string{"other": "y"})
	repo := mustRepo(t, h.store, h.url+"config.git", Auth{}, Limits{})
	snapshot := mustFetch(t, repo, Ref{Branch: "main"})
	for line, want := range []string{1: first, 2: second, 3: first} {
		if line == 0 {
			continue
		}
		found, err := snapshot.Blame(t.Context(), "a.yaml", line)
		if err != nil {
			t.Fatal(err)
		}
		if found.Commit != want || found.Author == "" || found.Subject() == "" || found.Time.IsZero() {
			t.Errorf("line %d is by %+v, want %s", line, found, want)
		}
	}

	h.forget()
	if _, err := snapshot.Blame(t.Context(), "a.yaml", 2); err != nil || h.count("git-upload-pack", "") > 0 {
		t.Errorf("asked again: %v, %d requests", err, h.count("git-upload-pack", ""))
	}
	for file, line := range map[string]int{"a.yaml": 9, "nothing.yaml": 1, "other": 0} {
		if _, err := snapshot.Blame(t.Context(), file, line); !errors.Is(err, ErrUnknownAuthor) {
			t.Errorf("%s:%d: %v", file, line, err)
		}
	}
	if got := mustRead(t, snapshot, "a.yaml"); !strings.Contains(got, "TWO") {
		t.Error("the mirror itself was changed")
	}
}

func TestParseBlame(t *testing.T) {
	const hash = "0123456789012345678901234567890123456789"
	found, isBoundary := parseBlame(hash + " 1 1 1\nauthor Ann \xff Lee\nauthor-mail <ann@example.com>\nauthor-time rubbish\nboundary\nsummary Raise it\nfilename a b\n\tsummary no\n")
	want := Revision{Commit: hash, Author: "Ann \uFFFD Lee", Email: "ann@example.com", Message: "Raise it"}
	if diff := cmp.Diff(want, found); diff != "" || !isBoundary {
		t.Errorf("boundary %t (-want +got):\n%s", isBoundary, diff)
	}
}
