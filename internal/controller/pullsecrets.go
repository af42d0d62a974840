package controller

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/automation"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/manifest"
)

// puller is what a pod that runs an image is let in by.
type puller struct {
	namespace, account string
	secrets            string // names, each followed by a space
}

// pullersOf are those of the objects that name an image.
func pullersOf(set *manifest.Set, repository, namespace string) []puller {
	var all []puller
	for _, o := range set.Objects {
		if !slices.ContainsFunc(update.ReferencesOf(o), func(ref string) bool {
			named, _ := update.CutReference(ref)
			return automation.SameImage(named, repository)
		}) {
			continue
		}
		p := puller{namespace: cmp.Or(o.GetNamespace(), namespace, "default"), account: "default"}
		p.read(o.Object)
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// read finds the pod's own fields wherever an object has a pod.
func (p *puller) read(node any) {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			p.read(item)
		}
	case map[string]any:
		if _, isPod := node["containers"].([]any); isPod {
			if name, _ := node["serviceAccountName"].(string); name != "" {
				p.account = name
			}
			p.secrets += namesOf(node["imagePullSecrets"])
		}
		for _, key := range []string{"spec", "template", "jobTemplate"} {
			p.read(node[key])
		}
	}
}

func namesOf(list any) (names string) {
	items, _ := list.([]any)
	for _, item := range items {
		fields, _ := item.(map[string]any)
		if name, _ := fields["name"].(string); name != "" {
			names += name + " "
		}
	}
	return names
}

// pullLogin is the login that the kubelet would have for an image: of the pods' own secrets, and of their service accounts'. They
// are read with the rights that the Application has; what isn't there, or isn't its to read, lets nobody in.
func pullLogin(ctx context.Context, api *cluster.Client, pullers []puller) (source.Auth, error) {
	var names []types.NamespacedName
	add := func(namespace, list string) {
		for _, name := range strings.Fields(list) {
			if n := (types.NamespacedName{Namespace: namespace, Name: name}); !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	for _, p := range pullers {
		add(p.namespace, p.secrets)
		if account := read(ctx, api, "serviceaccounts", types.NamespacedName{Namespace: p.namespace, Name: p.account}); account != nil {
			add(p.namespace, namesOf(account.Object["imagePullSecrets"]))
		}
	}
	var configs [][]byte
	for _, name := range names {
		secret := read(ctx, api, "secrets", name)
		if secret == nil {
			continue
		}
		for _, key := range []string{corev1.DockerConfigJsonKey, corev1.DockerConfigKey} {
			encoded, _, _ := unstructured.NestedString(secret.Object, "data", key)
			if config, err := base64.StdEncoding.DecodeString(encoded); err == nil && len(config) > 0 {
				configs = append(configs, config)
			}
		}
	}
	return image.PullSecrets(configs...)
}

func read(ctx context.Context, api *cluster.Client, resource string, name types.NamespacedName) *unstructured.Unstructured {
	found, err := api.Dynamic.Resource(schema.GroupVersionResource{Version: "v1", Resource: resource}).Namespace(name.Namespace).Get(ctx, name.Name, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return found
}
