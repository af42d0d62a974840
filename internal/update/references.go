package update

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/manifest"
)

// References to images that objects name, sorted, each once: "ghcr.io/acme/front:1.0.0", with a digest if they have one.
func References(set *manifest.Set) []string {
	var all []string
	for _, o := range set.Objects {
		all = append(all, ReferencesOf(o)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ReferencesOf are those of one object, in its order.
func ReferencesOf(o *manifest.Object) []string {
	switch {
	case !mayNameImages(o):
		return nil
	case isWorkload[o.GroupVersionKind().Group]:
		return podImages(nil, o.Object)
	}
	var all []string
	for _, p := range places(o.Object) {
		ref := p.name
		if p.tag != "" {
			ref += ":" + p.tag
		}
		if p.digest != "" {
			ref += "@" + p.digest
		}
		all = append(all, ref)
	}
	return all
}

// isWorkload says that images stand in the pods of a group's kinds, and nowhere else: which need not be looked for.
var isWorkload = map[string]bool{"": true, "apps": true, "batch": true}

// podImages adds those of the containers of pods, wherever an object has one.
func podImages(all []string, node map[string]any) []string {
	for _, key := range []string{"initContainers", "containers", "ephemeralContainers"} {
		items, _ := node[key].([]any)
		for _, item := range items {
			container, _ := item.(map[string]any)
			if image, _ := container["image"].(string); looksLikeReference(image) {
				all = append(all, image)
			}
		}
	}
	for _, key := range []string{"spec", "jobTemplate", "template"} {
		if below, ok := node[key].(map[string]any); ok {
			all = podImages(all, below)
		}
	}
	return all
}

// mayNameImages is false of settings, schemas and what is secret, which have texts that are called so, too, and of Kubernetes' own
// kinds that have no place for one.
func mayNameImages(o *manifest.Object) bool {
	return !o.IsSecret() && !imageless[o.GroupVersionKind().GroupKind()]
}

var imageless = map[schema.GroupKind]bool{
	{Kind: "ConfigMap"}: true, {Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: true,
	{Kind: "Namespace"}: true, {Kind: "Service"}: true, {Kind: "ServiceAccount"}: true, {Kind: "Endpoints"}: true, {Kind: "LimitRange"}: true,
	{Kind: "ResourceQuota"}: true, {Kind: "PersistentVolume"}: true, {Kind: "PersistentVolumeClaim"}: true,
	{Group: "rbac.authorization.k8s.io", Kind: "Role"}: true, {Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}: true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}: true, {Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: true,
	{Group: "networking.k8s.io", Kind: "Ingress"}: true, {Group: "networking.k8s.io", Kind: "NetworkPolicy"}: true,
	{Group: "policy", Kind: "PodDisruptionBudget"}: true, {Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: true,
	{Group: fluxGroup, Kind: "ImageRepository"}:     true, // which is about all versions
	{Group: "storage.k8s.io", Kind: "StorageClass"}: true, {Group: "scheduling.k8s.io", Kind: "PriorityClass"}: true,
}

// CutReference takes a reference apart: the repository, and TAG, TAG@DIGEST or @DIGEST.
func CutReference(ref string) (repository, version string) {
	i := parseImage(ref)
	if version = i.tag; i.digest != "" {
		version += "@" + i.digest
	}
	return i.name, version
}
