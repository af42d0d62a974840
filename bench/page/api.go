package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

const (
	podsPer    = 10
	namespaces = 100
	nodes      = 200
)

// serveAPI is an API server as far as lists and watches go: it pages, speaks protobuf of pods, and tells so many changes a
// second, half of pods and half of Deployments, which say in a label when that was.
func serveAPI(size, rate int) error {
	a := &api{size: size, rate: rate, packed: protobuf.NewSerializer(scheme.Scheme, scheme.Scheme), framed: protobuf.NewRawSerializer(scheme.Scheme, scheme.Scheme)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	return http.Serve(listener, a)
}

type api struct {
	size, rate     int
	packed, framed runtime.Serializer
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	resource := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	of, known := map[string]kind{
		"pods":        {podsPer * a.size, func(i, n int) runtime.Object { return podOf(i/podsPer, i%podsPer, n) }},
		"deployments": {a.size, deploymentOf},
		"nodes":       {nodes, func(i, _ int) runtime.Object { return nodeOf(i) }},
		"namespaces":  {namespaces, func(i, _ int) runtime.Object { return namespaceOf(i) }},
	}[resource]
	switch {
	case resource == "version":
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"major":"1"}`))
	case !known:
		http.NotFound(w, r)
	case r.URL.Query().Get("watch") != "":
		a.watch(w, r, resource, of)
	default:
		if err := a.list(w, r, resource, of); err != nil {
			log.Print(err)
		}
	}
}

// kind is so many objects; each is made when it is asked for, as it is after n changes.
type kind struct {
	count int
	make  func(i, n int) runtime.Object
}

func (a *api) list(w http.ResponseWriter, r *http.Request, resource string, of kind) error {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	to := min(from+limit, of.count)
	meta := metav1.ListMeta{ResourceVersion: "1"}
	if to < of.count {
		meta.Continue = strconv.Itoa(to)
	}
	if resource == "pods" {
		list := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: meta}
		for i := from; i < to; i++ {
			list.Items = append(list.Items, *of.make(i, 0).(*corev1.Pod))
		}
		w.Header().Set("Content-Type", runtime.ContentTypeProtobuf)
		return a.packed.Encode(list, w)
	}
	items := make([]runtime.Object, 0, to-from)
	for i := from; i < to; i++ {
		items = append(items, of.make(i, 0))
	}
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	return json.NewEncoder(w).Encode(map[string]any{"apiVersion": "v1", "kind": "List", "metadata": meta, "items": items})
}

// watch tells changes of pods and Deployments, and of others nothing.
func (a *api) watch(w http.ResponseWriter, r *http.Request, resource string, of kind) {
	send := a.sendJSON
	if resource == "pods" {
		w.Header().Set("Content-Type", runtime.ContentTypeProtobuf+";stream=watch")
		send = a.sendPacked
	} else {
		w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	}
	control := http.NewResponseController(w)
	if control.Flush() != nil {
		return
	}
	if resource != "pods" && resource != "deployments" {
		<-r.Context().Done()
		return
	}
	tick := time.NewTicker(2 * time.Second / time.Duration(a.rate))
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
		if send(w, of.make(n*7919%of.count, n)) != nil || control.Flush() != nil {
			return
		}
	}
}

func (a *api) sendJSON(w http.ResponseWriter, o runtime.Object) error {
	return json.NewEncoder(w).Encode(map[string]any{"type": "MODIFIED", "object": o})
}

func (a *api) sendPacked(w http.ResponseWriter, o runtime.Object) error {
	object, err := runtime.Encode(a.packed, o)
	if err != nil {
		return err
	}
	frames := protobuf.LengthDelimitedFramer.NewFrameWriter(w)
	return a.framed.Encode(&metav1.WatchEvent{Type: "MODIFIED", Object: runtime.RawExtension{Raw: object}}, frames)
}

func meta(namespace, name string, n int) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID(fmt.Sprintf("00000000-0000-0000-0000-%012d", len(name))), ResourceVersion: strconv.Itoa(n + 1),
		CreationTimestamp: metav1.Unix(1795388400, 0),
		ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "fairlead", Operation: "Apply", APIVersion: "v1", FieldsType: "FieldsV1", Time: &metav1.Time{Time: time.Unix(1795388400, 0)},
			FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:resources":{"f:limits":{"f:memory":{}}}}}}}}}`)}}},
	}
}

func place(i int) (namespace, name string) {
	return fmt.Sprintf("team-%d", i%namespaces), fmt.Sprintf("service-%d", i)
}

func specOf(i int) corev1.PodSpec {
	container := corev1.Container{
		Name: "app", Image: fmt.Sprintf("registry.example.com/team-%d/service-%d:1.%d.0", i%namespaces, i, i%9),
		Ports:     []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
		Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"memory": resource.MustParse("128Mi")}, Requests: corev1.ResourceList{"cpu": resource.MustParse("50m")}},
	}
	for n := range 8 {
		container.Env = append(container.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", n), Value: fmt.Sprintf("http://service-%d.team-%d.svc", i+n, n)})
	}
	return corev1.PodSpec{Containers: []corev1.Container{container, {Name: "proxy", Image: "registry.example.com/mesh/proxy:1.20.0"}}}
}

func deploymentOf(i, n int) runtime.Object {
	namespace, name := place(i)
	d := &appsv1.Deployment{TypeMeta: metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, ObjectMeta: meta(namespace, name, n)}
	d.Labels = map[string]string{"app.kubernetes.io/name": name, "team": namespace}
	if n > 0 {
		d.Labels["at"] = strconv.FormatInt(time.Now().UnixMilli(), 10)
	}
	replicas := int32(podsPer)
	d.Generation = 1
	d.Spec = appsv1.DeploymentSpec{Replicas: &replicas, Template: corev1.PodTemplateSpec{Spec: specOf(i)}}
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: replicas, UpdatedReplicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas}
	return d
}

func podOf(i, k, n int) *corev1.Pod {
	namespace, name := place(i)
	controls := true
	p := &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: meta(namespace, fmt.Sprintf("%s-6d5f7c9b8-%05d", name, k), n), Spec: specOf(i)}
	p.Labels = map[string]string{"app.kubernetes.io/name": name, "pod-template-hash": "6d5f7c9b8"}
	p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: name + "-6d5f7c9b8", Controller: &controls}}
	p.Spec.NodeName = fmt.Sprintf("node-%d", (i*podsPer+k)%nodes)
	p.Status = corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1", Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}, {Type: corev1.PodScheduled, Status: corev1.ConditionTrue}}}
	for _, c := range p.Spec.Containers {
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: c.Name, Ready: true, RestartCount: int32(n), Image: c.Image,
			ImageID: c.Image + "@sha256:" + strings.Repeat("0123456789abcdef", 4)})
	}
	return p
}

func nodeOf(i int) runtime.Object {
	n := &corev1.Node{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, ObjectMeta: meta("", fmt.Sprintf("node-%d", i), 0)}
	n.Status.Capacity = corev1.ResourceList{"pods": resource.MustParse("300")}
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	return n
}

func namespaceOf(i int) runtime.Object {
	return &corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: meta("", fmt.Sprintf("team-%d", i), 0)}
}
