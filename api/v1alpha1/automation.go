package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Automation keeps the version of an image or a chart at the one that a policy chooses, by commits to the branch that is followed, or
// by pull requests. The cluster follows those commits as any other.
//
// +kubebuilder:validation:XValidation:rule="(has(self.image) && size(self.image) > 0) != (has(self.chart) && size(self.chart) > 0)",message="set exactly one of image and chart"
// +kubebuilder:validation:XValidation:rule="!has(self.chart) || size(self.chart) == 0 || !has(self.policy.digest)",message="a chart is chosen by its version, not by what a tag names: set semver instead of digest"
type Automation struct {
	// Image is a repository without a tag, such as ghcr.io/acme/front: its version is moved wherever the source names it.
	// +kubebuilder:validation:Pattern=`^([^\s:@]+(:[0-9]+/[^\s:@]+)?)?$`
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:default=""
	Image string `json:"image,omitempty"`
	// Chart is a Helm repository with the name of a chart behind it, https://charts.example.com/web or oci://ghcr.io/acme/charts/web: its
	// version is moved wherever the source names it, in Applications, HelmReleases and the like.
	// +kubebuilder:validation:Pattern=`^((https?|oci)://[^\s?#@]+/[A-Za-z0-9][A-Za-z0-9._-]*)?$`
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:default=""
	Chart  string        `json:"chart,omitempty"`
	Policy VersionPolicy `json:"policy"`
	// Interval at which the registry, or the repository of charts, is asked for news; a webhook makes it immediate.
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('10s')",message="the interval is 10s at least"
	Interval *metav1.Duration `json:"interval,omitempty"`
	// SecretRef names a Secret in the Application's namespace with the registry's login: one of type
	// kubernetes.io/dockerconfigjson, or with username and password; and ca.crt for a private certificate authority. Of charts at
	// https://… it is the repository's: with username and password.
	SecretRef *SecretRef      `json:"secretRef,omitempty"`
	Write     AutomationWrite `json:"write,omitempty"`
	// OnUnhealthy is what becomes of an update that isn't healthy in its time (spec.sync.timeout): Rollback takes it back, once,
	// and holds that version; Keep leaves it.
	// +kubebuilder:default=Rollback
	// +kubebuilder:validation:Enum=Rollback;Keep
	OnUnhealthy string `json:"onUnhealthy,omitempty"`
}

// VersionPolicy chooses a version. It has one order: semver, calver, numerical, alphabetical, newest or digest. What is older than
// the version that the source has is never chosen.
//
// +kubebuilder:validation:XValidation:rule="[has(self.semver), has(self.calver), has(self.numerical), has(self.alphabetical), has(self.newest) && self.newest, has(self.digest)].filter(x, x).size() == 1",message="set exactly one of semver, calver, numerical, alphabetical, newest and digest"
type VersionPolicy struct {
	// SemVer is a range of versions such as ">=1.4 <2": the highest one. Pre-releases are in no range that doesn't name one.
	// +kubebuilder:validation:MaxLength=200
	SemVer string `json:"semver,omitempty"`
	// CalVer is how dates are written, such as "YYYY.0M.MICRO" (calver.org): the latest one.
	// +kubebuilder:validation:MaxLength=200
	CalVer string `json:"calver,omitempty"`
	// Numerical: the highest number, or the lowest.
	Numerical VersionDirection `json:"numerical,omitempty"`
	// Alphabetical: the last one in the alphabet, or the first.
	Alphabetical VersionDirection `json:"alphabetical,omitempty"`
	// Newest by the time at which it was built.
	Newest bool `json:"newest,omitempty"`
	// Digest is a tag that moves: the source is given what it names now, as tag@sha256:….
	// +kubebuilder:validation:MaxLength=128
	Digest string `json:"digest,omitempty"`
	// Include is an expression (RE2) that a tag has to match.
	// +kubebuilder:validation:MaxLength=500
	Include string `json:"include,omitempty"`
	// Exclude is one that it must not match.
	// +kubebuilder:validation:MaxLength=500
	Exclude string `json:"exclude,omitempty"`
	// Extract is what of the tag is compared, with the groups of include: "$version"; all of it when empty.
	// +kubebuilder:validation:MaxLength=200
	Extract string `json:"extract,omitempty"`
	// CoolDown is how old a version has to be, by the time at which it was built; of charts, put into the repository.
	CoolDown *metav1.Duration `json:"coolDown,omitempty"`
	// Windows are when another version may be chosen; always when empty.
	// +kubebuilder:validation:MaxItems=20
	Windows []UpdateWindow `json:"windows,omitempty"`
}

// UpdateWindow is a time of day.
type UpdateWindow struct {
	// From and To are times such as 09:00; the same twice is a whole day.
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	From string `json:"from"`
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	To string `json:"to"`
	// Days it begins on; all when empty.
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`
	// TimeZone such as Europe/Berlin.
	// +kubebuilder:default=UTC
	TimeZone string `json:"timeZone,omitempty"`
}

// VersionDirection is the one in which versions grow.
// +kubebuilder:validation:Enum=Ascending;Descending
type VersionDirection string

// AutomationWrite says how a new version is written to git. What is due at the same time for one branch becomes one commit.
type AutomationWrite struct {
	// Author of the commits.
	Author *CommitAuthor `json:"author,omitempty"`
	// SecretRef names a Secret in the Application's namespace with a login that may push; that of the source when empty.
	SecretRef *SecretRef `json:"secretRef,omitempty"`
	// SigningKeyRef names a Secret in the Application's namespace whose key is an SSH or OpenPGP private key without a passphrase:
	// commits are signed with it.
	SigningKeyRef *SecretRef `json:"signingKeyRef,omitempty"`
	// PullRequest has new versions proposed, all that are due as one request, instead of committed to the branch that is followed: {} where
	// the repository's host and login tell all.
	PullRequest *AutomationPullRequest `json:"pullRequest,omitempty"`
}

// AutomationPullRequest says how new versions are proposed: one request is open at a time, and kept at what is due.
type AutomationPullRequest struct {
	// Forge is whose API the repository's host speaks (Forgejo speaks Gitea's); told by the host's name when empty.
	// +kubebuilder:validation:Enum=GitHub;GitLab;Gitea;Bitbucket;BitbucketDataCenter
	Forge string `json:"forge,omitempty"`
	// SecretRef names a Secret in the Application's namespace with a token of the forge, and ca.crt for a private certificate authority;
	// the token or password of the login that may push when empty.
	SecretRef *SecretRef `json:"secretRef,omitempty"`
	// Branch that is proposed, which is Fairlead's own; fairlead/updates-BRANCH when empty. The Applications of a namespace that follow one
	// branch share it; those of another namespace or cluster need one of another name.
	// +kubebuilder:validation:MaxLength=200
	Branch string `json:"branch,omitempty"`
}

// CommitAuthor is who commits.
type CommitAuthor struct {
	// +kubebuilder:default=Fairlead
	// +kubebuilder:validation:Pattern=`^[^<>\x00-\x1f]+$`
	Name string `json:"name,omitempty"`
	// +kubebuilder:default="fairlead@noreply.invalid"
	// +kubebuilder:validation:Pattern=`^[^<>\s]+$`
	Email string `json:"email,omitempty"`
}

// AutomationPause says why nothing is moved, by whom and until when.
type AutomationPause struct {
	// +kubebuilder:validation:MinLength=1
	Reason string      `json:"reason"`
	By     string      `json:"by,omitempty"`
	Since  metav1.Time `json:"since,omitempty"`
	// Until is when it ends by itself; never when empty.
	Until *metav1.Time `json:"until,omitempty"`
}

// AutomationStatus is what is known of one Automation.
type AutomationStatus struct {
	// Image or Chart is as spec.automation names it.
	Image string `json:"image,omitempty"`
	Chart string `json:"chart,omitempty"`
	// Current are the versions that the source has; none if it doesn't name the image or chart.
	Current []string `json:"current,omitempty"`
	// Chosen is the version that the policy wants.
	Chosen string `json:"chosen,omitempty"`
	// Next is a newer one that only has to wait.
	Next *RefusedVersion `json:"next,omitempty"`
	// Refused are newer ones, the newest first, and why.
	Refused []RefusedVersion `json:"refused,omitempty"`
	// More of them, which are not listed.
	More int32 `json:"more,omitempty"`
	// PullRequest is the page of the request that the chosen version waits for to be merged.
	PullRequest string `json:"pullRequest,omitempty"`
	// Message says why it can't be told, or written; empty when all is well.
	Message string `json:"message,omitempty"`
}

// RefusedVersion is a version that isn't chosen.
type RefusedVersion struct {
	Version string `json:"version"`
	Why     string `json:"why"`
	// Until is when that ends by itself.
	Until *metav1.Time `json:"until,omitempty"`
}
