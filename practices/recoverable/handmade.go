package recoverable

import (
	"fmt"
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

// isDelivered says that an object comes from a config repository or a chart.
func isDelivered(o *practice.Object) bool {
	_, fromGit := o.Delivery()
	return fromGit || o.HelmRelease() != ""
}

// madeByHand is the manager under which a person has made a live object, or "".
func madeByHand(o *practice.Object) string {
	if maker, ok := o.Maker(); ok && maker.IsByHand() {
		return maker.Manager
	}
	return ""
}
