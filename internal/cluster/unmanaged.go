package cluster

import (
	"slices"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Unmanaged is an object that no source has, as somebody has made it.
type Unmanaged struct {
	ID     manifest.ID               `json:"id"`
	By     Actor                     `json:"by,omitzero"` // who made it, and when
	Object unstructured.Unstructured `json:"-"`           // with the values of a Secret masked
}

// UnmanagedIn are the objects of a listing that are not managed: those that isManaged knows, what controllers and Kubernetes
// itself keep, and the Secrets that Fairlead's own objects name, left out: what opens a repository can't be in it.
func UnmanagedIn(listing *Listing, isManaged func(manifest.ID) bool) []Unmanaged {
	var all []Unmanaged
	logins := map[manifest.ID]bool{}
	for _, o := range listing.Objects {
		if o.GroupVersionKind().Group == ownGroup {
			secretsOf(o.Object["spec"], func(name string) {
				logins[manifest.ID{Kind: "Secret", Namespace: o.GetNamespace(), Name: name}] = true
			})
		}
	}
	for _, o := range listing.Objects {
		if id := IDOf(&o); !isManaged(id) && !logins[id] && !isKept(&o) {
			all = append(all, Unmanaged{ID: id, By: makerOf(&o), Object: o})
		}
	}
	sort.Slice(all, func(i, j int) bool { return manifest.Compare(all[i].ID, all[j].ID) < 0 }) // slices.SortFunc has 30 KB of code for this type
	return all
}

// ownGroup is that of Fairlead's kinds.
const ownGroup = "fairlead.dev"

// secretsOf finds the Secrets that a spec names, wherever in it.
func secretsOf(v any, found func(name string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if name, is, err := unstructured.NestedString(v, key, "name"); key == "secretRef" && is && err == nil {
				found(name)
			}
			secretsOf(value, found)
		}
	case []any:
		for _, value := range v {
			secretsOf(value, found)
		}
	}
}

// components of Kubernetes write under these names.
var components = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "cloud-controller-manager", "kube-root-ca-cert-publisher"}

// published are objects that controllers put into each namespace.
var published = map[manifest.ID]bool{
	{Kind: "ServiceAccount", Name: "default"}:             true,
	{Kind: "ConfigMap", Name: "kube-root-ca.crt"}:         true,
	{Kind: "ConfigMap", Name: "istio-ca-root-cert"}:       true,
	{Kind: "ConfigMap", Name: "openshift-service-ca.crt"}: true,
	{Kind: "Service", Name: "kubernetes"}:                 true,
}

// generated are the types of Secrets that programs make: those of releases belong to Helm.
var generated = []string{"helm.sh/release.v1", "kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"}

// isKept says that an object is made or kept by a program: it has an owner, is going, or is known to be.
func isKept(o *unstructured.Unstructured) bool {
	id := IDOf(o)
	secretType, _, _ := unstructured.NestedString(o.Object, "type")
	switch {
	case len(o.GetOwnerReferences()) > 0, o.GetDeletionTimestamp() != nil:
		return true
	case published[manifest.ID{Group: id.Group, Kind: id.Kind, Name: id.Name}] && (id.Kind != "Service" || id.Namespace == "default"):
		return true
	case isSecret(o) && slices.Contains(generated, secretType):
		return true
	case id.Group == ownGroup: // an Application says what is managed, and needn't be; the rest is Fairlead's own
		return true
	case o.GetAnnotations()["cert-manager.io/certificate-name"] != "":
		return true
	}
	return slices.Contains(components, makerOf(o).Manager)
}

// makerOf is who made an object: of those that have written to it, the one that was first. An object that nobody else has
// touched since says so in any case.
func makerOf(o *unstructured.Unstructured) Actor {
	var maker Actor
	for _, entry := range o.GetManagedFields() {
		if entry.Subresource != "" || entry.Time == nil || slices.Contains(nameless, entry.Manager) {
			continue
		}
		if at := entry.Time.UTC(); maker.At.IsZero() || at.Before(maker.At) {
			maker = Actor{Manager: entry.Manager, Operation: string(entry.Operation), At: at}
		}
	}
	made := o.GetCreationTimestamp().UTC()
	if maker.Manager == "" {
		return Actor{At: made}
	}
	maker.At = made // an entry has the time of its last change
	return maker
}

// Clean is an object as a person would write it: without status and without what the server keeps or assigns. Of a Secret
// it has no values.
func Clean(o *unstructured.Unstructured) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: contents(o.Object)}
	out = out.DeepCopy()
	out.SetAPIVersion(o.GetAPIVersion())
	out.SetKind(o.GetKind())
	for _, field := range []string{"generateName", "ownerReferences", "finalizers", "deletionTimestamp", "deletionGracePeriodSeconds"} {
		unstructured.RemoveNestedField(out.Object, "metadata", field)
	}
	annotations := out.GetAnnotations()
	for key := range annotations {
		if isSecret(o) || strings.HasPrefix(key, "pv.kubernetes.io/") || strings.HasPrefix(key, "volume.kubernetes.io/") || key == "deployment.kubernetes.io/revision" || key == "kubectl.kubernetes.io/last-applied-configuration" {
			delete(annotations, key) // of a Secret one may quote a value
		}
	}
	if out.SetAnnotations(annotations); len(annotations) == 0 {
		unstructured.RemoveNestedField(out.Object, "metadata", "annotations")
	}
	for _, path := range assigned[IDOf(o).GroupKind().String()] {
		unstructured.RemoveNestedField(out.Object, strings.Split(path, ".")...)
	}
	if isSecret(o) {
		delete(out.Object, "data")
		delete(out.Object, "stringData")
	}
	if ip, _, _ := unstructured.NestedString(o.Object, "spec", "clusterIP"); o.GetKind() == "Service" && ip == "None" {
		_ = unstructured.SetNestedField(out.Object, ip, "spec", "clusterIP")
	}
	return out
}

// assigned are fields that the server, or a controller, chooses for an object: another one would get other values.
var assigned = map[string][]string{
	"Service":               {"spec.clusterIP", "spec.clusterIPs", "spec.healthCheckNodePort"},
	"PersistentVolumeClaim": {"spec.volumeName"},
	"Pod":                   {"spec.nodeName"},
	"Namespace":             {"spec"},
	"ServiceAccount":        {"secrets"},
	"Job.batch":             {"spec.selector", "spec.template.metadata.labels.controller-uid", "spec.template.metadata.labels.job-name", "spec.template.metadata.labels.batch.kubernetes.io/controller-uid"},
}
