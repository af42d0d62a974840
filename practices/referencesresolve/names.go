package referencesresolve

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// sought are the kinds whose absence says something where the scope is complete: a cluster brings none of them along,
// but for what is in exists.
var sought = map[string]bool{
	"ConfigMap": true, "Secret": true, "ServiceAccount": true, "PersistentVolumeClaim": true, "Role": true, "ClusterRole": true,
	"Service": true, "Deployment": true, "StatefulSet": true, "ReplicaSet": true,
}

// checkNames looks for the objects that others name. Services behind Ingresses and routes are checkBackends' to find.
func checkNames(p *practice.Pass, made *maker) {
	specs := map[*practice.Object][]*practice.Pod{}
	for pod := range p.Pods() {
		specs[pod.Object] = append(specs[pod.Object], pod)
	}
	for _, r := range p.References() {
		to := r.To
		if r.Optional || !sought[to.Kind] || !isFollowed(r, specs[r.From]) || strings.ContainsAny(to.Name, "{$") || p.Resolve(to) != nil {
			continue
		}
		from := r.From.ID()
		if generated := made.hashed[manifest.ID{Kind: to.Kind, Namespace: to.Namespace, Name: to.Name}]; generated != "" {
			p.Report(practice.Note{
				At:      r.At(),
				Message: fmt.Sprintf("%s %q names %s %q, which is generated as %q", from.Kind, from.Name, to.Kind, to.Name, generated),
				Leads:   "the pod waits for an object that nobody makes",
				Fix:     "let kustomize write the name (a nameReference for fields it doesn't know), or generate without a hash (disableNameSuffixHash)",
			})
			continue
		}
		if from.Kind == "HorizontalPodAutoscaler" {
			if other := otherKind(p, to); other != "" {
				p.Report(practice.Note{
					At:      r.At(),
					Message: fmt.Sprintf("HorizontalPodAutoscaler %q scales %s %q, which is a %s", from.Name, to.Kind, to.Name, other),
					Leads:   "nothing is scaled", Fix: "set scaleTargetRef.kind to " + other,
				})
				continue
			}
		}
		if !p.Complete || made.exists(to) || isReplaced(r) {
			continue
		}
		p.Report(practice.Note{
			At:      r.At(),
			Message: fmt.Sprintf("%s %q names %s %q, which doesn't exist", from.Kind, from.Name, to.Kind, to.Name),
			Leads:   consequence(to.Kind),
			Cause:   fmt.Sprintf("missing %s %s/%s", to.Kind, to.Namespace, to.Name),
		})
	}
}

func consequence(kind string) string {
	switch kind {
	case "ServiceAccount":
		return "no pod is made: the API server refuses pods of an account that doesn't exist"
	case "Role", "ClusterRole":
		return "nobody gets the rights that the binding is to give"
	case "PersistentVolumeClaim":
		return "the pod can't be scheduled"
	case "Deployment", "StatefulSet", "ReplicaSet":
		return "nothing is scaled"
	}
	return ""
}

// isFollowed says whether a reference is one that the kubelet or a controller of Kubernetes itself follows: what custom
// resources name outside of their pod specs is often what they are about to make. Pods of a workload repeat what it says.
func isFollowed(r practice.Reference, specs []*practice.Pod) bool {
	id := r.From.ID()
	if len(r.From.GetOwnerReferences()) > 0 || id.Group == "networking.k8s.io" && r.To.Kind == "Service" {
		return false
	}
	switch id.Kind {
	case "ServiceAccount", "PersistentVolume", "Event", "Endpoints":
		return false
	}
	switch id.Group {
	case "", "apps", "batch", "rbac.authorization.k8s.io", "autoscaling", "networking.k8s.io":
		return true
	}
	return slices.ContainsFunc(specs, func(pod *practice.Pod) bool {
		return len(r.Path) > len(pod.Path) && slices.Equal(r.Path[:len(pod.Path)], pod.Path)
	})
}

// isReplaced says that a StatefulSet puts the claims of its own templates in the place of a volume of that name.
func isReplaced(r practice.Reference) bool {
	templates, _ := r.From.Get("spec", "volumeClaimTemplates").([]any)
	for i := range templates {
		if r.To.Kind == "PersistentVolumeClaim" && r.From.Text("spec", "volumeClaimTemplates", strconv.Itoa(i), "metadata", "name") == r.To.Name {
			return true
		}
	}
	return false
}

// otherKind is the kind of workload that has a name which a workload of another kind is wanted to have.
func otherKind(p *practice.Pass, to manifest.ID) string {
	for _, kind := range []string{"Deployment", "StatefulSet"} {
		if p.Find(manifest.ID{Group: "apps", Kind: kind, Namespace: to.Namespace, Name: to.Name}) != nil {
			return kind
		}
	}
	return ""
}

// maker knows what exists though it is in no manifest.
type maker struct {
	named  map[manifest.ID]bool   // by custom resources, that is: made by their controllers
	owners map[string][]string    // the names of custom resources, by namespace: controllers name what they make after them
	hashed map[manifest.ID]string // what kustomize generated with a hash at the end, by the name without it
	keeps  map[string]bool        // namespaces in which cert-manager makes the Secrets of Ingresses
}

func newMaker(p *practice.Pass) *maker {
	m := &maker{named: map[manifest.ID]bool{}, owners: map[string][]string{}, hashed: map[manifest.ID]string{}, keeps: map[string]bool{}}
	for o := range p.All() {
		id := o.ID()
		switch {
		case id.Kind == "ConfigMap" || id.Kind == "Secret":
			if base, ok := unhashed(id.Name); ok {
				m.hashed[manifest.ID{Kind: id.Kind, Namespace: id.Namespace, Name: base}] = id.Name
			}
		case isCustom(id.Group):
			m.owners[id.Namespace] = append(m.owners[id.Namespace], id.Name)
			for _, path := range [][]string{{"spec", "target", "name"}, {"spec", "template", "metadata", "name"}, {"spec", "destination", "name"}} {
				if name := o.Text(path...); name != "" {
					m.owners[id.Namespace] = append(m.owners[id.Namespace], name)
				}
			}
		case id.Kind == "Ingress":
			for key := range o.GetAnnotations() {
				if strings.HasPrefix(key, "cert-manager.io/") || strings.HasPrefix(key, "kubernetes.io/tls-acme") {
					m.keeps[id.String()] = true
				}
			}
		}
	}
	for _, r := range p.References() {
		from := r.From.ID()
		if isCustom(from.Group) || m.keeps[from.String()] && r.To.Kind == "Secret" {
			m.named[manifest.ID{Kind: r.To.Kind, Namespace: r.To.Namespace, Name: r.To.Name}] = true
		}
	}
	return m
}

// isCustom says whether a group is none of Kubernetes' own.
func isCustom(group string) bool {
	return strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io")
}

// exists says whether something that isn't in the scope is there all the same.
func (m *maker) exists(to manifest.ID) bool {
	switch {
	case to.Kind == "ServiceAccount" && to.Name == "default",
		to.Kind == "ConfigMap" && (to.Name == "kube-root-ca.crt" || to.Name == "openshift-service-ca.crt"),
		to.Kind == "ClusterRole" && isBuiltIn(to.Name),
		to.Kind == "Role" && strings.HasPrefix(to.Name, "extension-apiserver-authentication-reader"),
		strings.HasPrefix(to.Namespace, "kube-"),
		to.Group != "" && to.Group != reference.AnyGroup && isCustom(to.Group):
		return true
	}
	if m.named[manifest.ID{Kind: to.Kind, Namespace: to.Namespace, Name: to.Name}] {
		return true
	}
	for _, owner := range m.owners[to.Namespace] {
		if to.Name == owner || strings.HasPrefix(to.Name, owner+"-") || strings.HasSuffix(to.Name, "-"+owner) {
			return true
		}
	}
	return false
}

func isBuiltIn(role string) bool {
	switch role {
	case "cluster-admin", "admin", "edit", "view":
		return true
	}
	return strings.HasPrefix(role, "system:")
}

// unhashed takes off what kustomize appends to a generated name: a dash and ten of the letters and digits in which it
// writes hashes.
func unhashed(name string) (string, bool) {
	dash := strings.LastIndexByte(name, '-')
	if dash <= 0 || len(name)-dash-1 != 10 || strings.Trim(name[dash+1:], "2456789bcdfghkmt") != "" {
		return "", false
	}
	return name[:dash], true
}
