package helm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// hookAnnotation lists the moments at which Helm applies an object (https://helm.sh/docs/topics/charts_hooks/).
const hookAnnotation = "helm.sh/hook"

var (
	deliveredHooks = []string{"pre-install", "post-install", "pre-upgrade", "post-upgrade", "crd-install"} // the last is Helm 2's
	otherHooks     = []string{"test", "test-success", "pre-delete", "post-delete", "pre-rollback", "post-rollback"}
)

// skipHooks takes out of a set what Helm applies at no install and no upgrade.
func skipHooks(set *manifest.Set) {
	set.Objects = slices.DeleteFunc(set.Objects, func(o *manifest.Object) bool {
		reason := skipReason(o.GetAnnotations()[hookAnnotation])
		if reason != "" {
			set.Skipped = append(set.Skipped, manifest.Skipped{Path: o.Origin.String(), Reason: fmt.Sprintf("%s: %s", o.ID(), reason)})
		}
		return reason != ""
	})
}

// skipReason says why an object with such a hook annotation is not delivered, or "".
func skipReason(annotation string) string {
	if annotation == "" {
		return ""
	}
	delivered := false
	for hook := range strings.SplitSeq(annotation, ",") {
		hook = strings.ToLower(strings.TrimSpace(hook))
		switch {
		case slices.Contains(deliveredHooks, hook):
			delivered = true
		case !slices.Contains(otherHooks, hook):
			return fmt.Sprintf("unknown Helm hook %q, which Helm passes over as well", hook)
		}
	}
	if delivered {
		return ""
	}
	return "a Helm hook for " + annotation + ", which is no part of a delivery"
}
