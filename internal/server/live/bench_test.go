package live

import (
	"fmt"
	"testing"
)

// filled is a store of so many workloads, with rows that differ as those of a real cluster do.
func filled(n int) *store {
	s := newStore()
	for i := range n {
		s.set("workloads", workloadRow(fmt.Sprint("team-", i%100), fmt.Sprint("service-", i), func(w *Workload) {
			w.Images = []string{fmt.Sprintf("registry.example.com/service-%d:1.%d", i, i%9), "registry.example.com/proxy:1.20"}
			w.Labels = []string{"app.kubernetes.io/name=" + w.Name, "team=" + w.Namespace}
			w.Nodes = []string{fmt.Sprintf("node-%d:5", i%200), fmt.Sprintf("node-%d:5", (i+1)%200)}
			w.Restarts, w.Desired, w.Ready, w.Changed, w.Created = i%7, 10, 10, 1795388400+int64(i), 1795388400
		}))
	}
	s.publish()
	return s
}

func BenchmarkState(b *testing.B) {
	s := filled(5000)
	of, err := sightOf(b.Context(), &rights{all: true})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.set("workloads", workloadRow("team-0", "service-0", ready(i)))
		b.SetBytes(int64(len(s.encode(s.snapshot(of)))))
	}
}
