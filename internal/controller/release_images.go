package controller

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/manifest"
)

// maxImages is how many steps of images a Release lists.
const maxImages = 50

// imageChanges are the steps of images that a plan makes, by what it knows of the objects before and after: sorted, each
// once. What was refused has made none, and of hooks nothing stays.
func imageChanges(plan *apply.Plan, refused map[manifest.ID]string) []v1alpha1.ImageChange {
	var all []v1alpha1.ImageChange
	for _, c := range plan.Changes {
		if _, isRefused := refused[c.ID]; isRefused || c.IsHook() {
			continue
		}
		switch {
		case c.Action == apply.ActionPrune && plan.Guard == nil:
			all = append(all, steps(references(c.Live()), nil)...)
		case c.Sends():
			before, after := c.Sides()
			all = append(all, steps(references(before), references(after))...)
		}
	}
	return allImages(all)
}

func references(object *unstructured.Unstructured) []string {
	if object == nil {
		return nil
	}
	return update.ReferencesOf(&manifest.Object{Unstructured: *object})
}

// steps pairs the references that one object has lost with those it has got, image by image.
func steps(before, after []string) []v1alpha1.ImageChange {
	lost, got := versions(before, after), versions(after, before)
	var all []v1alpha1.ImageChange
	for image, to := range got {
		for i, v := range to {
			step := v1alpha1.ImageChange{Image: image, To: v}
			if from := lost[image]; i < len(from) {
				step.From = from[i]
			}
			all = append(all, step)
		}
	}
	for image, from := range lost {
		for _, v := range from[min(len(from), len(got[image])):] {
			all = append(all, v1alpha1.ImageChange{Image: image, From: v})
		}
	}
	return all
}

// versions are those that refs have and others don't, sorted, by image.
func versions(refs, others []string) map[string][]string {
	out := map[string][]string{}
	for _, ref := range refs {
		if slices.Contains(others, ref) {
			continue
		}
		image, version := update.CutReference(ref)
		image, version = clip(image, maxValue), clip(cmp.Or(version, "latest"), maxValue) // what no version means
		if !slices.Contains(out[image], version) {
			out[image] = append(out[image], version)
		}
	}
	for _, v := range out {
		slices.Sort(v)
	}
	return out
}

func allImages(all []v1alpha1.ImageChange) []v1alpha1.ImageChange {
	slices.SortFunc(all, func(a, b v1alpha1.ImageChange) int {
		return cmp.Or(strings.Compare(a.Image, b.Image), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	all = slices.Compact(all)
	return all[:min(len(all), maxImages)]
}
