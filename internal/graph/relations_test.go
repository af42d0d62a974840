package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/graph"
)

// TestRelations has all edges of a situation, but for those to images.
func TestRelations(t *testing.T) {
	for name, test := range map[string]struct {
		objects string
		want    []string
	}{
		"an account and its roles": {`
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: shop}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: read, namespace: shop}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}, subjects: [{kind: ServiceAccount, name: web}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: view}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}, subjects: [{kind: ServiceAccount, name: web, namespace: shop}, {kind: User, name: ann}]}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: people}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}, subjects: [{kind: Group, name: all}]}
`, []string{
			"ClusterRoleBinding.rbac.authorization.k8s.io people refers to ClusterRole.rbac.authorization.k8s.io view: roleRef",
			"ServiceAccount shop/web holds ClusterRole.rbac.authorization.k8s.io view: ClusterRoleBinding view",
			"ServiceAccount shop/web holds Role.rbac.authorization.k8s.io shop/reader: RoleBinding read",
		}},
		"what somebody's own controller makes": {`
{apiVersion: example.com/v1, kind: Cluster, metadata: {name: db, namespace: shop}, spec: {instances: 2}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop, ownerReferences: [{apiVersion: example.com/v1, kind: Cluster, name: db, controller: true}]}, spec: {selector: {role: primary}, ports: [{port: 5432}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db-1, namespace: shop, labels: {role: primary}, ownerReferences: [{apiVersion: example.com/v1, kind: Cluster, name: db, controller: true}]}, spec: {containers: [{name: db, image: postgres, env: [{name: S3_HOST, value: s3.example.com}]}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: pooler, namespace: shop, ownerReferences: [{apiVersion: example.com/v1, kind: Cluster, name: db, controller: true}]}, spec: {template: {spec: {containers: [{name: p, image: p, env: [{name: DB_HOST, value: db}]}]}}}}
`, []string{
			"Cluster.example.com shop/db calls host s3.example.com: env S3_HOST",
			"Cluster.example.com shop/db makes Deployment.apps shop/pooler",
			"Cluster.example.com shop/db makes Service shop/db",
			"Deployment.apps shop/pooler calls Service shop/db: env DB_HOST",
			"Service shop/db selects Cluster.example.com shop/db",
		}},
		"applications and where they come from": {`
{apiVersion: fairlead.dev/v1alpha1, kind: Application, metadata: {name: shop, namespace: fairlead}, spec: {source: {git: {url: "https://ci:secret@git.example.com/shop"}}}}
---
{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: {name: shop, namespace: flux}, spec: {url: "ssh://git@git.example.com/flux"}}
---
{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: apps, namespace: flux}, spec: {sourceRef: {kind: GitRepository, name: shop}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop, labels: {fairlead.dev/application: fairlead.shop, kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux}}, spec: {template: {spec: {containers: [{name: web, image: web}]}}}}
---
{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: argo, namespace: argo}, spec: {source: {repoURL: "https://x:%zz@broken"}, sources: [{repoURL: "https://charts.example.com"}]}}
`, []string{
			"Application.argoproj.io argo/argo comes from repository https://charts.example.com",
			"Application.fairlead.dev fairlead/shop comes from repository https://git.example.com/shop",
			"Application.fairlead.dev fairlead/shop delivers Deployment.apps shop/web",
			"GitRepository.source.toolkit.fluxcd.io flux/shop comes from repository ssh://git.example.com/flux",
			"Kustomization.kustomize.toolkit.fluxcd.io flux/apps delivers Deployment.apps shop/web",
			"Kustomization.kustomize.toolkit.fluxcd.io flux/apps refers to GitRepository.source.toolkit.fluxcd.io flux/shop: spec.sourceRef",
		}},
		"where pods run": {`
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Node, metadata: {name: node-1}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web-5d8-x, namespace: shop, labels: {app: web, pod-template-hash: 5d8}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d8, controller: true}]}, spec: {nodeName: node-1, containers: [{name: web, image: web}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: alone, namespace: shop}, spec: {nodeName: node-2, containers: [{name: web, image: web}]}}
`, []string{
			"Deployment.apps shop/web is in Namespace shop", "Deployment.apps shop/web runs on Node node-1",
			"Pod shop/alone is in Namespace shop", "Pod shop/alone runs on Node node-2",
		}},
		"what is scaled": {`
{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: {name: web}}}
---
{apiVersion: autoscaling.k8s.io/v1, kind: VerticalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {spec: {containers: [{name: web, image: web}]}}}}
`, []string{"ScaledObject.keda.sh shop/web acts on Deployment.apps shop/web: spec.scaleTargetRef", "VerticalPodAutoscaler.autoscaling.k8s.io shop/web acts on Deployment.apps shop/web: spec.targetRef"}},
		"two kinds of one name": {`
{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}}}
`, []string{"Service shop/web selects Service.serving.knative.dev shop/web"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := edgesOf(graph.Of(scopeOf(t, test.objects)))
			got = slices.DeleteFunc(got, func(edge string) bool { return strings.Contains(edge, " runs image ") })
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error("-want +got\n", d)
			}
		})
	}
}
