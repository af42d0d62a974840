package practices

import (
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// What checkers in use are known to get wrong: each case is judged by the whole catalogue.
func TestWhereOthersAreWrong(t *testing.T) {
	for name, test := range map[string]struct {
		manifests, dockerfile string
		want                  map[string]string // by practice: part of a message
		not                   map[string]string // by practice: part of a message that none may have; "" is any message
	}{
		"a port is no tag": {
			manifests: pod(`{name: web, image: "registry:5000/web"}`),
			want:      map[string]string{"image-pinned": `"registry:5000/web" has no tag`},
		},
		"an app without probes beside a sidecar that has them": {
			manifests: pod(`{name: web, image: "web:1.0.0", ports: [{containerPort: 8080}]}`,
				`{name: proxy, image: "envoy:1.30.0", ports: [{containerPort: 9000}], readinessProbe: {tcpSocket: {port: 9000}}, livenessProbe: {httpGet: {path: /live, port: 9000}}}`),
			want: map[string]string{"probes-set": `"web" has no readiness or liveness probe`},
			not:  map[string]string{"probes-set": `"proxy"`},
		},
		"user 0 with runAsNonRoot": {
			manifests: pod(`{name: web, image: "web:1.0.0", securityContext: {runAsNonRoot: true, runAsUser: 0}}`),
			want:      map[string]string{"run-as-non-root": "runAsUser is 0"},
		},
		"what is in a List": {
			manifests: "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(pod(`{name: web, image: "web:latest"}`), "\n", "\n  "),
			want:      map[string]string{"image-pinned": "latest"},
		},
		"an ephemeral container": {
			manifests: pod(`{name: web, image: "web:1.0.0"}`) + `  ephemeralContainers: [{name: shell, image: "busybox:1.36.1", securityContext: {privileged: true}}]` + "\n",
			want:      map[string]string{"drop-privileges": `"shell"`},
		},
		"a native sidecar is no init container that waits": {
			manifests: pod(`{name: web, image: "web:1.0.0"}`) +
				`  initContainers: [{name: logs, image: "ghcr.io/acme/shipper:2.0.0", restartPolicy: Always, command: [shipper, --follow]}]` + "\n",
			want: map[string]string{"resources-set": `"logs"`},
			not:  map[string]string{"no-bootstrap-sidecar": ""},
		},
		"an Argo Rollout": {
			manifests: workload("argoproj.io/v1alpha1", "Rollout", "spec", "template"),
			want:      map[string]string{"image-pinned": "latest", "run-as-non-root": "root"},
		},
		"a kind that nobody knows": {
			manifests: workload("example.com/v1", "Machine", "spec", "workers", "podTemplate"),
			want:      map[string]string{"image-pinned": "latest", "run-as-non-root": "root"},
		},
		"an Ingress to a port that the Service hasn't": {
			manifests: `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {defaultBackend: {service: {name: web, port: {number: 8080}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
`,
			want: map[string]string{"references-resolve": "8080"},
		},
		"a Service whose pods are in another namespace": {
			manifests: `{apiVersion: v1, kind: Service, metadata: {name: web, namespace: front}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: back, labels: {app: web}}, spec: {containers: [{name: web, image: "web:1.0.0"}]}}
`,
			want: map[string]string{"references-resolve": "namespace"},
		},
		"anti-affinity spreads as well as a topology constraint": {
			manifests: twoReplicas(`affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}}]}}`) + "---\n" +
				strings.ReplaceAll(twoReplicas(`topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]`), "web", "api"),
			not: map[string]string{"survives-disruption": "node"},
		},
		"a base image from an argument": {
			dockerfile: "ARG BASE=golang\nFROM ${BASE}\nCMD [\"/app\"]\n",
			want:       map[string]string{"image-pinned": "golang"},
		},
		"a base image that only the build knows": {
			dockerfile: "ARG BASE\nFROM ${BASE}\nUSER 1000\nCMD [\"/app\"]\n",
			not:        map[string]string{"image-pinned": "", "trusted-base-image": ""},
		},
		"no limit of CPU": {
			manifests: pod(`{name: web, image: "web:1.0.0", resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}}`),
			not:       map[string]string{"resources-set": ""},
		},
		"no HEALTHCHECK": {
			dockerfile: "FROM gcr.io/distroless/static-debian12:nonroot@sha256:" + strings.Repeat("a", 64) + "\nCOPY app /app\nENTRYPOINT [\"/app\"]\n",
			not:        map[string]string{"probes-set": "", "one-process-per-container": "", "crash-cleanly": "", "run-as-non-root": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			scope := &practice.Scope{Name: name}
			if test.manifests != "" {
				set := manifest.Read("test.yaml", []byte(test.manifests))
				if len(set.Problems) > 0 {
					t.Fatal(set.Problems)
				}
				scope.Objects = set.Objects
			}
			if test.dockerfile != "" {
				scope.Dockerfiles = []*dockerfile.File{dockerfile.Parse("Dockerfile", []byte(test.dockerfile))}
			}
			said := map[string][]string{}
			for _, f := range practice.Judge(scope, All) {
				said[f.Practice] = append(said[f.Practice], f.Message)
			}
			for id, want := range test.want {
				if !strings.Contains(strings.Join(said[id], "\n"), want) {
					t.Errorf("%s says %q, nothing with %q", id, said[id], want)
				}
			}
			for id, not := range test.not {
				if all := strings.Join(said[id], "\n"); all != "" && strings.Contains(all, not) {
					t.Errorf("%s says %q", id, said[id])
				}
			}
		})
	}
}

// pod is one whose containers are given in YAML's short form.
func pod(containers ...string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n  containers: [" + strings.Join(containers, ", ") + "]\n"
}

// workload is an object of some kind that holds a pod template somewhere.
func workload(apiVersion, kind string, at ...string) string {
	text := "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: web}\n"
	for i, key := range at {
		text += strings.Repeat("  ", i) + key + ":\n"
	}
	return text + strings.Repeat("  ", len(at)) + `spec: {containers: [{name: web, image: "web:latest"}]}` + "\n"
}

func twoReplicas(spread string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "web:1.0.0"}]
      ` + spread + "\n"
}
