package differ

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/update"
)

func TestFilesLineByLine(t *testing.T) {
	before := "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n"
	after := strings.Replace(strings.Replace(before, "b\n", "B\n", 1), "j\n", "j\nk\n", 1)
	got := File(update.Change{Path: "x.yaml", Before: []byte(before), After: []byte(after)})
	want := Object{ID: "x.yaml", Change: "update", Lines: []Line{
		{" ", "a", 1}, {"-", "b", 2}, {"+", "B", 2}, {" ", "c", 3}, {" ", "d", 4}, {" ", "e", 5}, {Op: "…"}, {" ", "h", 8}, {" ", "i", 9}, {" ", "j", 10}, {"+", "k", 11},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFilesOfSecretsAreNotShown(t *testing.T) {
	for name, text := range map[string]string{
		"secret.yaml":        "apiVersion: v1\nkind: Secret\nstringData: {a: hunter2}\n",
		"secret.json":        `{"kind": "Secret", "stringData": {"a": "hunter2"}}`,
		"kustomization.yaml": "secretGenerator:\n- name: x\n  literals: [a=hunter2]\n",
		"prod.env":           "A=hunter2\n",
	} {
		for _, c := range []update.Change{{Path: name, After: []byte(text)}, {Path: name, Before: []byte(text), After: []byte("gone: yes\n")}} {
			if got := File(c); len(got.Lines) > 0 || got.Note == "" {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
	if got := File(update.Change{Path: "store.yaml", After: []byte("kind: SecretStore\n")}); len(got.Lines) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestManyDifferencesAreBounded(t *testing.T) {
	long := Object{Lines: make([]Line, mostLines+7)}
	long.Lines[0].Text = strings.Repeat("x", mostText+1)
	got := Bounded(append(make([]Object, mostObjects), long))
	if n := len(got); n != mostObjects+1 || got[n-1].More != 1 {
		t.Errorf("%d objects, the last %+v", n, got[n-1])
	}
	if got = Bounded([]Object{long}); len(got[0].Lines) != mostLines || got[0].More != 7 || len([]rune(got[0].Lines[0].Text)) != mostText {
		t.Errorf("%d lines, %d more", len(got[0].Lines), got[0].More)
	}
}
