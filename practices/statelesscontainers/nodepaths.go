package statelesscontainers

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// nodes are directories that belong to the node: who mounts them has to do with the node, and keeps no data of its own.
var nodes = strings.Fields("/dev /sys /proc /run /var/run /etc /lib /lib64 /usr /bin /sbin /boot /opt/cni /var/log /var/lib/kubelet /var/lib/docker " +
	"/var/lib/containerd /var/lib/containers /var/lib/rancher /var/lib/etcd /var/lib/cni /var/lib/calico /cgroup /lib/modules")

// checkNodePaths finds data that lies on whichever node the pod runs on.
func checkNodePaths(p *practice.Pass, pod *practice.Pod) {
	if pod.Object.ID().Kind == "DaemonSet" || pod.Spec.HostNetwork || pod.Spec.HostPID || slices.ContainsFunc(slices.Collect(pod.Mains()), isPrivileged) {
		return
	}
	for i, volume := range pod.Spec.Volumes {
		if volume.HostPath == nil || !holdsData(volume.HostPath) || !isWritten(pod, volume.Name) {
			continue
		}
		note := practice.Note{
			At:      pod.At("volumes", strconv.Itoa(i), "hostPath"),
			Message: fmt.Sprintf("volume %q keeps data in %s of the node", volume.Name, volume.HostPath.Path),
			Leads:   "on another node the pod starts with nothing, and with its node the data is gone",
			Fix:     "use a PersistentVolumeClaim; where it has to be a node's disk, of a class of local volumes, which binds the pod to it",
		}
		if isPinned(pod.Spec) {
			note.Severity = practice.Info
			note.Leads = "with its node the data is gone, and so is the pod"
		}
		p.Report(note)
	}
}

func isPrivileged(c *practice.Container) bool {
	return c.SecurityContext != nil && c.SecurityContext.Privileged != nil && *c.SecurityContext.Privileged
}

func holdsData(host *corev1.HostPathVolumeSource) bool {
	if host.Type != nil {
		switch *host.Type {
		case corev1.HostPathSocket, corev1.HostPathCharDev, corev1.HostPathBlockDev, corev1.HostPathFile:
			return false
		}
	}
	dir := path.Clean(host.Path)
	return dir != "/" && path.IsAbs(dir) && path.Ext(dir) != ".sock" && !slices.ContainsFunc(nodes, func(of string) bool { return isWithin(dir, of) })
}

// isWritten says that a container mounts the volume, and may write to it.
func isWritten(pod *practice.Pod, volume string) bool {
	for c := range pod.Containers() {
		for _, mount := range c.VolumeMounts {
			if mount.Name == volume && !mount.ReadOnly {
				return true
			}
		}
	}
	return false
}

// isPinned says that the pod runs on one node for good.
func isPinned(spec *corev1.PodSpec) bool {
	if spec.NodeName != "" || spec.NodeSelector[corev1.LabelHostname] != "" {
		return true
	}
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil || spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return false
	}
	for _, term := range spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, e := range term.MatchExpressions {
			if e.Key == corev1.LabelHostname && e.Operator == corev1.NodeSelectorOpIn && len(e.Values) == 1 {
				return true
			}
		}
	}
	return false
}

// checkVolumesOfNodes finds persistent volumes that are a directory of whichever node mounts them.
func checkVolumesOfNodes(p *practice.Pass) {
	for o := range p.Of("", "PersistentVolume") {
		volume := practice.As[corev1.PersistentVolume](o)
		isProvisioned := o.GetAnnotations()["pv.kubernetes.io/provisioned-by"] != ""
		if volume.Spec.HostPath == nil || volume.Spec.NodeAffinity != nil || isProvisioned {
			continue
		}
		p.Report(practice.Note{
			At:      o.At("spec", "hostPath"),
			Message: fmt.Sprintf("PersistentVolume %q is %s of whichever node its pod runs on", o.ID().Name, volume.Spec.HostPath.Path),
			Leads:   "after a move to another node the pod finds an empty volume, and with its node the data is gone",
			Fix:     "use a storage class; where it has to be a node's disk, write local: and nodeAffinity: instead of hostPath:",
		})
	}
}
