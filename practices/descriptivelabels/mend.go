package descriptivelabels

import (
	"cmp"
	"slices"

	"github.com/fairlead-dev/fairlead/practice"
)

// complete is the edit that gives an object, and the pods that it makes (nil if it makes none), the labels that they lack,
// where others say them already: the one of the two, or the pods that a Service selects. In a chart they are those of a
// release, and only its template can say how they are made.
func complete(p *practice.Pass, o *practice.Object, pod *practice.Pod, besides []string) []practice.Edit {
	if p.Chart != nil {
		return nil
	}
	sets := []map[string]string{o.GetLabels()}
	selector := practice.Selector(o)
	if pod != nil {
		sets = append(sets, pod.Meta.Labels)
		selector = nil
		if s := practice.LabelSelector(o); s != nil {
			selector = s.MatchLabels
		}
	} else {
		sets = append(sets, shared(p.PodsOf(o)))
	}
	give := map[string]string{}
	say := func(key string, others ...string) {
		for _, set := range sets {
			give[key] = cmp.Or(give[key], set[key])
		}
		for _, other := range others {
			give[key] = cmp.Or(give[key], selector[other]) // what is selected by is what people call it
		}
	}
	say(name, "app", "k8s-app")
	say(instance)
	say(partOf)
	for _, key := range besides {
		say(key)
	}
	if len(lacks(give, besides)) > 0 || slices.ContainsFunc([]string{give[name], give[instance], give[partOf]}, practice.HasPlaceholder) {
		return nil
	}
	var edits []practice.Edit
	fill := func(have map[string]string, path ...string) {
		at := func(key string) practice.Edit { return o.At(slices.Concat(path, []string{key})...).Set(give[key]) }
		if have[name] == "" {
			edits = append(edits, at(name))
		}
		switch {
		case have[instance] != "" || have[partOf] != "":
		case give[instance] != "":
			edits = append(edits, at(instance))
		default:
			edits = append(edits, at(partOf))
		}
		for _, key := range besides {
			if have[key] == "" {
				edits = append(edits, at(key))
			}
		}
	}
	fill(o.GetLabels(), "metadata", "labels")
	if pod != nil {
		fill(pod.Meta.Labels, append(pod.Path[:len(pod.Path)-1:len(pod.Path)-1], "metadata", "labels")...)
	}
	return edits
}

// shared are the labels that all of some pods have.
func shared(pods []*practice.Pod) map[string]string {
	if len(pods) == 0 {
		return nil
	}
	set := map[string]string{}
	for key, value := range pods[0].Meta.Labels {
		if !slices.ContainsFunc(pods, func(pod *practice.Pod) bool { return pod.Meta.Labels[key] != value }) {
			set[key] = value
		}
	}
	return set
}
