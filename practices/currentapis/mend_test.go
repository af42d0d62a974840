package currentapis

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// An object that is brought into a newer version says there what it said before, or is left to people.
func TestObjectsAreRenewed(t *testing.T) {
	for name, test := range map[string]struct{ before, want string }{
		"a Deployment gets the selector that it had unsaid": {
			`{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: web}, spec: {rollbackTo: {revision: 1}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}}`,
			`{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}}`,
		},
		"one that says its selector keeps it": {
			`{apiVersion: apps/v1beta2, kind: StatefulSet, metadata: {name: web}, spec: {serviceName: web, selector: {matchLabels: {app: web}}}}`,
			`{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: web}, spec: {serviceName: web, selector: {matchLabels: {app: web}}}}`,
		},
		"one without labels is left": {`{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [{name: web, image: web}]}}}}`, ""},
		"an Ingress to a name and a number": {
			`{apiVersion: networking.k8s.io/v1beta1, kind: Ingress, metadata: {name: web}, spec: {backend: {serviceName: web, servicePort: http}, rules: [{http: {paths: [{path: /a, backend: {serviceName: a, servicePort: 80}}, {path: /b, pathType: Prefix, backend: {serviceName: b, servicePort: "81"}}]}}]}}`,
			`{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {defaultBackend: {service: {name: web, port: {name: http}}}, rules: [{http: {paths: [{path: /a, pathType: ImplementationSpecific, backend: {service: {name: a, port: {number: 80}}}}, {path: /b, pathType: Prefix, backend: {service: {name: b, port: {number: 81}}}}]}}]}}`,
		},
		"one that names no port is left": {`{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: web}, spec: {backend: {serviceName: web}}}`, ""},
		"a budget": {
			`{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}`,
			`{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}`,
		},
		"one of nothing, which would be of all, is left": {`{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 1, selector: {}}}`, ""},
		"an autoscaler's metrics of each kind": {
			`{apiVersion: autoscaling/v2beta1, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}, metrics: [
{type: Resource, resource: {name: cpu, targetAverageUtilization: 80}},
{type: Pods, pods: {metricName: rps, selector: {matchLabels: {a: b}}, targetAverageValue: 1k}},
{type: Object, object: {metricName: rps, target: {kind: Service, name: web}, targetValue: 2k}},
{type: External, external: {metricName: queue, metricSelector: {matchLabels: {q: jobs}}, targetAverageValue: "30"}}]}}`,
			`{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}, metrics: [
{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}},
{type: Pods, pods: {metric: {name: rps, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: 1k}}},
{type: Object, object: {metric: {name: rps}, describedObject: {kind: Service, name: web}, target: {type: Value, value: 2k}}},
{type: External, external: {metric: {name: queue, selector: {matchLabels: {q: jobs}}}, target: {type: AverageValue, averageValue: "30"}}}]}}`,
		},
		"one that wants two things of a metric is left": {
			`{apiVersion: autoscaling/v2beta1, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}, metrics: [{type: Object, object: {metricName: rps, target: {kind: Service, name: web}, targetValue: 2k, averageValue: 1k}}]}}`, "",
		},
		"a role": {
			`{apiVersion: rbac.authorization.k8s.io/v1beta1, kind: Role, metadata: {name: web}, rules: []}`,
			`{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: web}, rules: []}`,
		},
		"what was another thing in its first version is left": {`{apiVersion: node.k8s.io/v1alpha1, kind: RuntimeClass, metadata: {name: gvisor}, spec: {runtimeHandler: runsc}}`, ""},
		"a kind that is written in small letters": {
			`{apiVersion: v1, kind: configmap, metadata: {name: web}}`,
			`{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}`,
		},
		"a number in quotes": {
			`{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: "80"}]}}`,
			`{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}`,
		},
		"one that isn't the same without them is left": {`{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: "0080"}]}}`, ""},
		"a misspelt field": {
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}, automountServiceAccounToken: false}`,
			`{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}, automountServiceAccountToken: false}`,
		},
		"one of which both are there is left": {`{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}, automountServiceAccounToken: false, automountServiceAccountToken: true}`, ""},
		"one of a Secret is left":             {`{apiVersion: v1, kind: Secret, metadata: {name: web}, stringdata: {a: b}}`, ""},
		"nodes by the new name of a label": {
			`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {nodeSelector: {beta.kubernetes.io/os: linux}, containers: [{name: web, image: web}]}}`,
			`{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {nodeSelector: {kubernetes.io/os: linux}, containers: [{name: web, image: web}]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(text string) *manifest.Object { return manifest.Read("test.yaml", []byte(text)).Objects[0] }
			object := read(test.before)
			want := object.DeepCopy().Object
			if test.want != "" {
				want = read(test.want).Object
			}
			found := practice.Judge(&practice.Scope{Objects: []*manifest.Object{object}}, []*practice.Practice{Practice})
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			for _, f := range found {
				if err := practice.Apply(object.Object, f.Edits); err != nil {
					t.Error(err)
				}
			}
			if diff := cmp.Diff(want, object.Object); diff != "" {
				t.Error(diff)
			}
		})
	}
}
