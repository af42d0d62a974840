package resourcesset

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// A moment's use says little of what a container needs: only what is far off, and large, is worth a word.
var (
	muchMemory = resource.MustParse("1Gi")
	muchCPU    = resource.MustParse("1")
	slack      = resource.MustParse("64Mi")
)

// judgeUsage compares what pods request with what the metrics server says that they use.
func judgeUsage(p *practice.Pass) {
	used := map[manifest.ID]*practice.Object{}
	for o := range p.Of("metrics.k8s.io", "PodMetrics") {
		used[manifest.ID{Kind: "Pod", Namespace: o.GetNamespace(), Name: o.GetName()}] = o
	}
	if len(used) == 0 {
		return
	}
	for pod := range p.Pods() {
		if o := used[pod.Object.ID()]; o != nil {
			usage := usageOf(o)
			for c := range pod.Mains() {
				judgeUse(p, c, usage[c.Name])
			}
		}
	}
}

func usageOf(metrics *practice.Object) map[string]corev1.ResourceList {
	usage := map[string]corev1.ResourceList{}
	containers, _ := metrics.Get("containers").([]any)
	for _, item := range containers {
		fields, _ := item.(map[string]any)
		name, _ := fields["name"].(string)
		values, _ := fields["usage"].(map[string]any)
		usage[name] = corev1.ResourceList{}
		for resourceName, value := range values {
			if q, err := resource.ParseQuantity(fmt.Sprint(value)); err == nil {
				usage[name][corev1.ResourceName(resourceName)] = q
			}
		}
	}
	return usage
}

func judgeUse(p *practice.Pass, c *practice.Container, usage corev1.ResourceList) {
	owner := c.Pod.Object.ID().String()
	if by := metav1.GetControllerOf(c.Pod.Object); by != nil {
		owner = by.Kind + " " + by.Name
	}
	memory, uses := c.Resources.Requests[corev1.ResourceMemory], usage[corev1.ResourceMemory]
	note := func(name corev1.ResourceName, n practice.Note) {
		n.At, n.Cause = c.At("resources", "requests", string(name)), owner+" "+c.Name+": usage of "+string(name)
		p.Report(n)
	}
	fit := "request what it uses under load, in the template of " + owner
	above := memory.DeepCopy()
	above.Add(memory)
	above.Add(slack)
	switch {
	case memory.IsZero() || uses.IsZero():
	case uses.Cmp(above) > 0:
		note(corev1.ResourceMemory, practice.Note{
			Message: fmt.Sprintf("container %q uses %s of memory and requests %s", c.Name, human(uses), &memory),
			Leads:   "it is among the first to be evicted when the node runs short", Fix: fit,
		})
	case memory.Cmp(muchMemory) >= 0 && uses.Value() < memory.Value()/10:
		note(corev1.ResourceMemory, practice.Note{
			Severity: practice.Info, Message: fmt.Sprintf("container %q uses %s of the %s of memory that it requests", c.Name, human(uses), &memory),
			Leads: "the rest is paid for, and no other pod can have it", Fix: fit,
		})
	}
	cpu, uses := c.Resources.Requests[corev1.ResourceCPU], usage[corev1.ResourceCPU]
	if cpu.Cmp(muchCPU) >= 0 && !uses.IsZero() && uses.MilliValue() < cpu.MilliValue()/20 {
		note(corev1.ResourceCPU, practice.Note{
			Severity: practice.Info, Message: fmt.Sprintf("container %q uses %dm of the %s CPUs that it requests", c.Name, uses.MilliValue(), &cpu),
			Leads: "the rest is paid for, and no other pod can have it", Fix: fit,
		})
	}
}

// human is an amount of memory in mebibytes.
func human(q resource.Quantity) string { return fmt.Sprintf("%dMi", q.Value()>>20) }
