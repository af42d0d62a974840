// Package resourcesset is the practice that containers say what they need.
package resourcesset

import (
	"embed"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is resources-set. A limit for CPU is not demanded: it slows a container down while the node has CPU to spare.
var Practice = &practice.Practice{
	ID:       "resources-set",
	Title:    "Containers request CPU and memory and have a memory limit",
	Category: practice.Deployments,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "the scheduler packs nodes as if the container needed nothing, and the first to run out of memory takes others with it",
	Fix:      "set resources.requests.cpu, resources.requests.memory and resources.limits.memory to what it uses under load",
	Mends:    practice.Suggests,
	Parameters: []practice.Parameter{
		{Name: memoryRatio, Default: 10, About: "how many times its memory request a container's limit may be"},
		{Name: cpuRatio, Default: 100, About: "how many times its CPU request a container's limit may be"},
		{Name: mostCPU, Default: resource.MustParse("100"), About: "CPU from which on a request or limit is taken for a mistake, as no node has so many"},
	},
	Files: files,
	Run:   run,
}

func run(p *practice.Pass) {
	given := defaultsOf(p)
	for pod := range p.Pods() {
		if pod.Object.IsControlled() {
			continue
		}
		namespace := given.limits[pod.Object.GetNamespace()]
		for c := range pod.Containers() {
			if c.Role == practice.Ephemeral { // it can't have any
				continue
			}
			judgeMissing(p, c, namespace, given.isScaled(pod))
			judgeValues(p, c, namespace)
		}
	}
	if p.Live {
		judgeUsage(p)
	}
}

// judgeMissing reports at once all that a container doesn't say, and nobody says for it.
func judgeMissing(p *practice.Pass, c *practice.Container, given given, isScaled bool) {
	var missing, fields []string
	for _, m := range []struct {
		kind, list string
		name       corev1.ResourceName
		given      corev1.ResourceList
		scaled     bool
	}{
		{"CPU request", "requests", corev1.ResourceCPU, given.requests, isScaled},
		{"memory request", "requests", corev1.ResourceMemory, given.requests, isScaled},
		{"memory limit", "limits", corev1.ResourceMemory, given.limits, false},
	} {
		if _, ok := m.given[m.name]; ok || m.scaled || says(c, m.list, m.name) || m.list == "requests" && says(c, "limits", m.name) {
			continue // a limit alone is the request as well
		}
		missing, fields = append(missing, "no "+m.kind), append(fields, m.list+"."+string(m.name))
	}
	if len(missing) == 0 {
		return
	}
	n := practice.Note{
		At: c.At("resources"), Cause: c.Pod.Cause("resources"),
		Message: fmt.Sprintf("%s has %s", c.Title(), list(missing)),
	}
	switch {
	case len(fields) == 1:
		n.At = c.At(append([]string{"resources"}, strings.Split(fields[0], ".")...)...)
		if fields[0] == "limits.memory" {
			n.Leads = "a leak in it takes all of the node's memory, and the kernel kills processes of other pods"
			n.Fix = "set resources.limits.memory to what it may take at most; its request is a good beginning"
		}
	case len(fields) == 3:
		n.Fix = "add resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}} with the numbers that it uses under load"
	}
	if c.Role == practice.Init { // it is gone before the others begin
		n.Severity = practice.Info
	}
	p.Report(n)
}

// says that the container, or its pod for all containers together, has a value; one that can't be read counts as well.
func says(c *practice.Container, listed string, name corev1.ResourceName) bool {
	own, pod := c.Get("resources", listed, string(name)), c.Pod.Get("resources", listed, string(name))
	return own != nil && !isZero(c.Resources, listed, name) || pod != nil
}

func isZero(r corev1.ResourceRequirements, listed string, name corev1.ResourceName) bool {
	values := r.Requests
	if listed == "limits" {
		values = r.Limits
	}
	value, ok := values[name]
	return ok && value.IsZero()
}

func list(parts []string) string {
	last := len(parts) - 1
	if last < 1 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

// Values that nobody means: a program that fits so little memory is rare.
var (
	leastRequest = resource.MustParse("1Mi")
	leastLimit   = resource.MustParse("4Mi")
)

// The parameters.
const (
	memoryRatio = "memory-ratio"
	cpuRatio    = "cpu-ratio"
	mostCPU     = "most-cpu"
)
