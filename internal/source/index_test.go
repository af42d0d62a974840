package source

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestWhatAnIndexSaysOfAChart(t *testing.T) {
	h := newHarbour(t)
	digest := h.publish("1.2.0")
	got, err := h.fetch(Chart{})
	if err != nil {
		t.Fatal(err)
	}
	want := Revision{
		Commit: digest, Version: "1.2.0", Ref: "chart web 1.2.0", Author: "Ann Lee, Bob", Message: "web 1.2.0, app version 2.0",
		Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got.Revision); diff != "" {
		t.Errorf("revision (-want +got):\n%s", diff)
	}
	if got.Revision.String() != "chart web 1.2.0 at "+digest[7:19] {
		t.Errorf("in words: %s", got.Revision)
	}
}

func TestAnIndexWithoutDigests(t *testing.T) {
	h := newHarbour(t)
	digest := h.publish("1.2.0")
	h.index = strings.ReplaceAll(h.index, strings.TrimPrefix(digest, "sha256:"), `""`)
	head := h.head(Chart{})
	for range 2 {
		got, err := head.Fetch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Revision.Commit != digest {
			t.Errorf("commit = %s, want %s", got.Revision.Commit, digest)
		}
	}
	downloads := 0
	for _, r := range h.requests {
		if strings.HasSuffix(r, ".tgz") {
			downloads++
		}
	}
	if downloads != 2 { // to learn the digest, and to keep it
		t.Errorf("%d downloads", downloads)
	}
}

func TestAnIndexInJSON(t *testing.T) {
	h := newHarbour(t)
	h.publish("1.2.0")
	archive := h.files["/charts/web-1.2.0.tgz"]
	h.index = fmt.Sprintf(`{"apiVersion":"v1","entries":{"web":[{"version":"1.2.0","urls":["web-1.2.0.tgz"],"digest":%q}]}}`, sha256Of(archive))
	if _, err := h.fetch(Chart{}); err != nil {
		t.Error(err)
	}
	if _, err := h.fetch(Chart{Name: "wab"}); !errors.Is(err, ErrRefNotFound) || hint.Of(err) != "did you mean: web" {
		t.Errorf("err = %v (%s)", err, hint.Of(err))
	}
}

func TestCutChart(t *testing.T) {
	const index = "apiVersion: v1\nentries:\n  a:\n  - version: 1.0.0\n    description: \"x\n\n      b:\"\n  \"b\":\n    - version: 2.0.0\n  # c\n  b2: []\ngenerated: now\nother:\n  a:\n  - version: 9.0.0\n"
	for chart, want := range map[string]string{
		"a":  "entries:\n  a:\n  - version: 1.0.0\n    description: \"x\n\n      b:\"\n",
		"b":  "entries:\n  \"b\":\n    - version: 2.0.0\n  # c\n",
		"c":  "",
		"b2": "entries:\n  b2: []\n",
	} {
		if got := string(cutChart([]byte(index), chart)); got != want {
			t.Errorf("%s: got %q\nwant %q", chart, got, want)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add("entries:\n  web:\n  - version: 1.0.0\n    urls: [a]\n")
	f.Add(`{"entries":{"web":[{}]}}`)
	f.Add("a: &a [x]\nentries:\n  web: *a\n")
	f.Fuzz(func(t *testing.T, index string) {
		versions, err := parseIndex([]byte(index), "web")
		if err == nil && len(versions) == 0 {
			t.Error("neither versions nor an error")
		}
	})
}
