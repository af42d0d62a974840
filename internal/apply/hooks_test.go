package apply

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	always    = helmHook + ": 'pre-install,pre-upgrade'"
	last      = helmHook + ": 'post-install,post-upgrade'"
	succeeded = ", " + helmDelete + ": 'before-hook-creation,hook-succeeded'"
)

// release delivers a text like an application does: with the inventory of the last time, as deliver.Report keeps it.
type release struct {
	site
	inventory []manifest.ID
}

// deliver returns what was sent, in order, and what went wrong.
func (r *release) deliver(text string) []string {
	r.Helper()
	plan := r.plan(text, r.owned(shop, PruneOptions{}, r.inventory...))
	outcomes := Run(r.Context(), r.client, plan, Options{})
	failed := map[manifest.ID]bool{}
	for _, o := range outcomes {
		failed[o.ID] = o.Err != nil
	}
	r.inventory = nil
	for _, c := range plan.Changes {
		if !c.IsHook() || (c.Sends() || c.Problem != nil) && (c.Problem != nil || failed[c.ID]) {
			r.inventory = append(r.inventory, c.ID)
		}
	}
	told := r.outcomes(outcomes)
	for i := range told {
		told[i] = jobFailed.ReplaceAllString(told[i], "…")
	}
	for _, p := range plan.Problems() {
		told = append(told, "problem: "+p.ID.Name)
	}
	return told
}

func newRelease(t *testing.T) *release {
	t.Helper()
	sandboxtest.StartWithNodes(t)
	return &release{site: newSite(t)}
}

func (r *release) expect(what, text string, want ...string) {
	r.Helper()
	if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(r.deliver(text), "\n")); diff != "" {
		r.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestHooksFromFirstToLast(t *testing.T) {
	r := newRelease(t)
	text := job("before", always, "") + job("after", last, "") + configMapAfter("a", "")
	r.expect("first", text, "Job before", "ConfigMap a", "Job after")
	first := r.get(r.job("before")).GetUID()
	r.expect("again", text)
	if again := r.plan(text, r.owned(shop, PruneOptions{}, r.inventory...)); !again.Clean() {
		t.Errorf("not clean: %v", r.told(again))
	}
	if len(r.inventory) != 1 {
		t.Errorf("owned are %v", r.inventory)
	}
	changed := text + "data: {x: '1'}\n"
	r.expect("something else has changed", changed, "Job before", "ConfigMap a", "Job after")
	if r.get(r.job("before")).GetUID() == first {
		t.Error("the hook was not made anew")
	}
	r.expect("and settled", changed)
	r.write("kubectl", types.MergePatchType, r.configMap("a"), map[string]any{"data": map[string]any{"x": "2"}})
	r.expect("drift is put back without the hooks, which have run for this content", changed, "ConfigMap a")
	other := strings.Replace(changed, "image: c", "image: d", 1)
	r.expect("a hook alone has changed", other, "Job before")
	r.expect("and settled again", other)
}

func TestHooksOfAnInstallOnly(t *testing.T) {
	r := newRelease(t)
	text := job("install", helmHook+": pre-install", "") + job("upgrade", helmHook+": pre-upgrade", "") + configMapAfter("a", "")
	r.expect("install", text, "Job install", "ConfigMap a")
	r.expect("upgrade", text+"data: {x: '1'}\n", "Job upgrade", "ConfigMap a")
	r.expect("settled", text+"data: {x: '1'}\n")
}

// TestHooksThatGo are deleted once they have succeeded, and not made again until something changes.
func TestHooksThatGo(t *testing.T) {
	r := newRelease(t)
	account := "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner, annotations: {" + helmHook + ": 'pre-install,pre-upgrade,post-install,post-upgrade'" + succeeded + "}}\n"
	text := job("before", always+succeeded, "") + job("after", last+succeeded, "") + account + configMapAfter("a", "")
	r.expect("first", text, "ServiceAccount runner", "Job before", "ConfigMap a", "Job after")
	for _, name := range []string{"before", "after"} {
		sandboxtest.Eventually(t, name+" is gone", func() bool { return r.get(r.job(name)) == nil })
	}
	r.expect("again", text)
	r.expect("changed", text+"data: {x: '1'}\n", "ServiceAccount runner", "Job before", "ConfigMap a", "Job after")
}

func TestAHookThatFails(t *testing.T) {
	r := newRelease(t)
	text := job("migrate", always, "failure") + configMapAfter("a", "") + configMapAfter("b", "")
	failed := []string{
		"Job migrate: … → see why: kubectl logs -n NS job/migrate",
		"ConfigMap a: held back: Job NS/migrate failed: … → see why: kubectl logs -n NS job/migrate",
		"ConfigMap b: held back: Job NS/migrate failed: … → see why: kubectl logs -n NS job/migrate",
	}
	r.expect("first", text, failed...)
	r.expect("tried again", text, failed...)
	if r.get(r.configMap("a")) != nil {
		t.Error("sent although the hook failed")
	}
	r.expect("mended", job("migrate", always, "")+configMapAfter("a", "")+configMapAfter("b", ""), "Job migrate", "ConfigMap a", "ConfigMap b")
}

// TestALaterHookThatFails is tried again although nothing else is left to send, even if its object goes.
func TestALaterHookThatFails(t *testing.T) {
	r := newRelease(t)
	policy := ", " + helmDelete + ": hook-failed"
	bad := job("early", always+succeeded, "") + job("announce", helmHook+": post-install"+policy, "failure") + configMapAfter("a", "")
	good := job("early", always+succeeded, "") + job("announce", helmHook+": post-install"+policy, "") + configMapAfter("a", "")
	const failed = "Job announce: … → see why: kubectl logs -n NS job/announce"
	r.expect("first", bad, "Job early", "ConfigMap a", failed)
	sandboxtest.Eventually(t, "the failed hook is gone", func() bool { return r.get(r.job("announce")) == nil })
	r.expect("tried again, without the hook before that went well", bad, failed)
	sandboxtest.Eventually(t, "the failed hook is gone", func() bool { return r.get(r.job("announce")) == nil })
	r.expect("mended", good, "Job announce")
	r.expect("settled", good)
}

// TestAHookThatIsRefused says so while planning, and holds the rest back.
func TestAHookThatIsRefused(t *testing.T) {
	r := newRelease(t)
	text := strings.Replace(job("migrate", always, ""), "restartPolicy: Never", "restartPolicy: Sometimes", 1) + configMapAfter("a", "")
	plan := r.plan(text)
	var held []string
	for _, p := range plan.Problems() {
		held = append(held, strings.ReplaceAll(p.Err.Error(), r.namespace, "NS"))
	}
	slices.Sort(held)
	if len(held) != 2 || !strings.HasPrefix(held[0], "held back: Job NS/migrate was refused: spec.template.spec.restartPolicy") {
		t.Errorf("%q", held)
	}
	if got := r.run(plan); len(got) > 0 {
		t.Errorf("sent: %v", r.outcomes(got))
	}
}

// TestNothingButHooks are run once, and kept as the proof.
func TestNothingButHooks(t *testing.T) {
	r := newRelease(t)
	text := job("a", always+succeeded, "") + job("b", last+succeeded, "")
	r.expect("first", text, "Job a", "Job b")
	r.expect("again", text)
}

// TestAHookThatIsStillAtIt was left alone by a sync that was interrupted; it is waited for, not begun anew.
func TestAHookThatIsStillAtIt(t *testing.T) {
	r := newRelease(t)
	text := job("slow", always, "slow-start") + configMapAfter("a", "")
	text = strings.Replace(text, "simulate: slow-start", "simulate: slow-start, sandbox.fairlead.dev/delay: 2s", 1)
	plan := r.plan(text, r.owned(shop, PruneOptions{}))
	Run(t.Context(), r.client, plan, Options{Timeout: 1})
	begun := r.get(r.job("slow")).GetUID()
	r.inventory = []manifest.ID{r.job("slow")}
	r.expect("later", text, "Job slow", "ConfigMap a")
	if r.get(r.job("slow")).GetUID() != begun {
		t.Error("it was begun anew")
	}
}
