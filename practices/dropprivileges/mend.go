package dropprivileges

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// What isn't set is set by itself only where the program can't tell: it never had what is taken away.

// noEscalation is the edit that keeps a container's programs from gaining privileges. It goes without where one may live
// on that: by a setuid program, or by a file that gives it a capability.
func noEscalation(c *practice.Container) []practice.Edit {
	at := in("allowPrivilegeEscalation")
	switch {
	case c.Get(at...) != nil, becomesRoot(c), mayGain(c):
	case adds(c, "SYS_ADMIN"): // the API server refuses both together
	default:
		return []practice.Edit{c.At(at...).Set(false)}
	}
	return nil
}

// mayGain says that the container's program may need a capability that its user hasn't.
func mayGain(c *practice.Container) bool {
	switch {
	case isRoot(c), !isNoRoot(c) && (adds(c, "SETUID") || adds(c, "SETGID")): // it starts as root, and leaves that to another one
		return false
	case security(c).Capabilities != nil && len(security(c).Capabilities.Add) > 0:
		return true
	}
	return listensLow(c) && (isNoRoot(c) || !isOfficial(c.Image))
}

// dropAll is the edit that takes a container's capabilities away, but for those that it adds itself. A user other than
// root has none of the runtime's in effect; root may live on any of them.
func dropAll(c *practice.Container) []practice.Edit {
	if !isNoRoot(c) || becomesRoot(c) || listensLow(c) && !adds(c, "NET_BIND_SERVICE") {
		return nil
	}
	return []practice.Edit{c.At(in("capabilities", "drop")...).Set([]any{"ALL"})}
}

// defaultSeccomp is the edit that gives a pod the runtime's filter, which it has wherever it runs without Kubernetes. An
// annotation of old that asks for another one stays for people to read.
func defaultSeccomp(pod *practice.Pod) []practice.Edit {
	switch pod.Meta.Annotations[seccompAnnotation] {
	case "", "runtime/default", "docker/default":
		if pod.Get(in("seccompProfile")...) == nil {
			return []practice.Edit{pod.At(in("seccompProfile")...).Set(map[string]any{"type": string(corev1.SeccompProfileTypeRuntimeDefault)})}
		}
	}
	return nil
}

// user that a container is said to run as; nil if nothing says it.
func user(c *practice.Container) *int64 {
	if own := security(c).RunAsUser; own != nil {
		return own
	}
	return securityOfPod(c.Pod).RunAsUser
}

func isRoot(c *practice.Container) bool { u := user(c); return u != nil && *u == 0 }

// isNoRoot says that the kubelet starts the container as another user than root, or not at all.
func isNoRoot(c *practice.Container) bool {
	if u := user(c); u != nil {
		return *u != 0
	}
	checked := security(c).RunAsNonRoot
	if checked == nil {
		checked = securityOfPod(c.Pod).RunAsNonRoot
	}
	return checked != nil && *checked
}

func adds(c *practice.Container, capability string) bool {
	set := security(c).Capabilities
	return set != nil && slices.ContainsFunc(set.Add, func(added corev1.Capability) bool {
		return strings.TrimPrefix(strings.ToUpper(string(added)), "CAP_") == capability
	})
}

// becomesRoot says that the container calls a program that makes others root.
func becomesRoot(c *practice.Container) bool {
	for _, text := range slices.Concat(c.Command, c.Args) {
		for word := range strings.FieldsSeq(text) {
			switch path.Base(word) {
			case "sudo", "su", "doas":
				return true
			}
		}
	}
	return false
}

// listensLow says that the container has a port of those that are root's.
func listensLow(c *practice.Container) bool {
	const firstOfAll = 1024
	return slices.ContainsFunc(c.Ports, func(port corev1.ContainerPort) bool { return port.ContainerPort < firstOfAll })
}

// isOfficial says that an image is one of Docker's: where nothing else is said they start as root, or without capabilities.
func isOfficial(image string) bool {
	return slices.Contains(dockerfile.Official, dockerfile.ParseImage(image).Official())
}
