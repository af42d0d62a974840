package apply

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// waves is the order in which kinds are applied: what others need comes first. Everything of one wave is sent at
// once. Kinds that are not listed come with the workloads' followers: most custom resources configure something
// that runs already.
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

func waveOf(gk schema.GroupKind) int {
	rest := 0
	for i, wave := range waves {
		if wave == nil {
			rest = i
		}
		if slices.Contains(wave, gk) {
			return i
		}
	}
	return rest
}
