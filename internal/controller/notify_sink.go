package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/internal/notify/sink"
)

type opener = func(context.Context) (notify.Sink, error)

// sink finds out what a Notifier sends to. Its login is read each time that something is sent: a new one counts at once.
func (n *notifiers) sink(one *v1alpha1.Notifier) (notify.Traits, opener, error) {
	login := func(ctx context.Context, ref *v1alpha1.SecretRef, needed ...string) (map[string]string, error) {
		return n.login(ctx, one.Namespace, ref, needed)
	}
	switch s := one.Spec.Sink; {
	case s.Slack != nil && s.Slack.Channel == "":
		return sink.SlackHookTraits, func(ctx context.Context) (notify.Sink, error) {
			l, err := login(ctx, &s.Slack.SecretRef, "address")
			if err != nil {
				return nil, err
			}
			return sink.NewSlackHook(n.reach, l["address"])
		}, nil
	case s.Slack != nil:
		return sink.SlackTraits, func(ctx context.Context) (notify.Sink, error) {
			l, err := login(ctx, &s.Slack.SecretRef, "token")
			if err != nil {
				return nil, err
			}
			return sink.NewSlack(n.reach, s.Slack.URL, s.Slack.Channel, l["token"])
		}, nil
	case s.Webhook != nil:
		return n.webhook(s.Webhook, login)
	case s.Teams != nil:
		return sink.TeamsTraits, func(ctx context.Context) (notify.Sink, error) {
			l, err := login(ctx, &s.Teams.SecretRef, "address")
			if err != nil {
				return nil, err
			}
			return sink.NewTeams(n.reach, l["address"])
		}, nil
	case s.Discord != nil:
		return sink.DiscordTraits, func(ctx context.Context) (notify.Sink, error) {
			l, err := login(ctx, &s.Discord.SecretRef, "address")
			if err != nil {
				return nil, err
			}
			return sink.NewDiscord(n.reach, l["address"])
		}, nil
	case s.Email != nil:
		return sink.MailTraits, func(ctx context.Context) (notify.Sink, error) {
			l, err := login(ctx, s.Email.SecretRef)
			if err != nil {
				return nil, err
			}
			return sink.NewMail(n.reach, sink.MailSettings{
				Host: s.Email.Host, Port: int(s.Email.Port), Encryption: s.Email.Encryption, From: s.Email.From, To: s.Email.To,
				Username: l["username"], Password: l["password"], Authorities: []byte(l["ca.crt"]),
			})
		}, nil
	case s.PagerDuty != nil:
		return sink.PagerDutyTraits, func(ctx context.Context) (notify.Sink, error) {
			l, err := login(ctx, &s.PagerDuty.SecretRef, "key")
			if err != nil {
				return nil, err
			}
			return sink.NewPagerDuty(n.reach, s.PagerDuty.URL, l["key"])
		}, nil
	case s.Alertmanager != nil:
		return sink.AlertmanagerTraits, func(ctx context.Context) (notify.Sink, error) {
			l, err := login(ctx, s.Alertmanager.SecretRef)
			if err != nil {
				return nil, err
			}
			return sink.NewAlertmanager(n.reach, s.Alertmanager.URL, l["authorization"], []byte(l["ca.crt"]))
		}, nil
	case s.CommitStatus != nil:
		return sink.CommitStatusTraits, func(ctx context.Context) (notify.Sink, error) {
			l, err := login(ctx, &s.CommitStatus.SecretRef, "token")
			if err != nil {
				return nil, err
			}
			return sink.NewCommitStatus(n.reach, forge.Kind(s.CommitStatus.Forge), s.CommitStatus.URL, l["token"])
		}, nil
	}
	return notify.Traits{}, nil, hint.With(errors.New("the notifier has no sink"), "set one of spec.sink's fields")
}

func (n *notifiers) webhook(s *v1alpha1.WebhookSink, login func(context.Context, *v1alpha1.SecretRef, ...string) (map[string]string, error)) (notify.Traits, opener, error) {
	settings := sink.WebhookSettings{Address: s.URL, ContentType: s.ContentType}
	if s.Template != "" {
		var err error
		if settings.Template, err = sink.NewTemplate(s.Template); err != nil {
			return notify.Traits{}, nil, hint.With(fmt.Errorf("spec.sink.webhook.template: %w", err), hint.Of(err))
		}
	}
	return sink.WebhookTraits, func(ctx context.Context) (notify.Sink, error) {
		l, err := login(ctx, s.SecretRef)
		if err != nil {
			return nil, err
		}
		out := settings
		out.Key, out.Authorization, out.Authorities = []byte(strings.TrimSpace(l["key"])), l["authorization"], []byte(l["ca.crt"])
		if l["address"] != "" {
			out.Address = l["address"]
		}
		return sink.NewWebhook(n.reach, out)
	}, nil
}

// login reads what a sink's Secret has; without a name there is none.
func (n *notifiers) login(ctx context.Context, namespace string, ref *v1alpha1.SecretRef, needed []string) (map[string]string, error) {
	if ref == nil {
		return nil, nil
	}
	var secret corev1.Secret
	if err := n.Get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, hint.With(fmt.Errorf("%w: the Secret %s/%s does not exist", notify.ErrRefused, namespace, ref.Name), createSecret(namespace, ref.Name, needed))
		}
		return nil, fmt.Errorf("read the Secret %s/%s: %w", namespace, ref.Name, err)
	}
	out := map[string]string{}
	for key, value := range secret.Data {
		out[key] = string(value)
	}
	for _, key := range needed {
		if out[key] == "" {
			return nil, hint.With(fmt.Errorf("%w: the Secret %s/%s has no %s", notify.ErrRefused, namespace, ref.Name, key), createSecret(namespace, ref.Name, needed))
		}
	}
	return out, nil
}

func createSecret(namespace, name string, keys []string) string {
	if len(keys) == 0 {
		return "create it"
	}
	return fmt.Sprintf("create it: kubectl -n %s create secret generic %s --from-literal=%s=…", namespace, name, keys[0])
}

// kindOfSink in words.
func kindOfSink(s v1alpha1.Sink) string {
	switch {
	case s.Slack != nil && s.Slack.Channel != "":
		return "Slack, " + s.Slack.Channel
	case s.Slack != nil:
		return "Slack's webhook"
	case s.Webhook != nil:
		return "a webhook"
	case s.Teams != nil:
		return "Teams"
	case s.Discord != nil:
		return "Discord"
	case s.Email != nil:
		return strings.Join(s.Email.To, ", ")
	case s.PagerDuty != nil:
		return "PagerDuty"
	case s.Alertmanager != nil:
		return "Alertmanager"
	}
	return "the commits at " + s.CommitStatus.Forge
}
