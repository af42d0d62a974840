package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// argoHook lists the moments at which Argo CD applies an object
// (https://argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks/).
const argoHook = "argocd.argoproj.io/hook"

// undelivered are those that are no part of a sync that goes well.
var undelivered = []string{"skip", "syncfail", "predelete", "postdelete"}

// skipArgoHooks takes out of a set what Argo CD would not apply either.
func skipArgoHooks(set *manifest.Set) {
	set.Objects = slices.DeleteFunc(set.Objects, func(o *manifest.Object) bool {
		text := o.GetAnnotations()[argoHook]
		if text == "" {
			return false
		}
		for word := range strings.SplitSeq(text, ",") {
			if !slices.Contains(undelivered, strings.ToLower(strings.TrimSpace(word))) {
				return false
			}
		}
		set.Skipped = append(set.Skipped, manifest.Skipped{Path: o.Origin.String(), Reason: fmt.Sprintf("%s: an Argo CD hook for %s, which is no part of a delivery", o.ID(), text)})
		return true
	})
}
