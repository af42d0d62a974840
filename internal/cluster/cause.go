package cluster

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// CauseAnnotation is what kubectl rollout history shows of each revision of a workload.
// Source: https://kubernetes.io/docs/reference/labels-annotations-taints/#change-cause
const CauseAnnotation = "kubernetes.io/change-cause"

// HasRollouts says whether a kind keeps a history of its pod template.
func HasRollouts(kind schema.GroupKind) bool {
	return kind.Group == "apps" && slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet"}, kind.Kind)
}

// Cause is what a live workload says of its last change, if it was Fairlead that made it say so; "" else.
func Cause(live *unstructured.Unstructured) string {
	cause := said(live)
	if cause == "" {
		return ""
	}
	if ours := OwnedFields(live); ours == nil || !ours.Has(fieldpath.MakePathOrDie("metadata", "annotations", CauseAnnotation)) {
		return ""
	}
	return cause
}

// said is the same whoever has set it.
func said(live *unstructured.Unstructured) string {
	if live == nil {
		return ""
	}
	metadata, _ := live.Object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	cause, _ := annotations[CauseAnnotation].(string)
	if cause == "" || !HasRollouts(live.GroupVersionKind().GroupKind()) {
		return ""
	}
	return cause
}
