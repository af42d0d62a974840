package apply

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// explain turns an API error about one object into one clear message at the field to blame, with the next step, and
// scrubs secret values that the server quoted. It moves the change's Origin to that field.
func explain(c *Change, err error) error {
	text, next := reason(c, err)
	return hint.With(&serverError{text: scrub(c.object, text), cause: err}, next)
}

// serverError keeps the API error for errors.As without ever printing its own text.
type serverError struct {
	text  string
	cause error
}

func (e *serverError) Error() string { return e.text }
func (e *serverError) Unwrap() error { return e.cause }

func reason(c *Change, err error) (text, next string) {
	message := statusMessage(err)
	if misfits := misfitsIn(message); len(misfits) > 0 {
		return c.misfit(misfits)
	}
	if m := conversion.FindString(message); m != "" {
		return c.unreadable(strings.TrimPrefix(message, m))
	}
	switch {
	case apierrors.IsNotFound(err) && missingNamespace(err, c.ID.Namespace):
		c.blame("metadata.namespace")
		return fmt.Sprintf("namespace %q does not exist", c.ID.Namespace),
			fmt.Sprintf("add a Namespace object to the same source, or create it: kubectl create namespace %s", c.ID.Namespace)
	case apierrors.HasStatusCause(err, "NamespaceTerminating"):
		return fmt.Sprintf("namespace %q is being deleted", c.ID.Namespace), "wait until it is gone, or see what holds it: kubectl describe namespace " + c.ID.Namespace
	case strings.Contains(message, "exceeded quota: "):
		return "refused by a quota: " + forbiddenPrefix.ReplaceAllString(message, ""), "ask for less, or raise the quota: kubectl describe resourcequota -n " + c.ID.Namespace
	case admission.MatchString(message) || apierrors.IsForbidden(err) && !rights.MatchString(message):
		return "refused at admission: " + forbiddenPrefix.ReplaceAllString(message, ""), "change the object as the message says, or the policy that refuses it"
	case apierrors.IsForbidden(err):
		return "not allowed: " + message, "give the identity that syncs the right to do it, or set destination.serviceAccountName to one that has it"
	case apierrors.IsInvalid(err):
		return c.invalid(err)
	case apierrors.IsConflict(err):
		return message, "another manager holds these fields: release them there, or remove them from the manifests"
	case deadWebhook.MatchString(message):
		said := deadWebhook.FindStringSubmatch(message)
		return fmt.Sprintf("the admission webhook %q gives no answer: %s", said[1], said[2]), "see that its service runs, then sync again"
	case deadConversion.MatchString(message):
		return "the conversion webhook of its kind gives no answer: " + deadConversion.FindStringSubmatch(message)[1],
			"see spec.conversion of the CustomResourceDefinition and that its service runs: kubectl describe crd " + c.definition()
	case apierrors.IsServiceUnavailable(err) && c.mapping != nil:
		gv := c.mapping.GroupVersionKind.GroupVersion()
		return fmt.Sprintf("nothing answers for %s: %s", gv, message), fmt.Sprintf("see why its server doesn't answer: kubectl describe apiservice %s.%s", gv.Version, gv.Group)
	case isInTrouble(err):
		return message, "the API server is in trouble: Applications are tried again by themselves, a path with: fairlead sync"
	case apierrors.IsRequestEntityTooLargeError(err) || tooLarge.MatchString(message):
		return "the object is larger than the server takes: " + message, smaller
	}
	return message, "see the same answer with: fairlead diff, or kubectl apply --server-side --dry-run=server"
}

// isInTrouble says whether the server's answer tells more of the server than of the object.
func isInTrouble(err error) bool {
	return !tooLarge.MatchString(statusMessage(err)) && (apierrors.IsInternalError(err) || apierrors.IsServiceUnavailable(err) ||
		apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err))
}

var (
	// `configmaps "a" is forbidden: ` before what an admission plugin says
	forbiddenPrefix = regexp.MustCompile(`^\S+ "[^"]*" is forbidden: `)
	// what RBAC says, in contrast to the admission plugins that answer Forbidden too
	rights = regexp.MustCompile(`: User "[^"]*" cannot |attempting to grant RBAC permissions not currently held`)
	// policies and webhooks answer with any code they like
	admission = regexp.MustCompile(`ValidatingAdmissionPolicy '[^']*' with binding|admission webhook "[^"]*" denied the request`)
)

var (
	// `Internal error occurred: failed calling webhook "a.b.c": failed to call webhook: Post "https://…": context deadline exceeded`
	deadWebhook    = regexp.MustCompile(`failed calling webhook "([^"]*)": (?:failed to call webhook: )?(.*)`)
	deadConversion = regexp.MustCompile(`conversion webhook for .*? failed: (.*)`)
	// what the server's database says: it is asked last, so no dry run foretells it
	tooLarge = regexp.MustCompile(`etcdserver: request is too large|trying to send message larger than max`)
)

const smaller = "split it, or keep large content outside the cluster's database"

// definition names the CustomResourceDefinition of the object's kind.
func (c *Change) definition() string {
	if c.mapping == nil {
		return ""
	}
	return c.mapping.Resource.GroupResource().String()
}

// webhook is how the server names the admission webhook that refused an object or didn't answer.
var webhook = regexp.MustCompile(`(?:failed calling|admission) webhook "([^"]*)"`)

// explainFully also says where the webhook comes from that is to blame.
func explainFully(ctx context.Context, client *cluster.Client, c *Change, err error) error {
	return withOrigin(ctx, client, explain(c, err))
}

// withOrigin adds to the next step where the webhook comes from, if one is to blame.
func withOrigin(ctx context.Context, client *cluster.Client, problem error) error {
	var said *serverError
	if !errors.As(problem, &said) {
		return problem
	}
	if m := webhook.FindStringSubmatch(statusMessage(said.cause)); m != nil {
		if from := client.WebhookConfiguration(ctx, m[1]); from != "" {
			return hint.With(problem, hint.Of(problem)+": kubectl describe "+from)
		}
	}
	return problem
}

// unchangeable are the wordings for fields that can't be changed; each kind has its own.
var unchangeable = regexp.MustCompile(`(?i)immutable|may not change|cannot change|updates to .* are forbidden`)

// invalid names each refused field; a field that can't be changed gets the ways out.
func (c *Change) invalid(err error) (text, next string) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return statusMessage(err), "correct the value"
	}
	var parts []string
	next = "correct the value"
	for i, cause := range status.Status().Details.Causes {
		tooLong := cause.Field == "[]" && strings.Contains(cause.Message, "Too long: ") // all of a ConfigMap's or Secret's data
		if tooLong {
			cause.Field = "data"
		}
		if i == 0 {
			c.blame(cause.Field)
		}
		message := cause.Message
		if unchangeable.MatchString(message) {
			message, next = cannotChange(cause), c.waysOut()
		}
		if tooLong {
			next = smaller
		}
		parts = append(parts, strings.TrimSpace(cause.Field+": "+message))
	}
	return strings.Join(parts, "; "), next
}

// cannotChange keeps what the server says may be changed. The rest is the whole value or a screenful of Go syntax.
func cannotChange(cause metav1.StatusCause) string {
	text := "can't be changed on an existing object"
	said, _, _ := strings.Cut(strings.TrimPrefix(cause.Message, "Forbidden: "), "\n")
	if cause.Type == metav1.CauseTypeForbidden && !strings.HasPrefix(said, "field is immutable") {
		text += ": " + said
	}
	return text
}

// waysOut are what can be done about a field that can't be changed.
func (c *Change) waysOut() string {
	if slices.Contains(precious, c.ID.GroupKind()) {
		next := "put the old value back, or give the object another name; deleting it would take data along"
		if c.told {
			next += ", so a " + c.ID.Kind + " is never replaced, even when told"
		}
		return next
	}
	options := ""
	if c.ID.Kind == "StatefulSet" {
		options = " --cascade=orphan" // its pods run on until the new one takes them over
	}
	return fmt.Sprintf(`give the object another name, or have it deleted and made anew: annotate it %s: "true", sync with --approve-replace, or kubectl delete%s %s %s`,
		ReplaceAnnotation, options, strings.ToLower(c.ID.Kind), target(c.ID))
}

func target(id manifest.ID) string {
	if id.Namespace == "" {
		return id.Name
	}
	return "-n " + id.Namespace + " " + id.Name
}

func missingNamespace(err error, namespace string) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Details != nil &&
		status.Status().Details.Kind == "namespaces" && status.Status().Details.Name == namespace
}

func statusMessage(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Message != "" {
		return status.Status().Message
	}
	return err.Error()
}
