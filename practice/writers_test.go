package practice

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
)

// written is a Deployment as the API server shows it: made with kubectl apply, scaled by kubectl scale (of which the server
// notes no time), edited, and looked after by its controller.
const written = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  creationTimestamp: "2026-03-02T10:00:00Z"
  labels: {app.kubernetes.io/name: web}
  managedFields:
  - manager: kubectl-client-side-apply
    operation: Update
    time: "2026-06-01T10:00:00Z"
    fieldsV1:
      f:metadata: {f:labels: {.: {}, f:app.kubernetes.io/name: {}, f:gone: {}}}
      f:spec:
        f:selector: {}
        f:template:
          f:spec:
            f:containers:
              'k:{"name":"web"}':
                .: {}
                f:args: {}
                f:image: {}
                f:name: {}
                f:ports: {.: {}, 'k:{"containerPort":8080,"protocol":"TCP"}': {.: {}, f:containerPort: {}}}
              'k:{"name":"gone"}': {.: {}, f:image: {}}
  - manager: kubectl-edit
    operation: Update
    time: "2026-05-01T12:30:00+02:00"
    fieldsV1: {f:metadata: {f:finalizers: {.: {}, 'v:"example.com/keep"': {}}}}
  - manager: kubectl
    operation: Update
    subresource: scale
    fieldsV1: {f:spec: {f:replicas: {}}}
  - manager: kube-controller-manager
    operation: Update
    subresource: status
    time: "2026-06-01T10:00:09Z"
    fieldsV1: {f:status: {f:replicas: {}}}
  finalizers: [example.com/other, example.com/keep]
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template:
    spec:
      containers:
      - {name: proxy, image: "envoyproxy/envoy:v1.32.1"}
      - name: web
        image: ghcr.io/acme/web:1.8.0
        args: [--listen]
        ports: [{containerPort: 8080, protocol: TCP}]
status: {replicas: 5}
`

func liveObject(t *testing.T, text string) *Object {
	t.Helper()
	set := manifest.Read("live.yaml", []byte(text))
	if len(set.Problems) > 0 || len(set.Objects) != 1 {
		t.Fatalf("%d objects, problems %v", len(set.Objects), set.Problems)
	}
	return &Object{Object: set.Objects[0], id: set.Objects[0].ID()}
}

func TestWriters(t *testing.T) {
	o := liveObject(t, written)
	var got []string
	for _, w := range o.Writers() {
		var paths []string
		for _, path := range w.Paths() {
			paths = append(paths, o.Spell(path...))
		}
		got = append(got, w.String()+": "+strings.Join(paths, " "))
	}
	want := []string{
		"kubectl: spec.replicas",
		"kubectl-edit on 2026-05-01 10:30 UTC: metadata.finalizers[1]",
		"kubectl-client-side-apply on 2026-06-01 10:00 UTC: metadata.labels[app.kubernetes.io/name] spec.selector" +
			" spec.template.spec.containers[name=web].args spec.template.spec.containers[name=web].image" +
			" spec.template.spec.containers[name=web].name spec.template.spec.containers[name=web].ports[0].containerPort",
		"kube-controller-manager on 2026-06-01 10:00 UTC: status.replicas",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("writers (-want +got):\n%s", diff)
	}
	if maker, ok := o.Maker(); !ok || maker.String() != "kubectl-client-side-apply on 2026-03-02 10:00 UTC" {
		t.Errorf("made by %s", maker)
	}
}

func TestLastWriter(t *testing.T) {
	o := liveObject(t, written)
	for path, want := range map[string]string{
		"spec.replicas":                                 "kubectl",
		"spec.selector.matchLabels.app":                 "kubectl-client-side-apply", // it holds the selector as a whole
		"spec.template.spec.containers.1.image":         "kubectl-client-side-apply",
		"spec.template.spec.containers.1.args.0":        "kubectl-client-side-apply",
		"spec.template.spec.containers.1.command":       "",
		"spec.template.spec.containers.0.image":         "",
		"spec.template.spec.containers.7.image":         "",
		"metadata.finalizers.1":                         "kubectl-edit",
		"metadata.finalizers.0":                         "",
		"metadata.labels":                               "kubectl-client-side-apply",
		"status.replicas":                               "kube-controller-manager",
		"spec.template.spec.containers.1.ports.0.hello": "",
	} {
		if got, _ := o.LastWriter(strings.Split(path, ".")...); got.Manager != want {
			t.Errorf("%s was written by %q, want %q", path, got.Manager, want)
		}
	}
}

func TestMerged(t *testing.T) {
	o := liveObject(t, written)
	for path, want := range map[string]Merging{
		"spec.template.spec.containers":         {Keys: []string{"name"}},
		"spec.template.spec.containers.1.ports": {Keys: []string{"containerPort", "protocol"}},
		"spec.template.spec.containers.1.args":  {Whole: true},
		"metadata.finalizers":                   {Set: true},
		"spec.template.spec.volumes":            {},
	} {
		if diff := cmp.Diff(want, o.Merged(strings.Split(path, ".")...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestWhoWritesIsToldByTheName(t *testing.T) {
	const person, program, tool, nobody = "a person", "a program", "a tool", "nobody knows"
	for manager, want := range map[string]string{
		"kubectl": person, "kubectl-client-side-apply": person, "kubectl.exe": person, "k9s": person, "Lens": person, "oc": person, "oc-edit": person,
		"kube-controller-manager": program, "cert-manager-cainjector": program, "ingress-operator": program, "vpa-recommender": program, "Istiod": program,
		"argocd-controller": tool, "kustomize-controller": tool, "Terraform": tool, "terraform-provider-helm_v2.15.0_x5": tool, "pulumi-kubernetes-3f2a": tool,
		"helm": nobody, "fairlead": nobody, "before-first-apply": nobody, "OpenAPI-Generator": nobody, "octopus": nobody, "Terraformer": nobody, "": nobody,
	} {
		w, got := Writer{Manager: manager}, nobody
		switch {
		case w.IsByHand():
			got = person
		case w.Tool() != "":
			got = tool
		case w.IsProgram():
			got = program
		}
		if got != want {
			t.Errorf("%q is %s, want %s", manager, got, want)
		}
	}
}

func TestDelivery(t *testing.T) {
	for metadata, want := range map[string]string{
		"labels: {fairlead.dev/application: team-shop.shop.eu}":                                                                   "Fairlead (team-shop/shop.eu)",
		"labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}":                    "Flux (flux-system/apps)",
		"labels: {helm.toolkit.fluxcd.io/name: redis}":                                                                            "Flux (redis)",
		"annotations: {argocd.argoproj.io/tracking-id: \"shop:apps/Deployment:shop/web\"}":                                        "Argo CD (shop)",
		"annotations: {argocd.argoproj.io/tracking-id: \"***\"}":                                                                  "Argo CD",
		"annotations: {configmanagement.gke.io/managed: enabled}":                                                                 "Config Sync",
		"annotations: {configmanagement.gke.io/managed: disabled}":                                                                "",
		"labels: {app.kubernetes.io/managed-by: Helm, app.kubernetes.io/instance: web}":                                           "",
		"labels: {app.kubernetes.io/instance: shop}\n  managedFields: [{manager: argocd-controller, fieldsV1: {\"f:data\": {}}}]": "Argo CD (shop)",
		"labels: {app.kubernetes.io/instance: shop}\n  managedFields: [{manager: helm-controller, fieldsV1: {\"f:data\": {}}}]":   "Flux",
		"managedFields: [{manager: helm-controller, subresource: status, fieldsV1: {\"f:status\": {}}}]":                          "",
		"managedFields: [{manager: kubectl, fieldsV1: {\"f:data\": {}}}]":                                                         "",
	} {
		o := liveObject(t, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  "+metadata+"\n")
		got := ""
		if d, ok := o.Delivery(); ok {
			got = d.String()
		}
		if got != want {
			t.Errorf("%s: delivered by %q, want %q", metadata, got, want)
		}
	}
}

// TestMakerWithinASecond: the server notes whole seconds, so who changed it right afterwards looks like who made it.
func TestMakerWithinASecond(t *testing.T) {
	o := liveObject(t, `
apiVersion: fairlead.dev/v1alpha1
kind: Application
metadata:
  name: shop
  creationTimestamp: "2026-03-02T10:00:00Z"
  managedFields:
  - {manager: fairlead, operation: Apply, time: "2026-03-02T10:00:01Z", fieldsV1: {"f:spec": {"f:source": {}}}}
  - {manager: fairlead, operation: Update, time: "2026-03-02T10:00:00Z", fieldsV1: {"f:spec": {"f:suspended": {"f:by": {}, "f:reason": {}}}}}
spec: {source: {}, suspended: {by: ada, reason: works}}
`)
	if maker, ok := o.Maker(); !ok || maker.Operation != "Apply" {
		t.Errorf("made by %s of %s", maker.Operation, maker)
	}
}
