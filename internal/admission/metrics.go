package admission

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/fairlead-dev/fairlead/practice"
)

// outcome of a review, as metrics name it.
type outcome string

const (
	allowed  outcome = "allowed"
	reported outcome = "reported"
	denied   outcome = "denied"
	failed   outcome = "failed" // not judged
)

var (
	reviews = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairlead_admission_reviews_total", Help: "Admission reviews answered, dry runs among them.",
	}, []string{"mode", "outcome"})
	seconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "fairlead_admission_seconds", Help: "How long an admission review took, from its first byte to the verdict.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .02, .05, .1, .5, 2},
	})
	acted = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "fairlead_admission_findings_total", Help: "Findings at admission that were reported or refused, without dry runs.",
	}, []string{"mode", "practice"})
)

// registerMetrics adds them to what is served; several webhooks in a process, as in tests, share them.
func registerMetrics() {
	for _, c := range []prometheus.Collector{reviews, seconds, acted} {
		_ = metrics.Registry.Register(c) // fails only if it is there already
	}
}

func count(m Mode, became outcome, start time.Time) {
	reviews.WithLabelValues(string(m), string(became)).Inc()
	seconds.Observe(time.Since(start).Seconds())
}

func countFindings(m Mode, findings []practice.Finding) {
	for _, f := range findings {
		acted.WithLabelValues(string(m), f.Practice).Inc()
	}
}
