package descriptivelabels

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// checkSelector looks at the selector of a workload: what it must select, what it mustn't, and whether it can stay.
func checkSelector(p *practice.Pass, pod *practice.Pod) {
	o, id := pod.Object, pod.Object.ID()
	selector := practice.LabelSelector(o)
	if selector == nil || id.Group == "batch" {
		return
	}
	if key, want := firstMissing(selector, pod.Meta.Labels); key != "" {
		p.Report(practice.Note{
			At: o.At("spec", "selector", "matchLabels", key), Severity: practice.Error,
			Message: fmt.Sprintf("the selector of %s %q wants %s: %s, and its own pods have %s", id.Kind, id.Name, key, want, valueOf(pod.Meta.Labels, key)),
			Leads:   "the API server refuses it: a workload has to select its own pods",
			Fix:     "write the same labels in spec.selector and in spec.template.metadata.labels",
		})
		return
	}
	for _, key := range slices.Sorted(maps.Keys(selector.MatchLabels)) {
		if value := selector.MatchLabels[key]; isVolatile(key, value) {
			p.Report(practice.Note{
				At:      o.At("spec", "selector", "matchLabels", key),
				Message: fmt.Sprintf("%s %q selects its pods by %s: %s, which changes with each release", id.Kind, id.Name, key, value),
				Leads:   "the next version can't be rolled out: a selector can't be changed, and the old pods would be forgotten",
				Fix:     "select by labels that stay, such as app.kubernetes.io/name and instance, and keep the version on the pods alone",
			})
		}
	}
	for _, other := range p.PodsSelected(id.Namespace, selector) {
		rival := other.Object
		if isAlternative(pod, other) || isPod(other) || other.Ends() || len(rival.GetOwnerReferences()) > 0 {
			continue
		}
		// Where each selects the other's, the one that comes later is told.
		if practice.Selects(practice.LabelSelector(rival), pod.Meta.Labels) && id.Name < rival.ID().Name {
			continue
		}
		p.Report(practice.Note{
			At:      o.At("spec", "selector"),
			Message: fmt.Sprintf("the selector of %s %q selects the pods of %s %q, too", id.Kind, id.Name, rival.ID().Kind, rival.ID().Name),
			Leads:   "budgets, autoscalers and kubectl count the wrong pods, and orphaned ones may be adopted by the wrong owner",
			Fix:     "give each workload a label of its own, and select by it",
		})
		return
	}
}

// isAlternative says whether two workloads are one in two forms, of which people apply either: a directory of examples
// often has both.
func isAlternative(a, b *practice.Pod) bool {
	one, other := a.Object.ID(), b.Object.ID()
	return one.Name == other.Name || one.Kind != other.Kind && haveOneImage(a, b)
}

// firstMissing is the first label that a selector demands and a set hasn't.
func firstMissing(selector *metav1.LabelSelector, set map[string]string) (key, want string) {
	for _, key := range slices.Sorted(maps.Keys(selector.MatchLabels)) {
		if have, ok := set[key]; !ok || have != selector.MatchLabels[key] {
			return key, selector.MatchLabels[key]
		}
	}
	return "", ""
}

func valueOf(set map[string]string, key string) string {
	if value, ok := set[key]; ok {
		return key + ": " + value
	}
	return "no such label"
}

// isVolatile says whether a label changes with each release. "version: v2" doesn't: it tells generations apart that
// run side by side.
func isVolatile(key, value string) bool {
	switch key {
	case "app.kubernetes.io/version", "helm.sh/chart", "pod-template-hash", "controller-revision-hash":
		return true
	case "version", "chart", "tag", "build", "commit", "revision", "sha", "date", "timestamp":
		return strings.Count(value, ".") > 0 && strings.ContainsAny(value, "0123456789") || isHash(value)
	}
	return false
}

// isHash says whether a value looks like a commit's or a date.
func isHash(value string) bool {
	return len(value) >= 7 && strings.Trim(value, "0123456789abcdef") == "" && strings.ContainsAny(value, "0123456789")
}

// checkSelected looks at what a Service selects: pods of one application that serve.
func checkSelected(p *practice.Pass, service *practice.Object) {
	id, selector := service.ID(), practice.Selector(service)
	for _, key := range slices.Sorted(maps.Keys(selector)) {
		if key != "version" && isVolatile(key, selector[key]) {
			p.Report(practice.Note{
				At:      service.At("spec", "selector", key),
				Message: fmt.Sprintf("Service %q selects its pods by %s: %s, which changes with each release", id.Name, key, selector[key]),
				Leads:   "during a rollout it has either the old pods or the new ones, and for a moment none",
				Fix:     "select by labels that stay, such as app.kubernetes.io/name and instance",
			})
		}
	}
	if service.Text("spec", "clusterIP") == "None" {
		return // members of a cluster find each other so, of whatever kind they are
	}
	var first *practice.Pod
	for _, pod := range p.PodsOf(service) {
		if len(pod.Object.GetOwnerReferences()) > 0 {
			continue
		}
		switch {
		case pod.Ends() && !listens(pod):
		case first == nil:
			first = pod
			continue
		case pod.Object.ID() == first.Object.ID() || !areDifferent(first, pod, selector):
			continue
		}
		other := pod.Object.ID()
		message := fmt.Sprintf("Service %q selects the pods of %s %q, which runs to its end and listens nowhere", id.Name, other.Kind, other.Name)
		if !pod.Ends() {
			message = fmt.Sprintf("Service %q selects the pods of %s %q and those of %s %q", id.Name, first.Object.ID().Kind, first.Object.ID().Name, other.Kind, other.Name)
		}
		p.Report(practice.Note{
			At: service.At("spec", "selector"), Message: message,
			Leads: "a part of the requests goes to a program that doesn't serve them",
			Fix:   "select by one more label that only the pods that serve have, such as app.kubernetes.io/component",
		})
		return
	}
}

func listens(pod *practice.Pod) bool {
	for c := range pod.Mains() {
		if len(c.Ports) > 0 {
			return true
		}
	}
	return false
}

// areDifferent says whether two selected pods are of different applications: a label says so, and they have no image in
// common. A canary and the version beside it, or the shards of a database, are one.
func areDifferent(a, b *practice.Pod, selector map[string]string) bool {
	return !haveOneImage(a, b) && slices.ContainsFunc(practice.Identities, func(key string) bool {
		_, isSelected := selector[key]
		x, y := a.Meta.Labels[key], b.Meta.Labels[key]
		return !isSelected && x != "" && y != "" && x != y
	})
}

func haveOneImage(a, b *practice.Pod) bool {
	images := map[string]bool{}
	for c := range a.Mains() {
		images[repository(c.Image)] = true
	}
	for c := range b.Mains() {
		if images[repository(c.Image)] {
			return true
		}
	}
	return false
}

// repository is an image without its tag and digest.
func repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		return image[:colon]
	}
	return image
}

// checkBudget looks at what a disruption budget selects.
func checkBudget(p *practice.Pass, budget *practice.Object) {
	id, selector := budget.ID(), practice.LabelSelector(budget)
	if selector == nil || len(selector.MatchLabels) == 0 || len(p.PodsSelected(id.Namespace, selector)) > 0 {
		return
	}
	message := fmt.Sprintf("PodDisruptionBudget %q selects no pod", id.Name)
	if miss, near := p.Nearly(id.Namespace, selector.MatchLabels); near {
		to := miss.Pod.Object.ID()
		message += fmt.Sprintf(": it wants %s: %s, and the pods of %s %q have %s", miss.Key, miss.Want, to.Kind, to.Name, valueOf(miss.Pod.Meta.Labels, miss.Key))
	} else if !p.Complete {
		return
	}
	p.Report(practice.Note{
		At: budget.At("spec", "selector"), Message: message,
		Leads: "the pods it is meant for may all be evicted at once", Fix: "select by the labels of the pod template",
	})
}
