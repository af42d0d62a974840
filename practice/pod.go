package practice

import (
	"iter"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Pod is a pod, or the pod template of a workload of any kind.
type Pod struct {
	Object *Object  // the pod or workload
	Path   []string // of the pod spec in it: "spec", "template", "spec"
	Spec   *corev1.PodSpec
	Meta   metav1.ObjectMeta // name, labels and annotations of the template

	containers []*Container
	cause      string // that all causes of the pod begin with
}

// Role is what a container is for.
type Role string

// The roles. A sidecar is an init container that keeps running (restartPolicy: Always).
const (
	Main      Role = "container"
	Init      Role = "init container"
	Sidecar   Role = "sidecar"
	Ephemeral Role = "ephemeral container"
)

// Container is a container of a pod of any role. Ephemeral containers have the fields of others.
type Container struct {
	*corev1.Container
	Pod  *Pod
	Role Role
	path []string // in the object
}

// At is the place of a field of the pod spec.
func (p *Pod) At(path ...string) Place {
	return p.Object.At(append(p.Path[:len(p.Path):len(p.Path)], path...)...)
}

// At is the place of a field of the container.
func (c *Container) At(path ...string) Place {
	return c.Pod.Object.At(append(c.path[:len(c.path):len(c.path)], path...)...)
}

// Containers iterates over all of them: init containers and sidecars, main ones, ephemeral ones.
func (p *Pod) Containers() iter.Seq[*Container] {
	return func(yield func(*Container) bool) {
		for _, c := range p.containers {
			if !yield(c) {
				return
			}
		}
	}
}

// Mains iterates over the containers that are what the pod is for.
func (p *Pod) Mains() iter.Seq[*Container] { return p.with(Main) }

// Inits iterates over the init containers that end.
func (p *Pod) Inits() iter.Seq[*Container] { return p.with(Init) }

func (p *Pod) with(role Role) iter.Seq[*Container] {
	return func(yield func(*Container) bool) {
		for _, c := range p.containers {
			if c.Role == role && !yield(c) {
				return
			}
		}
	}
}

// Ends says that the pod is to run to its end: of a Job, a CronJob, or anything that doesn't restart it always.
func (p *Pod) Ends() bool {
	switch p.Spec.RestartPolicy {
	case corev1.RestartPolicyNever, corev1.RestartPolicyOnFailure:
		return true
	}
	id := p.Object.ID()
	return id.Group == "batch"
}

// IsWindows says that the pod runs on Windows nodes: much of Linux's security means nothing there.
func (p *Pod) IsWindows() bool {
	return p.Spec.OS != nil && p.Spec.OS.Name == corev1.Windows || p.Spec.NodeSelector[corev1.LabelOSStable] == string(corev1.Windows)
}

// TakesAll says that the pod spec is Kubernetes' own, with all its fields. Other kinds may refuse some, as Knative does, or
// lose them.
func (p *Pod) TakesAll() bool {
	id := p.Object.ID()
	_, known := templates[groupKind{id.Group, id.Kind}]
	return known || id.Group == "argoproj.io" && id.Kind == "Rollout"
}

// templates are where kinds that everybody has keep their pod spec. Of any other kind it is found by its looks.
var templates = map[groupKind][][]string{
	{"", "Pod"}:                   {{"spec"}},
	{"", "PodTemplate"}:           {{"template", "spec"}},
	{"", "ReplicationController"}: {{"spec", "template", "spec"}},
	{"apps", "Deployment"}:        {{"spec", "template", "spec"}},
	{"apps", "ReplicaSet"}:        {{"spec", "template", "spec"}},
	{"apps", "StatefulSet"}:       {{"spec", "template", "spec"}},
	{"apps", "DaemonSet"}:         {{"spec", "template", "spec"}},
	{"extensions", "Deployment"}:  {{"spec", "template", "spec"}},
	{"extensions", "DaemonSet"}:   {{"spec", "template", "spec"}},
	{"extensions", "ReplicaSet"}:  {{"spec", "template", "spec"}},
	{"batch", "Job"}:              {{"spec", "template", "spec"}},
	{"batch", "CronJob"}:          {{"spec", "jobTemplate", "spec", "template", "spec"}},
}

// plain are kinds that hold no pod, however they look.
var plain = map[groupKind]bool{
	{"", "ConfigMap"}: true, {"", "Secret"}: true, {"", "Service"}: true, {"apiextensions.k8s.io", "CustomResourceDefinition"}: true,
	{"", "ServiceAccount"}: true, {"", "Namespace"}: true, {"networking.k8s.io", "Ingress"}: true, {"", "Node"}: true,
}

// podsOf finds the pods and pod templates in an object.
func podsOf(o *Object) []*Pod {
	kind := groupKind{o.id.Group, o.id.Kind}
	if plain[kind] {
		return nil
	}
	var pods []*Pod
	add := func(path []string, spec map[string]any) {
		pods = append(pods, newPod(o, path, spec))
	}
	if paths, known := templates[kind]; known {
		for _, path := range paths {
			if spec, ok := o.Get(path...).(map[string]any); ok {
				add(path, spec)
			}
		}
		return pods
	}
	search(o.Object.Object, nil, 0, add)
	return pods
}

// deepest bounds the search: no kind in use hides its pods deeper.
const deepest = 10

// search finds what looks like a pod spec: a list of containers that have names and images. A custom resource that
// has but one of the two in each (a patch of a container that somebody else makes) is none.
func search(node any, path []string, depth int, found func([]string, map[string]any)) {
	if depth > deepest {
		return
	}
	switch n := node.(type) {
	case map[string]any:
		if holdsContainers(n) {
			found(path[:len(path):len(path)], n)
			return
		}
		for _, key := range sortedKeys(n) {
			if depth == 0 && (key == "metadata" || key == "status") {
				continue
			}
			search(n[key], append(path[:len(path):len(path)], key), depth+1, found)
		}
	case []any:
		for i, item := range n {
			search(item, append(path[:len(path):len(path)], strconv.Itoa(i)), depth+1, found)
		}
	}
}

func holdsContainers(fields map[string]any) bool {
	list, _ := fields["containers"].([]any)
	for _, item := range list {
		c, _ := item.(map[string]any)
		image, _ := c["image"].(string)
		if image == "" {
			return false
		}
	}
	return len(list) > 0
}

func newPod(o *Object, path []string, spec map[string]any) *Pod {
	p := &Pod{Object: o, Path: path, Spec: convert[corev1.PodSpec](spec), cause: o.id.String() + " " + spell(path) + ": "}
	meta, _ := manifest.Follow(o.Object.Object, append(path[:len(path)-1:len(path)-1], "metadata")).(map[string]any)
	p.Meta = metadataOf(meta)
	add := func(role Role, list string, i int, c *corev1.Container) {
		p.containers = append(p.containers, &Container{Container: c, Pod: p, Role: role,
			path: append(path[:len(path):len(path)], list, strconv.Itoa(i))})
	}
	for i := range p.Spec.InitContainers {
		role := Init
		if policy := p.Spec.InitContainers[i].RestartPolicy; policy != nil && *policy == corev1.ContainerRestartPolicyAlways {
			role = Sidecar
		}
		add(role, "initContainers", i, &p.Spec.InitContainers[i])
	}
	for i := range p.Spec.Containers {
		add(Main, "containers", i, &p.Spec.Containers[i])
	}
	for i := range p.Spec.EphemeralContainers {
		c := corev1.Container(p.Spec.EphemeralContainers[i].EphemeralContainerCommon)
		add(Ephemeral, "ephemeralContainers", i, &c)
	}
	return p
}
