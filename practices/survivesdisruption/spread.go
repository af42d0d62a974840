package survivesdisruption

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// judgeSpread finds replicas that nothing keeps off one node.
func judgeSpread(p *practice.Pass, w *workload) {
	if !w.known || w.replicas < 2 {
		return
	}
	fix := "add topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: " +
		labelSelector(w.pod) + "}], or a podAntiAffinity"
	if node, pods := onlyNode(p, w); node != "" {
		p.Report(practice.Note{
			At:      w.pod.At("topologySpreadConstraints"),
			Message: fmt.Sprintf("all %d pods of %s run on %s", pods, name(w.Object), node),
			Leads:   "the loss of that node is the loss of the service",
			Fix:     fix,
		})
		return
	}
	if isSpread(w.pod) {
		return
	}
	p.Report(practice.Note{
		At: w.pod.At("topologySpreadConstraints"), Severity: practice.Info,
		Message: fmt.Sprintf("no rule spreads the %d pods of %s over nodes", w.replicas, name(w.Object)),
		Leads:   "without one the scheduler only prefers other nodes: where those are full, all pods are on one, and its loss is the loss of the service",
		Fix:     fix,
		Edits:   spread(p, w),
	})
}

// labelSelector writes the workload's own selector as YAML or, where it has none, the labels of its pods.
func labelSelector(pod *practice.Pod) string {
	var list []string
	pairs, _ := pod.Object.Get("spec", "selector", "matchLabels").(map[string]any)
	for key, value := range pairs {
		list = append(list, fmt.Sprintf("%s: %v", key, value))
	}
	if len(list) == 0 {
		for key, value := range pod.Meta.Labels {
			list = append(list, key+": "+value)
		}
	}
	slices.Sort(list)
	return "{matchLabels: {" + strings.Join(list, ", ") + "}}"
}

// onlyNode is the node on which all running pods of the workload are, two or more, though there are others.
func onlyNode(p *practice.Pass, w *workload) (node string, pods int) {
	selector := practice.LabelSelector(w.Object)
	if !p.Live || selector == nil || !hasTwo(p.Of("", "Node")) {
		return "", 0
	}
	for _, pod := range p.PodsSelected(w.ID().Namespace, selector) {
		if pod.Object.ID().Kind != "Pod" || pod.Object.Text("status", "phase") != "Running" {
			continue
		}
		if pods++; pods > 1 && pod.Spec.NodeName != node {
			return "", 0
		}
		node = pod.Spec.NodeName
	}
	if pods < 2 {
		return "", 0
	}
	return node, pods
}

// hasTwo says that there is more than one.
func hasTwo(objects iter.Seq[*practice.Object]) bool {
	n := 0
	for range objects {
		if n++; n == 2 {
			return true
		}
	}
	return false
}

// isSpread says that a rule keeps the pods apart; it must select the pods themselves. A port of the node does it, too.
func isSpread(pod *practice.Pod) bool {
	for _, c := range pod.Spec.TopologySpreadConstraints {
		if selects(c.LabelSelector, pod) || c.LabelSelector == nil && len(c.MatchLabelKeys) > 0 {
			return true
		}
	}
	for c := range pod.Containers() {
		for _, port := range c.Ports {
			if port.HostPort != 0 {
				return true
			}
		}
	}
	affinity := pod.Spec.Affinity
	if affinity == nil || affinity.PodAntiAffinity == nil {
		return pod.Spec.HostNetwork
	}
	terms := affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	for _, weighted := range affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		terms = append(terms[:len(terms):len(terms)], weighted.PodAffinityTerm)
	}
	for _, term := range terms {
		if selects(term.LabelSelector, pod) || term.LabelSelector == nil && len(term.MatchLabelKeys) > 0 {
			return true
		}
	}
	return pod.Spec.HostNetwork
}

// selects is lenient with what a template still fills in.
func selects(selector *metav1.LabelSelector, pod *practice.Pod) bool {
	if selector == nil {
		return false
	}
	for _, value := range selector.MatchLabels {
		if practice.HasPlaceholder(value) {
			return true
		}
	}
	return practice.Selects(selector, pod.Meta.Labels)
}
