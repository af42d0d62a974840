package statelesscontainers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// scaledTo are the least replicas that autoscalers hold workloads at, by their IDs without a group.
func scaledTo(p *practice.Pass) map[manifest.ID]int32 {
	least := map[manifest.ID]int32{}
	for o := range p.Of("autoscaling", "HorizontalPodAutoscaler") {
		spec := practice.As[autoscalingv2.HorizontalPodAutoscaler](o).Spec
		if spec.MinReplicas != nil {
			least[manifest.ID{Kind: spec.ScaleTargetRef.Kind, Namespace: o.ID().Namespace, Name: spec.ScaleTargetRef.Name}] = *spec.MinReplicas
		}
	}
	return least
}

// checkClaims finds volumes for one node that pods on several are to mount: replicas, or an update's new and old pod.
func checkClaims(p *practice.Pass, pod *practice.Pod, scaled map[manifest.ID]int32) {
	replicas, ok := replicasOf(pod.Object)
	if !ok {
		return
	}
	id := pod.Object.ID()
	id.Group = ""
	replicas = max(replicas, scaled[id])
	for i, volume := range pod.Spec.Volumes {
		if volume.PersistentVolumeClaim == nil || isOneNodes(pod) {
			continue
		}
		claim := p.Find(manifest.ID{Kind: "PersistentVolumeClaim", Namespace: id.Namespace, Name: volume.PersistentVolumeClaim.ClaimName})
		if claim == nil || !isForOne(claim) {
			continue
		}
		name, mode := claim.ID().Name, practice.As[corev1.PersistentVolumeClaim](claim).Spec.AccessModes[0]
		note := practice.Note{At: pod.At("volumes", strconv.Itoa(i), "persistentVolumeClaim", "claimName"), Cause: pod.Cause("claims")}
		switch {
		case replicas > 1:
			note.Message = fmt.Sprintf("%d replicas of %s %q share the claim %q, which is %s", replicas, id.Kind, id.Name, name, mode)
			note.Leads = "replicas on other nodes than the first wait in ContainerCreating (Multi-Attach error), and those on the same one write the same files"
			note.Fix = "give each its own claim by a StatefulSet's volumeClaimTemplates, share one that is ReadWriteMany, or run one replica"
		case replicas == 1 && surges(pod.Object) && !staysOnItsNode(claim):
			note.Message = fmt.Sprintf("an update of Deployment %q starts the new pod while the old one holds the claim %q, which is %s", id.Name, name, mode)
			note.Leads = "on another node the new pod waits for the volume (Multi-Attach error), and the old one for the new: the rollout hangs"
			note.Fix = "set spec.strategy.type: Recreate"
		default:
			continue
		}
		p.Report(note)
	}
}

// replicasOf is how many pods a workload asks for; ok is false of kinds that ask for none.
func replicasOf(o *practice.Object) (replicas int32, ok bool) {
	id := o.ID()
	switch {
	case id.Group == "apps" && (id.Kind == "Deployment" || id.Kind == "StatefulSet" || id.Kind == "ReplicaSet"):
	case id.Group == "" && id.Kind == "ReplicationController":
	default:
		return 0, false
	}
	switch n := o.Get("spec", "replicas").(type) {
	case nil:
		return 1, true
	case int64:
		return int32(min(max(n, 0), 1<<30)), true // more than any cluster has; the rest is the schema's to say
	}
	return 0, false
}

func isForOne(claim *practice.Object) bool {
	modes := practice.As[corev1.PersistentVolumeClaim](claim).Spec.AccessModes
	return len(modes) > 0 && !slices.ContainsFunc(modes, func(m corev1.PersistentVolumeAccessMode) bool {
		return m != corev1.ReadWriteOnce && m != corev1.ReadWriteOncePod
	})
}

// staysOnItsNode says that the claim's volume is a disk of one node, by the usual names of such classes: the scheduler
// puts every pod that mounts it there.
func staysOnItsNode(claim *practice.Object) bool {
	class := claim.Text("spec", "storageClassName")
	return strings.Contains(class, "local") || strings.Contains(class, "hostpath")
}

// isOneNodes says that all replicas run on one node, which may mount such a volume for all of them.
func isOneNodes(pod *practice.Pod) bool {
	if isPinned(pod.Spec) {
		return true
	}
	affinity := pod.Spec.Affinity
	if affinity == nil || affinity.PodAffinity == nil {
		return false
	}
	return slices.ContainsFunc(affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution, func(term corev1.PodAffinityTerm) bool {
		return term.TopologyKey == corev1.LabelHostname && practice.Selects(term.LabelSelector, pod.Meta.Labels)
	})
}

// surges says that an update of a Deployment with one replica makes a pod before it takes one away. By default it may
// have a quarter more, which is rounded up.
func surges(o *practice.Object) bool {
	if o.ID().Kind != "Deployment" {
		return false
	}
	strategy := practice.As[appsv1.Deployment](o).Spec.Strategy
	if strategy.Type == appsv1.RecreateDeploymentStrategyType {
		return false
	}
	if strategy.RollingUpdate == nil || strategy.RollingUpdate.MaxSurge == nil {
		return true
	}
	surge, err := intstr.GetScaledValueFromIntOrPercent(strategy.RollingUpdate.MaxSurge, 1, true)
	return err == nil && surge > 0
}
