{{/* The name that selects a service's pods; it never changes. Call with the service's name. */}}
{{- define "selector" -}}
app.kubernetes.io/name: {{ . }}
{{- end }}

{{/* All labels of a service. Call with (list $ $name $service). */}}
{{- define "labels" -}}
{{- $root := index . 0 }}{{- $service := index . 2 -}}
{{ include "selector" (index . 1) }}
app.kubernetes.io/instance: production
app.kubernetes.io/version: {{ $service.image.tag | quote }}
app.kubernetes.io/component: {{ $service.component }}
app.kubernetes.io/part-of: {{ $root.Chart.Name }}
{{- end }}

{{/* What any container here may not do. */}}
{{- define "confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end }}

{{/* Probes. Call with the name of the port that answers. */}}
{{- define "probes" -}}
readinessProbe:
  httpGet:
    path: /ready
    port: {{ . }}
  periodSeconds: 5
livenessProbe:
  httpGet:
    path: /healthz
    port: {{ . }}
{{- end }}
