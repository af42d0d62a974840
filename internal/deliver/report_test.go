package deliver

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestSentence(t *testing.T) {
	bad := func(kind, name string, state cluster.HealthState, reason string) ObjectHealth {
		return ObjectHealth{ID: manifest.ID{Kind: kind, Namespace: "shop", Name: name}, Health: cluster.Health{State: state, Reason: reason}}
	}
	many := []ObjectHealth{
		bad("Deployment", "a", cluster.Degraded, "Progress deadline exceeded"), bad("Deployment", "b", cluster.Missing, "not in the cluster"),
		bad("Deployment", "c", cluster.Progressing, "0 of 1 replicas available"), bad("Job", "d", cluster.Progressing, "0 of 1 completed, 1 running"),
		bad("Job", "e", cluster.Unknown, "unknown phase X"),
	}
	for name, tt := range map[string]struct {
		report HealthReport
		want   string
	}{
		"nothing": {HealthReport{}, "0 of 0 objects healthy"},
		"all":     {HealthReport{Healthy: 3, Total: 3}, "3 of 3 objects healthy"},
		"one bad": {HealthReport{Healthy: 41, Total: 42, Bad: many[2:3]}, "41 of 42 objects healthy; Deployment shop/c: 0 of 1 replicas available"},
		"three bad": {HealthReport{Healthy: 1, Total: 4, Bad: many[:3]},
			"1 of 4 objects healthy; Deployment shop/a: Progress deadline exceeded; Deployment shop/b: not in the cluster; Deployment shop/c: 0 of 1 replicas available"},
		"more than a sentence holds": {HealthReport{Total: 5, Bad: many},
			"0 of 5 objects healthy; Deployment shop/a: Progress deadline exceeded; Deployment shop/b: not in the cluster; Deployment shop/c: 0 of 1 replicas available; and 2 more"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.report.Sentence()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHealthOf(t *testing.T) {
	s, _ := followed(t)
	s.files(objects(configMap("a"),
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\nspec: {suspend: true, schedule: 0 3 * * *, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: c}]}}}}}\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: front}\nspec: {type: LoadBalancer, loadBalancerClass: example.com/none, ports: [{port: 80}]}\n",
		"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\nspec: {storageClassName: none, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"))
	r := s.deliver()
	unseen := manifest.ID{Kind: "ConfigMap", Namespace: s.namespace, Name: "unseen"}
	of := func(kind, name string) ObjectHealth {
		return ObjectHealth{ID: manifest.ID{Kind: kind, Namespace: s.namespace, Name: name}, Health: cluster.Health{State: cluster.Progressing}}
	}
	want := HealthReport{State: cluster.Progressing, Healthy: 2, Total: 5, Bad: []ObjectHealth{
		of("ConfigMap", "unseen"),
		of("PersistentVolumeClaim", "disk"),
		of("Service", "front"),
	}}
	states := cmp.Transformer("states", func(h cluster.Health) cluster.HealthState { return h.State }) // package health has the words
	if diff := cmp.Diff(want, HealthOf(s.pipeline.Tracker, append(r.Live(), unseen)), states); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	s.remove(configMaps, s.namespace, "a")
	id := manifest.ID{Kind: "ConfigMap", Namespace: s.namespace, Name: "a"}
	sandboxtest.Eventually(t, "the worst comes first", func() bool {
		got := HealthOf(s.pipeline.Tracker, r.Live())
		return got.State == cluster.Missing && got.Healthy == 1 && got.Bad[0].ID == id
	})
	if got := HealthOf(s.pipeline.Tracker, nil); got.State != cluster.Healthy || got.Sentence() != "0 of 0 objects healthy" {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestSummary(t *testing.T) {
	outcome := func(action apply.Action, err error) apply.Outcome { return apply.Outcome{Action: action, Err: err} }
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		outcomes []apply.Outcome
		want     string
	}{
		"nothing": {nil, "nothing to do"},
		"one of each": {[]apply.Outcome{
			outcome(apply.ActionPrune, nil), outcome(apply.ActionUnchanged, nil), outcome(apply.ActionUnknown, nil), outcome(apply.ActionUpdate, nil), outcome(apply.ActionCreate, nil), outcome(apply.ActionCreate, refused),
		}, "1 created, 1 updated, 1 applied, 1 taken over, 1 pruned, 1 failed"},
		"several":     {[]apply.Outcome{outcome(apply.ActionCreate, nil), outcome(apply.ActionCreate, nil)}, "2 created"},
		"only failed": {[]apply.Outcome{outcome(apply.ActionPrune, refused)}, "1 failed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Report{Outcomes: tt.outcomes}
			if diff := cmp.Diff(tt.want, r.Summary()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	r := &Report{Outcomes: []apply.Outcome{outcome(apply.ActionCreate, nil), outcome(apply.ActionCreate, refused), outcome(apply.ActionUpdate, nil)}}
	if got := r.Sent(apply.ActionCreate); got != 1 {
		t.Errorf("%d sent", got)
	}
}

func TestTense(t *testing.T) {
	for action, want := range map[apply.Action]string{
		apply.ActionCreate: "created", apply.ActionUpdate: "updated", apply.ActionPrune: "pruned", apply.ActionUnchanged: "taken over",
		apply.ActionUnknown: "applied", apply.ActionBlocked: "blocked",
	} {
		if got := Tense(action); got != want {
			t.Errorf("%s: %s, want %s", action, got, want)
		}
	}
}
