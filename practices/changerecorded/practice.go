// Package changerecorded is the practice that every rollout says why, and that there is one to go back to.
package changerecorded

import (
	"embed"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is change-recorded.
var Practice = &practice.Practice{
	ID:       "change-recorded",
	Title:    "Every rollout says which commit, by whom and why, and its history is kept",
	Category: practice.Deployments,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "when something breaks, nobody can tell which change it was, or why it was made",
	Fix:      "write commit, author and message to the annotation kubernetes.io/change-cause of the workload at every delivery",
	Mends:    practice.BySync,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	var last *practice.Object
	for pod := range p.Pods() {
		o := pod.Object
		if o == last || o.ID().Kind == "Pod" || o.IsControlled() || pod.Ends() {
			continue // an object's pods come one after the other
		}
		last = o
		if strings.Join(pod.Path, ".") == "spec.template.spec" {
			judgeHistory(p, o, "no rollback has anything to go back to, neither by hand nor by a tool")
		}
		judgeCause(p, pod)
	}
	for o := range p.Of("argoproj.io", "Rollout") {
		if o.Get("spec", "workloadRef") != nil {
			judgeHistory(p, o, "no rollback has anything to go back to, neither by hand nor by a tool")
		}
	}
	for o := range p.Of("argoproj.io", "Application") {
		judgeHistory(p, o, "Argo CD forgets what it delivered, and can't roll back to it")
	}
}

// judgeHistory finds a workload that keeps none of what ran before.
func judgeHistory(p *practice.Pass, o *practice.Object, leads string) {
	if o.Get("spec", "revisionHistoryLimit") != int64(0) {
		return
	}
	p.Report(practice.Note{
		At:      o.At("spec", "revisionHistoryLimit"),
		Message: fmt.Sprintf("%s %s keeps no history: revisionHistoryLimit is 0", o.GetKind(), o.GetName()),
		Leads:   leads,
		Fix:     "remove it (10 are kept then), or keep 2 at least",
	})
}
