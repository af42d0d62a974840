package apply

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

var (
	// "failed to create typed patch object (ns/name; apps/v1, Kind=Deployment): .spec.replicsa: field not declared in schema"
	notDeclared = regexp.MustCompile(`(\.[^\s:]+(?:\[[^\]]*\][^\s:]*)*): field not declared in schema`)
	// `strict decoding error: unknown field "spec.replicsa"`
	unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)
	// ".spec.replicas: expected numeric (int or float), got string"
	wrongType = regexp.MustCompile(`(\.[^\s:]+): (expected [^\n]+)`)
	// `.spec.containers[name="web"].image` as the server writes keyed list items
	keyedItem = regexp.MustCompile(`\[(\w+)="?([^\]",]*)"?[^\]]*\]`)
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
	text = err.Error()
	if m := notDeclared.FindStringSubmatch(text); m != nil {
		return c.unknownField(m[1])
	}
	if m := unknownField.FindStringSubmatch(text); m != nil {
		return c.unknownField(m[1])
	}
	if m := wrongType.FindStringSubmatch(text); m != nil {
		c.blame(m[1])
		return fmt.Sprintf("%s: %s", strings.TrimPrefix(m[1], "."), m[2]), "write the value as the schema wants it: kubectl explain " + explainPath(c.ID.Kind, m[1])
	}
	switch {
	case apierrors.IsNotFound(err) && missingNamespace(err, c.ID.Namespace):
		c.blame("metadata.namespace")
		return fmt.Sprintf("namespace %q does not exist", c.ID.Namespace),
			fmt.Sprintf("add a Namespace object to the same source, or create it: kubectl create namespace %s", c.ID.Namespace)
	case apierrors.IsForbidden(err):
		return "not allowed: " + statusMessage(err), "give the identity that syncs the right to do it, or set destination.serviceAccountName to one that has it"
	case apierrors.IsInvalid(err):
		return c.invalid(err)
	case apierrors.IsConflict(err):
		return statusMessage(err), "another manager holds these fields: release them there, or remove them from git"
	case apierrors.IsRequestEntityTooLargeError(err):
		return "the object is larger than the server takes: " + statusMessage(err), "split it, or keep large content outside the cluster's database"
	}
	return statusMessage(err), "see the same answer with: fairlead diff, or kubectl apply --server-side --dry-run=server"
}

func (c *Change) unknownField(field string) (text, next string) {
	c.blame(field)
	field = strings.TrimPrefix(field, ".")
	return fmt.Sprintf("%s has no field %q", c.ID.Kind, field), "check its spelling and indentation: kubectl explain " + explainPath(c.ID.Kind, parentOf(field))
}

// invalid names each refused field; a field that can't be changed gets the ways out.
func (c *Change) invalid(err error) (text, next string) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return statusMessage(err), "correct the value"
	}
	var parts []string
	next = "correct the value"
	for i, cause := range status.Status().Details.Causes {
		if i == 0 {
			c.blame(cause.Field)
		}
		message := cause.Message
		if cause.Type == metav1.CauseTypeFieldValueInvalid && strings.Contains(message, "immutable") {
			// The server quotes the whole value here, often a screenful of Go syntax.
			message = "can't be changed on an existing object"
			next = fmt.Sprintf("give the object another name, or delete the old one first: kubectl delete %s %s", strings.ToLower(c.ID.Kind), target(c.ID))
		}
		parts = append(parts, strings.TrimSpace(cause.Field+": "+message))
	}
	return strings.Join(parts, "; "), next
}

func target(id manifest.ID) string {
	if id.Namespace == "" {
		return id.Name
	}
	return "-n " + id.Namespace + " " + id.Name
}

// blame moves the change's origin to the line of a field as the server names it.
func (c *Change) blame(field string) {
	steps := manifest.FieldPath(keyedItem.ReplaceAllStringFunc(field, func(item string) string {
		m := keyedItem.FindStringSubmatch(item)
		return "[" + m[1] + "=" + m[2] + "]"
	}))
	c.Origin = c.object.Locate(resolveKeys(c.object.Object, steps)...)
}

// resolveKeys replaces "name=web" steps by the index of the item in the object.
func resolveKeys(node any, steps []string) []string {
	out := make([]string, 0, len(steps))
	for _, step := range steps {
		if list, ok := node.([]any); ok {
			if key, want, keyed := strings.Cut(step, "="); keyed {
				for i, item := range list {
					if fields, ok := item.(map[string]any); ok && fmt.Sprint(fields[key]) == want {
						step = fmt.Sprint(i)
						break
					}
				}
			}
			var i int
			if _, err := fmt.Sscan(step, &i); err == nil && i >= 0 && i < len(list) {
				node = list[i]
			}
		} else if fields, ok := node.(map[string]any); ok {
			node = fields[step]
		}
		out = append(out, step)
	}
	return out
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

// scrub removes the values of a Secret from a text of the server.
func scrub(o *manifest.Object, text string) string {
	if o == nil || !o.IsSecret() {
		return text
	}
	for _, field := range []string{"data", "stringData"} {
		values, _ := o.Object[field].(map[string]any)
		for _, v := range values {
			for _, secret := range spellings(v) {
				text = strings.ReplaceAll(text, secret, "***")
			}
		}
	}
	return text
}

func parentOf(field string) string {
	if i := strings.LastIndexByte(field, '.'); i >= 0 {
		return field[:i]
	}
	return ""
}

var indexes = regexp.MustCompile(`\[[^\]]*\]`)

func explainPath(kind, field string) string {
	path := strings.Trim(indexes.ReplaceAllString(field, ""), ".")
	if path == "" {
		return strings.ToLower(kind)
	}
	return strings.ToLower(kind) + "." + path
}
