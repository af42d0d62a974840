package health

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// silent: a kind that other things read and nobody reports on. Without this a plain piece of configuration would wait for
// ever. Discovery knows best; without it the lists below do.
func (j Judge) silent(o object) bool {
	_, hasSpec := o.live.Object["spec"]
	_, hasStatus := o.live.Object["status"]
	switch {
	case hasStatus:
		return false
	case j.ReportsStatus != nil:
		return !j.ReportsStatus(o.kind)
	case !hasSpec && len(o.live.Object) > len(identity), slices.Contains(silentGroups, o.kind.Group), slices.Contains(silentKinds, o.kind):
		return true
	}
	words := split(o.kind.Kind)
	return len(words) > 0 && slices.Contains(silentNames, words[len(words)-1])
}

// identity are the fields that every object has: one with nothing else is not configuration, somebody is yet to fill it in.
var identity = []string{"apiVersion", "kind", "metadata"}

// silentNames end the names of kinds that are configuration by their very name: ProviderConfig, AnalysisTemplate.
var silentNames = strings.Fields("config configuration definition exception profile settings template")

// silentGroups have no status, or one that stays empty.
var silentGroups = []string{
	"crd.projectcalico.org", "projectcalico.org", "generators.external-secrets.io",
	"networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io", // filled only if Istio is told to
	"policy.karmada.io", "traefik.io", "traefik.containo.us",
}

var silentKinds = []schema.GroupKind{
	{Group: "apiextensions.crossplane.io", Kind: "Composition"},
	{Group: "argoproj.io", Kind: "AppProject"},
	{Group: "configuration.konghq.com", Kind: "KongPlugin"},
	{Group: "dapr.io", Kind: "Component"},
	{Group: "dapr.io", Kind: "Resiliency"},
	{Group: "dapr.io", Kind: "Subscription"},
	{Group: "gateway.networking.k8s.io", Kind: "ReferenceGrant"},
	{Group: "keda.sh", Kind: "ClusterTriggerAuthentication"},
	{Group: "keda.sh", Kind: "TriggerAuthentication"},
	{Group: "metallb.io", Kind: "BGPAdvertisement"},
	{Group: "metallb.io", Kind: "BGPPeer"},
	{Group: "metallb.io", Kind: "IPAddressPool"},
	{Group: "metallb.io", Kind: "L2Advertisement"},
	{Group: "monitoring.coreos.com", Kind: "PodMonitor"},
	{Group: "monitoring.coreos.com", Kind: "Probe"},
	{Group: "monitoring.coreos.com", Kind: "PrometheusRule"},
	{Group: "monitoring.coreos.com", Kind: "ServiceMonitor"},
	{Group: "notification.toolkit.fluxcd.io", Kind: "Alert"},
	{Group: "notification.toolkit.fluxcd.io", Kind: "Provider"},
	{Group: "secrets-store.csi.x-k8s.io", Kind: "SecretProviderClass"},
	{Group: "snapshot.storage.k8s.io", Kind: "VolumeSnapshotClass"},
	{Group: "tekton.dev", Kind: "Pipeline"},
	{Group: "tekton.dev", Kind: "Task"},
	{Group: "triggers.tekton.dev", Kind: "TriggerBinding"},
}

// builtIn: the API groups of Kubernetes itself, https://kubernetes.io/docs/reference/kubernetes-api/
func builtIn(kind schema.GroupKind) bool { return slices.Contains(builtInGroups, kind.Group) }

var builtInGroups = []string{
	"", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io",
	"authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
	"events.k8s.io", "extensions", "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io",
	"policy", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io",
}
