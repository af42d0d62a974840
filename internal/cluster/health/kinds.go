package health

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kind is a rule for one kind, or for all kinds of a group, where the conventions in general.go lead astray.
type kind struct {
	group string // "*.example.com": every group that ends so
	name  string // empty: every kind of the group
	judge func(object) (Health, bool)
}

func (k kind) covers(gk schema.GroupKind) bool {
	inGroup := k.group == gk.Group
	if suffix, ok := strings.CutPrefix(k.group, "*"); ok {
		inGroup = strings.HasSuffix(gk.Group, suffix)
	}
	return inGroup && (k.name == "" || k.name == gk.Kind)
}

// kinds is the whole list; the first verdict wins.
var kinds = []kind{
	{"", "Node", node},
	{"", "PersistentVolumeClaim", claim},
	{"", "Pod", pod},
	{"", "ReplicationController", replicaSet},
	{"", "Service", service},
	{"admissionregistration.k8s.io", "MutatingWebhookConfiguration", webhook},
	{"admissionregistration.k8s.io", "ValidatingWebhookConfiguration", webhook},
	{"apiextensions.k8s.io", "CustomResourceDefinition", definition},
	{"apiregistration.k8s.io", "APIService", apiService},
	{"apps", "DaemonSet", daemonSet},
	{"apps", "Deployment", deployment},
	{"apps", "ReplicaSet", replicaSet},
	{"apps", "StatefulSet", statefulSet},
	{"autoscaling", "HorizontalPodAutoscaler", autoscaler},
	{"batch", "CronJob", cronJob},
	{"batch", "Job", job},
	{"networking.k8s.io", "Ingress", ingress},
	{"policy", "PodDisruptionBudget", disruptionBudget},

	{"*.crossplane.io", "", cloudResource},
	{"*.services.k8s.aws", "", cloudResource},
	{"*.upbound.io", "", cloudResource},
	{"cluster.x-k8s.io", "MachineHealthCheck", machineHealthCheck},
	{"fairlead.dev", "Application", application},
	{"game.kruise.io", "GameServer", gameServer},
	{"gateway.solo.io", "", gloo},
	{"gloo.solo.io", "", gloo},
	{"kafka.banzaicloud.io", "KafkaCluster", koperator},
	{"karpenter.sh", "NodeClaim", nodeClaim},
	{"karpenter.sh", "", decisive},
	{"kubevirt.io", "VirtualMachine", virtualMachine},
	{"minio.min.io", "Tenant", minioTenant},
	{"numaflow.numaproj.io", "", numaflow},
	{"openfaas.com", "Function", openfaasFunction},
	{"operators.coreos.com", "Subscription", subscription},
	{"promoter.argoproj.io", "", promoter},
	{"rabbitmq.com", "", rabbitmqTopology},
	{"serving.knative.dev", "", decisive},
	{"source.toolkit.fluxcd.io", "HelmRepository", helmRepository},
	{"work.karmada.io", "ClusterResourceBinding", karmadaBinding},
	{"work.karmada.io", "ResourceBinding", karmadaBinding},
}
