package manifest

import (
	"strings"
	"testing"
)

func TestCutTakesOneObjectOut(t *testing.T) {
	object := func(name string) string {
		return "apiVersion: v1\nkind: ConfigMap # of " + name + "\nmetadata: {name: " + name + "}\n"
	}
	list := "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n"
	for name, c := range map[string]struct{ text, object, want string }{
		"the only one":      {object("a"), "a", ""},
		"only with marks":   {"---\n" + object("a") + "---\n# the end\n", "a", ""},
		"the first":         {object("a") + "---\n" + object("b"), "a", object("b")},
		"after a mark":      {"---\n" + object("a") + "---\n" + object("b"), "a", "---\n" + object("b")},
		"between":           {object("a") + "---\n" + object("b") + "--- # c\n" + object("c"), "b", object("a") + "--- # c\n" + object("c")},
		"the last":          {object("a") + "---\n" + object("b"), "b", object("a")},
		"Windows line ends": {strings.ReplaceAll(object("a")+"---\n"+object("b"), "\n", "\r\n"), "b", strings.ReplaceAll(object("a"), "\n", "\r\n")},
		"of a list":         {list, "a", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, o := range Read("a.yaml", []byte(c.text)).Objects {
				if o.GetName() != c.object {
					continue
				}
				got, err := Cut([]byte(c.text), o.Origin)
				if err != nil || string(got) != c.want || (got == nil) != (c.want == "") {
					t.Errorf("%v\n%s\nwant:\n%s", err, got, c.want)
				}
				return
			}
			t.Fatal("the object isn't read")
		})
	}
}
