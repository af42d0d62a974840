package check

import (
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestFindingsOfLiveObjectsAreJoinedWithGit(t *testing.T) {
	read := func(text string) *manifest.Object { return manifest.Read("app/web.yaml", []byte(text)).Objects[0] }
	const head = "apiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: web}\nspec:\n"
	live := read(head + "  restartPolicy: Always\n  containers:\n  - {name: proxy, image: proxy}\n  - {name: web, image: web, ports: [{containerPort: 80}]}\n")
	said := read(head + "  containers:\n  - name: web\n    image: web\n    ports:\n    - containerPort: 80\n")
	id := live.ID()
	u := &unit{objects: []*manifest.Object{live}, git: map[manifest.ID]*manifest.Object{id: said}, by: map[manifest.ID]practice.Delivered{id: {Application: "team/shop"}}}
	for field, want := range map[string]int{
		"spec.containers[1].image":               7, // a sidecar came before it
		"spec.containers[1].readinessProbe":      6, // what it would be a part of
		"spec.containers[name=web].image":        7,
		"spec.containers[1].ports[0]":            9,
		"spec.restartPolicy":                     4,
		"spec.containers[0].image":               0, // not in git
		"spec.containers[0].securityContext.foo": 0,
		"":                                       1,
	} {
		findings := []practice.Finding{{Object: id, Field: field}, {Object: manifest.ID{Kind: "Pod", Name: "other"}, Field: field}}
		u.join(findings)
		line := 0
		if git := findings[0].Git; git != nil {
			line = git.Origin.Line
			if git.Application != "team/shop" || git.Origin.Path != "app/web.yaml" {
				t.Errorf("%s: it is in %+v", field, git)
			}
		}
		if line != want {
			t.Errorf("%s: line %d, want %d", field, line, want)
		}
		if findings[1].Git != nil {
			t.Errorf("%s: an object that nobody delivers is in git", field)
		}
	}
}
