// Package v1alpha1 holds the custom resources of Fairlead: what is delivered (Application), the record of each
// delivery (Release), what must not come back (Hold), where news of it goes (Notifier), and what is compared with git outside
// of Kubernetes (DriftCheck). Types only, no logic.
//
// +kubebuilder:object:generate=true
// +groupName=fairlead.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion of the resources.
var GroupVersion = schema.GroupVersion{Group: "fairlead.dev", Version: "v1alpha1"}

// AddToScheme registers the resources.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion, &Application{}, &ApplicationList{}, &Release{}, &ReleaseList{}, &Notifier{}, &NotifierList{}, &DriftCheck{}, &DriftCheckList{}, &Hold{}, &HoldList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}
