package practice

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
)

// label is one label in one namespace.
type label struct{ namespace, key, value string }

// pairs that a selector demands, the rarest of which is looked up.
func (v *view) candidates(namespace string, pairs map[string]string) []*Pod {
	var fewest []*Pod
	for i, key := range sortedKeys(pairs) {
		if pods := v.byLabel[label{namespace, key, pairs[key]}]; i == 0 || len(pods) < len(fewest) {
			fewest = pods
		}
	}
	return fewest
}

// PodsWith iterates over the pods and pod templates of a namespace that have all of the labels, as a Service selects
// them. Without labels there are none.
func (p *Pass) PodsWith(namespace string, pairs map[string]string) []*Pod {
	want := labels.SelectorFromSet(pairs)
	return keep(p.candidates(namespace, pairs), func(pod *Pod) bool { return want.Matches(labels.Set(pod.Meta.Labels)) })
}

// PodsSelected are the pods and pod templates of a namespace that a label selector selects: all with an empty one, none
// with nil or a broken one.
func (p *Pass) PodsSelected(namespace string, selector *metav1.LabelSelector) []*Pod {
	if selector == nil {
		return nil
	}
	want, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return nil
	}
	among := p.inNamespace[namespace]
	if len(selector.MatchLabels) > 0 {
		among = p.candidates(namespace, selector.MatchLabels)
	}
	return keep(among, func(pod *Pod) bool { return want.Matches(labels.Set(pod.Meta.Labels)) })
}

// LabelSelector is the selector of a workload, a budget or whatever else has a label selector in its spec: nil if there is
// none, or what is there is none.
func LabelSelector(o *Object) *metav1.LabelSelector {
	fields, ok := o.Get("spec", "selector").(map[string]any)
	if !ok {
		return nil
	}
	selector := convert[metav1.LabelSelector](fields)
	if len(fields) > 0 && len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return nil
	}
	return selector
}

func keep(pods []*Pod, wanted func(*Pod) bool) []*Pod {
	var out []*Pod
	for _, pod := range pods {
		if wanted(pod) {
			out = append(out, pod)
		}
	}
	return out
}

// ServicesOf are the Services whose selector selects the pod.
func (p *Pass) ServicesOf(pod *Pod) []*Object { return p.selecting()[pod] }

// Reference is a field of an object that names another one.
type Reference struct {
	reference.Reference
	From *Object
}

// At is the place of the field.
func (r Reference) At() Place { return r.From.At(r.Path...) }

// References are all in the scope, in the order of the objects that refer.
func (p *Pass) References() []Reference { return p.references() }

// Resolve finds the object that a reference names, or nil: a group that isn't written is taken from the kind.
func (p *Pass) Resolve(to manifest.ID) *Object {
	if to.Group == reference.AnyGroup {
		return p.byName[manifest.ID{Kind: to.Kind, Namespace: to.Namespace, Name: to.Name}]
	}
	if o := p.byID[to]; o != nil {
		return o
	}
	to.Namespace = "" // of kinds that may have none
	return p.byID[to]
}

func (v *view) findReferences() []Reference {
	var all []Reference
	for _, o := range v.objects {
		found := reference.Of(o.id, o.Object.Object)
		slices.SortFunc(found, func(a, b reference.Reference) int { return slices.Compare(a.Path, b.Path) })
		for _, r := range found {
			all = append(all, Reference{Reference: r, From: o})
		}
	}
	return all
}

// findSelecting notes for each pod the Services that select it.
func (v *view) findSelecting() map[*Pod][]*Object {
	selecting := map[*Pod][]*Object{}
	pass := Pass{view: v}
	for service := range pass.Of("", "Service") {
		pairs := map[string]string{}
		selector, _ := service.Get("spec", "selector").(map[string]any)
		for key, value := range selector {
			pairs[key], _ = value.(string)
		}
		for _, pod := range pass.PodsWith(service.id.Namespace, pairs) {
			selecting[pod] = append(selecting[pod], service)
		}
	}
	return selecting
}
