package leastprivilegerbac

import (
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// withoutToken is the edit that takes the token out of a pod. It goes without where the program may look for one, whatever
// it is allowed: one that asks the API server in vain runs on, one that finds no token often doesn't start.
func withoutToken(pod *practice.Pod) []practice.Edit {
	if !pod.TakesAll() || pod.Get("automountServiceAccountToken") != nil {
		return nil
	}
	for c := range pod.Containers() {
		said := slices.Concat([]string{c.Name, dockerfile.ParseImage(c.Image).Path}, c.Command, c.Args)
		for _, e := range c.Env {
			said = append(said, e.Name, e.Value)
		}
		if slices.ContainsFunc(said, speaksOfCluster) {
			return nil
		}
	}
	return []practice.Edit{pod.At("automountServiceAccountToken").Set(false)}
}

// ofTheCluster are parts of the names of programs that ask the API server by their nature, and of their settings.
var ofTheCluster = strings.Fields(`kube k8s in-cluster incluster serviceaccount controller operator autoscaler ingress helm argo flux istio linkerd traefik consul
vault spire external-dns cert-manager velero dashboard prometheus metrics-server telegraf datadog fluent promtail vector filebeat metricbeat jenkins runner spark airflow
patroni stolon hazelcast ignite akka`)

func speaksOfCluster(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(ofTheCluster, func(part string) bool { return strings.Contains(text, part) })
}
