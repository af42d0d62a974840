package cluster

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/cluster/health"
)

type (
	// Health is how one object runs, as package health judges it.
	Health = health.Health
	// HealthState is the verdict of a Health.
	HealthState = health.State
)

// The states, worst last where they are compared.
const (
	Healthy     = health.Healthy
	Suspended   = health.Suspended
	Unknown     = health.Unknown
	Progressing = health.Progressing
	Missing     = health.Missing
	Degraded    = health.Degraded
)

// HealthOf judges a live object of this cluster; nil is one that is not there.
func (c *Client) HealthOf(live *unstructured.Unstructured) Health { return c.Judge(nil).Of(live) }

// Judge judges live objects of this cluster, first by the user's rules; nil is no rules.
func (c *Client) Judge(rules *health.Rules) health.Judge {
	return health.Judge{ReportsStatus: c.reportsStatus, Rules: rules}
}

// reportsStatus says whether the server keeps a status for a kind. What can't be told is taken to have one.
func (c *Client) reportsStatus(gk schema.GroupKind) bool {
	mapping, err := c.kinds.mapper.RESTMapping(gk)
	if err != nil {
		return true
	}
	list, err := c.kinds.discovery.ServerResourcesForGroupVersion(mapping.Resource.GroupVersion().String())
	if err != nil {
		return true
	}
	for _, r := range list.APIResources {
		if name, sub, _ := strings.Cut(r.Name, "/"); name == mapping.Resource.Resource && sub == "status" {
			return true
		}
	}
	return false
}
