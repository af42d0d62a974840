package apply

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

const password = "s3cr3t-p4ssw0rd"

var encoded = base64.StdEncoding.EncodeToString([]byte(password))

// mustHide demands that a plan and its outcomes hold no secret where a printer could find it.
func mustHide(t *testing.T, plan *Plan, outcomes []Outcome, secrets ...string) {
	t.Helper()
	said := []string{}
	say := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, string(text))
	}
	say(plan.Changes)
	say(plan.Guard)
	say(outcomes)
	for _, c := range plan.Changes {
		for _, f := range c.Fields {
			said = append(said, fmt.Sprintf("%+v", f))
		}
		said = append(said, c.Reason, fmt.Sprint(c.Takes))
		if c.Problem != nil {
			said = append(said, fmt.Sprintf("%v %+v %s", c.Problem, c.Problem, hint.Of(c.Problem)))
		}
	}
	for _, p := range plan.Problems() {
		said = append(said, p.Error())
	}
	for _, o := range outcomes {
		if o.Err != nil {
			said = append(said, o.Err.Error(), hint.Of(o.Err))
		}
	}
	for _, text := range said {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("the secret shows in: %s", text)
			}
		}
	}
}

func secret(name, rest string) string {
	return "apiVersion: v1\nkind: Secret\nmetadata:\n  name: " + name + "\n" + rest
}

func TestASecretsLife(t *testing.T) {
	s := newSite(t)
	data := func() any {
		return s.get(manifest.ID{Kind: "Secret", Namespace: s.namespace, Name: "a"}).Object["data"]
	}
	for _, step := range []struct {
		what, text string
		fields     []cluster.FieldChange
		data       map[string]any
	}{
		{"created", "stringData: {password: " + password + ", user: administrator}", nil,
			map[string]any{"password": encoded, "user": "YWRtaW5pc3RyYXRvcg=="}},
		{"a value changed", "stringData: {password: " + password + "2, user: administrator}",
			[]cluster.FieldChange{{Path: "data.password", From: "***", To: "*** (changed)", Field: []string{"data", "password"}}},
			map[string]any{"password": base64.StdEncoding.EncodeToString([]byte(password + "2")), "user": "YWRtaW5pc3RyYXRvcg=="}},
		{"a key removed from stringData", "stringData: {user: administrator}",
			[]cluster.FieldChange{{Path: "data.password", From: "***", Field: []string{"data", "password"}}},
			map[string]any{"user": "YWRtaW5pc3RyYXRvcg=="}},
		{"the same by data", "data: {user: YWRtaW5pc3RyYXRvcg==}", nil,
			map[string]any{"user": "YWRtaW5pc3RyYXRvcg=="}},
		{"a key in both, where stringData wins", "data: {user: aWdub3JlZA==, password: " + encoded + "}\nstringData: {user: administrator}",
			[]cluster.FieldChange{{Path: "data.password", To: "***", Field: []string{"data", "password"}}},
			map[string]any{"password": encoded, "user": "YWRtaW5pc3RyYXRvcg=="}},
		{"all of it gone", "",
			[]cluster.FieldChange{{Path: "data", From: map[string]any{"password": "***", "user": "***"}, Field: []string{"data"}}}, nil},
	} {
		plan := s.plan(secret("a", step.text))
		if diff := cmp.Diff(step.fields, plan.Changes[0].Fields); diff != "" {
			t.Errorf("%s: fields (-want +got):\n%s", step.what, diff)
		}
		outcomes := s.run(plan)
		mustHide(t, plan, outcomes, password, encoded, "administrator", "YWRtaW5pc3RyYXRvcg")
		want := any(step.data)
		if step.data == nil {
			want = nil
		}
		if diff := cmp.Diff(want, data()); diff != "" {
			t.Errorf("%s: data (-want +got):\n%s", step.what, diff)
		}
		if again := s.plan(secret("a", step.text)); !again.Clean() || again.Changes[0].Sends() {
			t.Errorf("%s: not settled: %v", step.what, s.told(again))
		}
	}
}

func TestSecretsThatAreWrong(t *testing.T) {
	s := newSite(t)
	for name, tt := range map[string]struct{ text, want string }{
		"plain text in data": {"data: {other: b2s=, password: " + password + "!}",
			"5: data.password: not base64 → move it to stringData, which takes plain text"},
		"data that is a text":     {"data: " + password, "5: data: expected map, got a string → write the value as the schema wants it: kubectl explain secret.data"},
		"data that is a list":     {"data: [" + password + "]", "5: data: expected map, got a list → write the value as the schema wants it: kubectl explain secret.data"},
		"a mapping for a value":   {"data:\n  password: {is: " + password + "}", "6: data.password: expected string, got a mapping → write the value as the schema wants it: kubectl explain secret.data.password"},
		"a short number":          {"data:\n  pin: 777", "6: data.pin: expected string, got a number → put the value in quotes"},
		"a number in stringData":  {"stringData:\n  password: " + password + "\n  pin: 777", "7: stringData.pin: expected string, got a number → put the value in quotes"},
		"a list in stringData":    {"stringData:\n  password: [" + password + "]", "6: stringData.password: expected string, got a list → write the value as the schema wants it: kubectl explain secret.stringData.password"},
		"stringData that is text": {"stringData: " + password, "5: stringData: expected map, got a string → write the value as the schema wants it: kubectl explain secret.stringData"},
		"a type that wants JSON": {"type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: " + password + "}",
			`1: data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 's' looking for beginning of value → correct the value`},
		"a type that wants another key": {"type: kubernetes.io/tls\nstringData: {password: " + password + "}",
			"1: data[tls.crt]: Required value; data[tls.key]: Required value → correct the value"},
		"a field that isn't one": {"dta: {password: " + password + "}", "5: Secret has no field dta → check its spelling and indentation: kubectl explain secret"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T = t
			plan := s.plan(secret("a", tt.text))
			mustHide(t, plan, s.run(plan), password, encoded, "777")
			if diff := cmp.Diff([]string{tt.want}, s.problems(plan.Problems())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestASecretRefusedWhileItIsSent has its namespace in the same sync, so that only the sync itself can tell.
func TestASecretRefusedWhileItIsSent(t *testing.T) {
	s := newSite(t)
	plan := s.plan("apiVersion: v1\nkind: Namespace\nmetadata: {name: NS-new}\n---\n" +
		secret("a", "  namespace: NS-new\ndata: {password: "+password+"!}"))
	t.Cleanup(func() { s.remove(manifest.ID{Kind: "Namespace", Name: s.namespace + "-new"}) })
	if len(plan.Problems()) > 0 {
		t.Fatalf("known beforehand: %v", plan.Problems())
	}
	outcomes := s.run(plan)
	mustHide(t, plan, outcomes, password)
	if err := outcomes[1].Err; err == nil || err.Error() != "data.password: not base64" || outcomes[1].Origin.Line != 10 {
		t.Errorf("%s: %v", outcomes[1].Origin, err)
	}
}

func TestAnImmutableSecret(t *testing.T) {
	s := newSite(t)
	s.sync(secret("a", "immutable: true\nstringData: {password: "+password+"}"))
	plan := s.plan(secret("a", "immutable: true\nstringData: {password: "+password+"2}"))
	want := []string{"1: data: can't be changed on an existing object → give the object another name, or have it deleted and made anew: annotate it fairlead.dev/replace: \"true\", sync with --approve-replace, or kubectl delete secret -n NS a"}
	if diff := cmp.Diff(want, s.problems(plan.Problems())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestScrub(t *testing.T) {
	for name, tt := range map[string]struct{ data, text, want string }{
		"plain and encoded":       {"data: {a: " + encoded + "}", "got " + password + " or " + encoded, "got *** or ***"},
		"one that begins another": {"stringData: {a: abcdef, b: abcdefgh, c: abcd}", "got abcdefgh", "got ***"},
		"each line of one":        {"stringData: {a: \"first-line\\nsecond-line\"}", "second-line is wrong", "*** is wrong"},
		"quoted":                  {`stringData: {a: '{"auth":"x"}'}`, `Invalid value: "{\"auth\":\"x\"}"`, `Invalid value: "***"`},
		"inside of a mistake":     {"data: {a: {b: [abcdef]}}", "got abcdef", "got ***"},
		"a whole text":            {"data: abcdef", "got abcdef", "got ***"},
		"the short ones stay: they are everywhere": {"stringData: {a: is}", "this is wrong", "this is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			o := manifest.Read("s.yaml", []byte(secret("a", tt.data))).Objects[0]
			if got := scrub(o, tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	config := manifest.Read("c.yaml", []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: abcdef}\n")).Objects[0]
	if got := scrub(config, "got abcdef"); got != "got abcdef" {
		t.Errorf("of a ConfigMap: %q", got)
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("password", "it is password, or", "cGFzc3dvcmQ=")
	f.Add("a\nb-longer\n", "b-longer", "x")
	f.Fuzz(func(t *testing.T, value, around, other string) {
		o := &manifest.Object{}
		o.Object = map[string]any{"apiVersion": "v1", "kind": "Secret", "stringData": map[string]any{"a": value, "b": other}}
		if len(value) <= 3 || strings.Contains(around, "*") {
			t.Skip()
		}
		for _, spelling := range []string{value, fmt.Sprintf("%q", value)} {
			if got := scrub(o, around+" "+spelling); strings.Contains(strings.ReplaceAll(got, cluster.Masked, ""), value) {
				t.Errorf("left in %q", got)
			}
		}
	})
}
