package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Hold keeps versions of images from coming back by automation, as a rollback leaves them, or an Application at one revision.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:categories=fairlead
// +kubebuilder:printcolumn:name="Application",type=string,JSONPath=`.spec.application`
// +kubebuilder:printcolumn:name="Images",type=string,JSONPath=`.spec.images`
// +kubebuilder:printcolumn:name="Revision",type=string,JSONPath=`.spec.revision`
// +kubebuilder:printcolumn:name="By",type=string,JSONPath=`.spec.by`
// +kubebuilder:printcolumn:name="Until",type=date,JSONPath=`.spec.until`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.spec.reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Hold struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec HoldSpec `json:"spec"`
}

// HoldSpec says what is held, and why.
//
// +kubebuilder:validation:XValidation:rule="has(self.images) != has(self.revision)",message="set exactly one of images and revision"
type HoldSpec struct {
	// Application in the Hold's namespace.
	// +kubebuilder:validation:MinLength=1
	Application string `json:"application"`
	// Images are versions that are not to come back, such as ghcr.io/acme/front:1.1.0; with a digest it is only what that names;
	// or of charts, such as https://charts.example.com/web:1.1.0.
	// +kubebuilder:validation:MaxItems=100
	Images []string `json:"images,omitempty"`
	// Back is the version that the source is given instead of the one image that is held; once, by the controller.
	Back string `json:"back,omitempty"`
	// Revision is the commit that the Application is kept at, whatever the branch has.
	// +kubebuilder:validation:Pattern=`^[0-9a-f]{40}$`
	Revision string `json:"revision,omitempty"`
	// +kubebuilder:validation:MinLength=1
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
	// Until is when it ends by itself; never when empty.
	Until *metav1.Time `json:"until,omitempty"`
}

// HoldList is a list of Holds.
//
// +kubebuilder:object:root=true
type HoldList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Hold `json:"items"`
}
