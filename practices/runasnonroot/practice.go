// Package runasnonroot is the practice that no container runs as root.
package runasnonroot

import (
	"embed"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is run-as-non-root.
var Practice = &practice.Practice{
	ID:       "run-as-non-root",
	Title:    "Containers run as a user that is not root, and the kubelet checks it",
	Category: practice.Internals,
	Severity: practice.Error,
	Inputs:   practice.Dockerfiles | practice.Manifests | practice.Cluster,
	Leads:    "a break-out of the container is root on the node",
	Fix:      "set securityContext.runAsNonRoot: true and a runAsUser other than 0 for the pod",
	Mends:    practice.Writes,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for pod := range p.Pods() {
		if !inUserNamespace(pod) {
			judge(p, pod)
		}
	}
	for file := range p.Files() {
		judgeImage(p, file)
	}
	if p.Complete {
		judgeNamespaces(p)
	}
}

// inUserNamespace says that root in the pod is nobody on the node: the standard asks nothing more of it.
func inUserNamespace(pod *practice.Pod) bool {
	return pod.Spec.HostUsers != nil && !*pod.Spec.HostUsers
}

func judge(p *practice.Pass, pod *practice.Pod) {
	rooted, denied, silent, unchecked := verdicts{}, verdicts{}, []*practice.Container{}, []*practice.Container{}
	containers := 0
	for c := range pod.OwnContainers() {
		containers++
		who := identify(pod, c)
		switch {
		case isUnreadable(pod, c):
		case who.isRoot():
			rooted.add(who.userAt, c, who)
		case who.user == nil && who.name == "" && who.nonRoot == nil:
			silent = append(silent, c)
		case who.user == nil && who.name == "" && !*who.nonRoot:
			rooted.add(who.nonRootAt, c, who)
		case who.nonRoot == nil:
			unchecked = append(unchecked, c)
		case !*who.nonRoot && !pod.IsWindows():
			denied.add(who.nonRootAt, c, who)
		}
	}
	for _, v := range rooted {
		v.report(p, pod)
	}
	note := func(these []*practice.Container, n practice.Note) {
		for _, c := range these {
			one := n
			one.At, one.Message = c.At("securityContext", "runAsNonRoot"), fmt.Sprintf("%s %s", c.Title(), n.Message)
			one.Edits = check(pod, c, len(unchecked) == containers)
			p.Report(one)
		}
	}
	missing := practice.Note{Cause: pod.Cause("runAsNonRoot"), Leads: leads(p, pod)}
	// What nobody says is said once, for the pod.
	if len(silent) == containers && containers > 0 && !pod.Object.IsControlled() {
		missing.At = pod.At("securityContext", "runAsNonRoot")
		missing.Message = fmt.Sprintf("%s may run as root: nothing says runAsNonRoot", names(silent))
		p.Report(missing)
		return
	}
	missing.Message = "may run as root: neither it nor its pod says runAsNonRoot"
	note(silent, missing)
	other := practice.Note{
		Severity: practice.Info, Cause: missing.Cause, Message: "runs as another user than root, but nothing says runAsNonRoot",
		Leads: "the restricted Pod Security Standard refuses it, and root comes back unseen when the user's number is taken away",
		Fix:   "set securityContext.runAsNonRoot: true beside the user",
	}
	note(unchecked, other)
	for _, v := range denied {
		other.At, other.Edits = v.at.in(pod), nil
		for _, c := range v.containers {
			other.Edits = append(other.Edits, check(pod, c, false)...)
		}
		other.Message = fmt.Sprintf("%s %s as another user than root, but runAsNonRoot is false", names(v.containers), v.verb())
		p.Report(other)
	}
}

// leads says what a namespace that enforces the restricted standard does to the pod; else what the practice says holds.
func leads(p *practice.Pass, pod *practice.Pod) string {
	if namespace := pod.Object.GetNamespace(); p.Enforced(namespace) == "restricted" {
		return fmt.Sprintf("the namespace %q enforces the restricted level and refuses these pods", namespace)
	}
	return ""
}

// verdict is one field that makes containers root: their own, or their pod's.
type verdict struct {
	at         place
	who        identity
	containers []*practice.Container
}

type verdicts []*verdict

func (v *verdicts) add(at place, c *practice.Container, who identity) {
	for _, one := range *v {
		if at.container == nil && one.at == at {
			one.containers = append(one.containers, c)
			return
		}
	}
	*v = append(*v, &verdict{at: at, who: who, containers: []*practice.Container{c}})
}

func (v *verdict) verb() string {
	if len(v.containers) > 1 {
		return "run"
	}
	return "runs"
}

func (v *verdict) report(p *practice.Pass, pod *practice.Pod) {
	n := practice.Note{At: v.at.in(pod), Leads: leads(p, pod)}
	who := names(v.containers)
	switch {
	case !v.who.isRoot():
		n.Message = who + " may run as root: runAsNonRoot is false"
	case v.who.name != "":
		n.Message = fmt.Sprintf("%s %s as %s", who, v.verb(), v.who.name)
		n.Leads, n.Fix = "a break-out of the container is an administrator of the node", "set windowsOptions.runAsUserName: ContainerUser"
	default:
		n.Message = fmt.Sprintf("%s %s as root: runAsUser is 0", who, v.verb())
		if v.who.nonRoot != nil && *v.who.nonRoot {
			n.Message += ", though runAsNonRoot is true"
			n.Leads = "the kubelet refuses to start it: CreateContainerConfigError, for as long as the pod lives"
			n.Fix = "set runAsUser to the number of a user that the image has and isn't 0"
		}
	}
	p.Report(n)
}

// names reads `container "web"`, or `containers "web" and "proxy"` of whatever roles.
func names(containers []*practice.Container) string {
	if len(containers) == 1 {
		return containers[0].Title()
	}
	var quoted []string
	for _, c := range containers {
		quoted = append(quoted, fmt.Sprintf("%q", c.Name))
	}
	last := len(quoted) - 1
	return "containers " + strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}
