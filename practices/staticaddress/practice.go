// Package staticaddress is the practice that a public entry point keeps its address over re-creation.
package staticaddress

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is static-address.
var Practice = &practice.Practice{
	ID:       "static-address",
	Title:    "A public entry point keeps its address over re-creation",
	Category: practice.Services,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "once it is made anew (another cluster, another type, a slip), it has another address: DNS, allow-lists of partners and certificates point nowhere",
	Fix:      "reserve an address with the cloud, and name it in the setting of its controller",
	Mends:    practice.Suggests,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	here := providerOf(p)
	for service := range p.Of("", "Service") {
		if service.Text("spec", "type") == string(corev1.ServiceTypeLoadBalancer) && len(service.GetOwnerReferences()) == 0 {
			checkService(p, service, here)
		}
	}
	for ingress := range p.Of("networking.k8s.io", "Ingress") {
		checkIngress(p, ingress, here)
	}
	for gateway := range p.Of("gateway.networking.k8s.io", "Gateway") {
		checkGateway(p, gateway)
	}
}

func checkService(p *practice.Pass, service *practice.Object, here *provider) {
	name, notes := service.ID().Name, service.GetAnnotations()
	if own := providerByKeys(notes); own != nil {
		here = own
	}
	if class := service.Text("spec", "loadBalancerClass"); strings.HasPrefix(class, "service.k8s.aws/") {
		here = &aws
	} else if class != "" {
		here = nil
	}
	if old := service.Text("spec", "loadBalancerIP"); old != "" {
		if isReserved(notes) {
			return // kept for old clusters
		}
		fix := "set the annotation of the controller that makes the load balancer, and take loadBalancerIP out"
		if here != nil {
			fix = "set " + here.example + ", and take loadBalancerIP out"
		}
		p.Report(practice.Note{
			At: service.At("spec", "loadBalancerIP"), Message: fmt.Sprintf("Service %q fixes its address by loadBalancerIP, which is deprecated", name),
			Leads: "each controller reads it differently, none has to, and it knows no second address of the other family", Fix: fix,
		})
		return
	}
	ips, _ := service.Get("spec", "externalIPs").([]any)
	if len(ips) > 0 || isReserved(notes) || isInternal(service, notes) || isFollowed(notes) {
		return
	}
	if here == nil && p.Chart != nil {
		return // which cloud it is, and so the annotation, is the installer's to say
	}
	severity, who := practice.Info, "the next free address"
	fix := ""
	if here != nil {
		severity, who, fix = practice.Warning, "whatever address "+here.name+" hands out", "reserve an address and set "+here.example
	}
	message := fmt.Sprintf("Service %q takes %s: no annotation names a reserved one", name, who)
	if here != nil {
		message = fmt.Sprintf("Service %q takes %s: %s is not set", name, who, here.setting)
	}
	if now := currentAddress(service); now != "" {
		message += " (today it is " + now + ")"
	}
	p.Report(practice.Note{At: service.At("spec", "type"), Severity: severity, Message: message, Fix: fix})
}

// currentAddress of a live load balancer.
func currentAddress(service *practice.Object) string {
	return service.Text("status", "loadBalancer", "ingress", "0", "ip")
}

// isFollowed says that DNS follows the address by itself.
func isFollowed(notes map[string]string) bool {
	for key := range notes {
		if strings.HasPrefix(key, "external-dns.") && strings.HasSuffix(key, "/hostname") || key == "service.beta.kubernetes.io/azure-dns-label-name" {
			return true
		}
	}
	return false
}

// isInternal says whether a load balancer is for a private network only.
func isInternal(service *practice.Object, notes map[string]string) bool {
	if class := service.Text("spec", "loadBalancerClass"); class == "tailscale" || strings.Contains(class, "internal") {
		return true
	}
	ranges, _ := service.Get("spec", "loadBalancerSourceRanges").([]any)
	isPrivate := func(item any) bool {
		text, _ := item.(string)
		return slices.ContainsFunc([]string{"10.", "192.168.", "172.16.", "100.64.", "fd"}, func(prefix string) bool { return strings.HasPrefix(text, prefix) })
	}
	if len(ranges) > 0 && !slices.ContainsFunc(ranges, func(item any) bool { return !isPrivate(item) }) {
		return true
	}
	for key, value := range notes {
		isKey := strings.Contains(key, "internal") || strings.HasSuffix(key, "load-balancer-type") || strings.HasSuffix(key, "load-balancer-scheme") ||
			strings.HasSuffix(key, "address-type") || strings.HasSuffix(key, "ip-type")
		value = strings.ToLower(value)
		if isKey && slices.Contains([]string{"true", "internal", "private", "intranet", "0.0.0.0/0"}, value) {
			return true
		}
	}
	return false
}

// checkIngress looks at Ingresses whose load balancer is made for them alone: the others have the address of their
// controller's Service.
func checkIngress(p *practice.Pass, ingress *practice.Object, here *provider) {
	notes := ingress.GetAnnotations()
	class := notes["kubernetes.io/ingress.class"]
	if class == "" {
		class = ingress.Text("spec", "ingressClassName")
	}
	isGoogle := class == "gce" || class == "" && (here == &google || providerByKeys(notes) == &google)
	if !isGoogle || notes["kubernetes.io/ingress.global-static-ip-name"] != "" || notes["kubernetes.io/ingress.regional-static-ip-name"] != "" || isFollowed(notes) {
		return
	}
	at := ingress.At("metadata", "annotations")
	p.Report(practice.Note{
		At:      at,
		Message: fmt.Sprintf("Ingress %q takes whatever address Google Cloud hands out: kubernetes.io/ingress.global-static-ip-name is not set", ingress.ID().Name),
		Fix:     "reserve a global address and set the annotation kubernetes.io/ingress.global-static-ip-name: NAME-OF-THE-ADDRESS",
	})
}

// checkGateway looks at Gateways that ask for no address.
func checkGateway(p *practice.Pass, gateway *practice.Object) {
	class := gateway.Text("spec", "gatewayClassName")
	addresses, _ := gateway.Get("spec", "addresses").([]any)
	inner, _ := gateway.Get("spec", "infrastructure", "annotations").(map[string]any)
	texts := map[string]string{}
	for key, value := range inner {
		texts[key], _ = value.(string)
	}
	service := gateway.GetAnnotations()["networking.istio.io/service-type"]
	if len(addresses) > 0 || isReserved(texts) || isReserved(gateway.GetAnnotations()) || isFollowed(gateway.GetAnnotations()) || isFollowed(texts) ||
		strings.Contains(class, "internal") || strings.Contains(class, "rilb") || strings.HasSuffix(class, "-mesh") || class == "istio-waypoint" ||
		service == string(corev1.ServiceTypeClusterIP) || !isPublic(gateway) {
		return
	}
	severity, whose := practice.Info, "the next free address"
	fix := "name the reserved address in spec.addresses"
	if strings.HasPrefix(class, "gke-l7-") {
		severity, whose = practice.Warning, "whatever address Google Cloud hands out"
		fix = "reserve an address and set spec.addresses: [{type: NamedAddress, value: NAME-OF-THE-ADDRESS}]"
	}
	p.Report(practice.Note{
		At: gateway.At("spec", "addresses"), Severity: severity, Fix: fix,
		Message: fmt.Sprintf("Gateway %q takes %s: spec.addresses names none", gateway.ID().Name, whose),
	})
}

// isPublic says whether a Gateway listens for anything that comes from outside: not only on the ports of a mesh.
func isPublic(gateway *practice.Object) bool {
	listeners, _ := gateway.Get("spec", "listeners").([]any)
	for i := range listeners {
		if protocol := gateway.Text("spec", "listeners", strconv.Itoa(i), "protocol"); protocol != "HBONE" {
			return true
		}
	}
	return false
}
