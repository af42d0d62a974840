package survivesdisruption

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// workload is something that keeps a number of pods running.
type workload struct {
	*practice.Object
	pod      *practice.Pod
	services []*practice.Object // that requests come by
	scalers  []*practice.Object // HorizontalPodAutoscalers and ScaledObjects
	replicas int                // that run at least, where known
	known    bool
}

// workloads are those of a scope.
type workloads struct {
	list   []*workload
	ofPod  map[*practice.Pod]*workload
	behind map[*practice.Object]int // replicas behind a Service, those of unknown number counting as many
}

const many = 1000

// scaled are kinds that keep as many pods as spec.replicas says.
var scaled = map[string]bool{"Deployment": true, "StatefulSet": true, "ReplicaSet": true, "ReplicationController": true, "Rollout": true, "DeploymentConfig": true}

// isShaped says that the pods are kept as a Deployment keeps them. An operator's own resource may say replicas, too, but
// what it makes of them is not known.
func isShaped(pod *practice.Pod) bool {
	return pod.Object.Get("spec", "replicas") != nil && strings.Join(pod.Path, ".") == "spec.template.spec"
}

// isOneEach says that the kind runs one pod on each node: nothing of this is asked of it.
func isOneEach(kind string) bool { return strings.HasSuffix(kind, "DaemonSet") }

func workloadsOf(p *practice.Pass) *workloads {
	all := &workloads{ofPod: map[*practice.Pod]*workload{}, behind: map[*practice.Object]int{}}
	scalers := scalersOf(p)
	for pod := range p.Pods() {
		o, services := pod.Object, slices.DeleteFunc(slices.Clone(p.ServicesOf(pod)), isForMetrics)
		if o.IsControlled() {
			continue
		}
		id := o.ID()
		if id.Kind == "Pod" || isOneEach(id.Kind) || pod.Ends() || !scaled[id.Kind] && !isShaped(pod) {
			for _, s := range services {
				all.behind[s] += many // it is not known how many
			}
			continue
		}
		w := &workload{Object: o, pod: pod, services: services, scalers: scalers[manifest.ID{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}]}
		w.replicas, w.known = leastOf(w)
		all.list, all.ofPod[pod] = append(all.list, w), w
		for _, s := range services {
			if w.known {
				all.behind[s] += w.replicas
			} else {
				all.behind[s] += many
			}
		}
	}
	return all
}

func (w *workload) isServed() bool { return len(w.services) > 0 }

// isForMetrics says that a Service is for measurements alone: what isn't answered is asked again in half a minute.
func isForMetrics(service *practice.Object) bool {
	ports := practice.As[corev1.Service](service).Spec.Ports
	return len(ports) > 0 && !slices.ContainsFunc(ports, func(port corev1.ServicePort) bool {
		return !strings.Contains(port.Name, "metrics") && !strings.HasSuffix(strings.TrimSuffix(service.GetName(), "-service"), "-metrics")
	})
}

// isRecreated says that an update stops all pods before it starts the first new one.
func (w *workload) isRecreated() bool { return w.Text("spec", "strategy", "type") == "Recreate" }

// canBeMany says that nothing speaks against a second pod, as a volume does that one node holds. Whether a
// StatefulSet's program can have two is its own affair.
func (w *workload) canBeMany() bool {
	if w.ID().Kind == "StatefulSet" {
		return false
	}
	for _, v := range w.pod.Spec.Volumes {
		if v.PersistentVolumeClaim != nil || v.HostPath != nil && !strings.HasPrefix(v.HostPath.Path, "/etc/") {
			return false
		}
	}
	for c := range w.pod.Mains() {
		if name := nameOf(c.Image); keepsState[name] || strings.HasSuffix(name, "-db") {
			return false
		}
		for _, port := range c.Ports {
			if statePorts[port.ContainerPort] {
				return false
			}
		}
	}
	return true
}

// keepsState are well-known images of programs of which two don't make one.
var keepsState = map[string]bool{
	"mysql": true, "mariadb": true, "postgres": true, "postgresql": true, "postgis": true, "mongo": true, "mongodb": true, "redis": true, "valkey": true,
	"rabbitmq": true, "etcd": true, "elasticsearch": true, "opensearch": true, "cassandra": true, "zookeeper": true, "kafka": true, "memcached": true,
	"kube-state-metrics": true, "minio": true, "influxdb": true, "prometheus": true, "mssql": true, "couchdb": true, "neo4j": true, "nats": true, "registry": true,
}

// statePorts are the ports of such programs, by which those are known whose image has a name of its own.
var statePorts = map[int32]bool{
	1433: true, 1521: true, 2181: true, 2379: true, 3306: true, 5432: true, 5672: true, 6379: true, 9042: true, 9092: true, 11211: true, 27017: true,
}

// nameOf is the last part of an image's name.
func nameOf(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndexByte(image, '/')+1:]
	name, _, _ := strings.Cut(image, ":")
	return name
}

// leastOf is how many pods of the workload run at least.
func leastOf(w *workload) (replicas int, known bool) {
	own, known := number(w.Get("spec", "replicas"))
	if w.Get("spec", "replicas") == nil {
		own, known = 1, !isSpread(w.pod) // the API server's default; who spreads the pods means more, and has somebody else say how many
	}
	if len(w.scalers) == 0 || known && own == 0 { // at 0 it is switched off, and no autoscaler touches it
		return own, known
	}
	least := many
	for _, s := range w.scalers {
		field, preset := minimum(s)
		n, ok := number(s.Get("spec", field))
		if s.Get("spec", field) == nil {
			n, ok = preset, true
		}
		if !ok {
			return 0, false
		}
		least = min(least, n)
	}
	return least, true
}

// minimum is the field of an autoscaler that says how few pods it keeps, and what holds if it isn't written.
func minimum(scaler *practice.Object) (field string, preset int) {
	if scaler.ID().Kind == "ScaledObject" {
		return "minReplicaCount", 0
	}
	return "minReplicas", 1
}

// scalersOf finds what each workload is scaled by. Groups are left out: a reference says only the kind.
func scalersOf(p *practice.Pass) map[manifest.ID][]*practice.Object {
	scalers := map[manifest.ID][]*practice.Object{}
	note := func(o *practice.Object, kind, name string) {
		if kind != "" && name != "" {
			to := manifest.ID{Kind: kind, Namespace: o.ID().Namespace, Name: name}
			scalers[to] = append(scalers[to], o)
		}
	}
	for o := range p.Of("autoscaling", "HorizontalPodAutoscaler") {
		if o.IsControlled() {
			continue // KEDA's own: its ScaledObject counts
		}
		note(o, o.Text("spec", "scaleTargetRef", "kind"), o.Text("spec", "scaleTargetRef", "name"))
	}
	for o := range p.Of("keda.sh", "ScaledObject") {
		kind := o.Text("spec", "scaleTargetRef", "kind")
		if kind == "" {
			kind = "Deployment"
		}
		note(o, kind, o.Text("spec", "scaleTargetRef", "name"))
	}
	return scalers
}

// number reads a number as manifests have it.
func number(value any) (int, bool) {
	switch n := value.(type) {
	case int64:
		return int(n), true
	case float64:
		return int(n), n == float64(int(n))
	}
	return 0, false
}
