package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A sync that comes between two plans doesn't hide what lies between their revisions.
func TestBetweenPlansWithASyncBetweenThem(t *testing.T) {
	s := newSite(t)
	settings := func(color string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {color: " + color + "}\n"
	}
	s.sync(settings("red"))
	before := s.plan(settings("red"))
	s.sync(settings("blue"))
	between := Between(before, s.plan(settings("blue")), true)
	if diff := cmp.Diff([]string{"update ConfigMap settings"}, s.told(between)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
