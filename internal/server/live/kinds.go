package live

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// question is what rights are asked about.
type question struct{ group, resource, verb string }

func (q question) String() string {
	return schema.GroupResource{Group: q.group, Resource: q.resource}.String()
}

const own = "fairlead.dev"

var (
	listPods         = question{"", "pods", "list"}
	listNodes        = question{"", "nodes", "list"}
	listNamespaces   = question{"", "namespaces", "list"}
	listApplications = question{own, "applications", "list"}
	getApplications  = question{own, "applications", "get"}
	listReleases     = question{own, "releases", "list"}
	listNotifiers    = question{own, "notifiers", "list"}
	listChecks       = question{own, "driftchecks", "list"}
)

// workloadKind is a kind whose objects are rows of workloads.
type workloadKind struct {
	group, version, kind, resource string
	optional                       bool // its absence needs no word
}

// workloadKinds is the whole list. Other controllers' pods are told as a row of who owns them.
var workloadKinds = []workloadKind{
	{"apps", "v1", "Deployment", "deployments", false},
	{"apps", "v1", "StatefulSet", "statefulsets", false},
	{"apps", "v1", "DaemonSet", "daemonsets", false},
	{"batch", "v1", "CronJob", "cronjobs", false},
	{"batch", "v1", "Job", "jobs", false},
	{"argoproj.io", "v1alpha1", "Rollout", "rollouts", true},
	{"apps.kruise.io", "v1alpha1", "CloneSet", "clonesets", true},
}

func (k workloadKind) list() question { return question{k.group, k.resource, "list"} }

func (k workloadKind) resourceAt() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: k.group, Version: k.version, Resource: k.resource}
}

// listOf is the right that shows a workload of a kind. What is only known by its pods is seen by who may list pods.
func listOf(group, kind string) question {
	for _, k := range workloadKinds {
		if k.group == group && k.kind == kind {
			return k.list()
		}
	}
	return listPods
}

// questions are all that are asked about a person.
var questions = func() []question {
	all := []question{listPods, listNodes, listNamespaces, listApplications, getApplications, listReleases, listNotifiers, listChecks}
	for _, k := range workloadKinds {
		all = append(all, k.list())
	}
	return all
}()

// idOf is how people and the API name an object: "Deployment.apps shop/front".
func idOf(group, kind, namespace, name string) string {
	var b strings.Builder
	b.WriteString(kind)
	if group != "" {
		b.WriteByte('.')
		b.WriteString(group)
	}
	b.WriteByte(' ')
	if namespace != "" {
		b.WriteString(namespace)
		b.WriteByte('/')
	}
	b.WriteString(name)
	return b.String()
}

// parseID reads what idOf has written; ok is false for what is no object of a namespace.
func parseID(id string) (group, kind, namespace, name string, ok bool) {
	kind, rest, found := strings.Cut(id, " ")
	kind, group, _ = strings.Cut(kind, ".")
	namespace, name, inNamespace := strings.Cut(rest, "/")
	return group, kind, namespace, name, found && inNamespace
}
