package survivesdisruption

import (
	"strconv"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// A second replica is for people to decide: only they know whether the program can be two. Nor is replicas taken away
// beside an autoscaler: what applies that may have the API server fill in 1 for a moment.

// ownLabels are what the workload selects its pods by, to select them by in another place; nil if more than labels says
// it, or if they are those of one release of a chart.
func ownLabels(p *practice.Pass, w *workload) map[string]any {
	pairs, _ := w.Get("spec", "selector", "matchLabels").(map[string]any)
	if p.Chart != nil || len(pairs) == 0 || w.Get("spec", "selector", "matchExpressions") != nil || !w.pod.TakesAll() {
		return nil
	}
	return map[string]any{"matchLabels": pairs}
}

// spread is the edit that has the scheduler prefer nodes that have none of the pods: it keeps none from being placed.
func spread(p *practice.Pass, w *workload) []practice.Edit {
	selector := ownLabels(p, w)
	if selector == nil {
		return nil
	}
	rules, _ := w.pod.Get("topologySpreadConstraints").([]any)
	return []practice.Edit{w.pod.At("topologySpreadConstraints", strconv.Itoa(len(rules))).Set(map[string]any{
		"maxSkew": int64(1), "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector,
	})}
}

// addBudget is the edit that adds a budget for the pods of a workload.
func addBudget(p *practice.Pass, w *workload) []practice.Edit {
	selector, id := ownLabels(p, w), w.ID()
	if selector == nil || p.Find(manifest.ID{Group: "policy", Kind: "PodDisruptionBudget", Namespace: id.Namespace, Name: id.Name}) != nil {
		return nil
	}
	meta := map[string]any{"name": id.Name}
	if id.Namespace != "" {
		meta["namespace"] = id.Namespace
	}
	return []practice.Edit{{Add: map[string]any{
		"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta,
		"spec": map[string]any{"maxUnavailable": int64(1), "selector": selector},
	}}}
}

// allowOne is the edit that has a budget of several pods give up one of them.
func allowOne(budget *practice.Object) []practice.Edit {
	return []practice.Edit{budget.At("spec", "minAvailable").Set(nil), budget.At("spec", "maxUnavailable").Set(int64(1))}
}
