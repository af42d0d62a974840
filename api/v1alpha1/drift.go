package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DriftPolicy is what becomes of changes that were not made in the source.
// +kubebuilder:validation:Enum=Revert;Alert;Ignore
type DriftPolicy string

// The policies.
const (
	DriftRevert DriftPolicy = "Revert"
	DriftAlert  DriftPolicy = "Alert"
	DriftIgnore DriftPolicy = "Ignore"
)

// Drift says what becomes of changes that were not made in the source.
type Drift struct {
	// Policy: Revert puts back what the source says, Alert tells of it and leaves it to a person, Ignore leaves it alone.
	// Revert when empty.
	Policy DriftPolicy `json:"policy,omitempty"`
	// Fields that are treated in another way; the first rule that matches decides.
	// +kubebuilder:validation:MaxItems=200
	Fields []DriftRule `json:"fields,omitempty"`
	// Unmanaged: Alert tells of what is in the namespaces that the application delivers to and in no application. It is Ignore when
	// empty.
	Unmanaged UnmanagedPolicy `json:"unmanaged,omitempty"`
}

// UnmanagedPolicy is what becomes of objects that no source has.
// +kubebuilder:validation:Enum=Alert;Ignore
type UnmanagedPolicy string

// UnmanagedAlert is the policy that tells of them.
const UnmanagedAlert UnmanagedPolicy = "Alert"

// DriftRule matches where all that it sets does.
type DriftRule struct {
	// Kind of the object.
	Kind string `json:"kind,omitempty"`
	// Pointer (JSON pointer, such as /spec/replicas) to the field, or to what it is in.
	// +kubebuilder:validation:Pattern=`^/.+`
	Pointer string `json:"pointer,omitempty"`
	// CEL is a condition over path, manager, git and live (the two values) and self (the live object).
	// +kubebuilder:validation:MaxLength=2048
	CEL string `json:"cel,omitempty"`
	// Manager of the field, as metadata.managedFields names it.
	Manager string      `json:"manager,omitempty"`
	Policy  DriftPolicy `json:"policy"`
}

// DriftStatus is what is not as the source has it.
type DriftStatus struct {
	// Objects that have drifted, the longest first.
	Objects []DriftedObject `json:"objects,omitempty"`
	// More objects than are listed.
	More int32 `json:"more,omitempty"`
	// Reverted are the objects that were put back lately, the latest first.
	Reverted []DriftedObject `json:"reverted,omitempty"`
	// Unwatched are kinds of which no news comes, and why: drift of them is not seen.
	Unwatched []UnwatchedKind `json:"unwatched,omitempty"`
}

// DriftedObject is one object that is not, or was not, as the source has it.
type DriftedObject struct {
	ObjectRef `json:",inline"`
	// Change is changed or deleted.
	Change string `json:"change"`
	// Contested says that something sets the fields anew each time they are put back, so that it is no longer tried.
	Contested bool `json:"contested,omitempty"`
	// Reverts is how often it was put back lately.
	Reverts int32       `json:"reverts,omitempty"`
	Since   metav1.Time `json:"since,omitempty"`
	// Fields that differ.
	Fields []DriftedField `json:"fields,omitempty"`
	// More fields than are listed.
	More int32  `json:"more,omitempty"`
	By   string `json:"by,omitempty"` // who deleted it
	// Where the source has the object that was deleted: file:line.
	Where string `json:"where,omitempty"`
	// Next says why it is still so, and what can be done.
	Next string `json:"next,omitempty"`
}

// DriftedField is a field that differs. The values of Secrets are masked.
type DriftedField struct {
	Path string `json:"path"`
	Git  string `json:"git,omitempty"`
	Live string `json:"live,omitempty"`
	// Manager who set it, Operation and At as metadata.managedFields have them, User if somebody saw who it was.
	Manager   string      `json:"manager,omitempty"`
	Operation string      `json:"operation,omitempty"`
	At        metav1.Time `json:"at,omitempty"`
	User      string      `json:"user,omitempty"`
	// Where the source has the value, file:line, and the commit and author that wrote it there.
	Where  string `json:"where,omitempty"`
	Commit string `json:"commit,omitempty"`
	Author string `json:"author,omitempty"`
}

// UnwatchedKind is a kind of which no news comes.
type UnwatchedKind struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

// ConditionDrifted is there while something is not as the source has it, or can't be watched.
const ConditionDrifted = "Drifted"
