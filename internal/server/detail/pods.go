package detail

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/internal/cluster"
)

type pod struct {
	Name       string      `json:"name"`
	Node       string      `json:"node"`
	Phase      string      `json:"phase"`
	Ready      bool        `json:"ready"`
	Restarts   int32       `json:"restarts"`
	Why        string      `json:"why"` // it isn't ready
	Started    int64       `json:"started"`
	IP         string      `json:"ip"`
	Containers []container `json:"containers"`
}

type container struct {
	Name     string `json:"name"`
	Init     bool   `json:"init,omitempty"`
	Image    string `json:"image"`
	Digest   string `json:"digest"`
	Ready    bool   `json:"ready"`
	State    string `json:"state"` // "running", "waiting: CrashLoopBackOff", "terminated: Error (1)"
	Restarts int32  `json:"restarts"`
}

// mostPods is how many pods of a workload are read.
const mostPods = 1000

// podsOf are the pods that a workload has, by name.
func (v *view) podsOf(ctx context.Context, live *unstructured.Unstructured) ([]corev1.Pod, error) {
	var pods corev1.PodList
	switch {
	case live.GetKind() == "Pod" && live.GroupVersionKind().Group == "":
		var one corev1.Pod
		err := runtime.DefaultUnstructuredConverter.FromUnstructured(live.Object, &one)
		return []corev1.Pod{one}, err
	case live.GetKind() == "CronJob":
		return v.podsOfRuns(ctx, live)
	}
	selector, err := selectorOf(live)
	if err != nil || selector == nil {
		return nil, err
	}
	if err := v.API.List(ctx, &pods, client.InNamespace(live.GetNamespace()), client.MatchingLabelsSelector{Selector: selector}, client.Limit(mostPods)); err != nil {
		return nil, err
	}
	slices.SortFunc(pods.Items, func(a, b corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	return pods.Items, nil
}

// selectorOf is what an object selects its pods by; nil if it selects none.
func selectorOf(live *unstructured.Unstructured) (labels.Selector, error) {
	said, found, _ := unstructured.NestedMap(live.Object, "spec", "selector")
	if !found || len(said) == 0 {
		return nil, nil
	}
	var s metav1.LabelSelector
	if said["matchLabels"] == nil && said["matchExpressions"] == nil { // of a ReplicationController
		s.MatchLabels, _, _ = unstructured.NestedStringMap(live.Object, "spec", "selector")
	} else if err := runtime.DefaultUnstructuredConverter.FromUnstructured(said, &s); err != nil {
		return nil, err
	}
	return metav1.LabelSelectorAsSelector(&s)
}

// podsOfRuns are those of the Jobs that a CronJob has made.
func (v *view) podsOfRuns(ctx context.Context, live *unstructured.Unstructured) ([]corev1.Pod, error) {
	var jobs batchv1.JobList
	if err := v.API.List(ctx, &jobs, client.InNamespace(live.GetNamespace())); err != nil {
		return nil, err
	}
	mine := map[string]bool{}
	for _, j := range jobs.Items {
		if owner := metav1.GetControllerOf(&j); owner != nil && owner.UID == live.GetUID() {
			mine[string(j.UID)] = true
		}
	}
	var pods corev1.PodList
	if err := v.API.List(ctx, &pods, client.InNamespace(live.GetNamespace()), client.HasLabels{batchv1.ControllerUidLabel}, client.Limit(mostPods)); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(pods.Items, func(p corev1.Pod) bool { return !mine[p.Labels[batchv1.ControllerUidLabel]] }), nil
}

func (v *view) shownPod(p *corev1.Pod) pod {
	out := pod{Name: p.Name, Node: p.Spec.NodeName, Phase: string(p.Status.Phase), IP: p.Status.PodIP, Containers: []container{}}
	if p.Status.StartTime != nil {
		out.Started = seconds(*p.Status.StartTime)
	}
	for _, c := range p.Status.Conditions {
		out.Ready = out.Ready || c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	}
	if fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(p); err == nil && !out.Ready {
		live := &unstructured.Unstructured{Object: fields}
		live.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Pod"))
		if health := v.Pipeline.Client.HealthOf(live); health.State != cluster.Healthy {
			out.Why = cut(health.Reason)
		}
	}
	add := func(specs []corev1.Container, states []corev1.ContainerStatus, isInit bool) {
		for _, spec := range specs {
			c := container{Name: spec.Name, Image: cut(spec.Image), Init: isInit}
			if i := slices.IndexFunc(states, func(s corev1.ContainerStatus) bool { return s.Name == spec.Name }); i >= 0 {
				s := states[i]
				c.Ready, c.Restarts, c.State, c.Digest = s.Ready, s.RestartCount, cut(stateOf(s.State)), digestOf(s.ImageID)
				out.Restarts += s.RestartCount
			}
			out.Containers = append(out.Containers, c)
		}
	}
	add(p.Spec.InitContainers, p.Status.InitContainerStatuses, true)
	add(p.Spec.Containers, p.Status.ContainerStatuses, false)
	return out
}

func stateOf(s corev1.ContainerState) string {
	switch {
	case s.Running != nil:
		return "running"
	case s.Waiting != nil:
		return "waiting: " + cmp.Or(s.Waiting.Reason, "not started")
	case s.Terminated != nil:
		return "terminated: " + cmp.Or(s.Terminated.Reason, "ended") + exitCode(s.Terminated.ExitCode)
	}
	return ""
}

func exitCode(code int32) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d)", code)
}

// digestOf an imageID such as ghcr.io/acme/front@sha256:….
func digestOf(id string) string {
	_, digest, _ := strings.Cut(id, "@")
	return cut(digest)
}
