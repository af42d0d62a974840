// Package toleratesdependencyfailure is the practice that a service whose dependency fails goes on as well as it can.
package toleratesdependencyfailure

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is tolerates-dependency-failure.
var Practice = &practice.Practice{
	ID:       "tolerates-dependency-failure",
	Title:    "Each call to another service has a timeout, is tried again, and is given up while that service fails",
	Category: practice.Architecture,
	Severity: practice.Info,
	Mends:    practice.Suggests,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "one slow service makes those that call it wait, and those that call them, until the whole application answers nothing",
	Fix:      "take the pods into a service mesh and say timeout, retries and outlierDetection there, or set them where the program makes its calls and let a variable say so",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	judgeRules(p)
	calls := map[*practice.Pod][]practice.Call{}
	for _, call := range p.Calls() {
		calls[call.From] = append(calls[call.From], call)
	}
	if len(calls) == 0 {
		return
	}
	judgeStarts(p, calls)
	judgeCalls(p, calls)
}

// caller is a workload and its calls for which nothing says what happens when they fail.
type caller struct {
	pod   *practice.Pod
	calls []practice.Call
}

// judgeCalls says one thing of a workload. Where there is no mesh at all, it says one thing of the scope: whether the
// programs do it themselves can't be seen, and a line for each of a hundred workloads would say the same.
func judgeCalls(p *practice.Pass, calls map[*practice.Pod][]practice.Call) {
	m, isRun := meshOf(p), runs(p)
	var bare []caller
	n := 0
	for pod := range p.Pods() {
		if len(calls[pod]) == 0 || !isService(pod) || m.takes(p, pod) {
			continue
		}
		open := slices.DeleteFunc(slices.Clone(calls[pod]), func(c practice.Call) bool { return !c.IsRequest() || m.covers(c.To) || !isRun(c.To) })
		if open = declared(p, pod, open); len(open) > 0 {
			bare = append(bare, caller{pod, open})
			n += len(open)
		}
	}
	if len(bare) == 0 {
		return
	}
	if m.isSeen {
		for _, c := range bare {
			p.Report(practice.Note{
				At:      c.pod.Object.At("metadata", "name"),
				Message: fmt.Sprintf("%s is not in the mesh, and calls %s: nothing says a timeout, retries or a breaker", c, c.dependencies()),
				Fix:     "take its pods into the mesh as the others are, or give the Services that it calls a policy",
			})
		}
		return
	}
	most := slices.MaxFunc(bare, func(a, b caller) int { return len(a.calls) - len(b.calls) })
	message := fmt.Sprintf("%s calls %s, and nothing says a timeout, retries or a breaker", most, most.dependencies())
	if others := len(bare) - 1; others == 1 {
		message += fmt.Sprintf("; nor for the calls of another workload: %d calls in all", n)
	} else if others > 1 {
		message += fmt.Sprintf("; nor for those of %d other workloads: %d calls in all", others, n)
	}
	p.Reportf(most.pod.Object.At("metadata", "name"), "%s", message)
}

// isService says whether a pod is somebody's own service: a Job is tried again as a whole, proxies and monitoring bring
// timeouts of their own, and what is of the cluster is not theirs to change.
func isService(pod *practice.Pod) bool {
	return !pod.Ends() && !pod.IsPlatform() && !strings.HasPrefix(pod.Object.ID().Namespace, "kube-")
}

// runs tells whether a Service is that of services in the scope, which may fail like the caller.
func runs(p *practice.Pass) func(*practice.Object) bool {
	known := map[*practice.Object]bool{}
	return func(service *practice.Object) bool {
		isRun, isKnown := known[service]
		if !isKnown {
			pods := p.PodsOf(service)
			isRun = len(pods) > 0 && !slices.ContainsFunc(pods, (*practice.Pod).IsPlatform)
			known[service] = isRun
		}
		return isRun
	}
}

// String names the workload.
func (c caller) String() string {
	id := c.pod.Object.ID()
	return id.Kind + " " + id.Name
}

// dependencies reads "cart, pricing and tax".
func (c caller) dependencies() string {
	const most = 8
	var names []string
	for _, call := range c.calls {
		names = append(names, call.To.ID().Name)
	}
	if len(names) > most {
		names = append(names[:most-1], fmt.Sprintf("%d more", len(names)-most+1))
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
