package practice

import (
	"slices"
	"strings"
)

// Delivery is what keeps a live object as a config repository has it, told by the mark that it leaves on what it delivers.
type Delivery struct {
	Tool string // "Fairlead", "Flux", "Argo CD"
	For  string // what it delivers it for, as the tool names it: "shop/web"; "" if the mark doesn't say
}

// String reads "Flux (flux-system/apps)".
func (d Delivery) String() string {
	if d.For == "" {
		return d.Tool
	}
	return d.Tool + " (" + d.For + ")"
}

// Delivery tells what delivers a live object from a config repository; ok is false if nothing says so.
func (o *Object) Delivery() (d Delivery, ok bool) {
	labels, _ := o.Get("metadata", "labels").(map[string]any)
	annotations, _ := o.Get("metadata", "annotations").(map[string]any)
	for _, m := range marks {
		pairs := labels
		if m.inAnnotation {
			pairs = annotations
		}
		value, marked := pairs[m.key].(string)
		if !marked || m.value != "" && value != m.value {
			continue
		}
		d = Delivery{Tool: m.tool}
		if m.name != nil {
			d.For = m.name(value, pairs)
		}
		return d, true
	}
	for _, w := range o.Writers() {
		if tool := w.Tool(); tool != "" && w.Subresource == "" {
			instance, _ := labels["app.kubernetes.io/instance"].(string)
			if tool != argo {
				instance = ""
			}
			return Delivery{Tool: tool, For: instance}, true
		}
	}
	return Delivery{}, false
}

const fairlead, flux, argo = "Fairlead", "Flux", "Argo CD"

// marks are the labels and annotations by which tools know what they deliver.
var marks = []struct {
	tool, key, value string // any value if "" is given
	inAnnotation     bool
	name             func(value string, all map[string]any) string
}{
	{tool: fairlead, key: "fairlead.dev/application", name: func(value string, _ map[string]any) string {
		return strings.Replace(value, ".", "/", 1) // no namespace has a dot
	}},
	{tool: fairlead, key: "fairlead.dev/discovered-by"},
	{tool: flux, key: "kustomize.toolkit.fluxcd.io/name", name: beside("kustomize.toolkit.fluxcd.io/namespace")},
	{tool: flux, key: "helm.toolkit.fluxcd.io/name", name: beside("helm.toolkit.fluxcd.io/namespace")},
	{tool: argo, key: "argocd.argoproj.io/tracking-id", inAnnotation: true, name: func(value string, _ map[string]any) string {
		name, _, _ := strings.Cut(value, ":")
		return strings.Trim(name, "*") // as it is masked in a Secret
	}},
	{tool: argo, key: "argocd.argoproj.io/instance", name: asWritten},
	{tool: "Rancher", key: "objectset.rio.cattle.io/hash"},
	{tool: "Config Sync", key: "configmanagement.gke.io/managed", value: "enabled", inAnnotation: true},
	{tool: "kapp", key: "kapp.k14s.io/app"},
	{tool: "kluctl", key: "kluctl.io/discriminator", name: asWritten},
	{tool: "werf", key: "werf.io/version", inAnnotation: true},
	{tool: "Sveltos", key: "projectsveltos.io/reference-name"},
	{tool: "Spinnaker", key: "app.kubernetes.io/managed-by", value: "spinnaker"},
	{tool: "Pulumi", key: "app.kubernetes.io/managed-by", value: "pulumi"},
}

func asWritten(value string, _ map[string]any) string { return value }

func beside(namespace string) func(string, map[string]any) string {
	return func(name string, all map[string]any) string {
		if in, _ := all[namespace].(string); in != "" {
			return in + "/" + name
		}
		return name
	}
}

// deliverers are the managers under which tools write that deliver from a config repository. Fairlead isn't among them: it
// writes under one name from an Application and, with fairlead sync PATH, from files that may be anywhere.
var deliverers = []struct{ tool, manager string }{
	{argo, "argocd-controller"}, {argo, "argocd-application-controller"}, {flux, "kustomize-controller"}, {flux, "helm-controller"},
	{"Rancher", "fleetagent"}, {"Rancher", "fleet-agent"}, {"Config Sync", "configsync"}, {"kapp", "kapp-controller"},
	{"Terraform", "Terraform"}, {"Terraform", "HashiCorp"}, {"Terraform", "terraform-provider-helm"}, {"Pulumi", "pulumi-kubernetes"},
	{"kluctl", "kluctl"}, {"werf", "werf"},
}

// Tool is what delivers from config repositories under the writer's name, or "".
func (w Writer) Tool() string {
	for _, t := range deliverers {
		if rest, ok := strings.CutPrefix(w.Manager, t.manager); ok && (rest == "" || strings.ContainsAny(rest[:1], "-_./")) {
			return t.tool
		}
	}
	return ""
}

// hands are the managers under which people write: the command line in all its forms, and what shows a cluster on a screen.
var hands = []string{
	"k9s", "Lens", "OpenLens", "Freelens", "dashboard", "dashboard-api", "kubernetes-dashboard", "kubernetes-dashboard-api", "headlamp",
	"octant", "oc", "Mozilla", "curl", "skaffold", "tilt",
}

// IsByHand says that a person has written, as far as the name tells: with kubectl or the like, not with a tool that delivers.
// Helm is not among them: it is asked for by people and by programs alike.
func (w Writer) IsByHand() bool {
	return strings.HasPrefix(w.Manager, "kubectl") || strings.HasPrefix(w.Manager, "oc-") || slices.Contains(hands, w.Manager)
}

// programs are parts of the names of managers that keep fields of their own up to date.
var programs = []string{
	"controller", "operator", "manager", "kube-apiserver", "apiserver", "kubelet", "scheduler", "autoscaler", "webhook", "injector", "provisioner",
	"keda", "vpa-", "istiod", "pilot-discovery", "linkerd", "kyverno", "gatekeeper", "cilium", "snapshot",
}

// IsProgram says that a controller has written, or whatever else keeps fields up to date that are not for people to set.
func (w Writer) IsProgram() bool {
	name := strings.ToLower(w.Manager)
	return w.Tool() == "" && slices.ContainsFunc(programs, func(part string) bool { return strings.Contains(name, part) })
}

// HelmRelease is the release of Helm that a live object belongs to, or "": delivered from a config repository or not.
func (o *Object) HelmRelease() string {
	annotations, _ := o.Get("metadata", "annotations").(map[string]any)
	name, _ := annotations["meta.helm.sh/release-name"].(string)
	if strings.Trim(name, "*") != "" || name == "" {
		return name
	}
	return o.Text("metadata", "labels", "app.kubernetes.io/instance") // a Secret's annotations are masked
}

// AppliedAnnotation is where kubectl apply, and what works as it does, notes what it was given.
const AppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

// Gone are the objects that were delivered from a config repository and aren't in the cluster any more.
func (p *Pass) Gone() []*Object {
	var gone []*Object
	for id, git := range p.Git {
		if p.byID[id] == nil {
			gone = append(gone, &Object{Object: git, id: id})
		}
	}
	return gone // findings are sorted
}
