package reference

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
)

func TestReferences(t *testing.T) {
	for name, tt := range map[string]struct {
		object string
		want   []string // kind.group namespace/name
	}{
		"a workload": {`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      serviceAccountName: runner
      priorityClassName: high
      imagePullSecrets: [{name: registry}]
      containers:
      - env:
        - {name: A, valueFrom: {secretKeyRef: {name: keys, key: a}}}
        - {name: B, valueFrom: {configMapKeyRef: {name: settings, key: b}}}
        envFrom: [{configMapRef: {name: all}}, {secretRef: {name: more}}]
      volumes:
      - {name: v, persistentVolumeClaim: {claimName: disk}}
      - {name: c, configMap: {name: files}}
      - {name: s, secret: {secretName: tls}}
      - {name: p, projected: {sources: [{secret: {name: part}}]}}
`, []string{"ConfigMap shop/all", "ConfigMap shop/files", "ConfigMap shop/settings", "PersistentVolumeClaim shop/disk", "PriorityClass.scheduling.k8s.io high",
			"Secret shop/keys", "Secret shop/more", "Secret shop/part", "Secret shop/registry", "Secret shop/tls", "ServiceAccount shop/runner"}},
		"an ingress": {`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{secretName: cert}]
  rules: [{http: {paths: [{backend: {service: {name: front, port: {number: 80}}}}]}}]
`, []string{"IngressClass.networking.k8s.io nginx", "Secret shop/cert", "Service shop/front"}},
		"a route, with defaults and without": {`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: gate, namespace: infra}]
  rules: [{backendRefs: [{name: front, port: 80}, {name: pool, kind: Pool, group: example.com}]}]
`, []string{"Gateway.gateway.networking.k8s.io infra/gate", "Pool.example.com shop/pool", "Service shop/front"}},
		"an autoscaler": {`
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`, []string{"Deployment.apps shop/web"}},
		"a role binding": {`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: runner, namespace: other}]
`, []string{"Role.rbac.authorization.k8s.io shop/reader", "ServiceAccount.* other/runner"}},
		"a webhook": {`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: check}
webhooks: [{clientConfig: {service: {name: hook, namespace: infra, path: /x}}}]
`, []string{"Service infra/hook"}},
		"a custom resource with a core kind and one without a group": {`
apiVersion: example.com/v1
kind: Thing
metadata: {name: a, namespace: shop, annotations: {secretName: no}}
spec: {sourceRef: {apiVersion: v1, kind: Endpoints, name: e}, otherReference: {kind: Other, name: o}, unknownRef: {name: x}, secretName: s}
status: {secretName: no}
`, []string{"Endpoints shop/e", "Other.* shop/o", "Secret shop/s"}},
		"a definition, whose schema looks like references": {`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: seemings.example.com}
spec:
  names: {kind: Seeming}
  versions: [{name: v1, schema: {openAPIV3Schema: {properties: {spec: {properties: {secretName: {type: string}, otherRef: {name: x, kind: Y}}}}}}}]
`, nil},
		"plain data":                       {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {secretName: no}\n", nil},
		"rubbish where a name is expected": {"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: [1], volumes: {secret: 3}, nodeRef: [x]}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := manifest.Read("a.yaml", []byte(tt.object)).Objects[0]
			var got []string
			for _, r := range Of(o.ID(), o.Object) {
				id := r.To
				text := id.Kind
				if id.Group != "" {
					text += "." + id.Group
				}
				text += " "
				if id.Namespace != "" {
					text += id.Namespace + "/"
				}
				got = append(got, text+id.Name)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheFieldThatRefersIsNamed(t *testing.T) {
	o := manifest.Read("a.yaml", []byte(`
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - envFrom: [{configMapRef: {name: all, optional: true}}]
  volumes:
  - {name: a, secret: {secretName: tls, optional: true}}
  - {name: b, secret: {secretName: key}}
`)).Objects[0]
	got := map[string]string{}
	for _, r := range Of(o.ID(), o.Object) {
		got[strings.Join(r.Path, ".")] = fmt.Sprintf("%s, optional: %t", r.To, r.Optional)
	}
	want := map[string]string{
		"spec.containers.0.envFrom.0.configMapRef": "ConfigMap shop/all, optional: true",
		"spec.volumes.0.secret.secretName":         "Secret shop/tls, optional: true",
		"spec.volumes.1.secret.secretName":         "Secret shop/key, optional: false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
