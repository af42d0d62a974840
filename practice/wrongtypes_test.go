package practice

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/fairlead-dev/fairlead/manifest"
)

func TestAWrongTypeHidesNothingElse(t *testing.T) {
	set := manifest.Read("a.yaml", []byte(`
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ledger}
spec:
  replicas: "3"
  serviceName: ledger
  template:
    spec:
      containers:
      - name: ledger
        image: registry.example.com/ledger:1
        args: --config=/etc/ledger.toml
        securityContext: [{runAsNonRoot: true}]
  volumeClaimTemplates:
  - metadata: {name: data}
`))
	got := As[appsv1.StatefulSet](&Object{Object: set.Objects[0]})
	if got.Spec.ServiceName != "ledger" || len(got.Spec.VolumeClaimTemplates) != 1 || got.Spec.Replicas != nil {
		t.Errorf("the spec is %+v", got.Spec)
	}
	containers := got.Spec.Template.Spec.Containers
	if len(containers) != 1 || containers[0].Name != "ledger" || containers[0].SecurityContext != nil || containers[0].Args != nil {
		t.Errorf("the containers are %+v", containers)
	}
}
