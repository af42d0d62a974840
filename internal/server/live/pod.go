package live

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/cluster/health"
	"github.com/fairlead-dev/fairlead/manifest"
)

// pod is what is kept of one.
type pod struct {
	of       *workload
	name     string
	node     string
	why      string // what is wrong with it; "" if nothing is
	state    string
	images   []string // only of pods that must stand for who owns them
	created  int64
	restarts int32
	ready    bool
	done     bool // it has ended
	round    uint32
}

// podSink takes in pods.
type podSink struct{ m *model }

func (s podSink) see(object runtime.Object, round uint64) {
	p, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	key := types.NamespacedName{Namespace: word(p.Namespace), Name: p.Name}
	seen := podOf(p)
	id, own := ownerOf(p)
	var bare *Workload
	switch {
	case own:
		bare = bareRow(p, id, seen)
	case listOf(id.Group, id.Kind) == listPods:
		seen.images = podImages(p)
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	known := s.m.pods[key]
	if known == nil {
		known = &pod{}
		s.m.pods[key] = known
	}
	w := s.m.workload(id)
	s.m.place(known, seen.node, seen.done)
	if known.of != w {
		s.m.leave(known)
		w.pods = append(w.pods, known)
	}
	seen.of, seen.round = w, uint32(round)
	*known = seen
	if own {
		w.own, w.round = bare, round
	}
	s.m.touch(w)
	if w.parent != nil {
		s.m.touch(w.parent)
	}
}

func (s podSink) gone(object runtime.Object) {
	if p, ok := object.(*corev1.Pod); ok {
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		s.m.losePod(types.NamespacedName{Namespace: p.Namespace, Name: p.Name})
	}
}

func (s podSink) sweep(namespace string, round uint64) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for key, p := range s.m.pods {
		if (namespace == "" || namespace == key.Namespace) && p.round != uint32(round) {
			s.m.losePod(key)
		}
	}
}

func (m *model) losePod(key types.NamespacedName) {
	p := m.pods[key]
	if p == nil {
		return
	}
	m.place(p, "", true)
	if p.of.id.Kind == "Pod" {
		p.of.own = nil
	}
	m.leave(p)
	delete(m.pods, key)
}

// leave takes a pod from its workload.
func (m *model) leave(p *pod) {
	if p.of == nil {
		return
	}
	p.of.pods = slices.DeleteFunc(p.of.pods, func(o *pod) bool { return o == p })
	m.touch(p.of)
	if p.of.parent != nil {
		m.touch(p.of.parent)
	}
}

// place counts a pod on the node where it now is.
func (m *model) place(p *pod, on string, done bool) {
	count := func(name string, by int) {
		if name == "" {
			return
		}
		n := m.node(name)
		n.pods += by
		m.touchedNodes[name] = true
		if n.pods == 0 && n.row == nil {
			delete(m.nodes, name)
		}
	}
	was := p.node
	if p.done {
		was = ""
	}
	if done {
		on = ""
	}
	if was != on {
		count(was, -1)
		count(on, 1)
	}
}

// podOf keeps what is needed of a pod.
func podOf(p *corev1.Pod) pod {
	out := pod{name: p.Name, node: word(p.Spec.NodeName), state: string(health.Healthy), created: p.CreationTimestamp.Unix()}
	out.done = p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
	ready := true
	for _, c := range p.Status.ContainerStatuses {
		out.restarts += c.RestartCount
		ready = ready && c.Ready
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			out.ready = c.Status == corev1.ConditionTrue
		}
	}
	if ready && out.ready && p.Status.Phase == corev1.PodRunning && p.DeletionTimestamp == nil {
		return out // most are: nothing is to be explained
	}
	judged := judgePod(p)
	out.state = word(string(judged.State))
	if judged.State == health.Degraded || judged.State == health.Progressing {
		out.why = word(cut(judged.Reason, mostText))
	}
	return out
}

func judgePod(p *corev1.Pod) health.Health {
	bare := *p
	bare.ManagedFields = nil
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&bare)
	if err != nil { // it came from JSON or protobuf
		return health.Health{State: health.Unknown}
	}
	object["apiVersion"], object["kind"] = "v1", "Pod"
	return health.Of(&unstructured.Unstructured{Object: object})
}

// ownerOf names the workload that a pod belongs to; own says that it is the pod itself.
func ownerOf(p *corev1.Pod) (id manifest.ID, own bool) {
	owner := metav1.GetControllerOfNoCopy(p)
	if owner == nil || owner.Kind == "Node" { // static pods belong to their node, and are what runs
		return manifest.ID{Kind: "Pod", Namespace: p.Namespace, Name: p.Name}, true
	}
	group, _, found := strings.Cut(owner.APIVersion, "/")
	if !found {
		group = ""
	}
	id = manifest.ID{Group: group, Kind: owner.Kind, Namespace: p.Namespace, Name: owner.Name}
	if id.Kind != "ReplicaSet" {
		return id, false
	}
	// A Deployment names its ReplicaSets after itself and the hash of the template, which is a label of the pods; so does a
	// Rollout. Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
	if stem, ok := strings.CutSuffix(owner.Name, "-"+p.Labels["rollouts-pod-template-hash"]); ok && stem != "" {
		return manifest.ID{Group: "argoproj.io", Kind: "Rollout", Namespace: p.Namespace, Name: stem}, false
	}
	if stem, ok := strings.CutSuffix(owner.Name, "-"+p.Labels["pod-template-hash"]); ok && stem != "" {
		return manifest.ID{Group: "apps", Kind: "Deployment", Namespace: p.Namespace, Name: stem}, false
	}
	return id, false
}

// bareRow is the row of a pod that nobody owns.
func bareRow(p *corev1.Pod, id manifest.ID, seen pod) *Workload {
	r := newWorkload(id)
	judged := judgePod(p)
	r.Health, r.Why = string(judged.State), cut(reasonIn(judged), mostText)
	r.Images = podImages(p)
	r.Created, r.Changed = seen.created, seen.created
	r.Labels = labelsOf(p.Labels)
	r.Desired = 1
	if seen.ready || p.Status.Phase == corev1.PodSucceeded {
		r.Ready = 1
	}
	return r
}

func podImages(p *corev1.Pod) []string {
	out := []string{}
	for _, list := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for _, c := range list {
			if c.Image != "" && !slices.Contains(out, c.Image) {
				out = append(out, word(cut(c.Image, mostText)))
			}
		}
	}
	return out
}
