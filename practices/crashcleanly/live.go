package crashcleanly

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// crashed reports what the containers of a cluster's pods did.
func crashed(p *practice.Pass) {
	if !p.Live {
		return
	}
	for object := range p.Of("", "Pod") {
		pod := practice.As[corev1.Pod](object)
		for i := range pod.Status.ContainerStatuses {
			status := &pod.Status.ContainerStatuses[i]
			message, fix := tell(pod, status, practice.Value[int](p, mostRestarts, object.At()))
			if message == "" {
				continue
			}
			p.Report(practice.Note{
				At: object.At("status", "containerStatuses", strconv.Itoa(i)), Message: message, Fix: fix,
				Leads: "each restart drops what the container was doing, and its pod gets no requests until it is ready again",
				Cause: fmt.Sprintf("restarts %s of %s", status.Name, owner(pod)),
			})
		}
	}
}

// tell says what is wrong with a container that restarts often, and how to find the reason.
func tell(pod *corev1.Pod, status *corev1.ContainerStatus, often int) (message, fix string) {
	ended := status.LastTerminationState.Terminated
	logs := fmt.Sprintf("see what it said before: kubectl logs -n %s %s -c %s --previous", pod.Namespace, pod.Name, status.Name)
	switch waiting := status.State.Waiting; {
	case waiting != nil && waiting.Reason == "CrashLoopBackOff":
		return fmt.Sprintf("container %q crashes again and again: %d restarts%s", status.Name, status.RestartCount, reason(ended)), logs
	case ended == nil || int(status.RestartCount) < often || pod.Spec.RestartPolicy != corev1.RestartPolicyAlways && pod.Spec.RestartPolicy != "":
		return "", ""
	case ended.ExitCode == 0 && ended.Reason != "OOMKilled":
		return fmt.Sprintf("container %q ends with exit code 0 and is restarted: %d times", status.Name, status.RestartCount),
			"let it exit with an error if it failed; if its work is done when it ends, make it a Job or an init container; " + logs
	}
	return "", ""
}

func reason(ended *corev1.ContainerStateTerminated) string {
	switch {
	case ended == nil:
		return ""
	case ended.Reason == "OOMKilled":
		return ", killed for its memory"
	}
	return fmt.Sprintf(", exit code %d", ended.ExitCode)
}

// owner of a pod: its siblings crash for the same reason.
func owner(pod *corev1.Pod) string {
	for _, ref := range pod.OwnerReferences {
		return ref.Name
	}
	return pod.Name
}
