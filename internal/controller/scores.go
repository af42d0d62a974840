package controller

import (
	"math"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/practice"
)

// scores are served at /metrics: how what each application delivered last fares, and the namespaces it went to.
var scores = &scoreboard{of: map[types.NamespacedName]*deliver.Judgement{}}

type scoreboard struct {
	mu sync.Mutex
	of map[types.NamespacedName]*deliver.Judgement
}

// set notes a judgement; nil if there is none.
func (s *scoreboard) set(app types.NamespacedName, j *deliver.Judgement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[app] = j; j == nil {
		delete(s.of, app)
	}
}

func (s *scoreboard) forget(app types.NamespacedName) { s.set(app, nil) }

var (
	applicationScore = prometheus.NewDesc("fairlead_application_practice_score",
		"Share of the practices that hold in what was delivered last, 0 to 100.", []string{"namespace", "application"}, nil)
	applicationFindings = prometheus.NewDesc("fairlead_application_findings",
		"Places that break a practice in what was delivered last.", []string{"namespace", "application", "severity"}, nil)
	namespaceScore = prometheus.NewDesc("fairlead_namespace_practice_score",
		"Share of the practices that hold in what was delivered to the namespace, 0 to 100: the mean of its applications, by objects.", []string{"namespace"}, nil)
)

// Describe lists the metrics.
func (s *scoreboard) Describe(to chan<- *prometheus.Desc) {
	to <- applicationScore
	to <- applicationFindings
	to <- namespaceScore
}

// Collect says how things are now.
func (s *scoreboard) Collect(to chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	namespaces := map[string]deliver.NamespaceScore{} // scores summed up, each as often as there are objects
	for app, j := range s.of {
		gauge(applicationScore, float64(j.Scores.Score), app.Namespace, app.Name)
		counts := map[practice.Severity]int{}
		for _, f := range j.Worst(practice.Info) {
			counts[f.Severity]++
		}
		for severity := practice.Info; severity <= practice.Error; severity++ {
			gauge(applicationFindings, float64(counts[severity]), app.Namespace, app.Name, severity.String())
		}
		for namespace, one := range j.Namespaces {
			sum := namespaces[namespace]
			namespaces[namespace] = deliver.NamespaceScore{Objects: sum.Objects + one.Objects, Score: sum.Score + one.Objects*one.Score}
		}
	}
	for namespace, sum := range namespaces {
		gauge(namespaceScore, math.Round(float64(sum.Score)/float64(sum.Objects)), namespace)
	}
}
