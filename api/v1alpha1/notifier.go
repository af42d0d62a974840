package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Notifier is where news of applications goes: one sink, what it is told of, and when. One in Fairlead's own namespace hears of
// all applications, any other of those in its own namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=fairlead
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 200",message="the name of a Notifier has at most 200 characters"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.waiting`
// +kubebuilder:printcolumn:name="Last sent",type=date,JSONPath=`.status.lastSentAt`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Notifier struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NotifierSpec   `json:"spec"`
	Status NotifierStatus `json:"status,omitempty"`
}

// NotifierSpec is what a person writes.
type NotifierSpec struct {
	Sink     Sink         `json:"sink"`
	Filter   NotifyFilter `json:"filter,omitempty"`
	Grouping Grouping     `json:"grouping,omitempty"`
	// QuietHours hold messages back until they end. What is over by then is not told.
	// +kubebuilder:validation:MaxItems=20
	QuietHours []QuietHours `json:"quietHours,omitempty"`
	// RateLimit bounds new messages; what is more joins the next one.
	RateLimit *RateLimit `json:"rateLimit,omitempty"`
	// Suspend sends nothing until it is removed. What is over by then is not told.
	Suspend bool `json:"suspend,omitempty"`
}

// Sink is where messages go: one of its fields. Each reads what must stay secret, web addresses that let anybody post included,
// from a Secret in the Notifier's namespace.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
type Sink struct {
	Slack        *SlackSink        `json:"slack,omitempty"`
	Webhook      *WebhookSink      `json:"webhook,omitempty"`
	Teams        *AddressSink      `json:"teams,omitempty"`
	Discord      *AddressSink      `json:"discord,omitempty"`
	Email        *EmailSink        `json:"email,omitempty"`
	PagerDuty    *PagerDutySink    `json:"pagerDuty,omitempty"`
	Alertmanager *AlertmanagerSink `json:"alertmanager,omitempty"`
	CommitStatus *CommitStatusSink `json:"commitStatus,omitempty"`
}

// SlackSink posts to Slack. With a bot's token there is one message for each incident, edited as it evolves; with the address of
// an incoming webhook, which can't edit, there are follow-ups.
type SlackSink struct {
	// SecretRef names a Secret with token (xoxb-…), or with address (of an incoming webhook).
	SecretRef SecretRef `json:"secretRef"`
	// Channel to post to, by its id (C0123456789) or name; with a token only. With the id a message that was being sent when
	// Fairlead was killed can be found again.
	Channel string `json:"channel,omitempty"`
	// URL of the API.
	// +kubebuilder:default="https://slack.com/api"
	URL string `json:"url,omitempty"`
}

// WebhookSink posts to any address.
type WebhookSink struct {
	// URL to post to; or address in the Secret.
	URL string `json:"url,omitempty"`
	// SecretRef names a Secret with any of: address, key (signs what is sent), authorization (a whole header, such as
	// "Bearer …"), ca.crt (of a private certificate authority).
	SecretRef *SecretRef `json:"secretRef,omitempty"`
	// Template of the body, a Go template over the message; without one it is the message as JSON.
	// +kubebuilder:validation:MaxLength=20000
	Template string `json:"template,omitempty"`
	// ContentType of what the template makes. When it is JSON, what is not JSON is not sent.
	// +kubebuilder:default="application/json"
	ContentType string `json:"contentType,omitempty"`
}

// AddressSink is a chat's webhook.
type AddressSink struct {
	// SecretRef names a Secret with address.
	SecretRef SecretRef `json:"secretRef"`
}

// EmailSink sends mail by SMTP.
type EmailSink struct {
	// +kubebuilder:validation:MinLength=1
	Host string `json:"host"`
	// +kubebuilder:default=587
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`
	// Encryption of the connection. None is for a relay that wants no login: none is sent that way.
	// +kubebuilder:default=StartTLS
	// +kubebuilder:validation:Enum=StartTLS;TLS;None
	Encryption string `json:"encryption,omitempty"`
	// From is an address such as "Fairlead <fairlead@example.com>".
	// +kubebuilder:validation:MinLength=3
	From string `json:"from"`
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	To []string `json:"to"`
	// SecretRef names a Secret with username and password, and ca.crt of a private certificate authority.
	SecretRef *SecretRef `json:"secretRef,omitempty"`
}

// PagerDutySink opens and resolves alerts with the Events API v2.
type PagerDutySink struct {
	// SecretRef names a Secret with key, the integration key of a service.
	SecretRef SecretRef `json:"secretRef"`
	// URL of the API; for accounts in Europe https://events.eu.pagerduty.com.
	// +kubebuilder:default="https://events.pagerduty.com"
	URL string `json:"url,omitempty"`
}

// AlertmanagerSink sends alerts to Alertmanager's API v2.
type AlertmanagerSink struct {
	// +kubebuilder:validation:Pattern=`^https?://.+$`
	URL string `json:"url"`
	// SecretRef names a Secret with authorization (a whole header, such as "Bearer …") and ca.crt (of a private certificate
	// authority).
	SecretRef *SecretRef `json:"secretRef,omitempty"`
}

// CommitStatusSink sets the status of commits in a forge: what became of each, by application.
type CommitStatusSink struct {
	// +kubebuilder:validation:Enum=GitHub;GitLab;Gitea;Bitbucket;BitbucketDataCenter
	Forge string `json:"forge"`
	// URL of the forge, such as https://github.com: only repositories there are told, since the token goes there.
	// +kubebuilder:validation:Pattern=`^https?://.+$`
	URL string `json:"url"`
	// SecretRef names a Secret with token.
	SecretRef SecretRef `json:"secretRef"`
}

// NotifyFilter says what a Notifier is told of; what it leaves empty is all.
type NotifyFilter struct {
	// Applications by name; * and ? stand for any letters and any one letter.
	// +kubebuilder:validation:MaxItems=200
	Applications []string `json:"applications,omitempty"`
	// Namespaces of Applications, in the same way. Outside Fairlead's own namespace a Notifier is told of its own alone.
	// +kubebuilder:validation:MaxItems=200
	Namespaces []string `json:"namespaces,omitempty"`
	// Kinds of events.
	Kinds []EventKind `json:"kinds,omitempty"`
	// Severity is the mildest that is told.
	// +kubebuilder:validation:Enum=error;warning;info
	// +kubebuilder:default=info
	Severity string `json:"severity,omitempty"`
}

// EventKind is what has happened.
//
// +kubebuilder:validation:Enum=DeliveryFailed;DeliveryPartial;GateClosed;PruneWaiting;Degraded;Delivered;Drifted;Reverted;Contested;Unmanaged;Updated;RolledBack;CheckFailed
type EventKind string

// Grouping puts incidents that begin together into one message.
type Grouping struct {
	// By is what incidents of one message have in common; nothing when empty: all that begin together are one message.
	// +kubebuilder:validation:MaxItems=3
	By []GroupKey `json:"by,omitempty"`
	// Wait before a message is sent: what is over by then is not told.
	// +kubebuilder:default="500ms"
	Wait *metav1.Duration `json:"wait,omitempty"`
	// Window in which further incidents join a message, and in which sinks that can't edit send no follow-up but the last.
	// +kubebuilder:default="5m"
	Window *metav1.Duration `json:"window,omitempty"`
}

// GroupKey is something that incidents may have in common.
//
// +kubebuilder:validation:Enum=Application;Namespace;Kind
type GroupKey string

// QuietHours of a day. They may go past midnight; then the days are those they begin on.
type QuietHours struct {
	// From and To are times such as 22:00; the same twice is a whole day.
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	From string `json:"from"`
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	To string `json:"to"`
	// Days they begin on; all when empty.
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`
	// TimeZone such as Europe/Berlin.
	// +kubebuilder:default=UTC
	TimeZone string `json:"timeZone,omitempty"`
	// Except is the mildest severity that is told all the same; none holds back everything.
	// +kubebuilder:validation:Enum=error;warning;none
	// +kubebuilder:default=none
	Except string `json:"except,omitempty"`
}

// Weekday in three letters.
//
// +kubebuilder:validation:Enum=Mon;Tue;Wed;Thu;Fri;Sat;Sun
type Weekday string

// RateLimit is so many new messages in a time.
type RateLimit struct {
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Messages int32 `json:"messages"`
	// +kubebuilder:default="1h"
	Per *metav1.Duration `json:"per,omitempty"`
}

// NotifierStatus is what Fairlead writes.
type NotifierStatus struct {
	// Conditions: Ready (the sink takes what is sent).
	// +listType=map
	// +listMapKey=type
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	// LastSentAt is when the sink last took something.
	LastSentAt *metav1.Time `json:"lastSentAt,omitempty"`
	// Waiting messages: held back by quiet hours or a limit, or by a sink that doesn't take them.
	Waiting int32 `json:"waiting,omitempty"`
}

// NotifierList is a list of Notifiers.
//
// +kubebuilder:object:root=true
type NotifierList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Notifier `json:"items"`
}
