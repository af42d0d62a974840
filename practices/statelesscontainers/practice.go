// Package statelesscontainers is the practice that state is kept in volumes and services made for it.
package statelesscontainers

import (
	"embed"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is stateless-containers.
var Practice = &practice.Practice{
	ID:       "stateless-containers",
	Title:    "State is kept in volumes or services made for it",
	Category: practice.Lessons,
	Severity: practice.Warning,
	Mends:    practice.Suggests,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "the data is gone with the pod or the node: at the next update, eviction or drain",
	Fix:      "keep the data in a PersistentVolumeClaim, or in a service outside of the pod",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	scaled := scaledTo(p)
	for pod := range p.Pods() {
		if pod.Object.IsControlled() || pod.Ends() {
			continue
		}
		checkServer(p, pod)
		checkNodePaths(p, pod)
		checkClaims(p, pod, scaled)
	}
	checkVolumesOfNodes(p)
}
