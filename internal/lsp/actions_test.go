package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/check/guide"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

// Every exception that is offered for the bad examples of the catalogue holds once it has a reason, and before says that
// it lacks one.
func TestOfferedExceptionsHold(t *testing.T) {
	t.Parallel()
	offered, all := 0, 0
	for _, p := range practices.All {
		s := &server{Options: Options{Practices: []*practice.Practice{p}}}
		judge := func(d *document) []finding {
			found, err := s.findings(t.Context(), d.path, d.text, map[string][]byte{d.path: d.text})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		for _, e := range guide.Examples(p) {
			if !e.IsBad || e.IsLive {
				continue
			}
			for _, d := range write(t, e) {
				found := judge(d)
				for _, f := range found {
					all++
					edit, ok := exception(d, f)
					if !ok {
						continue
					}
					offered++
					written := &document{path: d.path, text: changed(d.text, change{&edit.Range, edit.NewText})}
					if got := judge(written); count(got, f) == 0 || !tellsOf(got, "gives no reason") {
						t.Errorf("%s, %s: without a reason it lets be %q", p.ID, e.Name, f.Message)
					}
					edit.NewText = strings.Replace(edit.NewText, "because ", "because it has to be", 1)
					written.text = changed(d.text, change{&edit.Range, edit.NewText})
					if got := judge(written); count(got, f) >= count(found, f) || tellsOf(got, "exception") {
						t.Errorf("%s, %s: it doesn't let be %q in\n%s", p.ID, e.Name, f.Message, written.text)
					}
				}
			}
		}
	}
	t.Logf("%d of %d findings are offered an exception", offered, all)
	if offered < 100 {
		t.Error("that is too few")
	}
}

// write puts an example's files to disk and opens each.
func write(t *testing.T, e *guide.Example) (documents []*document) {
	dir := t.TempDir()
	for _, f := range e.Files {
		d := &document{path: filepath.Join(dir, filepath.FromSlash(f.Path)), text: []byte(strings.Join(f.Lines, "\n") + "\n")}
		if err := os.MkdirAll(filepath.Dir(d.path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(d.path, d.text, 0o600); err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	return documents
}

func count(found []finding, like finding) int {
	n := 0
	for _, f := range found {
		if f.Practice == like.Practice && f.Message == like.Message {
			n++
		}
	}
	return n
}

func tellsOf(found []finding, what string) bool {
	for _, f := range found {
		if f.Practice == practice.Exceptions.ID && strings.Contains(f.Message, what) {
			return true
		}
	}
	return false
}
