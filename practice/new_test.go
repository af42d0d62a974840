package practice_test

import (
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestNewKnowsWhatWasThereBefore(t *testing.T) {
	web := manifest.ID{Group: "apps", Kind: "Deployment", Name: "web"}
	root := practice.Finding{Practice: "run-as-non-root", Scope: "k8s", Object: web, Field: "spec.containers[0]", Message: "runs as root", Origin: manifest.Origin{Path: "web.yaml", Line: 3}}
	change := func(by func(*practice.Finding)) practice.Finding {
		f := root
		by(&f)
		return f
	}
	moved := change(func(f *practice.Finding) { f.Origin = manifest.Origin{Path: "shop/web.yaml", Line: 30} })
	later := change(func(f *practice.Finding) { f.Field, f.Origin.Line = "spec.containers[1]", 30 })
	elsewhere := change(func(f *practice.Finding) { f.Object.Name = "api" })
	for name, c := range map[string]struct {
		now, before []practice.Finding
		added       int
	}{
		"nothing was before":     {[]practice.Finding{root}, nil, 1},
		"the same":               {[]practice.Finding{root}, []practice.Finding{root}, 0},
		"its file was renamed":   {[]practice.Finding{moved}, []practice.Finding{root}, 0},
		"an item came before it": {[]practice.Finding{later}, []practice.Finding{root}, 0},
		"a second container":     {[]practice.Finding{root, later}, []practice.Finding{root}, 1},
		"another object":         {[]practice.Finding{root, elsewhere}, []practice.Finding{root}, 1},
		"one was mended":         {nil, []practice.Finding{root}, 0},
	} {
		if added := practice.New(c.now, c.before); len(added) != c.added {
			t.Errorf("%s: %d are new, want %d: %v", name, len(added), c.added, added)
		}
	}
}
