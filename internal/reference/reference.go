// Package reference finds what objects refer to: the names of other objects in their fields, in kinds that everybody has
// and in kinds nobody has heard of, and the hosts in the texts of settings.
package reference

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/manifest"
)

// AnyGroup stands in a reference for a group that isn't written: the kind alone has to tell.
const AnyGroup = "*"

// Reference is one field that names another object.
type Reference struct {
	To   manifest.ID // the namespace of a kind that may have none is that of the object that refers to it
	Path []string    // of the field that holds the name, or of the mapping it is in
	// Optional says that the object itself says that it can do without.
	Optional bool
}

// referred is the kind that a field refers to.
type referred struct {
	schema.GroupKind
	clusterWide bool
}

var (
	toSecret         = referred{GroupKind: schema.GroupKind{Kind: "Secret"}}
	toConfigMap      = referred{GroupKind: schema.GroupKind{Kind: "ConfigMap"}}
	toServiceAccount = referred{GroupKind: schema.GroupKind{Kind: "ServiceAccount"}}
	toService        = referred{GroupKind: schema.GroupKind{Kind: "Service"}}
	toClaim          = referred{GroupKind: schema.GroupKind{Kind: "PersistentVolumeClaim"}}
	toGateway        = referred{GroupKind: schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "Gateway"}}
	toAnything       = referred{GroupKind: schema.GroupKind{Group: AnyGroup}}
)

func toClusterWide(group, kind string) referred {
	return referred{schema.GroupKind{Group: group, Kind: kind}, true}
}

// names are the fields that hold the name of another object, in any kind: they mean the same in pods, in what holds a
// pod template and in most custom resources.
var names = map[string]referred{
	"secretName": toSecret, "configMapName": toConfigMap, "serviceAccountName": toServiceAccount, "serviceName": toService, "claimName": toClaim,
	"volumeName":        toClusterWide("", "PersistentVolume"),
	"priorityClassName": toClusterWide("scheduling.k8s.io", "PriorityClass"),
	"runtimeClassName":  toClusterWide("node.k8s.io", "RuntimeClass"),
	"storageClassName":  toClusterWide("storage.k8s.io", "StorageClass"),
	"ingressClassName":  toClusterWide("networking.k8s.io", "IngressClass"),
	"gatewayClassName":  toClusterWide("gateway.networking.k8s.io", "GatewayClass"),
	"policyName":        toClusterWide("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
}

// pointers are the fields that hold a mapping with the name of another object, or a list of such, and the kind that is
// meant where the mapping names none. Besides, every field that ends in Ref or Reference is one.
var pointers = map[string]referred{
	"secret": toSecret, "secrets": toSecret, "secretRef": toSecret, "secretKeyRef": toSecret, "imagePullSecrets": toSecret, "certificateRefs": toSecret,
	"configMap": toConfigMap, "configMapRef": toConfigMap, "configMapKeyRef": toConfigMap,
	"service": toService, "backendRefs": toService, "backendRef": toService,
	"claimRef": toClaim, "parentRefs": toGateway, "subjects": toAnything,
	"issuerRef":      {GroupKind: schema.GroupKind{Group: "cert-manager.io", Kind: "Issuer"}},
	"secretStoreRef": {GroupKind: schema.GroupKind{Group: "external-secrets.io", Kind: "SecretStore"}},
}

// pointer says what a mapping under a key refers to, if its own fields don't.
func pointer(key string) (referred, bool) {
	if to, ok := pointers[key]; ok {
		return to, true
	}
	single := strings.TrimSuffix(key, "s")
	return toAnything, strings.HasSuffix(single, "Ref") || strings.HasSuffix(single, "Reference")
}

// passedOver are the top-level fields in which nothing refers to anything.
var passedOver = map[string]bool{"apiVersion": true, "kind": true, "metadata": true, "status": true, "data": true, "stringData": true, "binaryData": true}

var definition = schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}

// Of lists the objects that a field of this one names, whether they exist or not, in no order and perhaps twice.
func Of(id manifest.ID, object map[string]any) []Reference {
	if id.GroupKind() == definition {
		return nil // the fields of its schema only look like references
	}
	f := finder{namespace: id.Namespace}
	for key, value := range object {
		if !passedOver[key] {
			f.visit(key, value, false)
		}
	}
	return f.found
}

type finder struct {
	namespace string
	path      []string // of what is visited
	optional  bool     // what holds it says that it can do without
	found     []Reference
}

// visit looks at a field; f.path leads to what holds it. Of an item of a list, key is that of the list.
func (f *finder) visit(key string, value any, isItem bool) {
	if !isItem {
		f.path = append(f.path, key)
		defer func() { f.path = f.path[:len(f.path)-1] }()
	}
	switch value := value.(type) {
	case string:
		if to, ok := names[key]; ok && value != "" {
			f.add(to, f.namespace, value)
		}
	case map[string]any:
		if to, ok := pointer(key); ok {
			f.point(to, value)
		}
		outer := f.optional
		f.optional, _ = value["optional"].(bool)
		for k, v := range value {
			f.visit(k, v, false)
		}
		f.optional = outer
	case []any:
		for i, item := range value {
			f.path = append(f.path, strconv.Itoa(i))
			f.visit(key, item, true)
			f.path = f.path[:len(f.path)-1]
		}
	}
}

// point reads {apiVersion, kind, namespace, name} and its like.
func (f *finder) point(to referred, fields map[string]any) {
	name, _ := fields["name"].(string)
	if name == "" {
		return
	}
	if kind, _ := fields["kind"].(string); kind != "" && kind != to.Kind {
		to = referred{GroupKind: schema.GroupKind{Group: AnyGroup, Kind: kind}}
		for _, field := range []string{"apiVersion", "apiGroup", "group"} {
			if text, written := fields[field].(string); written {
				to.Group = text
			}
		}
		if group, _, versioned := strings.Cut(to.Group, "/"); versioned {
			to.Group = group
		} else if fields["apiVersion"] == to.Group {
			to.Group = "" // "v1"
		}
	}
	if to.Kind == "" {
		return
	}
	namespace, _ := fields["namespace"].(string)
	if namespace == "" {
		namespace = f.namespace
	}
	outer := f.optional
	f.optional, _ = fields["optional"].(bool)
	f.add(to, namespace, name)
	f.optional = outer
}

func (f *finder) add(to referred, namespace, name string) {
	if to.clusterWide {
		namespace = ""
	}
	f.found = append(f.found, Reference{
		To:   manifest.ID{Group: to.Group, Kind: to.Kind, Namespace: namespace, Name: name},
		Path: slices.Clone(f.path), Optional: f.optional,
	})
}
