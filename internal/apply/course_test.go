package apply

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
)

// changesOf are those of a plan that sends everything.
func changesOf(t testing.TB, text string) []*Change {
	t.Helper()
	set := manifest.Read("app.yaml", []byte(text))
	if len(set.Problems) > 0 {
		t.Fatal(set.Problems)
	}
	set.Sort()
	var changes []*Change
	for _, o := range set.Objects {
		changes = append(changes, &Change{ID: o.ID(), Origin: o.Origin, object: o, send: true, Action: ActionCreate})
	}
	readPlacing(changes)
	for _, c := range changes {
		if c.IsHook() {
			c.placing.hook.stages = []stage{before}
			if c.placing.hook.moments&preInstall == 0 {
				c.placing.hook.stages = []stage{afterwards}
			}
		}
	}
	return changes
}

// object is the text of one that needs no more than this.
func object(kind, name string, rest ...string) string {
	groups := map[string]string{"Deployment": "apps/v1", "Ingress": "networking.k8s.io/v1", "Job": "batch/v1", "Widget": "example.com/v1", "RoleBinding": "rbac.authorization.k8s.io/v1",
		"CustomResourceDefinition": "apiextensions.k8s.io/v1", "ValidatingWebhookConfiguration": "admissionregistration.k8s.io/v1"}
	version, ok := groups[kind]
	if !ok {
		version = "v1"
	}
	return fmt.Sprintf("---\napiVersion: %s\nkind: %s\n%s\n", version, kind, strings.Join(append([]string{"metadata: {name: " + name + "}"}, rest...), "\n"))
}

func annotated(kind, name, annotations string) string {
	return strings.Replace(object(kind, name), "{name: "+name+"}", "{name: "+name+", annotations: {"+annotations+"}}", 1)
}

func TestCourse(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want string
	}{
		"kinds decide where nothing refers": {object("Ingress", "i") + object("Deployment", "d") + object("ConfigMap", "c") + object("Namespace", "ns"), "ns c d i"},
		"a custom resource before the workload that refers to it": {
			object("Deployment", "d", "spec: {fooRef: {kind: Widget, name: w}}") + object("Widget", "w"), "w d"},
		"two that refer to each other":        {object("Widget", "a", "spec: {bRef: {kind: Widget, name: b}}") + object("Widget", "b", "spec: {aRef: {kind: Widget, name: a}}"), "a b"},
		"by the annotation":                   {annotated("ConfigMap", "a", AfterAnnotation+": Job/z") + object("Job", "z"), "z a"},
		"by the annotation, against a circle": {annotated("Service", "a", AfterAnnotation+": Deployment/z") + object("Deployment", "z", "spec: {serviceName: a}"), "z a"},
		"what refuses others comes last":      {object("ValidatingWebhookConfiguration", "a") + object("Widget", "z"), "z a"},
		"waves":                               {annotated("ConfigMap", "c", waveAnnotation+": '1'") + object("Deployment", "d") + annotated("Ingress", "i", waveAnnotation+": '-1'"), "i d c"},
		"hooks by weight, kind and name, and the rest between": {
			annotated("Job", "b", helmHook+": pre-install") + annotated("Job", "a", helmHook+": pre-install, "+helmWeight+": '1'") +
				annotated("ServiceAccount", "z", helmHook+": pre-install") + object("ConfigMap", "m") + annotated("Job", "p", helmHook+": post-install"), "z b a m p"},
		"Argo's hooks": {annotated("Job", "z", argoHook+": PreSync") + object("ConfigMap", "m") + annotated("Job", "a", argoHook+": PostSync"), "z m a"},
		"a hook that the whole release refers to does not come in its order": {
			annotated("Job", "h", helmHook+": post-install") + object("Deployment", "d", "spec: {jobRef: {kind: Job, name: h}}"), "d h"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			c := newCourse(changesOf(t, tt.text))
			for _, i := range c.order {
				if s := c.steps[i]; s.act == sends || s.act == runsHook {
					got = append(got, s.change.ID.Name)
				}
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNamespacesAndKindsOfHooks come before the hooks, though they are no hooks themselves.
func TestNamespacesAndKindsOfHooks(t *testing.T) {
	text := strings.Replace(annotated("Job", "h", helmHook+": pre-install"), "name: h", "name: h, namespace: ns", 1) + object("Namespace", "ns") + object("Namespace", "other")
	changes := changesOf(t, text)
	c := newCourse(changes)
	hook := slices.IndexFunc(c.steps, func(s step) bool { return s.act == runsHook })
	for i, s := range c.steps {
		if s.act != sends {
			continue
		}
		if isBefore := c.place[i] < c.place[hook]; isBefore != (s.change.ID.Name == "ns") {
			t.Errorf("%s before the hook: %t", s.change.ID, isBefore)
		}
	}
}

// large is a set of applications as people have them: five objects each that refer to each other.
func large(applications int) string {
	var text strings.Builder
	for i := range applications {
		name := fmt.Sprintf("app-%04d", i)
		text.WriteString(object("ConfigMap", name) + object("ServiceAccount", name) + object("Service", name, "spec: {selector: {app: "+name+"}, ports: [{port: 80}]}") +
			object("Deployment", name, "spec: {selector: {matchLabels: {app: a}}, template: {spec: {serviceAccountName: "+name+", containers: [{name: c, image: c, envFrom: [{configMapRef: {name: "+name+"}}], resources: {requests: {cpu: 1, memory: 1Gi}}, ports: [{containerPort: 80}]}]}}}") +
			object("Ingress", name, "spec: {rules: [{http: {paths: [{backend: {service: {name: "+name+", port: {number: 80}}}}]}}]}"))
	}
	return text.String()
}

func BenchmarkCourse(b *testing.B) {
	changes := changesOf(b, large(1000))
	b.ReportAllocs()
	for b.Loop() {
		if c := newCourse(changes); len(c.order) < len(changes) {
			b.Fatal("not all")
		}
	}
}
