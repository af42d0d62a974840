package controller

import (
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Counters of what the pipeline has been asked to do; served at /metrics.
var (
	rendered = counter("fairlead_renders_total", "Applications rendered.")
	sent     = counter("fairlead_objects_sent_total", "Objects sent to the API server, accepted or not.")
)

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

// registerMetrics adds them to what is served; several controllers in a process, as in tests, share them.
func registerMetrics() {
	for _, c := range append(notify.Metrics(), rendered, sent, scores, detected, putBack, reverted, contestedTotal, auditFound, driftGauges, unmanagedObjects,
		checkResources, checkSeconds, checkFailures) {
		_ = metrics.Registry.Register(c) // fails only if it is there already
	}
}
