package own

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// The practices of the docs, five times each, judge 5,000 Deployments of three containers; the objects are read before.
func BenchmarkJudge(b *testing.B) {
	text, err := os.ReadFile("../../docs/own-practices.md")
	if err != nil {
		b.Fatal(err)
	}
	var practices []*practice.Practice
	for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for range 5 {
			practices = append(practices, one(b, block).Practice)
		}
	}
	scope := &practice.Scope{Name: "bench"}
	for i := range 5000 {
		scope.Objects = append(scope.Objects, manifest.Read("bench.yaml", fmt.Appendf(nil, `apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%d, namespace: shop, labels: {team: shop}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example.com/web:1.4.2", ports: [{containerPort: 8080}], resources: {requests: {cpu: 100m}}}
      - {name: proxy, image: "registry.example.com/proxy:2.0.0"}
      - {name: agent, image: "registry.k8s.io/agent:1.0.0"}
`, i)).Objects...)
	}
	b.ReportAllocs()
	for b.Loop() {
		if found := practice.Judge(scope, practices); len(found) > 0 {
			b.Fatalf("%d findings", len(found))
		}
	}
}
