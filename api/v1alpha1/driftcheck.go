package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DriftCheck compares what Terraform, OpenTofu or Ansible have in git with what is out there, again and again. It never changes
// anything; but what the directory says to run is run, in the controller's pod.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=fairlead
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Drifted",type=string,JSONPath=`.status.conditions[?(@.type=="Drifted")].status`
// +kubebuilder:printcolumn:name="Revision",type=string,JSONPath=`.status.shortRevision`
// +kubebuilder:printcolumn:name="Checked",type=date,JSONPath=`.status.lastCheckedAt`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Drifted")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type DriftCheck struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   DriftCheckSpec   `json:"spec"`
	Status DriftCheckStatus `json:"status,omitempty"`
}

// DriftCheckSpec is what a person writes.
//
// +kubebuilder:validation:XValidation:rule="has(self.terraform) != has(self.ansible)",message="set exactly one of terraform and ansible"
type DriftCheckSpec struct {
	Source DriftCheckSource `json:"source"`
	// Terraform, or OpenTofu, plans the directory.
	Terraform *TerraformCheck `json:"terraform,omitempty"`
	// Ansible runs a playbook of the directory with --check.
	Ansible *AnsibleCheck `json:"ansible,omitempty"`
	// Interval between two checks; a new commit in the directory is looked at with the push, if the webhook is set up.
	// +kubebuilder:default="1h"
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m')",message="the interval is 1m at least"
	Interval *metav1.Duration `json:"interval,omitempty"`
	// Timeout of one check, after which the program is killed.
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('1h')",message="the timeout is between 1s and 1h"
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// Suspend checks nothing until it is removed.
	Suspend bool `json:"suspend,omitempty"`
	// Environment of the program, besides what Fairlead sets.
	Environment *CheckEnvironment `json:"environment,omitempty"`
}

// DriftCheckSource is where the files are. All of the repository is there when the program runs, so that modules and roles beside
// the directory are found.
type DriftCheckSource struct {
	Git GitSource `json:"git"`
}

// TerraformCheck is a root module. Paths are relative to it and stay in the repository.
type TerraformCheck struct {
	// +kubebuilder:default=terraform
	// +kubebuilder:validation:Enum=terraform;tofu
	Program string `json:"program,omitempty"`
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_.~-]{1,90}$`
	Workspace string `json:"workspace,omitempty"`
	// VarFiles as of -var-file; later ones win.
	// +kubebuilder:validation:MaxItems=50
	VarFiles []string `json:"varFiles,omitempty"`
	// BackendConfig are files as of -backend-config.
	// +kubebuilder:validation:MaxItems=10
	BackendConfig []string `json:"backendConfig,omitempty"`
}

// AnsibleCheck is a playbook. Paths are relative to the directory and stay in the repository.
type AnsibleCheck struct {
	// +kubebuilder:validation:MinLength=1
	Playbook string `json:"playbook"`
	// Inventory is a file or a directory.
	// +kubebuilder:validation:MinLength=1
	Inventory string `json:"inventory"`
	// Limit to some hosts, as of --limit.
	Limit string `json:"limit,omitempty"`
}

// CheckEnvironment is what the program finds in its environment.
type CheckEnvironment struct {
	// SecretRef names a Secret in the same namespace: each of its keys is a variable. Its values are struck from all that is told.
	SecretRef SecretRef `json:"secretRef"`
}

// DriftCheckStatus is what Fairlead writes.
type DriftCheckStatus struct {
	// Conditions: Ready (it could be looked at), Drifted (something is not as git has it).
	// +listType=map
	// +listMapKey=type
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	// Revision that was compared last.
	Revision      string `json:"revision,omitempty"`
	ShortRevision string `json:"shortRevision,omitempty"`
	// ContentHash of the directory in it.
	ContentHash   string       `json:"contentHash,omitempty"`
	LastCheckedAt *metav1.Time `json:"lastCheckedAt,omitempty"`
	// NextCheckAt is when it is looked at without a push or an edit.
	NextCheckAt *metav1.Time `json:"nextCheckAt,omitempty"`
	// DriftedSince is when it was first seen that something is not as git has it.
	DriftedSince *metav1.Time `json:"driftedSince,omitempty"`
	// Resources that are not as git has them.
	// +kubebuilder:validation:MaxItems=20
	Resources []DriftedResource `json:"resources,omitempty"`
	// More of them, which are not listed.
	More int32 `json:"more,omitempty"`
	// HandledRequest is the request for a check (annotation) that was carried out last.
	HandledRequest string `json:"handledRequest,omitempty"`
	// Failures in a row.
	Failures int32 `json:"failures,omitempty"`
}

// DriftedResource is a resource, or a host and a task, and what would become of it. Values are not told.
type DriftedResource struct {
	Name   string `json:"name"`
	Action string `json:"action"`
}

// CheckRequestAnnotation asks for a check now; any new value does.
const CheckRequestAnnotation = "fairlead.dev/check-requested"

// DriftCheckList is a list of DriftChecks.
//
// +kubebuilder:object:root=true
type DriftCheckList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []DriftCheck `json:"items"`
}
