package practice

import (
	"iter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// IsOwned says that a controller made the pod: what is wrong with it is mended in the controller's own object.
func (p *Pod) IsOwned() bool {
	return p.Object.id.Kind == "Pod" && metav1.GetControllerOf(p.Object) != nil
}

// OwnContainers iterates over the containers that are mended here: all of them, but of a pod that a controller made only
// the ephemeral ones, which its template doesn't have.
func (p *Pod) OwnContainers() iter.Seq[*Container] {
	if p.IsOwned() {
		return p.with(Ephemeral)
	}
	return p.Containers()
}

// Cause names one change to the pod, for findings that it mends together.
func (p *Pod) Cause(change string) string {
	return p.Object.id.String() + " " + spell(p.Path) + ": " + change
}
