package fix_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/fix"
	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

// Every change that is offered for real repositories mends what it is for, brings nothing new, keeps every comment, and is
// made once.
func TestEveryChangeOfferedForRealRepositoriesHolds(t *testing.T) {
	if testing.Short() {
		t.Skip("checks each repository a few times")
	}
	entries, err := os.ReadDir(corpustest.Dir(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(corpustest.Dir(t, e.Name()))); err != nil {
				t.Fatal(err)
			}
			before, plan := planned(t, dir)
			for _, c := range plan.Changes {
				keepsComments(t, c)
				if err := c.Write(); err != nil {
					t.Fatal(err)
				}
			}
			after, again := planned(t, dir)
			if len(after.Findings) > len(before.Findings)-len(plan.Mended) {
				t.Errorf("%d findings were mended of %d, and %d are left", len(plan.Mended), len(before.Findings), len(after.Findings))
			}
			for _, f := range practice.New(after.Findings, plan.After.Findings) {
				t.Errorf("%s: not foretold: %s", f.Origin, f.Message)
			}
			for _, c := range again.Changes {
				t.Errorf("%s changes again:\n%s", c.Path, c.After)
			}
			reasons := map[string]int{}
			for _, d := range plan.Declined {
				reasons[withoutNames(d)]++
			}
			t.Logf("%d findings, %d mended in %d files, %d declined: %v", len(before.Findings), len(plan.Mended), len(plan.Changes), len(plan.Declined), reasons)
		})
	}
}

func planned(t *testing.T, targets ...string) (*check.Result, *fix.Plan) {
	t.Helper()
	in := check.Input{Targets: targets}
	found, err := check.Run(t.Context(), in, practices.All)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := fix.New(t.Context(), in, found, practices.All)
	if err != nil {
		t.Fatal(err)
	}
	return found, plan
}

func keepsComments(t *testing.T, c fix.Change) {
	t.Helper()
	for line := range bytes.Lines(c.Before) {
		if line = bytes.TrimSpace(line); bytes.HasPrefix(line, []byte("#")) && !bytes.Contains(c.After, line) {
			t.Errorf("%s loses the comment %s", c.Path, line)
		}
	}
}

// withoutNames is the kind of a reason.
func withoutNames(d fix.Declined) string {
	reason, _, _ := strings.Cut(d.Reason, ":")
	if words := strings.Fields(reason); len(words) > 6 {
		reason = strings.Join(words[:6], " ")
	}
	return d.Finding.Practice + ": " + reason
}

// A practice whose edits are wrong, in one way or another, changes nothing.
func TestWhatAChangeDoesNotKeepIsDeclined(t *testing.T) {
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {good: \"no\", other: \"yes\"}\n"
	wants := func(id, key string, set map[string]any) *practice.Practice {
		return &practice.Practice{ID: id, Severity: practice.Warning, Inputs: practice.Manifests, Run: func(p *practice.Pass) {
			for o := range p.Of("", "ConfigMap") {
				if o.Text("data", key) == "yes" {
					continue
				}
				var edits []practice.Edit
				for k, v := range set {
					edits = append(edits, practice.Edit{Path: []string{"data", k}, Value: v})
				}
				p.Report(practice.Note{At: o.At("data", key), Message: key + " says no", Leads: "nothing", Fix: "say yes", Edits: edits})
			}
		}}
	}
	for name, c := range map[string]struct {
		practices []*practice.Practice
		mended    int
		declined  string
	}{
		"it mends":             {[]*practice.Practice{wants("good", "good", map[string]any{"good": "yes"})}, 1, ""},
		"it mends nothing":     {[]*practice.Practice{wants("good", "good", map[string]any{"better": "yes"})}, 0, "would not mend it"},
		"it breaks another":    {[]*practice.Practice{wants("good", "good", map[string]any{"good": "yes", "other": "no"}), wants("other", "other", nil)}, 0, "another finding, of other: other says no"},
		"it breaks the object": {[]*practice.Practice{wants("good", "good", map[string]any{"good": map[string]any{"a": "b"}})}, 0, "would not mend it"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.yaml")
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			in := check.Input{Targets: []string{file}}
			found, err := check.Run(t.Context(), in, c.practices)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := fix.New(t.Context(), in, found, c.practices)
			if err != nil {
				t.Fatal(err)
			}
			if len(plan.Mended) != c.mended || len(plan.Changes) != c.mended {
				t.Errorf("%d mended by %d changes, want %d", len(plan.Mended), len(plan.Changes), c.mended)
			}
			if reasons := fmt.Sprint(plan.Declined); !strings.Contains(reasons, c.declined) {
				t.Errorf("declined for %s, want %q", reasons, c.declined)
			}
		})
	}
}

func TestWriteKeepsRightsAndLinksAndRefusesWhatHasChanged(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "link.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	write("a: 1\n")
	if err := os.Symlink("a.yaml", link); err != nil {
		t.Fatal(err)
	}
	change := fix.Change{Path: link, Before: []byte("a: 1\n"), After: []byte("a: 2\n")}
	if err := change.Write(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(file)
	if err != nil {
		t.Fatal(err)
	}
	at, err := os.Lstat(link)
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := os.ReadFile(file); string(now) != "a: 2\n" || info.Mode() != 0o640 || at.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%q is written, with rights %v, through %v", now, info.Mode(), at.Mode())
	}
	if err := change.Write(); err == nil || !strings.Contains(err.Error(), "it has changed since it was checked") {
		t.Errorf("a file that has changed meanwhile is written: %v", err)
	}
	gone := fix.Change{Path: filepath.Join(dir, "gone.yaml")}
	if err := gone.Write(); err == nil || strings.Count(err.Error(), "gone.yaml") != 1 {
		t.Errorf("a file that has gone: %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("something is left behind: %v", entries)
	}
}

func TestNewEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	found, _ := planned(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fix.New(ctx, check.Input{Targets: []string{dir}}, found, practices.All); err == nil {
		t.Error("a check that was interrupted has a plan")
	}
}

// What is changed on the same lines, by whatever practice, is changed in one run.
func TestChangesToTheSameLinesAreAllMade(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "Dockerfile")
	const text = "FROM debian:12.5\nRUN apt-get update && apt-get install -y --no-install-recommends curl python3-pip && pip install flask==3.0.0\nUSER 1000\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, plan := planned(t, dir)
	for _, want := range []string{"rm -rf /var/lib/apt/lists/*", "pip install --no-cache-dir"} {
		if len(plan.Changes) != 1 || !strings.Contains(string(plan.Changes[0].After), want) {
			t.Fatalf("without %s: %s", want, plan.Changes)
		}
	}
	if string(plan.Changes[0].Before) != text || len(plan.Mended) != 2 {
		t.Errorf("%d mended of %q", len(plan.Mended), plan.Changes[0].Before)
	}
	if err := plan.Changes[0].Write(); err != nil {
		t.Fatal(err)
	}
	if _, again := planned(t, dir); len(again.Changes) > 0 || len(again.Declined) != len(plan.Declined) {
		t.Errorf("again: %s, declined %v", again.Changes, again.Declined)
	}
}
