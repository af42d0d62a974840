package deliver

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// hookJob is the text of a Job that runs before the rest; trouble annotates its pod (see docs/sandbox.md).
func hookJob(policy, trouble string) string {
	return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate, annotations: {helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-delete-policy: " + policy + "}}\n" +
		"spec: {backoffLimit: 0, template: {metadata: {annotations: {" + trouble + "}}, spec: {restartPolicy: Never, containers: [{name: c, image: c}]}}}\n"
}

// TestHooksAreNotOwnedOnceTheyAreDone, so that neither their end nor their absence counts as drift or ill health.
func TestHooksAreNotOwnedOnceTheyAreDone(t *testing.T) {
	sandboxtest.StartWithNodes(t)
	s, _ := followed(t)
	s.files(objects(hookJob("hook-succeeded", ""), configMap("a")))
	first := s.preview()
	if diff := cmp.Diff([]string{"ConfigMap a", "Job migrate"}, s.names(first.Inventory())); diff != "" {
		t.Errorf("owned before it runs (-want +got):\n%s", diff)
	}
	s.pipeline.Run(t.Context(), first)
	if problems := first.Problems(); len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]string{"ConfigMap a"}, s.names(first.Inventory())); diff != "" {
		t.Errorf("owned after (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ConfigMap a"}, s.names(first.Live())); diff != "" {
		t.Errorf("whose health matters (-want +got):\n%s", diff)
	}
	second := s.deliver(owning(first.Inventory()))
	if !second.Plan.Clean() || second.Writes() || len(second.Outcomes) > 0 {
		t.Errorf("the second time: %s, %v", second.Summary(), second.Outcomes)
	}
	if s.pipeline.Tracker.Drifted(second.Live()) {
		t.Error("a hook that has gone counts as drift")
	}
}

// TestAHookThatFailsStaysOwned, so that it is tried again.
func TestAHookThatFailsStaysOwned(t *testing.T) {
	sandboxtest.StartWithNodes(t)
	s := newSite(t)
	s.files(objects(hookJob("hook-failed", "sandbox.fairlead.dev/simulate: failure"), configMap("a")))
	r := s.deliver()
	if diff := cmp.Diff("2 failed", r.Summary()); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Job migrate"}, s.names(r.Inventory())); diff != "" {
		t.Errorf("owned (-want +got):\n%s", diff)
	}
	if again := s.preview(owning(r.Inventory())); !again.Writes() {
		t.Error("it isn't tried again")
	}
}
