package probesset

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// servedPort is a port that a container is asked on.
type servedPort struct {
	number  int64
	name    string
	service string // that leads to it, if only that tells of it
	guarded bool   // whoever asks has to log in, which the kubelet doesn't
}

// told is how the port is known: a container that declares none may listen elsewhere than its Service thinks.
func (s servedPort) told() string {
	if s.service != "" {
		return fmt.Sprintf("Service %q leads to its port %s", s.service, s)
	}
	return "listens on " + s.String()
}

func (s servedPort) String() string {
	if s.number == 0 {
		return "port " + s.name
	}
	return strconv.FormatInt(s.number, 10)
}

// example is a probe of the port, as YAML.
func (s servedPort) example(probe, path string) string {
	port := s.name
	if port == "" {
		port = s.String()
	}
	name := strings.ToLower(s.name)
	switch command := asks[s.number]; {
	case s.guarded:
	case command != "":
		return fmt.Sprintf("%s: {exec: {command: [%s]}}", probe, command)
	case strings.HasPrefix(name, "grpc"), name == "" && s.number == 50051:
		return fmt.Sprintf("%s: {grpc: {port: %d}}", probe, s.number)
	case strings.HasPrefix(name, "https"), name == "" && speaksHTTPS[s.number]:
		return fmt.Sprintf("%s: {httpGet: {path: %s, port: %s, scheme: HTTPS}}", probe, path, port)
	case strings.HasPrefix(name, "http"), name == "web", name == "api", name == "" && !speaksNoHTTP[s.number]:
		return fmt.Sprintf("%s: {httpGet: {path: %s, port: %s}}", probe, path, port)
	}
	return fmt.Sprintf("%s: {tcpSocket: {port: %s}}", probe, port)
}

// asks are the commands by which well-known servers are asked, by their ports.
var asks = map[int64]string{3306: "mysqladmin, ping", 5432: "pg_isready", 6379: "redis-cli, ping", 5672: "rabbitmq-diagnostics, ping"}

// speaksHTTPS are ports of web servers, webhooks and API servers.
var speaksHTTPS = map[int64]bool{443: true, 6443: true, 8443: true, 9443: true}

// speaksNoHTTP are ports of servers that have no such command in their image, or need a password for it, and of gRPC
// without a health service.
var speaksNoHTTP = map[int64]bool{4317: true, 8500: true, 22: true, 25: true, 53: true, 1433: true, 1521: true, 2181: true, 9042: true, 9092: true, 11211: true, 26379: true, 27017: true}

// servingOf finds the containers that others ask: those with ports, and those that a Service leads to. One that only
// tells its measurements beside one that serves is asked by nobody who would miss an answer.
func servingOf(p *practice.Pass, pod *practice.Pod) map[*practice.Container]servedPort {
	if strings.HasPrefix(pod.Object.ID().Group, "serving.") {
		return nil // Knative and KServe set the probe themselves
	}
	serving := map[*practice.Container]servedPort{}
	mains := 0
	for c := range pod.Mains() {
		mains++
		if port, ok := firstPort(c); ok {
			serving[c] = port
		}
	}
	for c := range serving {
		if mains > 1 && isExporter(c) {
			delete(serving, c)
		}
	}
	for _, service := range p.ServicesOf(pod) {
		addTargets(serving, pod, service)
	}
	return serving
}

func firstPort(c *practice.Container) (servedPort, bool) {
	var first servedPort
	for _, port := range c.Ports {
		if port.Protocol != "" && port.Protocol != corev1.ProtocolTCP || isHealth(port.Name) {
			continue
		}
		own := servedPort{number: int64(port.ContainerPort), name: port.Name, guarded: strings.Contains(c.Image, "kube-rbac-proxy")}
		if first.number == 0 || asks[first.number] == "" && asks[own.number] != "" { // what it is for, not its page
			first = own
		}
	}
	return first, first.number != 0
}

// isExporter says that all ports of the container are for measurements.
func isExporter(c *practice.Container) bool {
	for _, port := range c.Ports {
		if !isMetrics(port.Name) && !isHealth(port.Name) {
			return false
		}
	}
	return true
}

// isHealth says that only the kubelet asks on a port.
func isHealth(port string) bool {
	return strings.Contains(port, "health") || strings.HasPrefix(port, "probe")
}

func isMetrics(port string) bool {
	return strings.Contains(port, "metric") || strings.HasPrefix(port, "prom") || strings.Contains(port, "exporter") || port == "monitoring"
}

// addTargets adds the containers that a Service leads to: by the port they declare or, if none does, the only one.
func addTargets(serving map[*practice.Container]servedPort, pod *practice.Pod, service *practice.Object) {
	ports, _ := service.Get("spec", "ports").([]any)
	for i := range ports {
		at := strconv.Itoa(i)
		if protocol := service.Text("spec", "ports", at, "protocol"); protocol != "" && protocol != "TCP" || isMetrics(service.Text("spec", "ports", at, "name")) {
			continue
		}
		target := service.Get("spec", "ports", at, "targetPort")
		if target == nil {
			target = service.Get("spec", "ports", at, "port")
		}
		number, _ := target.(int64)
		name, _ := target.(string)
		if n, err := strconv.ParseInt(name, 10, 32); err == nil {
			number, name = n, ""
		}
		if number == 0 && (name == "" || practice.HasPlaceholder(name)) {
			continue
		}
		if c, port := targetOf(pod, number, name); c != nil {
			if _, known := serving[c]; !known {
				if len(c.Ports) == 0 {
					port.service = service.GetName()
				}
				serving[c] = port
			}
		}
	}
}

func targetOf(pod *practice.Pod, number int64, name string) (*practice.Container, servedPort) {
	var only *practice.Container
	candidates := 0
	for c := range pod.Containers() {
		if c.Role == practice.Init || c.Role == practice.Ephemeral {
			continue
		}
		for _, port := range c.Ports {
			if int64(port.ContainerPort) == number || name != "" && port.Name == name {
				return c, servedPort{number: int64(port.ContainerPort), name: port.Name}
			}
		}
		if c.Role == practice.Main {
			only = c
			candidates++
		}
	}
	if candidates != 1 || len(only.Ports) > 0 || number == 0 {
		return nil, servedPort{}
	}
	return only, servedPort{number: number}
}
