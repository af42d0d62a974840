package apply

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// job is the text of one whose pod ends at once, as trouble says (see docs/sandbox.md).
func job(name, annotations, trouble string) string {
	simulate := ""
	if trouble != "" {
		simulate = "metadata: {annotations: {sandbox.fairlead.dev/simulate: " + trouble + "}}, "
	}
	return "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: " + name + ", annotations: {" + annotations + "}}\n" +
		"spec: {backoffLimit: 0, template: {" + simulate + "spec: {restartPolicy: Never, containers: [{name: c, image: c}]}}}\n"
}

func configMapAfter(name, annotations string) string {
	return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", annotations: {" + annotations + "}}\n"
}

// outcomes are told as "Job a", with the error behind a colon, if any, and the next step behind an arrow.
func (s site) outcomes(all []Outcome) []string {
	var told []string
	for _, o := range all {
		text := o.ID.Kind + " " + o.ID.Name
		if o.Err != nil {
			text += ": " + o.Err.Error() + " → " + hint.Of(o.Err)
		}
		told = append(told, strings.ReplaceAll(text, s.namespace, "NS"))
	}
	return told
}

var jobFailed = regexp.MustCompile(`(FailureTarget is True \()?BackoffLimitExceeded[^→]*limit`)

func TestAnnotationsThatAreWrong(t *testing.T) {
	s := newSite(t)
	for name, tt := range map[string]struct{ text, want string }{
		"no such object": {configMapAfter("a", AfterAnnotation+": Job/gone"),
			"3: fairlead.dev/after: Job/gone is not in this set → " + writeNames},
		"no kind": {configMapAfter("a", AfterAnnotation+": gone"),
			`3: fairlead.dev/after: "gone" is not KIND/NAME → ` + writeNames},
		"an empty name among others": {configMapAfter("a", AfterAnnotation+": 'ConfigMap/b,'") + configMapAfter("b", ""),
			`3: fairlead.dev/after: "" is not KIND/NAME → ` + writeNames},
		"itself": {configMapAfter("a", AfterAnnotation+": ConfigMap/a"),
			"3: fairlead.dev/after: ConfigMap/a is the object itself → name another object, or remove the annotation"},
		"a circle": {configMapAfter("a", AfterAnnotation+": ConfigMap/b") + configMapAfter("b", AfterAnnotation+": ConfigMap/a") + configMapAfter("c", AfterAnnotation+": ConfigMap/a"),
			"3: fairlead.dev/after: waits for what waits for it: ConfigMap NS/b → remove one of the names\n" +
				"7: fairlead.dev/after: waits for what waits for it: ConfigMap NS/a → remove one of the names\n" +
				"9: held back: ConfigMap NS/a was refused: fairlead.dev/after: waits for what waits for it: ConfigMap NS/b → remove one of the names"},
		"a namespace after what is in it": {"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: NS, annotations: {" + AfterAnnotation + ": NS/ConfigMap/a}}\n" + configMapAfter("a", ""),
			"3: fairlead.dev/after: waits for what waits for it: ConfigMap NS/a → remove one of the names"},
		"in another namespace": {configMapAfter("a", AfterAnnotation+": ConfigMap/b") + strings.Replace(configMapAfter("b", ""), "name: b", "name: b, namespace: default", 1),
			"3: fairlead.dev/after: ConfigMap/b is not in this set's namespace NS → add the namespace: default/ConfigMap/b"},
		"a hook": {configMapAfter("a", AfterAnnotation+": Job/b") + job("b", helmHook+": pre-install", ""),
			"3: fairlead.dev/after: Job NS/b is a hook → remove the name: hooks have their own place before or after the rest"},
		"a wave that is no number": {configMapAfter("a", waveAnnotation+": first"),
			`3: argocd.argoproj.io/sync-wave: "first" is not a whole number → write a number in quotes, such as "-1"`},
	} {
		t.Run(name, func(t *testing.T) {
			text := s.text(tt.text)[len("---\n"):]
			if strings.HasPrefix(name, "a namespace") {
				text = "\n" + text
			}
			plan := s.plan(text)
			if diff := cmp.Diff(tt.want, strings.Join(s.problems(plan.Problems()), "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAfterAJob(t *testing.T) {
	sandboxtest.StartWithNodes(t)
	s := newSite(t)
	text := job("migrate", "", "") + configMapAfter("a", AfterAnnotation+": Job/migrate")
	plan := s.plan(text)
	var complete bool
	outcomes := Run(t.Context(), s.client, plan, Options{Progress: func(o Outcome) {
		if o.ID.Name == "a" {
			done, _, _ := hookEnd(s.client, s.get(s.job("migrate")))
			complete = done
		}
	}})
	if diff := cmp.Diff([]string{"Job migrate", "ConfigMap a"}, s.outcomes(outcomes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !complete {
		t.Error("sent before the job was complete")
	}
	if again := s.plan(text); !again.Clean() {
		t.Errorf("not settled: %v", s.told(again))
	}
}

func (s site) job(name string) manifest.ID {
	return manifest.ID{Group: "batch", Kind: "Job", Namespace: s.namespace, Name: name}
}

func TestAfterWhatDoesNotGetHealthy(t *testing.T) {
	sandboxtest.StartWithNodes(t)
	s := newSite(t)
	for name, tt := range map[string]struct {
		text    string
		timeout time.Duration
		want    []string
	}{
		"a job that fails": {job("fails", "", "failure") + configMapAfter("a", AfterAnnotation+": Job/fails") + configMapAfter("b", AfterAnnotation+": ConfigMap/a") + configMapAfter("c", ""), time.Minute,
			[]string{"ConfigMap a: held back: Job NS/fails is degraded: … → mend it: what comes after it follows by itself",
				"ConfigMap b: held back: Job NS/fails is degraded: … → mend it: what comes after it follows by itself",
				"ConfigMap c", "Job fails"}},
		"a pod that never gets ready": {object("Pod", "stuck", "spec: {containers: [{name: c, image: c}], nodeName: nowhere}") + configMapAfter("d", AfterAnnotation+": Pod/stuck"), 300 * time.Millisecond,
			[]string{"ConfigMap d: held back: Pod NS/stuck is not done after 300ms: waits to be ready → see why: kubectl describe -n NS Pod stuck", "Pod stuck"}},
		"a lower wave that fails": {job("wave", "", "failure") + configMapAfter("e", waveAnnotation+": '1'"), time.Minute,
			[]string{"ConfigMap e: held back: Job NS/wave is degraded: … → mend it: what comes after it follows by itself", "Job wave"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.outcomes(Run(t.Context(), s.client, s.plan(tt.text), Options{Timeout: tt.timeout}))
			slices.Sort(got)
			for i := range got { // the reason has one of two wordings, by how soon the job is seen
				got[i] = jobFailed.ReplaceAllString(got[i], "…")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAWaitEndsWithItsContext has nothing that would end it otherwise.
func TestAWaitEndsWithItsContext(t *testing.T) {
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	plan := s.plan(object("Pod", "stuck", "spec: {containers: [{name: c, image: c}], nodeName: nowhere}") + configMapAfter("a", AfterAnnotation+": Pod/stuck"))
	outcomes := Run(ctx, s.client, plan, Options{Progress: func(o Outcome) {
		if o.ID.Kind == "Pod" {
			cancel()
		}
	}})
	if len(outcomes) != 2 || outcomes[0].Err != nil || !errors.Is(outcomes[1].Err, errInterrupted) {
		t.Errorf("%v", s.outcomes(outcomes))
	}
}

// TestNothingIsAskedWithoutNeed: neither for objects that are healthy by being there nor for those nobody waits for.
func TestNothingIsAskedWithoutNeed(t *testing.T) {
	s := newSite(t)
	text := configMapAfter("a", AfterAnnotation+": ConfigMap/b") + configMapAfter("b", "") + configMapAfter("c", waveAnnotation+": '1'") + configMapAfter("d", "fairlead.dev/any: '1'")
	plan := s.plan(text)
	s.writes.reads()
	s.run(plan)
	if reads := s.writes.reads(); reads != 0 {
		t.Errorf("%d reads while sending", reads)
	}
	plan = s.plan(text)
	s.writes.reads()
	if got := s.run(plan); len(got) != 0 || s.writes.reads() != 0 {
		t.Errorf("a plan with nothing to send does something: %v", s.outcomes(got))
	}
}

// TestANamespaceThatIsRefused holds back what is in it, and nothing else.
func TestANamespaceThatIsRefused(t *testing.T) {
	s := newSite(t)
	text := "apiVersion: v1\nkind: Namespace\nmetadata: {name: NS-new, labels: {'not a label': x}}\n" +
		strings.Replace(configMapAfter("in", ""), "name: in", "name: in, namespace: NS-new", 1) + configMapAfter("out", "")
	want := []string{
		`3: metadata.labels: Invalid value: "not a label"`,
		`5: its Namespace NS-new was refused: metadata.labels: Invalid value: "not a label"`,
	}
	var got []string
	plan := s.plan(text)
	for i, p := range s.problems(plan.Problems()) {
		got = append(got, p[:min(len(p), len(want[i]))])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ConfigMap out"}, s.outcomes(s.run(plan))); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}
