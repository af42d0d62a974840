package changerecorded

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// key is where kubectl's rollout history finds the reason of a revision: in the annotations of the workload, which the
// controllers copy to each ReplicaSet and ControllerRevision.
const key = "kubernetes.io/change-cause"

// judgeCause finds a reason that says nothing, and one that stands where nobody looks. That there is none is found on a
// cluster only: whatever delivers the manifests may write it.
func judgeCause(p *practice.Pass, pod *practice.Pod) {
	o := pod.Object
	annotations, _ := o.Get("metadata", "annotations").(map[string]any)
	cause, written := annotations[key].(string)
	if written {
		if why := saysNothing(cause, p.Live); why != "" {
			p.Report(practice.Note{
				At:      o.At("metadata", "annotations", key),
				Message: fmt.Sprintf("the change cause of %s %s %s", o.GetKind(), o.GetName(), why),
			})
		}
		return
	}
	if path := misplaced(pod); path != nil {
		p.Report(practice.Note{
			At:      o.At(path...),
			Message: fmt.Sprintf("the change cause of %s %s stands in %s, where rollout history doesn't look", o.GetKind(), o.GetName(), place(path)),
			Leads:   "the history shows <none> for every revision, though somebody took the trouble to write it",
			Fix:     "move it to metadata.annotations of the workload itself, as " + key,
		})
		return
	}
	if p.Live && hasRollouts[o.ID().Kind] && o.ID().Group == "apps" && !strings.HasPrefix(o.GetNamespace(), "kube-") && !isRecorded(o) {
		p.Report(practice.Note{
			At: o.At("metadata", "annotations"), Severity: practice.Info,
			Message: fmt.Sprintf("nothing says why %s %s is what it is: it has no change cause", o.GetKind(), o.GetName()),
			Fix:     "deliver it with something that records each change, or write " + key + " in the pipeline",
			Cause:   "no change cause in namespace " + o.GetNamespace(),
		})
	}
}

var hasRollouts = map[string]bool{"Deployment": true, "StatefulSet": true, "DaemonSet": true}

// vague are whole reasons that give none.
var vague = map[string]bool{
	"": true, "<none>": true, "none": true, "n/a": true, "todo": true, "tbd": true, "-": true, "update": true, "updated": true, "upgrade": true, "change": true,
	"changes": true, "deploy": true, "deployment": true, "new version": true, "new release": true, "release": true, "fix": true, "test": true, "wip": true,
	"initial": true, "reason": true, "change cause": true, "change-cause": true, "manual": true, "rollout": true, "restart": true, "version update": true,
}

// saysNothing tells why a reason is none, or "".
func saysNothing(cause string, live bool) string {
	text := strings.ToLower(strings.Trim(cause, " \t\n.!\"'"))
	switch {
	case text == "":
		return "is empty"
	case vague[text]:
		return fmt.Sprintf("says nothing: %q", cause)
	case strings.HasPrefix(text, "kubectl ") || strings.HasPrefix(text, "helm upgrade") || strings.HasPrefix(text, "oc "):
		return fmt.Sprintf("is the command, not the reason: %q", cause)
	case strings.Contains(cause, "$(git ") || strings.Contains(cause, "`git "):
		return fmt.Sprintf("is a shell's, which nothing runs in a manifest: %q", cause)
	case live && practice.HasPlaceholder(cause):
		return fmt.Sprintf("was never filled in: %q", cause)
	}
	return ""
}

// misplaced is the path of a change cause in the wrong place or by a wrong name, or nil.
func misplaced(pod *practice.Pod) []string {
	template := slices.Concat(pod.Path[:len(pod.Path)-1], []string{"metadata"})
	for _, metadata := range [][]string{{"metadata"}, template} {
		for _, field := range []string{"annotations", "labels"} {
			path := slices.Concat(metadata, []string{field})
			pairs, _ := pod.Object.Get(path...).(map[string]any)
			var meant []string
			for k := range pairs {
				if isCause(k) {
					meant = append(meant, k)
				}
			}
			if len(meant) > 0 {
				return append(path, slices.Min(meant))
			}
		}
	}
	return nil
}

// joints are what people put between words.
var joints = strings.NewReplacer("-", "", "_", "", ".", "")

// isCause says that a key is meant to be the change cause, however it is spelt.
func isCause(k string) bool {
	k = strings.ToLower(k)
	if !strings.Contains(k, "cause") {
		return false
	}
	domain, name, hasDomain := strings.Cut(k, "/")
	if !hasDomain {
		domain, name = "kubernetes.io", domain
	}
	name = joints.Replace(name)
	return name == "changecause" && strings.HasSuffix(domain, "kubernetes.io") || name == "kubernetesiochangecause"
}

func place(path []string) string {
	last := len(path) - 1
	return strings.Join(path[:last], ".") + " as " + path[last]
}

// recorders leave a label or an annotation on what they deliver, and keep the commit of each delivery themselves.
var recorders = []string{
	"fairlead.dev/application", "kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name", "argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance",
}

func isRecorded(o *practice.Object) bool {
	return slices.ContainsFunc(recorders, func(mark string) bool {
		return o.Text("metadata", "labels", mark) != "" || o.Text("metadata", "annotations", mark) != ""
	})
}
