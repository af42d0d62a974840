package graph

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Traffic is what was seen to go from one end to another.
type Traffic struct {
	From, To End
	Rate     float64 // requests, connections or flows a second
	By       string  // who has seen it: "Istio"
}

// End is one of the two, as far as it is known: a workload, else a Service, else a host.
type End struct {
	Namespace string
	Kind      string // of the workload; "" if only its name is known
	Workload  string
	Service   string
	Host      string
}

// Observe takes what has been seen of late, in the place of what was seen before.
func (l *Live) Observe(seen []Traffic) Delta { return l.update([]change{sightings(seen)}) }

// sightings are facts of no object.
func sightings(seen []Traffic) change {
	f := &facts{known: known{hidden: true}}
	for _, t := range slices.SortedFunc(slices.Values(seen), compareTraffic) {
		f.says = append(f.says, &statement{saying: t, of: f, order: len(relations)})
	}
	return change{key: entry{id: manifest.ID{Kind: "traffic"}}, facts: f}
}

func compareTraffic(a, b Traffic) int {
	ends := func(a, b End) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Workload, b.Workload), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Host, b.Host),
			cmp.Compare(a.Kind, b.Kind))
	}
	return cmp.Or(ends(a.From, b.From), ends(a.To, b.To), cmp.Compare(a.By, b.By), cmp.Compare(a.Rate, b.Rate))
}

// rounded is a rate in two digits: a page need not follow the third.
func rounded(rate float64) float64 {
	if rate <= 0 || math.IsInf(rate, 0) || math.IsNaN(rate) {
		return 0
	}
	rate, _ = strconv.ParseFloat(strconv.FormatFloat(rate, 'g', 2, 64), 64)
	return rate
}

func (t Traffic) resolve(l *look) {
	from, to := t.From.workload(l), t.To.node(l)
	l.link(link{from: from, to: to, relation: Calls, by: t.By, observed: true, rate: t.Rate})
}

// workloadKinds are those that meshes name workloads of, the likelier first.
var workloadKinds = []manifest.ID{
	{Group: "apps", Kind: "Deployment"}, {Group: "apps", Kind: "StatefulSet"}, {Group: "apps", Kind: "DaemonSet"}, {Group: "argoproj.io", Kind: "Rollout"},
	{Group: "batch", Kind: "CronJob"}, {Group: "batch", Kind: "Job"}, {Kind: "Pod"},
}

// workload is the node of the end's workload, nil if there is none. Files that say no namespace are meant for any.
func (e End) workload(l *look) *Node {
	if e.Workload == "" {
		return nil
	}
	for _, namespace := range []string{e.Namespace, ""} {
		for _, id := range workloadKinds {
			if e.Kind != "" && !strings.EqualFold(e.Kind, id.Kind) {
				continue
			}
			id.Namespace, id.Name = namespace, e.Workload
			if f := l.exactly(id); f != nil {
				return l.nodeOf(f)
			}
		}
	}
	return nil
}

// node is that of whatever is known of the end.
func (e End) node(l *look) *Node {
	if n := e.workload(l); n != nil {
		return n
	}
	if e.Service != "" {
		if f := l.service(e.Namespace, e.Service); f != nil {
			return l.nodeOf(f)
		}
	}
	host := strings.ToLower(e.Host)
	if f := l.service(e.Namespace, host); f != nil {
		return l.nodeOf(f)
	}
	if _, isInside := serviceOf(host); isInside || !strings.Contains(host, ".") || !isElsewhere(host) {
		return nil
	}
	return hostNode(host)
}
