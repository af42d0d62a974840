// Package observe asks a Prometheus which traffic the meshes of a cluster have seen. It reads, and keeps nothing.
package observe

import (
	"context"
	"fmt"
	"math"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// Query is one in PromQL, whose answer is a rate for each pair of ends. Its labels name them: source_workload,
// source_namespace, destination_workload, destination_namespace, destination_service, destination_host, or as Istio, Linkerd
// and Hubble call them.
type Query struct {
	Name string // of who has seen it: "Istio"
	Text string
}

// Queries are asked if nothing else is said: what Istio, Linkerd and Cilium's Hubble count, over five minutes.
//
// https://istio.io/latest/docs/reference/config/metrics/, https://linkerd.io/2/reference/proxy-metrics/ and
// https://docs.cilium.io/en/stable/observability/metrics/ (with labelsContext, or a workload context, for its metrics).
func Queries() []Query {
	const (
		istio   = "source_workload, source_workload_namespace, destination_workload, destination_workload_namespace, destination_service, destination_service_name, destination_service_namespace"
		linkerd = "namespace, deployment, statefulset, daemonset, dst_namespace, dst_deployment, dst_statefulset, dst_daemonset, dst_service, authority"
		hubble  = "source, source_namespace, source_workload, destination, destination_namespace, destination_workload"
	)
	rate := func(by, series string) string { return "sum by (" + by + ") (rate(" + series + "[5m])) > 0" }
	return []Query{
		{"Istio", rate(istio, `istio_requests_total{reporter=~"source|waypoint"}`)},
		{"Istio", rate(istio, `istio_tcp_connections_opened_total{reporter="source"}`)},
		{"Linkerd", rate(linkerd, `request_total{direction="outbound"}`)},
		{"Linkerd", rate(linkerd, `tcp_open_total{direction="outbound", peer="dst"}`)},
		{"Hubble", rate(hubble, `hubble_http_requests_total{reporter!="server"}`)},
		{"Hubble", rate(hubble, `hubble_tcp_flags_total{flag="SYN"}`)},
		{hubbleFlows, rate(hubble, `hubble_flows_processed_total{verdict="FORWARDED"}`)},
	}
}

// hubbleFlows count answers as they do requests: they tell who talks, and not who calls.
const hubbleFlows = "Hubble's flows"

// Traffic asks all queries, one after the other.
func (c *Client) Traffic(ctx context.Context) ([]graph.Traffic, error) {
	token, err := c.token()
	if err != nil {
		return nil, err
	}
	rates := map[pair]graph.Traffic{}
	known := map[[2]graph.End]bool{} // pairs of which the direction is known
	for _, q := range c.queries {
		series, err := c.ask(ctx, token, q)
		if err != nil {
			return nil, fmt.Errorf("ask what %s has seen: %w", q.Name, err)
		}
		for _, s := range series {
			from, to := from(s.labels), to(s.labels)
			if s.rate <= 0 || math.IsNaN(s.rate) || math.IsInf(s.rate, 0) || from == (graph.End{}) || to == (graph.End{}) {
				continue
			}
			ends := [2]graph.End{{Namespace: from.Namespace, Workload: from.Workload}, {Namespace: to.Namespace, Workload: to.Workload}}
			back := [2]graph.End{ends[1], ends[0]}
			if q.Name == hubbleFlows && (known[ends] || known[back]) {
				continue
			} else if q.Name != hubbleFlows {
				known[ends] = true
			}
			t := rates[pair{from, to, q.Name}]
			rates[pair{from, to, q.Name}] = graph.Traffic{From: from, To: to, Rate: t.Rate + s.rate, By: q.Name}
		}
	}
	all := make([]graph.Traffic, 0, len(rates))
	for _, t := range rates {
		all = append(all, t)
	}
	return all, nil
}

type pair struct {
	from, to graph.End
	by       string
}
