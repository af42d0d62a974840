package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Release is the kept record of one sync.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=rel,categories=fairlead
// +kubebuilder:printcolumn:name="Application",type=string,JSONPath=`.spec.application`
// +kubebuilder:printcolumn:name="Revision",type=string,JSONPath=`.spec.shortRevision`
// +kubebuilder:printcolumn:name="Author",type=string,JSONPath=`.spec.author`
// +kubebuilder:printcolumn:name="Subject",type=string,JSONPath=`.spec.subject`
// +kubebuilder:printcolumn:name="Changes",type=string,JSONPath=`.spec.summary`
// +kubebuilder:printcolumn:name="Result",type=string,JSONPath=`.status.result`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Release struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ReleaseSpec   `json:"spec"`
	Status ReleaseStatus `json:"status,omitempty"`
}

// ReleaseSpec says what was delivered: first what is about to be, then what was. Its fields have one owner (see ApplicationStatus).
// +structType=atomic
type ReleaseSpec struct {
	Application   string `json:"application"`
	Number        int64  `json:"number"`
	Revision      string `json:"revision"`
	ShortRevision string `json:"shortRevision"`
	// PreviousRevision that was delivered before.
	PreviousRevision string      `json:"previousRevision,omitempty"`
	Author           string      `json:"author,omitempty"`
	Subject          string      `json:"subject,omitempty"` // first line of the commit message
	Message          string      `json:"message,omitempty"`
	CommittedAt      metav1.Time `json:"committedAt,omitempty"`
	// Reason for the sync: a new revision, drift, or a request.
	Reason string `json:"reason,omitempty"`
	// RequestedBy is who asked for the sync, if somebody did, as they call themselves: a name to ask, no proof.
	RequestedBy string          `json:"requestedBy,omitempty"`
	Summary     string          `json:"summary"` // "2 created, 1 updated"
	Changes     []ReleaseChange `json:"changes,omitempty"`
	// Images whose versions this sync changed, each step once.
	Images []ImageChange `json:"images,omitempty"`
	// Problems that kept single objects back.
	Problems []ProblemStatus `json:"problems,omitempty"`
	// Practices say how it fares. Its findings are those that the one before didn't have; of a refused one, what closed the
	// gate.
	Practices *Judgement `json:"practices,omitempty"`
	// Durations of the stages in milliseconds.
	DurationsMillis map[string]int64 `json:"durationsMillis,omitempty"`
}

// ReleaseChange is what happened to one object. Values of Secrets are masked.
type ReleaseChange struct {
	ObjectRef `json:",inline"`
	Action    string        `json:"action"`
	Fields    []FieldChange `json:"fields,omitempty"`
	// Takes are the fields that other managers lost to git.
	Takes []Taking `json:"takes,omitempty"`
	Error string   `json:"error,omitempty"`
}

// ImageChange is one step of an image: from one TAG, TAG@DIGEST or @DIGEST to another. It was not there before if From is
// empty, and is no longer there if To is.
type ImageChange struct {
	Image string `json:"image"` // without a version
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// Taking is what one manager lost: the first of the fields, and how many more there were.
type Taking struct {
	Manager string   `json:"manager"`
	Fields  []string `json:"fields"`
	More    int      `json:"more,omitempty"`
}

// FieldChange is one field, as JSON text.
type FieldChange struct {
	Path string `json:"path"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// ReleaseStatus says what came of it.
// +structType=atomic
type ReleaseStatus struct {
	// Result: Delivering, RollingOut, Healthy, Degraded, Partial (not all could be applied), Superseded, or Refused (by the
	// gate: nothing of it was applied).
	Result     string       `json:"result,omitempty"`
	Message    string       `json:"message,omitempty"`
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`
}

// ReleaseList is a list of Releases.
//
// +kubebuilder:object:root=true
type ReleaseList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Release `json:"items"`
}
