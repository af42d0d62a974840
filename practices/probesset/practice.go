// Package probesset is the practice that what serves says when it can, and when it is beyond help.
package probesset

import (
	"embed"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is probes-set.
var Practice = &practice.Practice{
	ID:       "probes-set",
	Title:    "Serving containers have readiness and liveness probes that test different things",
	Category: practice.Deployments,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "requests go to pods that can't answer them yet, and a process that hangs stays",
	Fix:      "add a readinessProbe that says whether it can serve now, and a livenessProbe that says whether only a restart helps",
	Mends:    practice.Suggests,
	Parameters: []practice.Parameter{{
		Name: longestDelay, Default: 60, About: "seconds that a liveness probe may be delayed without a startup probe",
	}},
	Files: files,
	Run:   run,
}

const longestDelay = "longest-delay" // a parameter

func run(p *practice.Pass) {
	for pod := range p.Pods() {
		if pod.Ends() || pod.Object.IsControlled() || strings.HasSuffix(pod.Object.ID().Kind, "Job") {
			continue
		}
		serving := servingOf(p, pod)
		for c := range pod.Containers() {
			if c.Role == practice.Init || c.Role == practice.Ephemeral {
				continue
			}
			if port, serves := serving[c]; serves {
				missing(p, c, port)
			}
			for _, probe := range probesOf(c) {
				judgePort(p, probe)
				judgeTimes(p, probe)
			}
			if c.LivenessProbe != nil {
				judgeLiveness(p, c)
			}
		}
	}
}

// missing finds the probes that a serving container lacks.
func missing(p *practice.Pass, c *practice.Container, port servedPort) {
	at, note := "readinessProbe", practice.Note{Fix: "add " + port.example("readinessProbe", "/ready")}
	switch {
	case c.ReadinessProbe == nil && c.LivenessProbe == nil:
		note.Message = fmt.Sprintf("%s %q has no readiness or liveness probe and %s", c.Role, c.Name, port.told())
		note.Fix += ", and " + port.example("livenessProbe", "/live") + " that asks for less"
	case c.ReadinessProbe == nil:
		note.Message = fmt.Sprintf("%s %q has no readiness probe and %s", c.Role, c.Name, port.told())
		note.Leads = "requests go to pods that can't answer them yet: some fail at every rollout"
	case c.LivenessProbe == nil:
		at, note.Severity = "livenessProbe", practice.Info
		note.Message = fmt.Sprintf("%s %q has no liveness probe and %s", c.Role, c.Name, port.told())
		note.Leads = "a process that hangs stays until somebody restarts it"
		note.Fix = "add " + port.example("livenessProbe", "/live") + " that asks nothing of others, unless the process ends itself when it is stuck"
	default:
		return
	}
	note.At = c.At(at)
	p.Report(note)
}
