package admission

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// manager of the fields that are written.
const manager = "fairlead"

func labels() map[string]string { return map[string]string{"app.kubernetes.io/managed-by": "fairlead"} }

// Lead keeps the certificate fresh and the API server told of the webhook until ctx ends; with mode Off it takes away what
// the API server was told before. What goes wrong is logged, and tried again: nothing else waits for it.
func (w *Webhook) Lead(ctx context.Context) error {
	if w.options.Mode == Off {
		if err := w.remove(ctx); err != nil {
			w.options.Log.Error("admission webhook not taken away", "error", err)
		}
		return nil
	}
	said := ""
	every(ctx, func() time.Duration {
		isKept, err := w.keep(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			w.options.Log.Error("admission webhook not set up", "error", err, "next", hint.Of(err))
		}
		if !isKept {
			return retryAfter
		}
		said = ""
		return lookEvery
	})
	return nil
}

// keep does what is missing. Only what is ready to answer is asked.
func (w *Webhook) keep(ctx context.Context) (isKept bool, err error) {
	secret, err := w.core.Secrets(w.options.OwnNamespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		secret, err = nil, nil
	}
	if err != nil {
		return false, hint.With(fmt.Errorf("read Secret %s/%s: %w", w.options.OwnNamespace, name, err), rights)
	}
	if secret == nil || !isGood(secret.Data, w.host, time.Now()) {
		if secret, err = w.replaceCertificate(ctx, secret); err != nil {
			return false, hint.With(fmt.Errorf("write Secret %s/%s: %w", w.options.OwnNamespace, name, err), rights)
		}
	}
	w.show(secret)
	if !w.Ready() {
		return false, nil
	}
	return true, w.configure(ctx, secret.Data[authoritiesKey])
}

const rights = "docs/admission.md lists the rights that it needs"

// configure tells the API server of the webhook. It changes nothing if nothing is different.
func (w *Webhook) configure(ctx context.Context, authorities []byte) error {
	c := w.configuration(authorities)
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	force := true
	_, err = w.admission.ValidatingWebhookConfigurations().Patch(ctx, c.Name, types.ApplyPatchType, text,
		metav1.PatchOptions{FieldManager: manager, Force: &force})
	if err != nil {
		return hint.With(fmt.Errorf("write ValidatingWebhookConfiguration %s: %w", c.Name, err), rights)
	}
	return nil
}

func (w *Webhook) remove(ctx context.Context) error {
	err := w.admission.ValidatingWebhookConfigurations().Delete(ctx, w.configurationName(), metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) { // who may not take it away has not made it
		return nil
	}
	return err
}

// configurationName has the namespace in it: the configuration is the whole cluster's.
func (w *Webhook) configurationName() string { return w.options.OwnNamespace + "-admission" }

func (w *Webhook) configuration(authorities []byte) *admissionregistrationv1.ValidatingWebhookConfiguration {
	c := &admissionregistrationv1.ValidatingWebhookConfiguration{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionregistrationv1.SchemeGroupVersion.String(), Kind: "ValidatingWebhookConfiguration"},
		ObjectMeta: metav1.ObjectMeta{Name: w.configurationName(), Labels: labels()},
	}
	if w.options.Mode == Report {
		c.Webhooks = []admissionregistrationv1.ValidatingWebhook{w.webhook(Report, authorities, Report, Enforce)}
	} else {
		c.Webhooks = []admissionregistrationv1.ValidatingWebhook{w.webhook(Report, authorities, Report), w.webhook(Enforce, authorities, Enforce)}
	}
	c.Webhooks = append(c.Webhooks, w.deletions(authorities), w.scalings(authorities))
	return c
}

// deletions of what an application has delivered are not judged: the webhook only notes whose they are, as nothing else in the
// cluster does.
func (w *Webhook) deletions(authorities []byte) admissionregistrationv1.ValidatingWebhook {
	hook := w.noting("deletions", authorities)
	hook.Rules[0].Operations = []admissionregistrationv1.OperationType{admissionregistrationv1.Delete}
	hook.ObjectSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: apply.OwnerLabel, Operator: metav1.LabelSelectorOpExists}}}
	return hook
}

// scalings by way of the subresource are noted in the same way. Of what is scaled it has no labels to go by.
func (w *Webhook) scalings(authorities []byte) admissionregistrationv1.ValidatingWebhook {
	hook := w.noting("scalings", authorities)
	hook.Rules[0].Operations = []admissionregistrationv1.OperationType{admissionregistrationv1.Update}
	hook.Rules[0].Resources = []string{"*/scale"}
	return hook
}

func (w *Webhook) noting(what string, authorities []byte) admissionregistrationv1.ValidatingWebhook {
	hook := w.webhook(Report, authorities, Report, Enforce)
	hook.Name = what + ".admission.fairlead.dev"
	hook.MatchConditions = append(slices.Clone(conditions[:2]), // the third is about what is written
		admissionregistrationv1.MatchCondition{Name: "no-part-of-kubernetes", Expression: `!request.userInfo.username.startsWith("system:serviceaccount:kube-system:") && !request.userInfo.username.startsWith("system:node:")`})
	return hook
}

// webhook of one mode, for namespaces that ask for one of these.
func (w *Webhook) webhook(m Mode, authorities []byte, asked ...Mode) admissionregistrationv1.ValidatingWebhook {
	var values []string
	for _, a := range asked {
		values = append(values, string(a))
	}
	policy, effects, seconds := admissionregistrationv1.Ignore, admissionregistrationv1.SideEffectClassNone, int32(bound/time.Second)
	if m == Enforce && w.options.FailClosed {
		policy = admissionregistrationv1.Fail
	}
	client := admissionregistrationv1.WebhookClientConfig{CABundle: authorities}
	path := "/" + string(m)
	if w.options.URL != "" {
		address := strings.TrimSuffix(w.options.URL, "/") + path
		client.URL = &address
	} else {
		client.Service = &admissionregistrationv1.ServiceReference{Namespace: w.options.OwnNamespace, Name: name, Path: &path}
	}
	namespaced := admissionregistrationv1.NamespacedScope
	return admissionregistrationv1.ValidatingWebhook{
		Name: string(m) + ".admission.fairlead.dev", ClientConfig: client,
		FailurePolicy: &policy, SideEffects: &effects, TimeoutSeconds: &seconds, AdmissionReviewVersions: []string{"v1"},
		NamespaceSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: Label, Operator: metav1.LabelSelectorOpIn, Values: values},
			// What could keep the cluster, or Fairlead itself, from coming up again.
			{Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpNotIn,
				Values: []string{metav1.NamespaceSystem, metav1.NamespacePublic, corev1.NamespaceNodeLease, w.options.OwnNamespace}},
		}},
		Rules: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
			// All kinds, as pods are found in kinds that nobody has listed; "*" has no subresources.
			Rule: admissionregistrationv1.Rule{APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{"*"}, Scope: &namespaced},
		}},
		MatchConditions: conditions,
	}
}

// conditions under which the API server asks at all.
var conditions = []admissionregistrationv1.MatchCondition{
	{Name: "group-is-judged", Expression: `!(request.resource.group in ["authorization.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "fairlead.dev", "metrics.k8s.io"])`},
	// The values of Secrets don't leave the API server.
	{Name: "resource-is-judged", Expression: `request.resource.group != "" || !(request.resource.resource in ["bindings", "endpoints", "events", "secrets"])`},
	// What a controller makes was judged as what it makes it from. A person who names an owner by hand is asked.
	{Name: "no-controller-made-it", Expression: `!(request.userInfo.username.startsWith("system:") && has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(o, has(o.controller) && o.controller))`},
}

// every calls do at once and then after the time it returns, until ctx ends.
func every(ctx context.Context, do func() time.Duration) {
	for {
		timer := time.NewTimer(do())
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}
