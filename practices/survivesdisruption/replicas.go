package survivesdisruption

import (
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// judgeReplicas finds the one pod, or the few, that a Service depends on.
func judgeReplicas(p *practice.Pass, all *workloads, w *workload) {
	least := practice.Value[int](p, replicas, w.At())
	if !w.known || w.replicas == 0 || w.replicas >= least || w.isRecreated() || !w.canBeMany() {
		return
	}
	for _, s := range w.services {
		if all.behind[s] >= least {
			return // another one answers, too: a canary, blue and green
		}
	}
	few, leads := "one replica", "whenever its node is drained or lost, the service is down until another pod has started"
	if w.replicas > 1 {
		few, leads = fmt.Sprintf("%d replicas", w.replicas), fmt.Sprintf("fewer than the %d that are asked for are left when a node is drained or lost", least)
	}
	note := practice.Note{
		At:      w.At("spec", "replicas"),
		Message: fmt.Sprintf("%s has %s, and Service %s has no other", name(w.Object), few, w.services[0].GetName()),
		Leads:   leads,
		Fix:     fmt.Sprintf("set replicas: %d or more", least),
		Cause:   few + " of " + w.ID().String(), // oneReplica, if it is one
	}
	if len(w.scalers) > 0 {
		field, _ := minimum(w.scalers[0])
		note.At = w.scalers[0].At("spec", field)
		note.Message = fmt.Sprintf("%s lets %s go down to %s, and Service %s has no other", name(w.scalers[0]), name(w.Object), few, w.services[0].GetName())
		note.Fix = fmt.Sprintf("set %s: %d or more", field, least)
	}
	p.Report(note)
}

func oneReplica(w *workload) string { return "one replica of " + w.ID().String() }

// name reads "Deployment web".
func name(o *practice.Object) string { return o.GetKind() + " " + o.GetName() }

// judgeScaling finds a number that an autoscaler and the manifest fight over, and two autoscalers that fight each other.
func judgeScaling(p *practice.Pass, w *workload) {
	if len(w.scalers) == 0 {
		return
	}
	if n, ok := number(w.Get("spec", "replicas")); ok && n > 0 && !p.Live {
		p.Report(practice.Note{
			At:      w.At("spec", "replicas"),
			Message: fmt.Sprintf("replicas: %d is written, and %s scales %s", n, name(w.scalers[0]), name(w.Object)),
			Leads:   "every delivery sets the number back: under load it takes pods away that the autoscaler has just added",
			Fix:     "remove replicas: the autoscaler's minimum takes its place",
		})
	}
	if len(w.scalers) > 1 {
		p.Report(practice.Note{
			At:      w.scalers[1].At("spec", "scaleTargetRef"),
			Message: fmt.Sprintf("%s is scaled by %s, too: %s", name(w.Object), name(w.scalers[0]), name(w.scalers[1])),
			Leads:   "they undo each other's decisions, and the number of pods never settles",
			Fix:     "keep one autoscaler, with all the metrics in it",
		})
	}
}

// judgeUpdate finds an update that stops all pods before it starts new ones.
func judgeUpdate(p *practice.Pass, w *workload) {
	if !w.known || w.replicas == 0 {
		return
	}
	note := practice.Note{Leads: "the service is down at every update, and stays down if the new version doesn't start",
		Fix: "let an update take down less: type: RollingUpdate with maxUnavailable: 1, or 0 with a maxSurge"}
	strategy := "strategy"
	if w.ID().Kind == "StatefulSet" {
		strategy = "updateStrategy"
	}
	switch {
	case w.isRecreated() && w.replicas > 1:
		note.At = w.At("spec", strategy, "type")
		note.Message = fmt.Sprintf("%s stops all %d pods at once for an update (Recreate)", name(w.Object), w.replicas)
		p.Report(note)
		return
	case w.isRecreated() && w.canBeMany():
		note.At, note.Severity, note.Cause = w.At("spec", strategy, "type"), practice.Info, oneReplica(w)
		note.Message = fmt.Sprintf("%s stops its only pod before it starts the new one (Recreate)", name(w.Object))
		p.Report(note)
		return
	case w.replicas == 1:
		return // that is its own finding
	}
	limit, known := share(w.Get("spec", strategy, "rollingUpdate", "maxUnavailable"), w.replicas, false)
	if known && limit >= w.replicas {
		note.At = w.At("spec", strategy, "rollingUpdate", "maxUnavailable")
		note.Message = fmt.Sprintf("%s may stop all %d pods at once for an update (maxUnavailable: %v)",
			name(w.Object), w.replicas, w.Get("spec", strategy, "rollingUpdate", "maxUnavailable"))
		p.Report(note)
	}
}

// share turns a number or a percentage of all into a number.
func share(value any, all int, up bool) (int, bool) {
	if n, ok := number(value); ok {
		return n, true
	}
	text, _ := value.(string)
	percent, isPercent := strings.CutSuffix(text, "%")
	n := 0
	for _, digit := range percent {
		if digit < '0' || digit > '9' || n > 1000 {
			return 0, false
		}
		n = n*10 + int(digit-'0')
	}
	if percent == "" {
		return 0, false
	}
	if !isPercent {
		return n, true
	}
	if up {
		return (all*n + 99) / 100, true
	}
	return all * n / 100, true
}
