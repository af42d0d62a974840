package namespaced

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// checkQuotas looks for namespaces in which workloads run without a bound to what they may take together, or without
// defaults for what a container says nothing about.
func checkQuotas(p *practice.Pass) {
	quotas, limits := namespacesOf(p, "ResourceQuota", bounds), namespacesOf(p, "LimitRange", fillsIn)
	if isGivenToAll(p) {
		return
	}
	workloads := map[string][]*practice.Pod{}
	for pod := range p.Pods() {
		namespace := pod.Object.ID().Namespace
		if namespace != "" && len(pod.Object.GetOwnerReferences()) == 0 && !isSystem(namespace) {
			workloads[namespace] = append(workloads[namespace], pod)
		}
	}
	declared := map[string]*practice.Object{}
	for o := range p.Of("", "Namespace") {
		declared[o.ID().Name] = o
	}
	for _, namespace := range slices.Sorted(maps.Keys(workloads)) {
		pods := workloads[namespace]
		var lacks string
		switch hasLimits := limits[namespace] || saysAll(pods); {
		case !quotas[namespace] && !hasLimits:
			lacks = "neither a ResourceQuota nor a LimitRange"
		case !quotas[namespace]:
			lacks = "no ResourceQuota"
		case !hasLimits:
			lacks = "a ResourceQuota and no LimitRange, and containers that say not what they need"
		default:
			continue
		}
		at := pods[0].Object.At("metadata", "namespace")
		if o := declared[namespace]; o != nil {
			if isBounded(o) {
				continue
			}
			at = o.At("metadata", "name")
		}
		p.Report(practice.Note{
			At: at, Message: fmt.Sprintf("the namespace %s has %s: %s", namespace, lacks, counted(len(pods))),
			Leads: "one faulty rollout, or one container without limits, can take the nodes from everybody else",
			Fix:   "add a ResourceQuota for requests.cpu, requests.memory and limits.memory, and a LimitRange with defaults for containers",
		})
	}
}

func counted(n int) string {
	if n == 1 {
		return "1 workload runs in it"
	}
	return fmt.Sprintf("%d workloads run in it", n)
}

// namespacesOf are the namespaces with an object of a kind that does what it should.
func namespacesOf(p *practice.Pass, kind string, does func(*practice.Object) bool) map[string]bool {
	in := map[string]bool{}
	for o := range p.Of("", kind) {
		in[o.ID().Namespace] = in[o.ID().Namespace] || does(o)
	}
	return in
}

// bounds says whether a ResourceQuota holds for what all pods take: not if it counts objects alone, or only some pods.
func bounds(quota *practice.Object) bool {
	if scopes, _ := quota.Get("spec", "scopes").([]any); slices.Contains(scopes, any("BestEffort")) || slices.Contains(scopes, any("Terminating")) {
		return false
	}
	if quota.Get("spec", "scopeSelector") != nil {
		return false // of a priority, mostly
	}
	hard, _ := quota.Get("spec", "hard").(map[string]any)
	for key := range hard {
		if strings.HasSuffix(key, "cpu") || strings.HasSuffix(key, "memory") || key == "pods" || key == "count/pods" {
			return true
		}
	}
	return false
}

// fillsIn says whether a LimitRange gives containers what they say nothing about.
func fillsIn(limits *practice.Object) bool {
	items, _ := limits.Get("spec", "limits").([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		fields, _ := item.(map[string]any)
		return fields["type"] == "Container" && (fields["default"] != nil || fields["defaultRequest"] != nil)
	})
}

// isSystem says whether a namespace is the cluster's own.
func isSystem(namespace string) bool {
	return strings.HasPrefix(namespace, "kube-") || strings.HasPrefix(namespace, "openshift-") || namespace == "openshift" || namespace == "gke-managed-system" ||
		namespace == "gmp-system" || namespace == "local-path-storage"
}

// isBounded says that somebody else than a ResourceQuota bounds the namespace: Rancher's projects, Capsule's tenants.
func isBounded(namespace *practice.Object) bool {
	for key := range namespace.GetAnnotations() {
		if strings.HasPrefix(key, "field.cattle.io/resourceQuota") {
			return true
		}
	}
	_, isTenants := namespace.GetLabels()["capsule.clastix.io/tenant"]
	return isTenants
}

// isGivenToAll says that quotas span namespaces, or that a policy makes one in each.
func isGivenToAll(p *practice.Pass) bool {
	for range p.Of("quota.openshift.io", "ClusterResourceQuota") {
		return true
	}
	for range p.Of("hnc.x-k8s.io", "HierarchicalResourceQuota") {
		return true
	}
	for policy := range p.Of("kyverno.io", "ClusterPolicy") {
		rules, _ := policy.Get("spec", "rules").([]any)
		for _, rule := range rules {
			fields, _ := rule.(map[string]any)
			generate, _ := fields["generate"].(map[string]any)
			if generate["kind"] == "ResourceQuota" {
				return true
			}
		}
	}
	return false
}

// saysAll says whether all containers say themselves what they need and may take.
func saysAll(pods []*practice.Pod) bool {
	for _, pod := range pods {
		for c := range pod.Containers() {
			if c.Role == practice.Ephemeral {
				continue
			}
			if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
				return false
			}
		}
	}
	return true
}
