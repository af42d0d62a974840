package observe

import (
	"strings"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// from reads who calls.
func from(labels map[string]string) graph.End {
	e := graph.End{Namespace: first(labels, "source_namespace", "source_workload_namespace", "namespace"), Workload: first(labels, "source_workload")}
	e = orKind(e, labels, "")
	e = orContext(e, labels["source"])
	if e.Workload == "" {
		return graph.End{}
	}
	return e
}

// to reads who is called.
func to(labels map[string]string) graph.End {
	e := graph.End{
		Namespace: first(labels, "destination_namespace", "destination_workload_namespace", "destination_service_namespace", "dst_namespace"),
		Workload:  first(labels, "destination_workload"),
		Service:   first(labels, "destination_service_name", "dst_service"),
		Host:      host(first(labels, "destination_host", "authority", "destination_service")),
	}
	e = orKind(e, labels, "dst_")
	e = orContext(e, labels["destination"])
	switch e.Service { // of Istio, for what it has no Service: let through, or refused
	case "PassthroughCluster":
		e.Service = ""
	case "BlackHoleCluster":
		e.Service, e.Host = "", ""
	}
	if e.Workload+e.Service+e.Host == "" {
		return graph.End{}
	}
	if e.Workload != "" {
		e.Service, e.Host = "", "" // one pair of workloads, whatever it was called by
	}
	return e
}

// orKind takes the workload from the labels that Linkerd has for each kind.
func orKind(e graph.End, labels map[string]string, prefix string) graph.End {
	for _, kind := range []string{"deployment", "statefulset", "daemonset"} {
		if name := first(labels, prefix+kind); e.Workload == "" && name != "" {
			e.Workload, e.Kind = name, kind
		}
	}
	return e
}

// orContext takes the workload from Hubble's label "source" or "destination": "shop/front".
func orContext(e graph.End, label string) graph.End {
	namespace, name, isBoth := strings.Cut(label, "/")
	if e.Workload == "" && isBoth && !strings.Contains(name, "/") {
		e.Namespace, e.Workload = namespace, name
	}
	return e
}

// host is the name in "api.example.com:443".
func host(text string) string {
	name, _, _ := strings.Cut(text, ":")
	return name
}

// first is the first label that says something: meshes say "unknown" of what they don't know.
func first(labels map[string]string, names ...string) string {
	for _, name := range names {
		if value := labels[name]; value != "" && value != "unknown" {
			return value
		}
	}
	return ""
}
