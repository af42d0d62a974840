package practice

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Selector is the selector of a Service; a value that is no string selects nothing.
func Selector(service *Object) map[string]string {
	fields, _ := service.Get("spec", "selector").(map[string]any)
	pairs := make(map[string]string, len(fields))
	for key, value := range fields {
		pairs[key], _ = value.(string)
	}
	return pairs
}

// PodsOf are the pods and pod templates that a Service selects.
func (p *Pass) PodsOf(service *Object) []*Pod {
	return p.PodsWith(service.id.Namespace, Selector(service))
}

// Identities are the labels by which people tell applications apart, most telling first.
var Identities = []string{"app.kubernetes.io/name", "app.kubernetes.io/component", "app", "k8s-app", "name", "component", "tier", "run"}

// givenLater are parts of the keys of labels that a controller or the program itself sets on running pods.
var givenLater = []string{"role", "leader", "primary", "master", "active", "pod-name", "pod-index", "hash", "job-name", "controller-uid", "{{"}

// Miss says how closely a selector misses a pod.
type Miss struct {
	Pod  *Pod
	Key  string // of the one label in which they differ
	Want string // what the selector demands of it
	Have string // what the pod has: "" if it lacks the label
	// Other is the label of the pod that has the wanted value instead, or "".
	Other string
}

// Nearly finds a pod that a selector misses by what can only be a slip: a typo in one value, one label too many, or the
// value under another key. That it selects nothing says little in a scope that isn't complete; that it nearly does, much.
func (p *Pass) Nearly(namespace string, pairs map[string]string) (Miss, bool) {
	for _, key := range sortedKeys(pairs) {
		if pairs[key] == "" || slices.ContainsFunc(givenLater, func(part string) bool { return strings.Contains(key, part) }) {
			continue
		}
		rest := make(map[string]string, len(pairs))
		isSame := false // what is left still says which application is meant
		for k, v := range pairs {
			if k != key {
				rest[k] = v
				isSame = isSame || slices.Contains(Identities[:5], k)
			}
		}
		for _, pod := range p.missing(namespace, rest, pairs[key]) {
			have, written := pod.Meta.Labels[key]
			miss := Miss{Pod: pod, Key: key, Want: pairs[key], Have: have}
			switch {
			case len(p.ServicesOf(pod)) > 0:
			case written && isTypo(have, miss.Want):
				return miss, true
			case written:
			case slices.Contains(Identities, key) && keyOf(pod.Meta.Labels, miss.Want) != "":
				miss.Other = keyOf(pod.Meta.Labels, miss.Want)
				return miss, true
			case isSame:
				return miss, true
			}
		}
	}
	return Miss{}, false
}

// missing are the pods that have all labels but perhaps the one whose value is given.
func (p *Pass) missing(namespace string, rest map[string]string, value string) []*Pod {
	if len(rest) > 0 {
		return p.PodsWith(namespace, rest)
	}
	near := func(pod *Pod) bool {
		for _, key := range Identities {
			if v := pod.Meta.Labels[key]; v == value || isTypo(v, value) {
				return true
			}
		}
		return false
	}
	return keep(p.inNamespace[namespace], near)
}

func keyOf(set map[string]string, value string) string {
	for _, key := range Identities {
		if set[key] == value {
			return key
		}
	}
	return ""
}

// isTypo says whether two different values are so like each other that one must be meant to be the other. Values that
// people tell apart by a short part ("worker-a", "worker-b") or by a number are none.
func isTypo(a, b string) bool {
	if a == b || min(len(a), len(b)) < 4 || len(a)-len(b) > 2 || len(b)-len(a) > 2 {
		return false
	}
	if strings.EqualFold(a, b) || strings.NewReplacer("-", "", "_", "").Replace(a) == strings.NewReplacer("-", "", "_", "").Replace(b) {
		return true
	}
	if strings.Trim(a, "-0123456789") == strings.Trim(b, "-0123456789") {
		return false
	}
	as, bs := strings.Split(a, "-"), strings.Split(b, "-")
	if len(as) != len(bs) {
		return false
	}
	differing := 0
	for i := range as {
		if as[i] == bs[i] {
			continue
		}
		if differing++; min(len(as[i]), len(bs[i])) < 5 || !isOneSlip(as[i], bs[i]) {
			return false
		}
	}
	return differing == 1
}

// isOneSlip says whether one letter left out, put in, changed or two swapped make one word the other.
func isOneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	start := 0
	for start < len(a) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	left, right := a[start:len(a)-end], b[start:len(b)-end]
	return len(right) <= 1 || len(left) == 2 && len(right) == 2 && left[0] == right[1] && left[1] == right[0]
}

// Backend is a field that leads requests to a Service.
type Backend struct {
	From    *Object
	Path    []string // of the mapping that names the Service
	Service manifest.ID
	// Port is that of the Service; PortPath leads to the field, or to the mapping if none is named.
	Port     intstr.IntOrString
	PortPath []string
}

// At is the place of the Service's name.
func (b Backend) At() Place { return b.From.At(b.Path...) }

// Backends are what the Ingresses, the Gateway API's routes and the webhooks of the scope lead to.
func (p *Pass) Backends() []Backend {
	var all []Backend
	for _, o := range p.objects {
		switch {
		case o.id.Kind == "Ingress" && (o.id.Group == "networking.k8s.io" || o.id.Group == "extensions"):
			all = append(all, ingressBackends(o)...)
		case o.id.Group == "gateway.networking.k8s.io" && strings.HasSuffix(o.id.Kind, "Route"):
			all = append(all, routeBackends(o)...)
		case o.id.Group == "admissionregistration.k8s.io" || o.id.Group == "apiregistration.k8s.io":
			all = append(all, hookBackends(o)...)
		}
	}
	return all
}

func ingressBackends(o *Object) (all []Backend) {
	add := func(path ...string) {
		fields, _ := o.Get(path...).(map[string]any)
		b := Backend{From: o, Service: manifest.ID{Kind: "Service", Namespace: o.id.Namespace}}
		if service, isMap := fields["service"].(map[string]any); isMap {
			b.Path = slices.Concat(path, []string{"service", "name"})
			b.Service.Name, _ = service["name"].(string)
			b.PortPath = slices.Concat(path, []string{"service", "port"})
			for _, field := range []string{"number", "name"} {
				if value := manifest.Follow(service, []string{"port", field}); value != nil {
					b.Port, b.PortPath = portOf(value), slices.Concat(path, []string{"service", "port", field})
				}
			}
		} else {
			b.Path, b.PortPath = slices.Concat(path, []string{"serviceName"}), slices.Concat(path, []string{"servicePort"})
			b.Service.Name, _ = fields["serviceName"].(string)
			b.Port = portOf(fields["servicePort"])
		}
		if b.Service.Name != "" {
			all = append(all, b)
		}
	}
	add("spec", "defaultBackend")
	add("spec", "backend")
	rules, _ := o.Get("spec", "rules").([]any)
	for i := range rules {
		paths, _ := o.Get("spec", "rules", strconv.Itoa(i), "http", "paths").([]any)
		for j := range paths {
			add("spec", "rules", strconv.Itoa(i), "http", "paths", strconv.Itoa(j), "backend")
		}
	}
	return all
}

func routeBackends(o *Object) (all []Backend) {
	rules, _ := o.Get("spec", "rules").([]any)
	for i := range rules {
		refs, _ := o.Get("spec", "rules", strconv.Itoa(i), "backendRefs").([]any)
		for j, item := range refs {
			ref, _ := item.(map[string]any)
			kind, _ := ref["kind"].(string)
			group, _ := ref["group"].(string)
			if group != "" || kind != "" && kind != "Service" {
				continue
			}
			path := []string{"spec", "rules", strconv.Itoa(i), "backendRefs", strconv.Itoa(j)}
			b := backendOf(o, path, ref)
			b.Port = portOf(ref["port"])
			all = append(all, b)
		}
	}
	return all
}

func hookBackends(o *Object) (all []Backend) {
	add := func(path ...string) {
		if service, isMap := o.Get(path...).(map[string]any); isMap {
			b := backendOf(o, path, service)
			if b.Port = portOf(service["port"]); service["port"] == nil {
				b.Port = intstr.FromInt32(443)
			}
			all = append(all, b)
		}
	}
	add("spec", "service")
	hooks, _ := o.Get("webhooks").([]any)
	for i := range hooks {
		add("webhooks", strconv.Itoa(i), "clientConfig", "service")
	}
	return all
}

func backendOf(o *Object, path []string, fields map[string]any) Backend {
	b := Backend{From: o, Path: append(path, "name"), PortPath: append(slices.Clone(path), "port")}
	b.Service = manifest.ID{Kind: "Service", Namespace: o.id.Namespace}
	b.Service.Name, _ = fields["name"].(string)
	if namespace, _ := fields["namespace"].(string); namespace != "" {
		b.Service.Namespace = namespace
	}
	return b
}

func portOf(value any) intstr.IntOrString {
	switch v := value.(type) {
	case int64:
		return intstr.FromInt32(int32(min(max(v, 0), 1<<20))) // no port is larger; the rest is the schema's to say
	case string:
		return intstr.Parse(v)
	}
	return intstr.IntOrString{}
}

// HasPort says whether a Service has a port of a number or name.
func HasPort(service *corev1.Service, port intstr.IntOrString) bool {
	return slices.ContainsFunc(service.Spec.Ports, func(own corev1.ServicePort) bool {
		if port.Type == intstr.String {
			return own.Name == port.StrVal
		}
		return own.Port == port.IntVal
	})
}
