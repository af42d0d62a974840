package update

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestRestore(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	now := fstest.MapFS{"apps/shop/same.yaml": file("a"), "apps/shop/changed.yaml": file("new"), "apps/shop/added.yaml": file("b"), "apps/other/x.yaml": file("x2"), "base/a.yaml": file("2")}
	then := fstest.MapFS{"apps/shop/same.yaml": file("a"), "apps/shop/changed.yaml": file("old"), "apps/shop/gone.yaml": file(""), "apps/other/x.yaml": file("x1"), "base/a.yaml": file("1")}
	changes, err := Restore(now, then, "apps/shop")
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Path: "apps/shop/added.yaml", Before: []byte("b")},
		{Path: "apps/shop/changed.yaml", Before: []byte("new"), After: []byte("old")},
		{Path: "apps/shop/gone.yaml", After: []byte{}},
	}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Error(diff)
	}
	shared, err := Shared(now, then, "apps/shop", []string{"apps/shop/changed.yaml", "base/a.yaml", "base/a.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"base/a.yaml"}, shared); diff != "" {
		t.Error(diff)
	}
	if _, err := Restore(now, then, "apps/new"); err == nil {
		t.Error("what was never there was restored")
	}
}
