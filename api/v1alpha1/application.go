package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Application is what is delivered: a source, a path in it, a destination, and how.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=app;apps,categories=fairlead
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Revision",type=string,JSONPath=`.status.shortRevision`
// +kubebuilder:printcolumn:name="Sync",type=string,JSONPath=`.status.conditions[?(@.type=="Synced")].reason`
// +kubebuilder:printcolumn:name="Health",type=string,JSONPath=`.status.conditions[?(@.type=="Healthy")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Path",type=string,priority=1,JSONPath=`.spec.source.git.path`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Application struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ApplicationSpec   `json:"spec"`
	Status ApplicationStatus `json:"status,omitempty"`
}

// ApplicationSpec is what a person writes.
type ApplicationSpec struct {
	Source      Source      `json:"source"`
	Destination Destination `json:"destination,omitempty"`
	Render      Render      `json:"render,omitempty"`
	Sync        Sync        `json:"sync,omitempty"`
	Practices   Practices   `json:"practices,omitempty"`
	Drift       Drift       `json:"drift,omitempty"`
	// Health rules for kinds of one's own; they win over Fairlead's.
	Health []HealthRule `json:"health,omitempty"`
	// Automation keeps versions of images and charts at what policies choose, by commits to the source.
	// +listType=map
	// +listMapKey=image
	// +listMapKey=chart
	// +kubebuilder:validation:MaxItems=100
	Automation []Automation `json:"automation,omitempty"`
	// AutomationPause moves no version until it is removed, or over.
	AutomationPause *AutomationPause `json:"automationPause,omitempty"`
	// History says which Releases are kept.
	History History `json:"history,omitempty"`
	// Suspend stops syncs until it is removed; what runs stays as it is.
	Suspend *Suspension `json:"suspend,omitempty"`
}

// Source is where the manifests live: one of its fields.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
type Source struct {
	Git  *GitSource  `json:"git,omitempty"`
	OCI  *OCISource  `json:"oci,omitempty"`
	Helm *HelmSource `json:"helm,omitempty"`
}

// GitSource is a directory of a git repository.
type GitSource struct {
	// URL of the repository: https, http, ssh (ssh://… or user@host:path) or file.
	// +kubebuilder:validation:MinLength=1
	URL string `json:"url"`
	// Ref to follow; the repository's default branch when empty.
	Ref GitRef `json:"ref,omitempty"`
	// Path of the directory in the repository. "apps/*" makes one Application for each directory below apps.
	// +kubebuilder:default="."
	Path string `json:"path,omitempty"`
	// SecretRef names a Secret in the Application's namespace with username and password, or token, or
	// identity (an SSH private key) and known_hosts, and ca.crt for a private certificate authority.
	SecretRef *SecretRef `json:"secretRef,omitempty"`
	// Verify refuses commits and tags that nobody listed has signed.
	Verify *Verification `json:"verify,omitempty"`
}

// OCISource is an artifact of an OCI registry: a tar of manifests, as oras and flux push it, or a Helm chart.
type OCISource struct {
	// URL of the repository: oci://registry/path.
	// +kubebuilder:validation:Pattern=`^oci://.+/.+$`
	URL string `json:"url"`
	// Ref to follow; the tag "latest" when empty.
	Ref OCIRef `json:"ref,omitempty"`
	// Path of the directory in the artifact.
	// +kubebuilder:default="."
	Path string `json:"path,omitempty"`
	// SecretRef names a Secret in the Application's namespace: one of type kubernetes.io/dockerconfigjson, or with username
	// and password; and ca.crt for a private certificate authority.
	SecretRef *SecretRef `json:"secretRef,omitempty"`
	// Verify refuses artifacts that no listed key has signed.
	Verify *Verification `json:"verify,omitempty"`
}

// OCIRef is one of its fields.
// +kubebuilder:validation:MaxProperties=1
type OCIRef struct {
	Tag string `json:"tag,omitempty"`
	// SemVer is a range of version tags: the highest one is delivered.
	SemVer string `json:"semver,omitempty"`
	// Digest such as sha256:….
	Digest string `json:"digest,omitempty"`
}

// HelmSource is a chart of a Helm repository. Its values are those of spec.render.helm.
type HelmSource struct {
	// Repo is the repository: https://host/path (with an index.yaml) or oci://registry/path.
	// +kubebuilder:validation:Pattern=`^(https?|oci)://.+$`
	Repo string `json:"repo"`
	// +kubebuilder:validation:MinLength=1
	Chart string `json:"chart"`
	// Version or range of versions such as "~4.11" or ">=1.2 <2": the highest one is delivered; the newest stable when empty.
	Version string `json:"version,omitempty"`
	// SecretRef names a Secret in the Application's namespace with username and password, and ca.crt for a private
	// certificate authority; for oci also one of type kubernetes.io/dockerconfigjson.
	SecretRef *SecretRef `json:"secretRef,omitempty"`
	// Verify refuses charts of an OCI registry that no listed key has signed.
	Verify *Verification `json:"verify,omitempty"`
}

// Verification says whose signatures count. A source that isn't signed by one of them is not delivered.
type Verification struct {
	// SecretRef names a Secret in the Application's namespace. Git: allowed_signers (SSH, as ssh-keygen reads it) and keys
	// ending in .asc (OpenPGP). OCI: keys ending in .pub (public keys in PEM, as cosign makes them).
	SecretRef SecretRef `json:"secretRef"`
}

// GitRef is one of its fields.
// +kubebuilder:validation:MaxProperties=1
type GitRef struct {
	Branch string `json:"branch,omitempty"`
	Tag    string `json:"tag,omitempty"`
	// SemVer is a range of version tags, such as ">=1.4 <2": the highest one is delivered.
	SemVer string `json:"semver,omitempty"`
	Commit string `json:"commit,omitempty"`
}

// SecretRef names a Secret in the same namespace.
type SecretRef struct {
	Name string `json:"name"`
}

// Destination is where objects go.
type Destination struct {
	// Namespace for objects that name none.
	Namespace string `json:"namespace,omitempty"`
	// ServiceAccountName in the Application's namespace, whose rights the sync has. An Application outside
	// Fairlead's own namespace that names none acts as that namespace's "default".
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
}

// Render says how a chart or kustomization of the source is rendered.
type Render struct {
	Helm      *HelmRender      `json:"helm,omitempty"`
	Kustomize *KustomizeRender `json:"kustomize,omitempty"`
}

// HelmRender is for a chart in the tree.
type HelmRender struct {
	// ReleaseName given to the templates; the Application's name when empty.
	ReleaseName string `json:"releaseName,omitempty"`
	// ValuesFiles relative to the chart, later ones win.
	ValuesFiles []string `json:"valuesFiles,omitempty"`
	// Values win over all files.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	Values *runtime.RawExtension `json:"values,omitempty"`
}

// KustomizeRender is for a kustomization.
type KustomizeRender struct {
	// AllowRemoteBases lets the kustomization fetch from elsewhere: what is delivered is then no longer only what is in git.
	AllowRemoteBases bool `json:"allowRemoteBases,omitempty"`
}

// Sync says when and how the cluster follows.
type Sync struct {
	// Interval at which the repository is asked for news; a webhook makes it immediate.
	// +kubebuilder:default="1m"
	Interval *metav1.Duration `json:"interval,omitempty"`
	// Prune removes objects that left git. What looks like an accident waits for a person.
	// +kubebuilder:default=true
	Prune *bool `json:"prune,omitempty"`
	// MaxPrunePercent of the objects may go without asking.
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	MaxPrunePercent *int32 `json:"maxPrunePercent,omitempty"`
	// Timeout for objects to become healthy after a sync before they count as degraded.
	// +kubebuilder:default="5m"
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// DependsOn are Applications that have to be ready, at what they were last told, before this one is delivered.
	DependsOn []Dependency `json:"dependsOn,omitempty"`
}

// History bounds the Releases of an Application. The last healthy one stays, and one that is open.
type History struct {
	// Keep is how many there are at most.
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Keep int32 `json:"keep,omitempty"`
	// MaxAge after which one is removed when the next one is written; without it age doesn't count.
	MaxAge *metav1.Duration `json:"maxAge,omitempty"`
}

// Dependency names another Application.
type Dependency struct {
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// Namespace of the other; this Application's own when empty.
	Namespace string `json:"namespace,omitempty"`
}

// HealthRule says how an object of a kind of one's own is to be judged, in CEL over `self`, the live object. The first
// expression that is true decides, in the order degraded, suspended, healthy, progressing; when none is, it is progressing.
type HealthRule struct {
	// Group of the kind, such as example.com; "" for core kinds.
	Group string `json:"group,omitempty"`
	// +kubebuilder:validation:MinLength=1
	Kind        string `json:"kind"`
	Degraded    string `json:"degraded,omitempty"`
	Suspended   string `json:"suspended,omitempty"`
	Healthy     string `json:"healthy,omitempty"`
	Progressing string `json:"progressing,omitempty"`
	// Reason is an expression for the words that people read; without it Fairlead finds some.
	Reason string `json:"reason,omitempty"`
}

// Suspension says why and by whom.
type Suspension struct {
	// +kubebuilder:validation:MinLength=1
	Reason string      `json:"reason"`
	By     string      `json:"by,omitempty"`
	Since  metav1.Time `json:"since,omitempty"`
}

// ApplicationStatus is what Fairlead writes. It has one writer, so the API server keeps no record of who owns which field of it:
// reading, checking and writing that record was a good part of what a status costs.
// +structType=atomic
type ApplicationStatus struct {
	// Conditions: Ready (all of the following), Synced (the cluster is told what git says), Healthy (what it was told runs).
	// +listType=map
	// +listMapKey=type
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	// Revision that was delivered last.
	Revision      string `json:"revision,omitempty"`
	ShortRevision string `json:"shortRevision,omitempty"`
	// ContentHash of the objects that were delivered last and put on record as a Release.
	ContentHash string `json:"contentHash,omitempty"`
	// SyncedAt is when something was last changed in the cluster.
	SyncedAt *metav1.Time `json:"syncedAt,omitempty"`
	// HandledRequest is the sync request (annotation) that was carried out last.
	HandledRequest string `json:"handledRequest,omitempty"`
	// ReleaseNumber of the last Release.
	ReleaseNumber int64 `json:"releaseNumber,omitempty"`
	// HealthyRelease is the number of the last Release that was healthy.
	HealthyRelease int64 `json:"healthyRelease,omitempty"`
	// OldestRelease is the number before which none but a healthy one is left.
	OldestRelease int64 `json:"oldestRelease,omitempty"`
	// Inventory are the objects that this application owns.
	Inventory []ObjectRef `json:"inventory,omitempty"`
	// Problems of single files and objects; the rest is delivered.
	Problems []ProblemStatus `json:"problems,omitempty"`
	// PruneWaiting says which objects left git and why they wait for a person.
	PruneWaiting *PruneWaiting `json:"pruneWaiting,omitempty"`
	// Practices say how what is delivered fares, and what the gate holds back.
	Practices *PracticesStatus `json:"practices,omitempty"`
	// Drift is what is not as the source has it, and what was put back lately.
	Drift *DriftStatus `json:"drift,omitempty"`
	// Automation is what is known of the versions that spec.automation moves, in its order.
	Automation []AutomationStatus `json:"automation,omitempty"`
	// Discovered are the Applications made for a path with a wildcard.
	Discovered []string `json:"discovered,omitempty"`
}

// ObjectRef names an object in the cluster.
type ObjectRef struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// ProblemStatus is one thing wrong in the source.
type ProblemStatus struct {
	Where   string `json:"where,omitempty"` // file:line
	Object  string `json:"object,omitempty"`
	Message string `json:"message"`
	Next    string `json:"next,omitempty"`
}

// PruneWaiting is a prune held back.
type PruneWaiting struct {
	Revision string      `json:"revision"`
	Reasons  []string    `json:"reasons"`
	Objects  []ObjectRef `json:"objects"`
}

// Condition types of an Application.
const (
	ConditionReady   = "Ready"
	ConditionSynced  = "Synced"
	ConditionHealthy = "Healthy"
)

// Annotations that people and the command line set on an Application.
const (
	// SyncRequestAnnotation asks for a sync now; any new value does. What stands after its first space is who asks.
	SyncRequestAnnotation = "fairlead.dev/sync-requested"
	// ApprovePruneAnnotation holds the full revision whose prunes a person has seen and wants.
	ApprovePruneAnnotation = "fairlead.dev/approve-prune"
	// ApproveReplaceAnnotation holds the full revision whose objects may be deleted and made anew where a field can't
	// be changed.
	ApproveReplaceAnnotation = "fairlead.dev/approve-replace"
)

// DiscoveredByLabel on an Application names the one whose wildcard path made it.
const DiscoveredByLabel = "fairlead.dev/discovered-by"

// ApplicationList is a list of Applications.
//
// +kubebuilder:object:root=true
type ApplicationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Application `json:"items"`
}
