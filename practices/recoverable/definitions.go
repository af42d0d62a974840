package recoverable

import (
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// shared are the groups whose kinds several projects define, each its own.
var shared = []string{"argoproj.io", "cluster.x-k8s.io", "openshift.io", "x-k8s.io", "cattle.io"}

// checkDefinitions finds objects of kinds that nothing here defines, although other kinds of their group are defined
// here: who delivers those should deliver these. A group of which nothing is here comes from elsewhere.
func checkDefinitions(p *practice.Pass) {
	defined := map[string]map[string]bool{}
	for d := range p.Of("apiextensions.k8s.io", "CustomResourceDefinition") {
		group := d.Text("spec", "group")
		if !strings.Contains(group, ".") {
			continue // broken: no custom group is without
		}
		if defined[group] == nil {
			defined[group] = map[string]bool{}
		}
		defined[group][d.Text("spec", "names", "kind")] = true
	}
	told := map[string]bool{}
	for o := range p.All() {
		id := o.ID()
		kinds := defined[id.Group]
		if kinds == nil || kinds[id.Kind] || isShared(id.Group) || told[id.Group+"/"+id.Kind] || strings.HasSuffix(id.Kind, "List") {
			continue
		}
		told[id.Group+"/"+id.Kind] = true
		p.Report(practice.Note{
			At:      o.At("kind"),
			Message: fmt.Sprintf("%s %q is of a kind that no CustomResourceDefinition here defines, and others of %s are defined here", id.Kind, id.Name, id.Group),
			Leads:   "a new cluster refuses it: no matches for its kind",
			Fix:     "deliver its definition with the others, all of one release",
			Cause:   "definition of " + id.Kind + "." + id.Group,
		})
	}
}

func isShared(group string) bool {
	for _, s := range shared {
		if group == s || strings.HasSuffix(group, "."+s) {
			return true
		}
	}
	return false
}
