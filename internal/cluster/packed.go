package cluster

import (
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"sync"
)

// vocabulary is what objects have in common, as JSON writes it; the commonest last, where it is found soonest.
const vocabulary = `"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"readOnlyRootFilesystem":true,` +
	`"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}"volumeMounts":[{"mountPath":"/","name":"volumes":[{"configMap":{` +
	`"emptyDir":{}"secret":{"secretName":"startupProbe":"initialDelaySeconds":"periodSeconds":10"tcpSocket":"httpGet":{"path":"/",` +
	`"port":"livenessProbe":{"readinessProbe":{"serviceAccountName":"imagePullPolicy":"IfNotPresent""env":[{"name":"value":"valueFrom":` +
	`{"secretKeyRef":{"key":"configMapKeyRef":"args":["--"command":["{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",` +
	`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","subjects":[{"kind":"ServiceAccount","rules":[{"apiGroups":[` +
	`"resources":["verbs":["get","list","watch"{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","spec":{"rules":[{"host":"http":{` +
	`"paths":[{"backend":{"service":{"port":{"pathType":"Prefix"{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",` +
	`{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":"http"}],"selector":{` +
	`"type":"ClusterIP"{"apiVersion":"v1","data":{"kind":"ConfigMap","metadata":{"annotations":{{"apiVersion":"apps/v1","kind":` +
	`"Deployment","metadata":{"labels":{"app":"app.kubernetes.io/component":"app.kubernetes.io/instance":"app.kubernetes.io/managed-by":` +
	`"Helm","app.kubernetes.io/name":"app.kubernetes.io/part-of":"app.kubernetes.io/version":"helm.sh/chart":"fairlead.dev/application":` +
	`"name":"namespace":"spec":{"replicas":1,"selector":{"matchLabels":{"strategy":{"type":"RollingUpdate""template":{"metadata":` +
	`{"labels":{"spec":{"containers":[{"image":"name":"ports":[{"containerPort":8080,"name":"http"}],"resources":{"limits":{"cpu":` +
	`"memory":"128Mi"},"requests":{"cpu":"100m","memory":"64Mi"}}`

var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriterDict(io.Discard, flate.DefaultCompression, []byte(vocabulary))
	if err != nil {
		panic(err) // for a level that there isn't
	}
	return w
}}

// pack makes a text a quarter as long, which most objects are, in some 30 microseconds; "" of none.
func pack(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, _ = w.Write(text) // memory takes all
	_ = w.Close()
	return out.String()
}

// unpack is what was packed; nil of "".
func unpack(packed string) []byte {
	if packed == "" {
		return nil
	}
	text, err := io.ReadAll(flate.NewReaderDict(strings.NewReader(packed), []byte(vocabulary)))
	if err != nil { // it never left this process
		return nil
	}
	return text
}
