package own

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// kind of objects that a practice judges.
type kind struct {
	group, kind string
	versions    []string // none: all
	resource    string   // the plural, as the API server's paths have it
}

// kubernetes are Kubernetes' own kinds that people write, by group.
var kubernetes = []struct{ group, inNamespaces, clusterWide string }{
	{"", "ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
		"Namespace Node PersistentVolume"},
	{"admissionregistration.k8s.io", "", "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"},
	{"apiextensions.k8s.io", "", "CustomResourceDefinition"},
	{"apiregistration.k8s.io", "", "APIService"},
	{"apps", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet", ""},
	{"autoscaling", "HorizontalPodAutoscaler", ""},
	{"batch", "CronJob Job", ""},
	{"certificates.k8s.io", "", "CertificateSigningRequest"},
	{"coordination.k8s.io", "Lease", ""},
	{"discovery.k8s.io", "EndpointSlice", ""},
	{"flowcontrol.apiserver.k8s.io", "", "FlowSchema PriorityLevelConfiguration"},
	{"networking.k8s.io", "Ingress NetworkPolicy", "IngressClass"},
	{"node.k8s.io", "", "RuntimeClass"},
	{"policy", "PodDisruptionBudget", ""},
	{"rbac.authorization.k8s.io", "Role RoleBinding", "ClusterRole ClusterRoleBinding"},
	{"scheduling.k8s.io", "", "PriorityClass"},
	{"storage.k8s.io", "CSIStorageCapacity", "CSIDriver CSINode StorageClass VolumeAttachment"},
}

// withPods are Kubernetes' own kinds with pods, as match.pods means them.
var withPods = []resources{
	{Groups: []string{""}, Kinds: []string{"Pod", "ReplicationController"}},
	{Groups: []string{"apps"}, Kinds: []string{"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"}},
	{Groups: []string{"batch"}, Kinds: []string{"CronJob", "Job"}},
}

// groupsOf are the groups in which Kubernetes has a kind.
func groupsOf(name string) []string {
	var groups []string
	for _, g := range kubernetes {
		if slices.Contains(strings.Fields(g.inNamespaces+" "+g.clusterWide), name) {
			groups = append(groups, g.group)
		}
	}
	return groups
}

// isClusterWide says of one of Kubernetes' own kinds that its objects are in no namespace.
func isClusterWide(group, name string) bool {
	for _, g := range kubernetes {
		if g.group == group {
			return slices.Contains(strings.Fields(g.clusterWide), name)
		}
	}
	return false
}

// findKinds finds out which objects are judged. Of kinds that aren't Kubernetes' own the group must be said.
func (p *Practice) findKinds() []manifest.Problem {
	var wrong []manifest.Problem
	tell := func(next, message string, path ...string) {
		wrong = append(wrong, problem(p.source, hint.With(errors.New(message), next), append([]string{"spec", "match"}, path...)...))
	}
	if len(p.spec.Match.Resources) == 0 && !p.spec.Match.Pods {
		tell("write resources: [{kinds: [Deployment, StatefulSet]}], or pods: true for all kinds with pods", "spec.match names no kinds")
	}
	if p.spec.Match.Pods {
		p.addKinds(withPods...)
	}
	for i, r := range p.spec.Match.Resources {
		at := []string{"resources", fmt.Sprint(i)}
		switch {
		case len(r.Kinds) == 0:
			tell("write kinds: [Deployment]", "no kinds are named", at...)
		case r.Resource != "" && (len(r.Kinds) != 1 || len(r.Groups) != 1):
			tell("give each custom kind an item of its own", "resource is the plural of one kind of one group", append(at, "resource")...)
		case len(r.Groups) > 0 || r.Resource != "":
			p.addKinds(r)
		default:
			for j, name := range r.Kinds {
				groups := groupsOf(name)
				if len(groups) == 0 {
					tell("say its groups: [example.com], or did you mean: "+strings.Join(hint.Nearest(name, allKinds()), ", "),
						fmt.Sprintf("%s is none of Kubernetes' own kinds, and no group is named", name), append(at, "kinds", fmt.Sprint(j))...)
				}
				p.addKinds(resources{Groups: groups, Versions: r.Versions, Kinds: []string{name}})
			}
		}
	}
	for key, selector := range p.selectors() {
		if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
			tell("write it as in a Deployment: matchLabels or matchExpressions", err.Error(), key)
		}
	}
	return wrong
}

func allKinds() []string {
	var all []string
	for _, g := range kubernetes {
		all = append(all, strings.Fields(g.inNamespaces+" "+g.clusterWide)...)
	}
	return all
}

func (p *Practice) addKinds(all ...resources) {
	for _, r := range all {
		for _, group := range r.Groups {
			for _, name := range r.Kinds {
				resource := r.Resource
				if resource == "" {
					guess, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: group, Kind: name})
					resource = guess.Resource
				}
				p.kinds = append(p.kinds, kind{group, name, r.Versions, resource})
			}
		}
	}
}

// selectors of the match that are there, by their key.
func (p *Practice) selectors() map[string]*metav1.LabelSelector {
	all := map[string]*metav1.LabelSelector{"namespaceSelector": p.spec.Match.NamespaceSelector, "objectSelector": p.spec.Match.ObjectSelector}
	for key, selector := range all {
		if selector == nil {
			delete(all, key)
		}
	}
	return all
}
