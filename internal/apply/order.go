package apply

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// waves is the order of kinds: of what could be sent at the same time, what others usually need goes first. What an
// object refers to goes before it whatever the kinds (see references). Kinds that are not listed come with the
// workloads' followers: most custom resources configure something that runs already.
var waves = [][]schema.GroupKind{
	{{Kind: "Namespace"}},
	{{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}},
	{
		{Group: "scheduling.k8s.io", Kind: "PriorityClass"}, {Group: "storage.k8s.io", Kind: "StorageClass"},
		{Group: "networking.k8s.io", Kind: "IngressClass"}, {Group: "node.k8s.io", Kind: "RuntimeClass"},
		{Kind: "ServiceAccount"}, {Kind: "ResourceQuota"}, {Kind: "LimitRange"}, {Kind: "PersistentVolume"},
		{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}, {Group: "rbac.authorization.k8s.io", Kind: "Role"},
	},
	{
		{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}, {Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"},
		{Kind: "ConfigMap"}, {Kind: "Secret"}, {Kind: "PersistentVolumeClaim"},
		{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, {Kind: "Service"},
	},
	{
		{Group: "apps", Kind: "Deployment"}, {Group: "apps", Kind: "StatefulSet"}, {Group: "apps", Kind: "DaemonSet"},
		{Group: "apps", Kind: "ReplicaSet"}, {Kind: "ReplicationController"}, {Kind: "Pod"},
		{Group: "batch", Kind: "Job"}, {Group: "batch", Kind: "CronJob"},
	},
	nil, // everything else
	{
		{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"},
		{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"},
		{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"},
		{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicyBinding"},
		{Group: "apiregistration.k8s.io", Kind: "APIService"},
	},
}

const (
	workloads = 4 // the wave of what has pods
	others    = 5 // the wave of what isn't listed
)

// rulesOfPods bear on pods that are made after them, and nothing refers to them: quotas and limits, who may talk to whom
// and do what, and the services that pods find in their environment.
var rulesOfPods = []schema.GroupKind{
	{Kind: "ResourceQuota"}, {Kind: "LimitRange"}, {Kind: "Service"}, {Group: "networking.k8s.io", Kind: "NetworkPolicy"},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}, {Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"},
}

// byKind is waves the other way round.
var byKind = func() map[schema.GroupKind]int {
	all := map[schema.GroupKind]int{}
	for i, wave := range waves {
		for _, gk := range wave {
			all[gk] = i
		}
	}
	return all
}()

// rankOf leaves room between the waves.
func rankOf(gk schema.GroupKind) int { return 2 * waveOf(gk) }

func waveOf(gk schema.GroupKind) int {
	if i, ok := byKind[gk]; ok {
		return i
	}
	return others
}
