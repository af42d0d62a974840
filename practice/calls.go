package practice

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Call is an edge of who calls whom: a setting of a pod names a Service of the scope.
type Call struct {
	From *Pod
	To   *Object // the Service
	Port int     // of the Service; 0 if neither the setting nor the Service tells which
	Host reference.Host
	By   Setting // the first that says so
}

// Calls are all of the scope, in the order of the pods that call, one for each Service that a pod calls. A word that
// merely equals a Service's name is none: it has to stand where a host stands. Nor are those of a pod to itself, and of
// pods that a controller made: their templates say the same.
func (p *Pass) Calls() []Call { return p.calls() }

func (v *view) findCalls() []Call {
	var all []Call
	pass := Pass{view: v}
	names := map[string]bool{}
	for _, service := range v.byKind[groupKind{"", "Service"}] {
		names[service.id.Name] = true
	}
	isKnown := map[*Object]bool{} // of the Services that a pod calls, and its own
	ofFile := map[*file][]Call{}  // a file names the same Services for all pods that read it: they are of its namespace
	for _, pod := range v.pods {
		if pod.Object.IsControlled() {
			continue
		}
		clear(isKnown)
		for _, own := range pass.ServicesOf(pod) {
			isKnown[own] = true
		}
		add := func(calls []Call) {
			for _, call := range calls {
				if !isKnown[call.To] {
					isKnown[call.To], call.From = true, pod
					all = append(all, call)
				}
			}
		}
		for _, c := range pod.containers {
			tell := func(s Setting) bool {
				if mayName(names, s) {
					add(v.called(pod.Object.id.Namespace, s))
				}
				return true
			}
			if c.Role != Ephemeral {
				_ = v.variables(c, tell) && words(c, "command", c.Command, tell) && words(c, "args", c.Args, tell)
			}
		}
		for _, f := range v.files()[pod] {
			calls, isRead := ofFile[f]
			if !isRead {
				for _, s := range f.settings {
					if mayName(names, s) {
						calls = append(calls, v.called(pod.Object.id.Namespace, s)...)
					}
				}
				ofFile[f] = calls
			}
			add(calls)
		}
	}
	return all
}

// mayName says quickly that most settings name no Service: their value is a number, a yes, a few words.
func mayName(services map[string]bool, s Setting) bool {
	switch {
	case strings.ContainsAny(s.Value, ":."): // a port, a namespace
		return true
	case strings.ContainsAny(s.Value, ", ;=\n"):
		return reference.HoldsHost(s.Name) || strings.Contains(s.Value, "=")
	}
	return services[strings.ToLower(s.Value)] && reference.HoldsHost(s.Name)
}

// called are the Services that a setting of a pod in a namespace names.
func (v *view) called(namespace string, s Setting) []Call {
	var calls []Call
	for h := range reference.Hosts(s.Name, s.Value) {
		to, isFull := v.named(namespace, h.Name)
		if to == nil {
			continue
		}
		if is, onPort := IsCall(s.Name, h, isFull); is && (!onPort || serves(to, h.Port)) {
			calls = append(calls, Call{To: to, Port: portFor(to, h), Host: h, By: s})
		}
	}
	return calls
}

// IsCall says whether what a setting names by a host is called, if that means a Service; isFull is as of Meanings. onPort says
// that only a Service with the host's port is meant: redis:7 is an image.
func IsCall(setting string, h reference.Host, isFull bool) (is, onPort bool) {
	switch {
	case h.By == reference.InURL && !reference.IsWeb(h.Scheme) && !reference.IsData(h.Scheme): // s3://orders is a bucket
		return false, false
	case h.By == reference.NoSign && !isFull, reference.ToldToOthers(setting):
		return false, false
	}
	return true, h.By == reference.WithPort
}

// ServiceNamed is the Service of the scope that a host name means to what is in a namespace, or nil.
func (p *Pass) ServiceNamed(namespace, host string) *Object {
	service, _ := p.named(namespace, strings.TrimSuffix(host, "."))
	return service
}

// named finds the Service that a host name means to a pod of a namespace.
func (v *view) named(namespace, host string) (service *Object, isFull bool) {
	ids, isFull := Meanings(namespace, host)
	for _, id := range ids {
		if o := v.byID[id]; o != nil {
			return o, isFull
		}
	}
	return nil, isFull
}

// Meanings are the Services that a host name may mean to a pod of a namespace, the likelier first and zero where there is none:
// "cart", "cart.shop", "cart.shop.svc.cluster.local", with the name of a single pod before it or not. isFull says that nothing
// else is called so.
func Meanings(namespace, host string) (services [2]manifest.ID, isFull bool) {
	service := func(namespace, name string) manifest.ID {
		return manifest.ID{Kind: "Service", Namespace: namespace, Name: name}
	}
	name, rest, isLong := strings.Cut(host, ".")
	if !isLong {
		services[0] = service(namespace, name)
		return services, false
	}
	parts := strings.Split(rest, ".")
	if i := slices.Index(parts, "svc"); i == 1 || i == 2 {
		if i == 2 {
			name = parts[0]
		}
		services[0], services[1] = service(parts[i-1], name), service("", name) // objects that don't say their namespace may be meant for that one
		return services, true
	}
	switch {
	case len(parts) == 1:
		services[0] = service(parts[0], name)
		if isOrdinal(name) {
			services[1] = service(namespace, parts[0])
		} else if parts[0] == "default" {
			services[1] = service("", name)
		}
	case len(parts) == 2 && isOrdinal(name):
		services[0] = service(parts[1], parts[0])
	}
	return services, false
}

// isOrdinal says whether a name ends as those of a StatefulSet's pods do: "db-0".
func isOrdinal(name string) bool {
	i := strings.LastIndexByte(name, '-')
	return i > 0 && i < len(name)-1 && strings.Trim(name[i+1:], "0123456789") == ""
}

// portFor is the port that is called: as written, by the URL's scheme, or the only one there is.
func portFor(service *Object, h reference.Host) int {
	ports := portsOf(service)
	switch {
	case h.Port > 0:
		return h.Port
	case h.Scheme == "http" && serves(service, 80):
		return 80
	case h.Scheme == "https" && serves(service, 443):
		return 443
	case len(ports) == 1:
		return int(ports[0].Port)
	}
	return 0
}

func portsOf(service *Object) []corev1.ServicePort { return As[corev1.Service](service).Spec.Ports }

// serves says whether a Service has a port; of a headless one it may be that of its pods, too.
func serves(service *Object, port int) bool {
	return slices.ContainsFunc(portsOf(service), func(p corev1.ServicePort) bool { return int(p.Port) == port || p.TargetPort.IntValue() == port })
}

// IsRequest says whether what is called answers requests, by HTTP or gRPC: it is no database, cache, queue, directory,
// registry or mail server, to which a client library keeps connections, and no collector.
func (c Call) IsRequest() bool {
	isData := c.Host.Scheme != "tcp" && reference.IsData(c.Host.Scheme)
	return !isData && !c.IsTelemetry() && !c.isSaid(connected, isConnected)
}

// IsTelemetry says whether what is called collects logs, metrics or traces.
func (c Call) IsTelemetry() bool { return c.isSaid(collected, isCollected) }

// isSaid says whether the Service's name, or the number or name of the port that is called, says something of it.
func (c Call) isSaid(numbers map[int]bool, word func(string) bool) bool {
	says := func(name string) bool {
		return slices.ContainsFunc(strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '.' }), word)
	}
	for _, port := range portsOf(c.To) {
		isCalled := c.Port == 0 || int(port.Port) == c.Port
		if isCalled && (port.Protocol == corev1.ProtocolUDP || numbers[int(port.Port)] || numbers[port.TargetPort.IntValue()] || says(port.Name)) {
			return true
		}
	}
	return numbers[c.Port] || says(c.To.id.Name)
}

// connected are the ports of what isn't asked by requests.
var connected = map[int]bool{
	1433: true, 1521: true, 3306: true, 33060: true, 5432: true, 5433: true, 6432: true, 26257: true, 27017: true, 27018: true, 27019: true, 9042: true, 7687: true, 28015: true,
	6379: true, 26379: true, 11211: true, 5672: true, 5671: true, 61613: true, 61616: true, 9092: true, 9093: true, 9094: true, 29092: true, 4222: true, 1883: true, 8883: true,
	6650: true, 2181: true, 2379: true, 2380: true, 9200: true, 9300: true, 8086: true, 50000: true, 389: true, 636: true, 25: true, 465: true, 587: true, 1025: true,
	53: true, 22: true, 21: true, 2049: true, 8500: true, 8761: true, 8848: true, 7233: true, 8200: true, 8013: true,
}

// collected are the ports of collectors.
var collected = map[int]bool{
	514: true, 5140: true, 24224: true, 8125: true, 8126: true, 4317: true, 4318: true, 9411: true, 14250: true, 14268: true, 6831: true, 5044: true, 3100: true, 55678: true, 55680: true,
}

func isConnected(word string) bool {
	switch word {
	case "postgres", "postgresql", "mysql", "mariadb", "mongo", "mongodb", "redis", "valkey", "memcached", "rabbitmq", "amqp", "kafka", "nats", "mqtt", "cassandra", "db", "database",
		"sql", "ldap", "smtp", "zookeeper", "etcd", "elasticsearch", "opensearch", "pgbouncer", "clickhouse", "influxdb",
		"eureka", "consul", "nacos", "vault", "temporal", "flagd", "unleash": // of these a client keeps what it knows
		return true
	}
	return false
}

func isCollected(word string) bool {
	switch word {
	case "statsd", "zipkin", "jaeger", "otel", "otlp", "collector", "loki", "tempo", "fluentd", "logstash":
		return true
	}
	return false
}
