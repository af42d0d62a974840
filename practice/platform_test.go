package practice

import (
	"fmt"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
)

func TestPlatform(t *testing.T) {
	for name, tt := range map[string]struct {
		workload, container, image string
		want                       bool
	}{
		"a service":                        {"orders", "orders", "ghcr.io/acme/orders:1", false},
		"a proxy's image":                  {"web", "web", "nginx:1.27", true},
		"a proxy in an image of one's own": {"web", "nginx", "ghcr.io/acme/edge:1", true},
		"monitoring":                       {"metrics", "x", "quay.io/prometheus/prometheus@sha256:0000", true},
		"an exporter":                      {"redis", "x", "oliver006/redis_exporter:v1", true},
		"load":                             {"load-generator", "main", "ghcr.io/acme/shop-load:1", true},
		"an operator":                      {"rabbitmq-cluster-operator", "operator", "example.com/rmq:1", true},
		"a service with such a name":       {"prometheus-reader", "reader", "ghcr.io/acme/prometheus-app:1", false},
		"no image":                         {"empty", "x", "", false},
	} {
		set := manifest.Read("a.yaml", fmt.Appendf(nil, "{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {containers: [{name: %s, image: %q}]}}",
			tt.workload, tt.container, tt.image))
		if got := newView(&Scope{Objects: set.Objects}).pods[0].IsPlatform(); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
