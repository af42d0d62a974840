package recoverable

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// checkNeeded finds objects of a cluster that somebody has made by hand and that what is delivered can't do without. What
// else people make by hand is in-git's to tell.
func checkNeeded(p *practice.Pass) {
	users := map[*practice.Object][]practice.Reference{}
	var needed []*practice.Object
	for _, r := range p.References() {
		if r.Optional || r.From.IsControlled() || isFirst(r.From) || !isDelivered(r.From) {
			continue
		}
		target := p.Resolve(r.To)
		if target == nil || !holdsWords(target) || isDelivered(target) {
			continue
		}
		if users[target] == nil {
			needed = append(needed, target)
		}
		users[target] = append(users[target], r)
	}
	for _, target := range needed {
		maker := madeByHand(target)
		if maker == "" {
			continue
		}
		id, from := target.ID(), users[target][0].From.ID()
		message := fmt.Sprintf("%s %q was made by hand (%s), and %s %q, which is delivered, needs it", id.Kind, id.Name, maker, from.Kind, from.Name)
		switch n := furtherUsers(users[target]); {
		case n == 1:
			message += ", as does another object"
		case n > 1:
			message += fmt.Sprintf(", as do %d others", n)
		}
		p.Report(practice.Note{At: users[target][0].At(), Message: message, Fix: mended(id.Kind), Cause: "made by hand " + id.String()})
	}
}

// holdsWords says that an object is one of those whose content only a person can know.
func holdsWords(o *practice.Object) bool {
	id := o.ID()
	if id.Group != "" || len(o.GetOwnerReferences()) > 0 {
		return false
	}
	switch id.Kind {
	case "Secret":
		kind := o.Text("type")
		return kind != "kubernetes.io/service-account-token" && kind != "bootstrap.kubernetes.io/token" && kind != "helm.sh/release.v1"
	case "ConfigMap", "PersistentVolumeClaim":
		return true
	}
	return false
}

// isFirst says that an object is what delivers the others: the key by which it opens the repository is the one thing that
// can't be in there.
func isFirst(o *practice.Object) bool {
	group := o.ID().Group
	return group == "fairlead.dev" || strings.HasSuffix(group, ".toolkit.fluxcd.io")
}

// furtherUsers counts the objects besides the first that refer.
func furtherUsers(users []practice.Reference) int {
	seen := map[*practice.Object]bool{}
	for _, r := range users {
		seen[r.From] = true
	}
	return len(seen) - 1
}

func mended(kind string) string {
	switch kind {
	case "Secret":
		return "put it into git encrypted (SOPS, Sealed Secrets), or have it fetched from a store (External Secrets)"
	case "PersistentVolumeClaim":
		return "write the claim into the repository, and say beside it how its data is restored"
	}
	return "write it into the repository as it is now, and have it delivered from there"
}

// checkInstalled finds definitions that somebody has installed by hand and that what is delivered is of.
func checkInstalled(p *practice.Pass) {
	for definition := range p.Of("apiextensions.k8s.io", "CustomResourceDefinition") {
		group, kind := definition.Text("spec", "group"), definition.Text("spec", "names", "kind")
		maker := madeByHand(definition)
		if maker == "" || isDelivered(definition) || len(definition.GetOwnerReferences()) > 0 {
			continue
		}
		for o := range p.Of(group, kind) {
			if !isDelivered(o) {
				continue
			}
			p.Report(practice.Note{
				At:      definition.At("metadata", "name"),
				Message: fmt.Sprintf("CustomResourceDefinition %q was installed by hand (%s), and %s %q, which is delivered, is of its kind", definition.ID().Name, maker, kind, o.ID().Name),
				Leads:   "a cluster that is rebuilt from the repository refuses all objects of that kind",
				Fix:     "deliver it with what brings its controller, such as the chart with its crds",
				Cause:   "definitions of " + group,
			})
			break
		}
	}
}

// marks are the labels and annotations that tools leave on what they deliver from a repository or a chart.
var marks = []string{
	"fairlead.dev/application", "kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name", "argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance",
	"meta.helm.sh/release-name", "objectset.rio.cattle.io/hash", "configmanagement.gke.io/managed", "kapp.k14s.io/app", "olm.owner", "addonmanager.kubernetes.io/mode",
	"app.kubernetes.io/managed-by",
}

func isDelivered(o *practice.Object) bool {
	labels, annotations := o.GetLabels(), o.GetAnnotations()
	return slices.ContainsFunc(marks, func(mark string) bool { return labels[mark] != "" || annotations[mark] != "" })
}

// hands are the managers under which people write, beside kubectl: what shows a cluster on a screen, and other clients.
var hands = []string{"k9s", "oc", "node-fetch", "Lens", "OpenLens", "Freelens", "dashboard", "kubernetes-dashboard", "headlamp", "octant", "Mozilla", "curl"}

// changes are commands that change what somebody else has made.
var changes = []string{
	"kubectl-annotate", "kubectl-label", "kubectl-patch", "kubectl-edit", "kubectl-set", "kubectl-scale", "kubectl-rollout", "kubectl-replace",
}

// madeByHand is the manager under which a person has made a live object, or "": as far as the server notes it, whoever
// wrote first and didn't merely change what was there.
func madeByHand(o *practice.Object) string {
	entries, _ := o.Get("metadata", "managedFields").([]any)
	maker, since := "", ""
	for _, entry := range entries {
		e, _ := entry.(map[string]any)
		manager, _ := e["manager"].(string)
		at, _ := e["time"].(string) // in UTC: they sort as they are written
		if manager == "" || e["subresource"] != nil || slices.Contains(changes, manager) {
			continue
		}
		if maker == "" || at < since {
			maker, since = manager, at
		}
	}
	if strings.HasPrefix(maker, "kubectl") || strings.HasPrefix(maker, "oc-") || slices.Contains(hands, maker) {
		return maker
	}
	return ""
}
