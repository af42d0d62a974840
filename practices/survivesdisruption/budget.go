package survivesdisruption

import (
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// judgeBudgets finds budgets that allow no eviction, pods that have several, and workloads of several pods that have none.
func judgeBudgets(p *practice.Pass, all *workloads) {
	first := map[*practice.Pod]*practice.Object{} // the budget of each pod
	for budget := range p.Of("policy", "PodDisruptionBudget") {
		pods := selected(p, budget)
		judgeBudget(p, budget, all, pods)
		for _, pod := range pods {
			other := first[pod]
			if other == nil {
				first[pod] = budget
				continue
			}
			if pod.Object.IsControlled() || other.ID() == budget.ID() {
				continue // its template says it; the budget is there twice
			}
			p.Report(practice.Note{
				At: budget.At("spec", "selector"), Severity: practice.Error,
				Message: fmt.Sprintf("the pods of %s are in two budgets, %s and %s", name(pod.Object), other.GetName(), budget.GetName()),
				Leads:   "the API server refuses to evict a pod with more than one budget: every drain of its node hangs",
				Fix:     "keep one budget for them",
				Cause:   "budget " + budget.GetName(),
			})
		}
	}
	for _, w := range all.list {
		if w.known && w.replicas > 1 && first[w.pod] == nil {
			p.Report(practice.Note{
				At: w.At("spec", "replicas"), Severity: practice.Info,
				Message: fmt.Sprintf("%s has no disruption budget for its %d pods", name(w.Object), w.replicas),
				Leads:   "draining several nodes at once may stop all of them at the same time",
				Fix:     "add a PodDisruptionBudget with maxUnavailable: 1 that selects its pods",
				Edits:   addBudget(p, w),
			})
		}
	}
}

// selected are the pods of a budget. The old API's empty selector selected none.
func selected(p *practice.Pass, budget *practice.Object) []*practice.Pod {
	fields, ok := budget.Get("spec", "selector").(map[string]any)
	if !ok {
		return nil
	}
	if len(fields) == 0 && strings.HasSuffix(budget.GetAPIVersion(), "/v1beta1") {
		return nil
	}
	return p.PodsSelected(budget.ID().Namespace, practice.LabelSelector(budget))
}

// judgeBudget finds one that blocks every drain.
func judgeBudget(p *practice.Pass, budget *practice.Object, all *workloads, pods []*practice.Pod) {
	replicas, known, only := 0, true, (*workload)(nil)
	for _, pod := range pods {
		if pod.Object.IsControlled() {
			continue
		}
		w := all.ofPod[pod]
		switch {
		case w == nil && isOneEach(pod.Object.ID().Kind): // drains leave those alone
			continue
		case w == nil, !w.known:
			known = false
		default:
			replicas, only = replicas+w.replicas, w
		}
	}
	if expected, ok := number(budget.Get("status", "expectedPods")); ok && p.Live && expected > 0 {
		replicas, known = expected, true
	}
	if known && replicas == 0 && len(pods) > 0 {
		return // switched off
	}
	field, why := blocks(budget, replicas, known && replicas > 0)
	if field == "" {
		return
	}
	note := practice.Note{
		At:      budget.At("spec", field),
		Message: fmt.Sprintf("budget %s never allows an eviction: %s", budget.GetName(), why),
		Leads:   "a drain of a node with one of its pods never ends: upgrades of the cluster hang, or somebody forces them",
		Fix:     "set maxUnavailable: 1 in place of " + field,
	}
	switch {
	case field == "selector": // nothing to replace
		note.Fix = "set maxUnavailable: 1"
	case known && replicas == 1 && only != nil:
		note.Fix = "run two or more replicas, and set maxUnavailable: 1 in place of " + field
		note.Cause = oneReplica(only)
	}
	if known && replicas > 1 {
		note.Edits = allowOne(budget)
	}
	p.Report(note)
}

// blocks says which field of a budget forbids the eviction of even one of the pods, and why.
func blocks(budget *practice.Object, replicas int, known bool) (field, why string) {
	unavailable, available := budget.Get("spec", "maxUnavailable"), budget.Get("spec", "minAvailable")
	if unavailable != nil {
		if n, ok := share(unavailable, 100, true); ok && n == 0 {
			return "maxUnavailable", fmt.Sprintf("maxUnavailable is %v", unavailable)
		}
		return "", ""
	}
	if available == nil {
		return "selector", "it sets neither minAvailable nor maxUnavailable"
	}
	if text, _ := available.(string); text == "100%" {
		return "minAvailable", "minAvailable is 100%"
	}
	if n, ok := share(available, replicas, true); ok && known && n >= replicas {
		return "minAvailable", fmt.Sprintf("minAvailable is %v of %s", available, plural(replicas))
	}
	return "", ""
}

func plural(replicas int) string {
	if replicas == 1 {
		return "1 replica"
	}
	return fmt.Sprintf("%d replicas", replicas)
}
