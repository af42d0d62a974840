package practice

import "iter"

// IsControlled says that a controller made the object and keeps it as it is: a Deployment's pod on a cluster. What is to
// be judged and changed is its owner.
func (o *Object) IsControlled() bool {
	owners, _ := o.Get("metadata", "ownerReferences").([]any)
	for _, owner := range owners {
		if fields, ok := owner.(map[string]any); ok && fields["controller"] == true {
			return true
		}
	}
	return false
}

// OwnContainers iterates over the containers that are mended here: all of them, but of a pod that a controller made only
// the ephemeral ones, which its template doesn't have.
func (p *Pod) OwnContainers() iter.Seq[*Container] {
	if p.Object.IsControlled() {
		return p.with(Ephemeral)
	}
	return p.Containers()
}

// Cause names one change to the pod, for findings that it mends together.
func (p *Pod) Cause(change string) string {
	return p.cause + change
}
