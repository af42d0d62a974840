package staticaddress

import (
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// provider is who makes load balancers.
type provider struct {
	name    string
	setting string   // by which an address is reserved
	example string   // of it
	keys    []string // beginnings of annotation keys that only its controllers read
	node    string   // beginning of the providerID of its nodes
}

var (
	google = provider{
		name: "Google Cloud", setting: "networking.gke.io/load-balancer-ip-addresses",
		example: "the annotation networking.gke.io/load-balancer-ip-addresses: NAME-OF-THE-ADDRESS",
		keys:    []string{"networking.gke.io/", "cloud.google.com/", "ingress.gcp.kubernetes.io/", "container.googleapis.com/"}, node: "gce://",
	}
	aws = provider{
		name: "AWS", setting: "service.beta.kubernetes.io/aws-load-balancer-eip-allocations",
		example: "the annotation service.beta.kubernetes.io/aws-load-balancer-eip-allocations: eipalloc-A,eipalloc-B (one for each zone, on a network load balancer)",
		keys:    []string{"service.beta.kubernetes.io/aws-", "alb.ingress.kubernetes.io/"}, node: "aws://",
	}
	azure = provider{
		name: "Azure", setting: "service.beta.kubernetes.io/azure-pip-name",
		example: "the annotation service.beta.kubernetes.io/azure-pip-name: NAME-OF-THE-PUBLIC-IP",
		keys:    []string{"service.beta.kubernetes.io/azure-", "appgw.ingress.kubernetes.io/"}, node: "azure://",
	}
	metallb = provider{
		name: "MetalLB", setting: "metallb.io/loadBalancerIPs",
		example: "the annotation metallb.io/loadBalancerIPs: ADDRESS",
		keys:    []string{"metallb.universe.tf/", "metallb.io/"},
	}
	openstack = provider{
		name: "OpenStack", setting: "loadbalancer.openstack.org/load-balancer-address",
		example: "the annotation loadbalancer.openstack.org/load-balancer-address: ADDRESS and loadbalancer.openstack.org/keep-floatingip: \"true\"",
		keys:    []string{"loadbalancer.openstack.org/"}, node: "openstack://",
	}
)

var providers = []*provider{&google, &aws, &azure, &metallb, &openstack}

// reserving are the annotations that fix an address, or the load balancer that has one, with the makers of load
// balancers in use. A key's value has to say something.
var reserving = map[string]bool{
	"networking.gke.io/load-balancer-ip-addresses":                        true,
	"service.beta.kubernetes.io/aws-load-balancer-eip-allocations":        true,
	"service.beta.kubernetes.io/aws-load-balancer-private-ipv4-addresses": true,
	"service.beta.kubernetes.io/azure-pip-name":                           true,
	"service.beta.kubernetes.io/azure-pip-name-ipv6":                      true,
	"service.beta.kubernetes.io/azure-pip-prefix-id":                      true,
	"service.beta.kubernetes.io/azure-load-balancer-ipv4":                 true,
	"service.beta.kubernetes.io/azure-load-balancer-ipv6":                 true,
	"metallb.io/loadBalancerIPs":                                          true,
	"metallb.universe.tf/loadBalancerIPs":                                 true,
	"kube-vip.io/loadbalancerIPs":                                         true,
	"lbipam.cilium.io/ips":                                                true,
	"io.cilium/lb-ipam-ips":                                               true,
	"purelb.io/addresses":                                                 true,
	"loadbalancer.openstack.org/load-balancer-address":                    true,
	"loadbalancer.openstack.org/load-balancer-id":                         true,
	"loadbalancer.openstack.org/keep-floatingip":                          true,
	"kubernetes.digitalocean.com/load-balancer-id":                        true,
	"load-balancer.hetzner.cloud/name":                                    true,
	"load-balancer.hetzner.cloud/id":                                      true,
	"service.beta.kubernetes.io/scw-loadbalancer-ip-ids":                  true,
	"service.beta.kubernetes.io/scw-loadbalancer-id":                      true,
	"service.beta.kubernetes.io/linode-loadbalancer-nodebalancer-id":      true,
	"service.beta.kubernetes.io/linode-loadbalancer-reserved-ipv4":        true,
	"service.beta.kubernetes.io/exoscale-loadbalancer-id":                 true,
	"service.beta.kubernetes.io/vultr-loadbalancer-id":                    true,
	"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-id":            true,
	"service.beta.kubernetes.io/alicloud-loadbalancer-id":                 true,
	"service.kubernetes.io/tke-existed-lbid":                              true,
	"kubernetes.io/elb.id":                                                true,
	"kubernetes.civo.com/ipv4-address":                                    true,
	"oci.oraclecloud.com/reserved-ips":                                    true,
}

func isReserved(notes map[string]string) bool {
	for key, value := range notes {
		if reserving[key] && strings.TrimSpace(value) != "" && value != "false" {
			return true
		}
	}
	return false
}

// providerByKeys tells a provider by the annotations that people set for it; nil if none does.
func providerByKeys(notes map[string]string) *provider {
	for _, one := range providers {
		for key := range notes {
			for _, start := range one.keys {
				if strings.HasPrefix(key, start) {
					return one
				}
			}
		}
	}
	return nil
}

// providerOf tells the provider of the whole scope: by the nodes of a cluster, or by what other entry points say; nil if
// nothing tells.
func providerOf(p *practice.Pass) *provider {
	for node := range p.Of("", "Node") {
		for _, one := range providers {
			if one.node != "" && strings.HasPrefix(node.Text("spec", "providerID"), one.node) {
				return one
			}
		}
	}
	for _, kind := range []struct{ group, kind string }{{"", "Service"}, {"networking.k8s.io", "Ingress"}} {
		for o := range p.Of(kind.group, kind.kind) {
			if one := providerByKeys(o.GetAnnotations()); one != nil {
				return one
			}
		}
	}
	return nil
}
