package resourcesset

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/fairlead-dev/fairlead/practice"
)

// judgeValues reports numbers that the API server refuses, or that nobody can mean.
func judgeValues(p *practice.Pass, c *practice.Container, given given) {
	for _, name := range slices.Sorted(maps.Keys(c.Resources.Requests)) {
		request := c.Resources.Requests[name]
		limit, ok := c.Resources.Limits[name]
		whose := "its limit"
		if !ok {
			if limit, ok = given.limits[name]; !ok {
				continue
			}
			whose = fmt.Sprintf("the limit that LimitRange %q gives it,", given.name)
		}
		if request.Cmp(limit) > 0 {
			p.Report(practice.Note{
				At: c.At("resources", "requests", string(name)), Severity: practice.Error,
				Message: fmt.Sprintf("%s requests %s of %s, more than %s %s", c.Title(), &request, name, whose, &limit),
				Leads:   "the API server refuses the pod: the workload is there and has no pods",
				Fix:     fmt.Sprintf("raise resources.limits.%s to %s or more", name, &request),
			})
		} else if ok {
			judgeRatio(p, c, name, request, limit)
		}
	}
	judgeUnits(p, c, "requests", c.Resources.Requests, leastRequest)
	judgeUnits(p, c, "limits", c.Resources.Limits, leastLimit)
}

func judgeRatio(p *practice.Pass, c *practice.Container, name corev1.ResourceName, request, limit resource.Quantity) {
	if request.Cmp(leastRequest) < 0 && name == corev1.ResourceMemory || request.IsZero() {
		return // the request itself is wrong
	}
	ratio := limit.AsApproximateFloat64() / request.AsApproximateFloat64()
	n := practice.Note{
		At:      c.At("resources", "limits", string(name)),
		Message: fmt.Sprintf("%s may take %.0f times the %s that it requests: %s of %s", c.Title(), ratio, name, &limit, &request),
	}
	isOver := func(most string) bool { return ratio > float64(practice.Value[int](p, most, n.At)) }
	switch {
	case name == corev1.ResourceMemory && isOver(memoryRatio):
		n.Leads = "nodes are filled by requests: when several such containers use what they may, the node runs out of memory and evicts pods"
		n.Fix = "request what it uses under load, or lower the limit"
		p.Report(n)
	case name == corev1.ResourceCPU && isOver(cpuRatio):
		n.Severity = practice.Info
		n.Leads = "it is scheduled as if it did nothing: on a busy node it gets a hundredth of what it has on an empty one"
		n.Fix = "request what it uses under load"
		p.Report(n)
	}
}

// judgeUnits finds values whose unit was forgotten or mistaken: 128m of memory is an eighth of a byte, 500 is 500 CPUs.
func judgeUnits(p *practice.Pass, c *practice.Container, listed string, values corev1.ResourceList, least resource.Quantity) {
	verb := map[string]string{"requests": "requests", "limits": "is limited to"}[listed]
	if memory, ok := values[corev1.ResourceMemory]; ok && !memory.IsZero() && memory.Cmp(least) < 0 {
		n := practice.Note{
			At: c.At("resources", listed, "memory"), Message: fmt.Sprintf("%s %s %s of memory, less than %s", c.Title(), verb, &memory, &least),
			Leads: "the request counts as none: the scheduler and the kubelet's eviction see a container that needs no memory",
			Fix:   "write the unit: Mi for mebibytes, Gi for gibibytes; m is a thousandth of a byte",
		}
		if listed == "limits" {
			n.Severity, n.Leads = practice.Error, "the container is killed before its program begins, or the runtime refuses to make it"
		}
		p.Report(n)
	}
	if cpu, ok := values[corev1.ResourceCPU]; ok && cpu.Cmp(practice.Value[resource.Quantity](p, mostCPU, c.At())) >= 0 {
		p.Report(practice.Note{
			At: c.At("resources", listed, "cpu"), Message: fmt.Sprintf("%s %s %s CPUs", c.Title(), verb, &cpu),
			Leads: "no node has so many: the pod stays pending, or the limit is none",
			Fix:   fmt.Sprintf("write %sm if thousandths are meant", &cpu),
		})
	}
}
