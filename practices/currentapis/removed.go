package currentapis

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/fairlead-dev/fairlead/practice"
)

// target is the Kubernetes that manifests are judged for, unless an older one is meant: that of the client libraries.
const target = 36

const kubernetes = "kubernetes" // a parameter

// isKnown says what is wrong with a version of Kubernetes.
func isKnown(version string) error {
	if n := minor(version); n < 1 || n > target {
		return fmt.Errorf("%q is no version from 1.1 to 1.%d", version, target)
	}
	return nil
}

// minor is the 36 of 1.36; 0 if it is no version.
func minor(version string) int {
	_, text, _ := strings.Cut(version, "1.")
	n, err := strconv.Atoi(text)
	if err != nil || fmt.Sprintf("1.%d", n) != version {
		return 0
	}
	return n
}

// meant is the minor version of the Kubernetes that an object is for.
func meant(p *practice.Pass, o *practice.Object) int {
	return minor(practice.Value[string](p, kubernetes, o.At()))
}

// retired is a version of kinds that Kubernetes 1.X doesn't serve any more, or will not for long.
type retired struct {
	apiVersion string
	kinds      string // separated by spaces
	deprecated int    // 1.X
	removed    int    // 1.X; 0 if nobody has said when
	use        string // what to use; "" if nothing takes its place
	since      int    // the 1.X that brought it
	note       string // what else changes
}

const (
	needsSelector = "; spec.selector becomes required and must match the template's labels"
	ingressNote   = "; serviceName and servicePort become service.name and service.port, and pathType is required"
	webhookNote   = "; sideEffects and admissionReviewVersions become required"
)

// history is the deprecation guide of Kubernetes (kubernetes.io/docs/reference/using-api/deprecation-guide) and, for what it
// leaves out, the lifecycle that the types of k8s.io/api declare (a test compares).
var history = []retired{
	{"extensions/v1beta1", "Deployment DaemonSet ReplicaSet", 8, 16, "apps/v1", 9, needsSelector},
	{"extensions/v1beta1", "DeploymentRollback ReplicationControllerDummy ThirdPartyResource", 8, 16, "", 0, ""},
	{"extensions/v1beta1", "Scale", 2, 16, "autoscaling/v1", 2, ""},
	{"extensions/v1beta1", "NetworkPolicy", 9, 16, "networking.k8s.io/v1", 8, ""},
	{"extensions/v1beta1", "PodSecurityPolicy", 10, 16, "", 0, "; label namespaces with pod-security.kubernetes.io/enforce"},
	{"extensions/v1beta1", "Ingress", 14, 22, "networking.k8s.io/v1", 19, ingressNote},
	{"apps/v1beta1", "Deployment StatefulSet ControllerRevision", 8, 16, "apps/v1", 9, needsSelector},
	{"apps/v1beta1", "DeploymentRollback Scale", 8, 16, "", 0, ""},
	{"apps/v1beta2", "Deployment StatefulSet DaemonSet ReplicaSet ControllerRevision", 9, 16, "apps/v1", 9, needsSelector},
	{"apps/v1beta2", "Scale", 9, 16, "autoscaling/v1", 2, ""},
	{"admissionregistration.k8s.io/v1alpha1", "InitializerConfiguration", 13, 14, "", 0, ""},
	{"auditregistration.k8s.io/v1alpha1", "AuditSink", 19, 19, "", 0, ""},
	{"settings.k8s.io/v1alpha1", "PodPreset", 20, 20, "", 0, ""},
	{"batch/v2alpha1", "CronJob ScheduledJob JobTemplate", 8, 21, "batch/v1", 21, ""},
	{"discovery.k8s.io/v1alpha1", "EndpointSlice", 18, 21, "discovery.k8s.io/v1", 21, ""},
	{"flowcontrol.apiserver.k8s.io/v1alpha1", "FlowSchema PriorityLevelConfiguration", 20, 21, "flowcontrol.apiserver.k8s.io/v1", 29, ""},

	{"admission.k8s.io/v1beta1", "AdmissionReview", 19, 22, "admission.k8s.io/v1", 19, ""},
	{"admissionregistration.k8s.io/v1beta1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration", 16, 22, "admissionregistration.k8s.io/v1", 16, webhookNote},
	{"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 16, 22, "apiextensions.k8s.io/v1", 16, "; each version needs a schema of its own"},
	{"apiregistration.k8s.io/v1beta1", "APIService", 19, 22, "apiregistration.k8s.io/v1", 10, ""},
	{"authentication.k8s.io/v1beta1", "TokenReview", 19, 22, "authentication.k8s.io/v1", 6, ""},
	{"authorization.k8s.io/v1beta1", "LocalSubjectAccessReview SelfSubjectAccessReview SubjectAccessReview SelfSubjectRulesReview", 19, 22, "authorization.k8s.io/v1", 6, ""},
	{"certificates.k8s.io/v1beta1", "CertificateSigningRequest", 19, 22, "certificates.k8s.io/v1", 19, "; spec.signerName becomes required"},
	{"coordination.k8s.io/v1beta1", "Lease", 19, 22, "coordination.k8s.io/v1", 14, ""},
	{"networking.k8s.io/v1beta1", "Ingress", 19, 22, "networking.k8s.io/v1", 19, ingressNote},
	{"networking.k8s.io/v1beta1", "IngressClass", 19, 22, "networking.k8s.io/v1", 19, ""},
	{"rbac.authorization.k8s.io/v1beta1", "ClusterRole ClusterRoleBinding Role RoleBinding", 17, 22, "rbac.authorization.k8s.io/v1", 8, ""},
	{"scheduling.k8s.io/v1beta1", "PriorityClass", 14, 22, "scheduling.k8s.io/v1", 14, ""},
	{"storage.k8s.io/v1beta1", "CSIDriver", 19, 22, "storage.k8s.io/v1", 18, ""},
	{"storage.k8s.io/v1beta1", "CSINode", 17, 22, "storage.k8s.io/v1", 17, ""},
	{"storage.k8s.io/v1beta1", "StorageClass", 19, 22, "storage.k8s.io/v1", 6, ""},
	{"storage.k8s.io/v1beta1", "VolumeAttachment", 19, 22, "storage.k8s.io/v1", 13, ""},
	{"rbac.authorization.k8s.io/v1alpha1", "ClusterRole ClusterRoleBinding Role RoleBinding", 17, 23, "rbac.authorization.k8s.io/v1", 8, ""},
	{"scheduling.k8s.io/v1alpha1", "PriorityClass", 14, 23, "scheduling.k8s.io/v1", 14, ""},
	{"node.k8s.io/v1alpha1", "RuntimeClass", 20, 23, "node.k8s.io/v1", 20, ""},
	{"storage.k8s.io/v1alpha1", "VolumeAttachment", 21, 24, "storage.k8s.io/v1", 13, ""},
	{"storage.k8s.io/v1alpha1", "CSIStorageCapacity", 21, 24, "storage.k8s.io/v1", 24, ""},

	{"batch/v1beta1", "CronJob", 21, 25, "batch/v1", 21, ""},
	{"discovery.k8s.io/v1beta1", "EndpointSlice", 21, 25, "discovery.k8s.io/v1", 21, "; topology becomes nodeName and zone"},
	{"events.k8s.io/v1beta1", "Event", 22, 25, "events.k8s.io/v1", 19, ""},
	{"autoscaling/v2beta1", "HorizontalPodAutoscaler", 22, 25, "autoscaling/v2", 23, "; targetAverageUtilization becomes target.averageUtilization with target.type: Utilization"},
	{"policy/v1beta1", "PodDisruptionBudget", 21, 25, "policy/v1", 21, "; an empty selector then selects all pods of the namespace, no longer none"},
	{"policy/v1beta1", "Eviction", 22, 25, "policy/v1", 22, ""},
	{"policy/v1beta1", "PodSecurityPolicy", 21, 25, "", 0, "; label namespaces with pod-security.kubernetes.io/enforce"},
	{"node.k8s.io/v1beta1", "RuntimeClass", 22, 25, "node.k8s.io/v1", 20, ""},
	{"autoscaling/v2beta2", "HorizontalPodAutoscaler", 23, 26, "autoscaling/v2", 23, ""},
	{"flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema PriorityLevelConfiguration", 23, 26, "flowcontrol.apiserver.k8s.io/v1", 29, "; assuredConcurrencyShares becomes nominalConcurrencyShares"},
	{"storage.k8s.io/v1beta1", "CSIStorageCapacity", 24, 27, "storage.k8s.io/v1", 24, ""},
	{"flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema PriorityLevelConfiguration", 26, 29, "flowcontrol.apiserver.k8s.io/v1", 29, "; assuredConcurrencyShares becomes nominalConcurrencyShares"},
	{"admissionregistration.k8s.io/v1alpha1", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding", 29, 32, "admissionregistration.k8s.io/v1", 30, ""},
	{"authentication.k8s.io/v1alpha1", "SelfSubjectReview", 29, 32, "authentication.k8s.io/v1", 28, ""},
	{"flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema PriorityLevelConfiguration", 29, 32, "flowcontrol.apiserver.k8s.io/v1", 29, ""},
	{"authentication.k8s.io/v1beta1", "SelfSubjectReview", 30, 33, "authentication.k8s.io/v1", 28, ""},
	{"admissionregistration.k8s.io/v1beta1", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding", 31, 34, "admissionregistration.k8s.io/v1", 30, ""},
	{"storage.k8s.io/v1alpha1", "VolumeAttributesClass", 32, 35, "storage.k8s.io/v1", 34, ""},

	{"admissionregistration.k8s.io/v1alpha1", "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding", 35, 38, "admissionregistration.k8s.io/v1", 36, ""},
	{"certificates.k8s.io/v1alpha1", "ClusterTrustBundle", 34, 37, "certificates.k8s.io/v1beta1", 33, ""},
	{"coordination.k8s.io/v1alpha2", "LeaseCandidate", 35, 38, "coordination.k8s.io/v1beta1", 33, ""},
	{"coordination.k8s.io/v1beta1", "LeaseCandidate", 36, 39, "", 0, ""},
	{"networking.k8s.io/v1beta1", "IPAddress ServiceCIDR", 34, 37, "networking.k8s.io/v1", 33, ""},
	{"resource.k8s.io/v1beta1", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice", 35, 38, "resource.k8s.io/v1", 34, ""},
	{"resource.k8s.io/v1beta2", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice", 36, 39, "resource.k8s.io/v1", 34, ""},
	{"resource.k8s.io/v1alpha3", "DeviceTaintRule", 36, 39, "resource.k8s.io/v1beta2", 36, ""},
	{"storage.k8s.io/v1beta1", "VolumeAttributesClass", 34, 37, "storage.k8s.io/v1", 34, ""},
	{"v1", "ComponentStatus", 19, 0, "", 0, ""},
	{"v1", "Endpoints", 33, 0, "discovery.k8s.io/v1 EndpointSlice", 21, ""},
}

// versioned is a kind in a version.
type versioned struct{ apiVersion, kind string }

// retiredBy is the history by what is retired.
var retiredBy = sync.OnceValue(func() map[versioned]retired {
	all := map[versioned]retired{}
	for _, r := range history {
		for kind := range strings.FieldsSeq(r.kinds) {
			all[versioned{r.apiVersion, kind}] = r
		}
	}
	return all
})

// reportRetired says so if an object's version is removed or deprecated.
func reportRetired(p *practice.Pass, o *practice.Object, at practice.Place, apiVersion, by string) (isGone bool) {
	r, found := retiredBy()[versioned{apiVersion, o.ID().Kind}]
	to := meant(p, o)
	if !found || r.deprecated > to {
		return false
	}
	n := practice.Note{At: at, Fix: r.fix()}
	if by == "" {
		n.Edits = r.renew(p, o)
	}
	switch {
	case r.removed > 0 && r.removed <= to:
		n.Message = fmt.Sprintf("%s%s %s was removed in Kubernetes 1.%d", by, apiVersion, o.ID().Kind, r.removed)
		n.Leads = "the API server refuses the object, and all of a deployment that it is part of"
	case r.removed > 0:
		n.Message = fmt.Sprintf("%s%s %s is deprecated since Kubernetes 1.%d and removed in 1.%d", by, apiVersion, o.ID().Kind, r.deprecated, r.removed)
		n.Severity, n.Leads = practice.Warning, fmt.Sprintf("the upgrade to Kubernetes 1.%d breaks it", r.removed)
	default:
		n.Message = fmt.Sprintf("%s%s %s is deprecated since Kubernetes 1.%d", by, apiVersion, o.ID().Kind, r.deprecated)
		n.Severity, n.Leads = practice.Info, "nothing new comes to it, and some day it goes"
	}
	p.Report(n)
	return n.Severity == 0
}

func (r retired) fix() string {
	if r.use == "" {
		return "do without it: nothing takes its place" + r.note
	}
	return fmt.Sprintf("use %s, which Kubernetes has since 1.%d%s", r.use, r.since, r.note)
}
