package notify

import "github.com/prometheus/client_golang/prometheus"

// Results of steps.
const (
	resultSent    = "sent"
	resultEdited  = "edited"
	resultReplied = "replied"
	resultFailed  = "failed"  // and is tried again
	resultDropped = "dropped" // too many at once, or tried for too long
	resultUnsure  = "unsure"  // may have been sent when a controller was killed, and is not sent again
)

var results = map[step]string{post: resultSent, edit: resultEdited, reply: resultReplied}

var counted = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "fairlead_notifier_messages_total", Help: "Messages by notifier (namespace/name) and what became of them: sent, edited, replied, failed, dropped, unsure.",
}, []string{"notifier", "result"})

// Metrics are served at /metrics.
func Metrics() []prometheus.Collector { return []prometheus.Collector{counted} }

func forget(name string) { counted.DeletePartialMatch(prometheus.Labels{"notifier": name}) }
