package cluster

import (
	"context"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// webhookKinds are the resources that name admission webhooks.
var webhookKinds = []string{"validatingwebhookconfigurations", "mutatingwebhookconfigurations"}

// WebhookConfiguration finds where an admission webhook comes from, as arguments of kubectl describe
// ("validatingwebhookconfiguration strict"); "" if it isn't there or may not be looked at. The server's messages name
// the webhook alone.
func (c *Client) WebhookConfiguration(ctx context.Context, webhook string) string {
	c.kinds.mu.Lock()
	defer c.kinds.mu.Unlock()
	if time.Since(c.kinds.webhooksAt) < rediscoverAfter {
		return c.kinds.webhooks[webhook]
	}
	ctx, cancel := context.WithTimeout(ctx, rediscoverAfter)
	defer cancel()
	found := map[string]string{}
	c.kinds.webhooks, c.kinds.webhooksAt = found, time.Now() // also of what can't be listed: each object would try
	for _, resource := range webhookKinds {
		list, err := c.Dynamic.Resource(schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: resource}).List(ctx, metav1.ListOptions{})
		if err != nil {
			continue
		}
		for _, configuration := range list.Items {
			webhooks, _, _ := unstructured.NestedSlice(configuration.Object, "webhooks")
			for _, w := range webhooks {
				if name, _, _ := unstructured.NestedString(asMap(w), "name"); name != "" {
					found[name] = strings.TrimSuffix(resource, "s") + " " + configuration.GetName()
				}
			}
		}
	}
	return found[webhook]
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
