// Package survivesdisruption is the practice that a drained node, a lost one or an update takes nothing down.
package survivesdisruption

import (
	"embed"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is survives-disruption.
var Practice = &practice.Practice{
	ID:       "survives-disruption",
	Title:    "Two or more replicas on several nodes, a budget that allows an eviction, an update that keeps some running",
	Category: practice.Deployments,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "draining or losing one node takes the service down",
	Fix:      "run two or more replicas, spread them over nodes, and let the budget give up one of them (maxUnavailable: 1)",
	Mends:    practice.Writes,
	Parameters: []practice.Parameter{
		{Name: replicas, Default: 2, About: "pods that a workload behind a Service runs at least"},
	},
	Files: files,
	Run:   run,
}

const replicas = "replicas" // a parameter

func run(p *practice.Pass) {
	all := workloadsOf(p)
	for _, w := range all.list {
		judgeScaling(p, w)
		judgeSpread(p, w)
		if w.isServed() {
			judgeReplicas(p, all, w)
			judgeUpdate(p, w)
		}
	}
	judgeBudgets(p, all)
}
