package practices_test

import (
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

// BenchmarkJudge judges what the controller does for each of many small applications.
func BenchmarkJudge(b *testing.B) {
	const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: ghcr.io/acme/web:1.4.2
        ports: [{containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {a: b}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
`
	set := manifest.Read("web.yaml", []byte(text))
	b.ReportAllocs()
	for b.Loop() {
		practice.Judge(&practice.Scope{Name: "web", Objects: set.Objects}, practices.All)
	}
}
