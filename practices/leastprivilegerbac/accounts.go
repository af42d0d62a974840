package leastprivilegerbac

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// account of a pod.
type account struct{ namespace, name string }

// judgeAccounts looks at who holds a token that nothing uses, and at mighty accounts that several workloads share.
func (g *grants) judgeAccounts() {
	users := map[account][]*practice.Pod{}
	for pod := range g.Pods() {
		if pod.Object.GetOwnerReferences() != nil {
			continue // its owner is judged
		}
		a := account{pod.Object.ID().Namespace, cmp.Or(pod.Spec.ServiceAccountName, pod.Spec.DeprecatedServiceAccount, "default")}
		if strings.ContainsAny(a.name, "${") {
			continue
		}
		users[a] = append(users[a], pod)
		g.judgeToken(pod, a)
	}
	for a, pods := range users {
		g.judgeSharing(a, pods)
	}
}

// object of an account, or nil if it isn't in the scope.
func (g *grants) account(a account) *practice.Object {
	id := manifest.ID{Kind: "ServiceAccount", Namespace: a.namespace, Name: a.name}
	if o := g.Find(id); o != nil {
		return o
	}
	id.Namespace = ""
	return g.Find(id)
}

func (g *grants) judgeToken(pod *practice.Pod, a account) {
	if !isMounted(pod.Spec.AutomountServiceAccountToken) || usesToken(pod) || len(g.boundTo(a.namespace, a.name)) > 0 {
		return
	}
	object := g.account(a)
	if object != nil && !isMounted(practice.As[corev1.ServiceAccount](object).AutomountServiceAccountToken) {
		return
	}
	if a.name != "default" && (object == nil || !g.Complete && !g.bindsAnything()) {
		return // what it may do is said elsewhere
	}
	n := practice.Note{
		At:      pod.At("automountServiceAccountToken"),
		Message: fmt.Sprintf("the token of ServiceAccount %q is mounted, and nothing gives the account a role", a.name),
		Leads:   "who gets into a container can ask the API server in its name, and has all that is ever bound to it",
		Fix:     "set automountServiceAccountToken: false in the pod's spec",
		Edits:   withoutToken(pod),
	}
	if a.name == "default" {
		n.Message = "the pod names no ServiceAccount, and the token of \"default\" is mounted, which nothing gives a role"
		n.Fix += ", or once in the ServiceAccount \"default\"; a pod that calls the API server needs a ServiceAccount of its own"
		n.Cause = "token of " + a.namespace + "/default"
	}
	g.Report(n)
}

// bindsAnything says that the scope has bindings: then those of its accounts are expected there.
func (g *grants) bindsAnything() bool { return len(g.bindings) > 0 }

func isMounted(setting *bool) bool { return setting == nil || *setting }

// usesToken says that something in the pod is known to log in with the token, be it elsewhere.
func usesToken(pod *practice.Pod) bool {
	for key := range pod.Meta.Annotations {
		if strings.HasPrefix(key, "vault.hashicorp.com/") {
			return true
		}
	}
	for c := range pod.Containers() {
		if strings.Contains(c.Image, "kubectl") || slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(arg string) bool { return strings.Contains(arg, "kubectl ") }) {
			return true
		}
		for _, m := range c.VolumeMounts {
			if strings.HasPrefix(m.MountPath, "/var/run/secrets/kubernetes.io/serviceaccount") {
				return true
			}
		}
	}
	return false
}

// judgeSharing reports an account with rights that several workloads hold, once. Jobs are left out: they do one thing of
// the same work and are gone.
func (g *grants) judgeSharing(a account, pods []*practice.Pod) {
	bindings := g.boundTo(a.namespace, a.name)
	pods = slices.DeleteFunc(slices.Clone(pods), (*practice.Pod).Ends)
	if a.name == "default" || len(pods) < 2 || len(bindings) == 0 {
		return
	}
	slices.SortFunc(pods, func(x, y *practice.Pod) int { return manifest.Compare(x.Object.ID(), y.Object.ID()) })
	at := pods[1].At("serviceAccountName")
	if object := g.account(a); object != nil {
		at = object.At("metadata", "name")
	}
	var names []string
	for _, pod := range pods {
		if name := pod.Object.ID().Kind + " " + pod.Object.ID().Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) < 2 {
		return
	}
	g.Report(practice.Note{
		At: at, Severity: practice.Info,
		Message: fmt.Sprintf("ServiceAccount %q, which has role %s, is that of %d workloads: %s", a.name, bindings[0].role.Name, len(names), brief(names)),
		Leads:   "each of them has the rights that one needs", Fix: "give each workload a ServiceAccount of its own",
	})
}
