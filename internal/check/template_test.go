package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// at is a practice that finds fields of the objects that are called by a name.
func at(name string, fields []string) *practice.Practice {
	return &practice.Practice{ID: "at", Severity: practice.Error, Inputs: practice.Manifests, Run: func(p *practice.Pass) {
		for o := range p.All() {
			for _, field := range fields {
				if o.GetName() == name {
					p.Reportf(o.At(manifest.FieldPath(field)...), "%s", field)
				}
			}
		}
	}}
}

const templates = `-- web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
dependencies:
- {name: db, version: 1.0.0, alias: store}
-- web/values.yaml --
name: web
image: {repository: ghcr.io/acme/web, tag: latest}
user: 0
group: 0
resources: {limits: {cpu: 1}}
podSecurityContext: {fsGroup: 1}
nodes: {disk: ssd}
web-port: {number: 8080}
workers:
- {name: mail, image: mail}
- {name: pdf, image: pdf:latest}
global: {registry: ghcr.io}
store: {size: 1Gi}
extra:
- {name: log, image: log}
-- web/templates/_helpers.tpl --
{{- define "web.labels" -}}
app: {{ include "web.name" . }}
tier: {{ .Values.tier | default "front" }}
{{- end }}
{{- define "web.name" }}{{ .Values.name | default .Chart.Name }}{{ end -}}
{{- define "web.image" -}}
{{ if .Values.image }}{{ .Values.image.repository }}:{{ .Values.image.tag }}{{ else }}none{{ end }}
{{- end -}}
-- web/templates/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Values.name }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
  template:
    spec:
      hostNetwork: true
      {{- with .Values.nodes }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- toYaml .Values.podSecurityContext | nindent 8 }}
      containers:
      - name: web
        image: {{ include "web.image" . }}
        securityContext: {runAsUser: {{ .Values.user }}, runAsGroup: {{ .Values.group }}}
        resources: {{- toYaml .Values.resources | nindent 10 }}
        ports: [{"containerPort": {{ index .Values "web-port" "number" }}}]
      {{- range $i, $w := .Values.workers }}
      - name: {{ $w.name | quote }}
        image: "{{ $.Values.global.registry }}/{{ .image }}"
      {{- end }}
      {{- toYaml .Values.extra | nindent 6 }}
-- web/charts/db/Chart.yaml --
apiVersion: v2
name: db
version: 1.0.0
-- web/charts/db/values.yaml --
size: 2Gi
-- web/charts/db/templates/db.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: db, labels: {registry: {{ .Values.global.registry }}}}
spec:
  resources:
    requests:
      storage: {{ .Values.size }}
`

// TestFindingsOfChartsNameTemplateAndValues demands line and column of the template, and the keys of the values that
// lead there.
func TestFindingsOfChartsNameTemplateAndValues(t *testing.T) {
	here(t, templates)
	of := map[string]string{}
	find := func(object string, fields ...string) {
		r, err := check.Run(t.Context(), check.Input{Targets: []string{"web"}}, []*practice.Practice{at(object, fields)})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			of[object+" "+f.Message] = strings.TrimSpace(strings.TrimPrefix(place(f), "web/") + " " + f.Values)
		}
	}
	const pod, first = "spec.template.spec", "spec.template.spec.containers[0]"
	find("web", "kind", "metadata.name", "metadata.labels.tier", "metadata.annotations", pod+".hostNetwork", pod+".hostPID", pod+".nodeSelector.disk",
		pod+".securityContext", pod+".securityContext.fsGroup", pod+".securityContext.runAsNonRoot", first, first+".image", first+".securityContext.runAsUser",
		first+".securityContext.runAsGroup", first+".resources.limits.cpu", first+".resources.limits.memory", first+".ports[0].containerPort", first+".readinessProbe",
		pod+".containers[2].image", pod+".containers[2].name", pod+".containers[3].image", pod+".containers[3].livenessProbe")
	find("db", "spec.resources.requests.storage", "metadata.labels.registry", "spec.accessModes")
	want := map[string]string{
		"web kind":                                     "templates/web.yaml:2:1",
		"web metadata.name":                            "templates/web.yaml:4:3 name",
		"web metadata.labels.tier":                     "templates/web.yaml:6:5 name, tier",
		"web metadata.annotations":                     "templates/web.yaml:3:1",
		"web " + pod + ".hostNetwork":                  "templates/web.yaml:10:7",
		"web " + pod + ".hostPID":                      "templates/web.yaml:9:5",
		"web " + pod + ".nodeSelector.disk":            "templates/web.yaml:13:9 nodes.disk",
		"web " + pod + ".securityContext":              "templates/web.yaml:15:7 podSecurityContext",
		"web " + pod + ".securityContext.fsGroup":      "templates/web.yaml:16:9 podSecurityContext.fsGroup",
		"web " + pod + ".securityContext.runAsNonRoot": "templates/web.yaml:15:7 podSecurityContext.runAsNonRoot",
		"web " + first:                                 "templates/web.yaml:18:9",
		"web " + first + ".image":                      "templates/web.yaml:19:9 image.repository, image.tag",
		"web " + first + ".securityContext.runAsUser":  "templates/web.yaml:20:27 user",
		"web " + first + ".securityContext.runAsGroup": "templates/web.yaml:20:58 group",
		"web " + first + ".resources.limits.cpu":       "templates/web.yaml:21:9 resources.limits.cpu",
		"web " + first + ".resources.limits.memory":    "templates/web.yaml:21:9 resources.limits.memory",
		"web " + first + ".ports[0].containerPort":     "templates/web.yaml:22:18 web-port.number",
		"web " + first + ".readinessProbe":             "templates/web.yaml:18:9",
		"web " + pod + ".containers[2].image":          "templates/web.yaml:25:9 global.registry, workers[].image",
		"web " + pod + ".containers[2].name":           "templates/web.yaml:24:9 workers[].name",
		"web " + pod + ".containers[3].image":          "templates/web.yaml:27:7 extra",
		"web " + pod + ".containers[3].livenessProbe":  "templates/web.yaml:27:7 extra",
		"db spec.resources.requests.storage":           "charts/db/templates/db.yaml:7:7 store.size",
		"db metadata.labels.registry":                  "charts/db/templates/db.yaml:3:31 global.registry",
		"db spec.accessModes":                          "charts/db/templates/db.yaml:4:1",
	}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFindingsOfKustomizationsNameInlinePatches demands the line of the patch that stands in the kustomization, and of the
// operation there or in a file.
func TestFindingsOfKustomizationsNameInlinePatches(t *testing.T) {
	here(t, `-- base/kustomization.yaml --
resources: [web.yaml]
-- base/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: web
        image: ghcr.io/acme/web:1.0
        securityContext: {runAsUser: 1000, runAsGroup: 1000}
-- prod/kustomization.yaml --
resources:
- ../base
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      template:
        spec:
          containers:
          - name: web
            securityContext:
              runAsUser: 0
- target: {kind: Deployment}
  patch: |
    - op: replace
      path: /spec/replicas
      value: 1
- target: {kind: Deployment, name: w.*}
  path: operations.yaml
- target: {kind: StatefulSet}
  patch: |
    - {op: replace, path: /spec/template/spec/containers/0/securityContext/runAsGroup, value: 1000}
-- prod/operations.yaml --
- op: add
  path: /spec/template/spec/containers/-
  value:
    name: added
    image: ghcr.io/acme/added:latest
- op: add
  path: /metadata/labels
  value: {a.b/c: d}
`)
	const pod = "spec.template.spec"
	judge := at("web", []string{"spec.replicas", "metadata.labels[a.b/c]", pod + ".containers[0].image", pod + ".containers[0].securityContext.runAsUser",
		pod + ".containers[0].securityContext.runAsGroup", pod + ".containers[1].image"})
	r, err := check.Run(t.Context(), check.Input{Targets: []string{"prod"}}, []*practice.Practice{judge})
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, f := range r.Findings {
		of[f.Message] = place(f)
	}
	want := map[string]string{
		"spec.replicas":                                   "prod/kustomization.yaml:20:7",
		"metadata.labels[a.b/c]":                          "prod/operations.yaml:8:11",
		pod + ".containers[0].image":                      "base/web.yaml:11:9",
		pod + ".containers[0].securityContext.runAsUser":  "prod/kustomization.yaml:15:15",
		pod + ".containers[0].securityContext.runAsGroup": "base/web.yaml:12:44",
		pod + ".containers[1].image":                      "prod/operations.yaml:5:5",
	}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFindingsOfKustomizationsNameWhatSetTheField demands the place of the patch or the entry of images that made a field
// what it is, and that of the resource for all else.
func TestFindingsOfKustomizationsNameWhatSetTheField(t *testing.T) {
	here(t, `-- base/kustomization.yaml --
resources: [web.yaml]
-- base/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: proxy
        image: ghcr.io/acme/proxy:1.0
      - name: web
        image: ghcr.io/acme/web:1.0
        securityContext: {runAsUser: 1000, runAsGroup: 1000}
-- prod/kustomization.yaml --
namePrefix: prod-
resources:
- ../base
patches:
- path: patch.yaml
images:
- name: ghcr.io/acme/proxy
  newTag: latest
-- prod/patch.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        securityContext: {runAsUser: 0}
      - name: added
        image: ghcr.io/acme/added:1.0
`)
	of := map[string]string{}
	const pod = "spec.template.spec"
	judge := at("prod-web", []string{"metadata.name", "spec.replicas", pod, pod + ".containers[0].image", pod + ".containers[0].securityContext.runAsUser",
		pod + ".containers[0].securityContext.runAsGroup", pod + ".containers[0].readinessProbe", pod + ".containers[1].image", pod + ".containers[1].readinessProbe", pod + ".containers[2].image", pod + ".containers[2].readinessProbe"})
	r, err := check.Run(t.Context(), check.Input{Targets: []string{"prod"}}, []*practice.Practice{judge})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		of[f.Message] = place(f)
	}
	want := map[string]string{ // building puts the container that is patched first
		"metadata.name":              "base/web.yaml:4:3",
		"spec.replicas":              "prod/patch.yaml:6:3",
		pod:                          "base/web.yaml:8:5",
		pod + ".containers[0].image": "base/web.yaml:13:9",
		pod + ".containers[0].securityContext.runAsUser":  "prod/patch.yaml:11:27",
		pod + ".containers[0].securityContext.runAsGroup": "base/web.yaml:14:44",
		pod + ".containers[0].readinessProbe":             "base/web.yaml:12:9",
		pod + ".containers[1].image":                      "prod/patch.yaml:13:9",
		pod + ".containers[1].readinessProbe":             "prod/patch.yaml:12:9",
		pod + ".containers[2].image":                      "prod/kustomization.yaml:8:3",
		pod + ".containers[2].readinessProbe":             "base/web.yaml:10:9",
	}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
