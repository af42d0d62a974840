package dropprivileges

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/policy"

	"github.com/fairlead-dev/fairlead/practice"
)

// spot is a field that a rule forbids, or one that it misses.
type spot struct {
	path              []string // below the pod's spec or the container
	message           string   // of a container's: what comes after its name
	leads, fix, cause string
	missing           string // of a setting that isn't there: what to set
	edits             []practice.Edit
}

// fields say where what a check forbids is written, of what it forbids in the pod itself and in one container.
type fields struct {
	pod       func(*practice.Pod, rule) []spot
	container func(*practice.Container, rule) []spot
	// all is the one field of the pod that mends all containers, if none of them says anything itself.
	all func([]*practice.Container) (spot, bool)
}

func (r rule) ofPod(pod *practice.Pod) []spot {
	if r.pod == nil {
		return nil
	}
	return r.pod(pod, r)
}

func (r rule) ofContainer(c *practice.Container) []spot {
	if r.container == nil {
		return nil
	}
	return r.container(c, r)
}

func (r rule) ofAll(containers []*practice.Container) (spot, bool) {
	if r.all == nil {
		return spot{}, false
	}
	return r.all(containers)
}

// refuses asks the evaluator about one setting of a container.
func (r rule) refuses(s corev1.SecurityContext) bool {
	alone := corev1.PodSpec{SecurityContext: neutral, Containers: []corev1.Container{{SecurityContext: &s}}}
	return !r.forbids(&metav1.ObjectMeta{}, &alone).Allowed
}

var fieldsOf = map[policy.CheckID]fields{
	"allowPrivilegeEscalation":   {container: escalation},
	"appArmorProfile":            {pod: appArmorOfPod, container: appArmor},
	"capabilities_baseline":      {container: added},
	"capabilities_restricted":    {container: kept},
	"hostNamespaces":             {pod: hostNamespaces},
	"hostPathVolumes":            {pod: hostPaths},
	"hostPorts":                  {container: hostPorts},
	"hostProbesAndHostLifecycle": {container: hosts},
	"privileged":                 {container: privileged},
	"procMount":                  {container: procMount},
	"procMount_restricted":       {container: procMount},
	"restrictedVolumes":          {pod: volumes},
	"seLinuxOptions":             {pod: seLinuxOfPod, container: seLinux},
	"seccompProfile_baseline":    {pod: seccompOfPod, container: seccomp},
	"seccompProfile_restricted":  {pod: seccompOfPod, container: seccomp, all: noSeccomp},
	"sysctls":                    {pod: sysctls},
	"windowsHostProcess":         {pod: hostProcessOfPod, container: hostProcess},
}

func security(c *practice.Container) corev1.SecurityContext {
	if c.SecurityContext == nil {
		return corev1.SecurityContext{}
	}
	return *c.SecurityContext
}

func securityOfPod(pod *practice.Pod) corev1.PodSecurityContext {
	if pod.Spec.SecurityContext == nil {
		return corev1.PodSecurityContext{}
	}
	return *pod.Spec.SecurityContext
}

func in(path ...string) []string { return append([]string{"securityContext"}, path...) }

func escalation(c *practice.Container, _ rule) []spot {
	s := spot{path: in("allowPrivilegeEscalation"), leads: "a setuid program in the image makes any user in the container root"}
	if security(c).AllowPrivilegeEscalation != nil {
		s.message, s.fix = "may gain privileges: allowPrivilegeEscalation is true", "set it to false"
	} else {
		s.message = "may gain privileges: allowPrivilegeEscalation isn't set and counts as true"
		s.missing = "allowPrivilegeEscalation: false for each container"
		s.edits = noEscalation(c)
	}
	return []spot{s}
}

const noAppArmor = "the node's AppArmor no longer keeps the process from mounting, tracing and writing where it shouldn't"

func appArmor(c *practice.Container, _ rule) []spot {
	if p := security(c).AppArmorProfile; p != nil {
		return []spot{{path: in("appArmorProfile", "type"), message: fmt.Sprintf("has the AppArmor profile %q", p.Type),
			leads: noAppArmor, fix: "take appArmorProfile away, or set its type to RuntimeDefault or Localhost"}}
	}
	return nil
}

func appArmorOfPod(pod *practice.Pod, r rule) []spot {
	var spots []spot
	if p := securityOfPod(pod).AppArmorProfile; p != nil && r.refuses(corev1.SecurityContext{AppArmorProfile: p}) {
		spots = append(spots, spot{path: in("appArmorProfile", "type"), message: fmt.Sprintf("its containers have the AppArmor profile %q", p.Type),
			leads: noAppArmor, fix: "take appArmorProfile away, or set its type to RuntimeDefault or Localhost"})
	}
	for key, value := range pod.Meta.Annotations {
		name, isOurs := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		only := metav1.ObjectMeta{Annotations: map[string]string{key: value}}
		if isOurs && !r.forbids(&only, &corev1.PodSpec{}).Allowed {
			spots = append(spots, spot{path: []string{annotations, key}, message: fmt.Sprintf("container %q has the AppArmor profile %q", name, value),
				leads: noAppArmor, fix: "take the annotation away: containers have the runtime's profile then"})
		}
	}
	return spots
}

// annotations is the first step of a path that lies beside the pod's spec.
const annotations = "annotations"

const capable = "with it a process that is taken over reaches what belongs to the node or to other containers"

// added are the capabilities beyond those that a check allows, each at its own place.
func added(c *practice.Container, r rule) []spot {
	var spots []spot
	if set := security(c).Capabilities; set != nil {
		for i, name := range set.Add {
			if one := (&corev1.Capabilities{Add: []corev1.Capability{name}, Drop: []corev1.Capability{"ALL"}}); r.refuses(corev1.SecurityContext{Capabilities: one}) {
				spots = append(spots, spot{path: in("capabilities", "add", strconv.Itoa(i)), message: fmt.Sprintf("adds the capability %s", name),
					leads: capable, fix: fmt.Sprintf("take %s out of capabilities.add, if the program does without", name), cause: "capabilities " + c.Name})
			}
		}
	}
	return spots
}

// kept adds to them the containers that keep what the runtime gives by default.
func kept(c *practice.Container, r rule) []spot {
	spots := added(c, r)
	for i := range spots {
		spots[i].leads = "the restricted level has NET_BIND_SERVICE alone: what is taken over may use it on all that the container reaches"
	}
	drop := &corev1.Capabilities{}
	if set := security(c).Capabilities; set != nil {
		drop.Drop = set.Drop
	}
	if !r.refuses(corev1.SecurityContext{Capabilities: drop}) {
		return spots
	}
	s := spot{
		path: in("capabilities", "drop"), message: "keeps the capabilities that the runtime gives it: ALL isn't dropped",
		leads:   "as root it may change owners, open raw sockets and take other users' identities, though the program needs none of it",
		missing: "capabilities.drop: [ALL] for each container",
		edits:   dropAll(c),
	}
	for _, name := range drop.Drop {
		if strings.EqualFold(string(name), "ALL") {
			s.edits = []practice.Edit{c.At(s.path...).Set([]any{"ALL"})} // the rest of the list is in it
			s.message = fmt.Sprintf("drops %q, which the standard reads as nothing: it is ALL, in capitals", name)
			s.leads = "the runtimes understand it, but a namespace that enforces the restricted level refuses the pod"
			s.fix, s.missing = "write it in capitals: drop: [ALL]", ""
		}
	}
	return append(spots, s)
}

func hostNamespaces(pod *practice.Pod, _ rule) []spot {
	var spots []spot
	for _, ns := range []struct {
		field        string
		set          bool
		means, leads string
	}{
		{"hostNetwork", pod.Spec.HostNetwork, "is in the node's network", "it reaches what listens on the node's loopback, sees the node's traffic, and no NetworkPolicy holds for it"},
		{"hostPID", pod.Spec.HostPID, "sees the node's processes", "it can read the environment and files of every process on the node, and signal them"},
		{"hostIPC", pod.Spec.HostIPC, "shares the node's memory segments", "it can read and write what other processes of the node share"},
	} {
		if ns.set {
			spots = append(spots, spot{path: []string{ns.field}, message: fmt.Sprintf("the pod %s: %s is true", ns.means, ns.field),
				leads: ns.leads, fix: "take " + ns.field + " away", cause: ns.field})
		}
	}
	return spots
}

func hostPaths(pod *practice.Pod, _ rule) []spot {
	var spots []spot
	for i, v := range pod.Spec.Volumes {
		if v.HostPath == nil {
			continue
		}
		s := spot{
			path: []string{"volumes", strconv.Itoa(i), "hostPath"}, message: fmt.Sprintf("volume %q is the node's %s", v.Name, v.HostPath.Path),
			leads: "the pod reads or writes what belongs to the node, and finds other files there on the next node",
			fix:   "use an emptyDir, a claim or a ConfigMap; an agent of the node needs an exception",
		}
		switch where := path.Clean(v.HostPath.Path); {
		case strings.HasSuffix(where, ".sock"):
			s.leads = "who speaks to that socket starts containers with all privileges on the node"
		case where == "/" || where == "/etc" || where == "/root" || strings.HasPrefix(where, "/var/lib/kubelet") || strings.HasPrefix(where, "/etc/kubernetes"):
			s.leads = "the pod reaches the node's own configuration and credentials: who takes it over owns the node"
		}
		spots = append(spots, s)
	}
	return spots
}

// volumes of types that the restricted level doesn't have, by the name of the type as it is written.
func volumes(pod *practice.Pod, r rule) []spot {
	spots := hostPaths(pod, r)
	for i, v := range pod.Spec.Volumes {
		only := corev1.PodSpec{Volumes: []corev1.Volume{v}}
		if v.HostPath != nil || v.VolumeSource == (corev1.VolumeSource{}) || r.forbids(&metav1.ObjectMeta{}, &only).Allowed {
			continue
		}
		kind := volumeType(pod, i)
		spots = append(spots, spot{path: []string{"volumes", strconv.Itoa(i), kind}, message: fmt.Sprintf("volume %q is of the type %s", v.Name, kind),
			leads: "the kubelet mounts it as root, with what the pod says, and past what claims and storage classes allow",
			fix:   "reach the storage through a PersistentVolumeClaim, or a CSI volume"})
	}
	return spots
}

func volumeType(pod *practice.Pod, i int) string {
	fields, _ := pod.Object.Get(append(pod.Path[:len(pod.Path):len(pod.Path)], "volumes", strconv.Itoa(i))...).(map[string]any)
	for key, value := range fields {
		if key != "name" && value != nil {
			return key
		}
	}
	return "unknown"
}

func hostPorts(c *practice.Container, _ rule) []spot {
	var spots []spot
	for i, port := range c.Ports {
		if port.HostPort == 0 {
			continue
		}
		s := spot{path: []string{"ports", strconv.Itoa(i), "hostPort"}, message: fmt.Sprintf("takes the node's port %d", port.HostPort),
			leads: "one pod of it fits on a node, and the port is open to whoever reaches the node, past Services and policies",
			fix:   "take hostPort away and reach the pod through a Service"}
		if c.Pod.Spec.HostNetwork { // the API server sets it to the container's own port then
			s.cause = "hostNetwork"
		}
		spots = append(spots, s)
	}
	return spots
}

// hosts are those of probes and lifecycle hooks.
func hosts(c *practice.Container, _ rule) []spot {
	var spots []spot
	note := func(get *corev1.HTTPGetAction, dial *corev1.TCPSocketAction, path ...string) {
		action, host := "httpGet", ""
		if get != nil {
			host = get.Host
		}
		if dial != nil && host == "" {
			action, host = "tcpSocket", dial.Host
		}
		if host != "" {
			spots = append(spots, spot{path: append(path, action, "host"), message: fmt.Sprintf("has the kubelet connect to %q: %s names a host", host, strings.Join(path, ".")),
				leads: "the kubelet, which sits in the node's network, asks whatever address the pod names; and the probe tells nothing of this pod",
				fix:   "take host away: probes and hooks go to the pod's own address"})
		}
	}
	for name, probe := range map[string]*corev1.Probe{"livenessProbe": c.LivenessProbe, "readinessProbe": c.ReadinessProbe, "startupProbe": c.StartupProbe} {
		if probe != nil {
			note(probe.HTTPGet, probe.TCPSocket, name)
		}
	}
	if c.Lifecycle != nil {
		for name, hook := range map[string]*corev1.LifecycleHandler{"postStart": c.Lifecycle.PostStart, "preStop": c.Lifecycle.PreStop} {
			if hook != nil {
				note(hook.HTTPGet, hook.TCPSocket, "lifecycle", name)
			}
		}
	}
	return spots
}

func privileged(*practice.Container, rule) []spot {
	return []spot{{path: in("privileged"), message: "is privileged",
		leads: "its root is root on the node, with all devices and without any of the walls around a container",
		fix:   "take privileged away and add the single capabilities or devices that the program needs"}}
}

func procMount(c *practice.Container, _ rule) []spot {
	if mount := security(c).ProcMount; mount != nil {
		return []spot{{path: in("procMount"), message: fmt.Sprintf("sees all of /proc: procMount is %s", *mount),
			leads: "it can read and change settings of the node's kernel", fix: "take procMount away"}}
	}
	return nil
}

func seLinux(c *practice.Container, _ rule) []spot {
	return seLinuxOptions(security(c).SELinuxOptions)
}

func seLinuxOfPod(pod *practice.Pod, _ rule) []spot {
	spots := seLinuxOptions(securityOfPod(pod).SELinuxOptions)
	for i := range spots {
		spots[i].message = "the pod " + spots[i].message
	}
	return spots
}

func seLinuxOptions(o *corev1.SELinuxOptions) []spot {
	if o == nil {
		return nil
	}
	field, value := "type", o.Type
	switch {
	case o.User != "":
		field, value = "user", o.User
	case o.Role != "":
		field, value = "role", o.Role
	}
	return []spot{{path: in("seLinuxOptions", field), message: fmt.Sprintf("has the SELinux %s %q", field, value),
		leads: "SELinux no longer keeps its processes apart from the node's", fix: "take seLinuxOptions." + field + " away: the runtime labels the container"}}
}

const noFilter = "all system calls are open to it, and with them the kernel bugs that break-outs are made of"

func seccomp(c *practice.Container, _ rule) []spot {
	s := spot{path: in("seccompProfile", "type"), leads: noFilter}
	if p := security(c).SeccompProfile; p != nil {
		s.message, s.fix = fmt.Sprintf("has the seccomp profile %q", p.Type), "set seccompProfile.type: RuntimeDefault"
	} else {
		s.message, s.missing = "has no seccomp profile, nor has its pod", "seccompProfile.type: RuntimeDefault for the pod"
		s.edits = defaultSeccomp(c.Pod)
	}
	return []spot{s}
}

func seccompOfPod(pod *practice.Pod, _ rule) []spot {
	if p := securityOfPod(pod).SeccompProfile; p != nil {
		return []spot{{path: in("seccompProfile", "type"), message: fmt.Sprintf("its containers have the seccomp profile %q", p.Type),
			leads: noFilter, fix: "set seccompProfile.type: RuntimeDefault"}}
	}
	return nil
}

// seccompAnnotation is how pods said it before Kubernetes 1.19.
const seccompAnnotation = "seccomp.security.alpha.kubernetes.io/pod"

func noSeccomp(containers []*practice.Container) (spot, bool) {
	for _, c := range containers {
		if security(c).SeccompProfile != nil {
			return spot{}, false
		}
	}
	s := spot{path: in("seccompProfile"), message: "the pod and its containers set no seccomp profile",
		leads: noFilter, missing: "seccompProfile.type: RuntimeDefault for the pod"}
	if len(containers) == 0 {
		return s, false
	}
	if containers[0].Pod.Meta.Annotations[seccompAnnotation] != "" {
		s.message += " but by an annotation, which nothing reads since Kubernetes 1.27"
	}
	s.edits = defaultSeccomp(containers[0].Pod)
	return s, true
}

func sysctls(pod *practice.Pod, r rule) []spot {
	var spots []spot
	for i, s := range securityOfPod(pod).Sysctls {
		only := corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{s}}}
		if r.forbids(&metav1.ObjectMeta{}, &only).Allowed {
			continue
		}
		spots = append(spots, spot{path: in("sysctls", strconv.Itoa(i), "name"), message: fmt.Sprintf("the pod sets the kernel's %s", s.Name),
			leads: "it is a setting of the whole node, or the kubelet refuses the pod", fix: "take it away, or set it on the node"})
	}
	return spots
}

const onWindows = "it runs on the Windows node itself, in no container"

func hostProcess(*practice.Container, rule) []spot {
	return []spot{{path: in("windowsOptions", "hostProcess"), message: "is a process of the node: hostProcess is true", leads: onWindows, fix: "take hostProcess away"}}
}

func hostProcessOfPod(*practice.Pod, rule) []spot {
	return []spot{{path: in("windowsOptions", "hostProcess"), message: "its containers are processes of the node: hostProcess is true", leads: onWindows, fix: "take hostProcess away"}}
}
