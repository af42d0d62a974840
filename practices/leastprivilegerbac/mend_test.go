package leastprivilegerbac

import (
	"testing"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

func TestTokensThatMayBeUsedStay(t *testing.T) {
	for name, test := range map[string]struct {
		pod   string
		taken bool
	}{
		"of a program that says nothing":    {`containers: [{name: shop, image: "registry.k8s.io/shop:1"}]`, true},
		"of one that looks for pods":        {`containers: [{name: shop, image: shop, env: [{name: DISCOVERY, value: kubernetes}]}]`, false},
		"of one whose image looks for them": {`containers: [{name: lb, image: "traefik:3.6"}]`, false},
		"of one beside such a one":          {`containers: [{name: shop, image: shop}, {name: logs, image: "fluent/fluent-bit:4.1"}]`, false},
		"of one that is to have it":         {`automountServiceAccountToken: true, containers: [{name: shop, image: shop}]`, false},
		"of one that starts after another":  {`initContainers: [{name: wait, image: wait, args: [--in-cluster]}], containers: [{name: shop, image: shop}]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			objects := manifest.Read("pod.yaml", []byte("{apiVersion: v1, kind: Pod, metadata: {name: shop}, spec: {"+test.pod+"}}")).Objects
			found := practice.Judge(&practice.Scope{Objects: objects}, []*practice.Practice{Practice})
			if len(found) != 1 {
				t.Fatalf("found %v", found)
			}
			if taken := len(found[0].Edits) > 0; taken != test.taken {
				t.Errorf("it is taken: %v", taken)
			}
		})
	}
}
