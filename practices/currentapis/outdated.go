package currentapis

import (
	"fmt"

	"github.com/fairlead-dev/fairlead/practice"
)

// outdated is a field, label or annotation that Kubernetes 1.X has deprecated, as its API server warns.
type outdated struct {
	since int
	dead  int // the 1.X since which it does nothing; 0 if it still works
	use   string
}

// volumes of drivers that Kubernetes once brought itself.
var volumes = map[string]outdated{
	"cephfs": {28, 31, "a CSI driver for CephFS"}, "rbd": {28, 31, "a CSI driver for Ceph RBD"}, "glusterfs": {25, 26, "a CSI driver"},
	"quobyte": {22, 25, "a CSI driver"}, "flocker": {22, 25, "a CSI driver"}, "storageos": {22, 25, "a CSI driver"}, "scaleIO": {16, 22, "a CSI driver"},
	"gitRepo": {11, 0, "an init container that clones into an emptyDir"},
}

// outdatedKeys are those of mappings, by the field that holds them.
var outdatedKeys = map[string]map[string]outdated{
	"nodeSelector": {
		"beta.kubernetes.io/os": {14, 0, "kubernetes.io/os"}, "beta.kubernetes.io/arch": {14, 0, "kubernetes.io/arch"},
		"beta.kubernetes.io/instance-type":         {17, 0, "node.kubernetes.io/instance-type"},
		"failure-domain.beta.kubernetes.io/zone":   {17, 0, "topology.kubernetes.io/zone"},
		"failure-domain.beta.kubernetes.io/region": {17, 0, "topology.kubernetes.io/region"},
	},
	"annotations": {
		"kubernetes.io/ingress.class":                            {18, 0, "spec.ingressClassName"},
		"volume.beta.kubernetes.io/storage-class":                {8, 0, "spec.storageClassName"},
		"scheduler.alpha.kubernetes.io/critical-pod":             {13, 16, "priorityClassName"},
		"seccomp.security.alpha.kubernetes.io/pod":               {19, 27, "securityContext.seccompProfile"},
		"service.alpha.kubernetes.io/tolerate-unready-endpoints": {11, 0, "spec.publishNotReadyAddresses"},
	},
}

// aged judges a field by its age; j.path leads to it.
func (j *judge) aged(holder, field string) {
	if holder == coreV1+"Volume" || holder == coreV1+"PersistentVolumeSpec" {
		if o, ok := volumes[field]; ok {
			j.reportOutdated("volume type "+field, o, nil)
		}
	}
}

func (j *judge) reportOutdated(what string, o outdated, edits []practice.Edit) {
	to := meant(j.pass, j.object)
	if o.since > to {
		return
	}
	n := practice.Note{
		Message: fmt.Sprintf("%s is deprecated since Kubernetes 1.%d", what, o.since), Severity: practice.Info,
		Leads: "some day it does nothing", Fix: "use " + o.use, Edits: edits,
	}
	if o.dead > 0 && o.dead <= to {
		n.Message = fmt.Sprintf("%s does nothing since Kubernetes 1.%d", what, o.dead)
		n.Severity, n.Leads = practice.Warning, "what it asks for isn't there"
	}
	j.note(n)
}
