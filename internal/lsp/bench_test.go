package lsp

import (
	"fmt"
	"strings"
	"testing"
)

// From a keystroke to the findings of the file, among 49 others in its directory: the wait for another keystroke included.
func BenchmarkKeystroke(b *testing.B) {
	var files strings.Builder
	for i := range 50 {
		fmt.Fprintf(&files, `-- web-%02[1]d.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%02[1]d}
spec:
  replicas: 2
  selector: {matchLabels: {app: web-%02[1]d}}
  template:
    metadata: {labels: {app: web-%02[1]d}}
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/web:1.4.2
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: http}}
          env:
            - {name: DATABASE_HOST, value: db}
            - {name: WORKERS, value: "4"}
---
apiVersion: v1
kind: Service
metadata: {name: web-%02[1]d}
spec:
  selector: {app: web-%02[1]d}
  ports: [{port: 80, targetPort: http}]
`, i)
	}
	c := opened(b, files.String())
	c.open("web-00.yaml", "")
	c.diagnostics("web-00.yaml", 1)
	version := 1
	for b.Loop() {
		version++
		c.change("web-00.yaml", version, `{"range": {"start": {"line": 2, "character": 22}, "end": {"line": 2, "character": 22}}, "text": "x"}`)
		if c.diagnostics("web-00.yaml", version) == "" {
			b.Fatal("nothing is found")
		}
	}
}
