{{/* Named after the chart: helpers of all charts share one space of names. */}}
{{- define "month-end.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: production
app.kubernetes.io/version: {{ .Values.image.tag | quote }}
app.kubernetes.io/component: worker
app.kubernetes.io/part-of: {{ .Values.global.namespace }}
{{- end }}
