package controller

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/chatserver"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// newCheckingWorld is a world whose controller may run terraform: the real one, or what sh makes of the text.
func newCheckingWorld(t *testing.T, script string) *world {
	t.Helper()
	if _, err := exec.LookPath("terraform"); err != nil && script == "" {
		t.Skip("terraform is not here")
	}
	if script != "" {
		bin := t.TempDir()
		if err := os.WriteFile(filepath.Join(bin, "terraform"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	}
	w := newWorld(t, gitserver.Options{})
	t.Cleanup(func() { // the next test's controller would look at them, too
		if err := w.api.DeleteAllOf(context.Background(), &v1alpha1.DriftCheck{}, client.InNamespace(w.namespace)); err != nil {
			t.Error(err)
		}
	})
	w.startWith(func(o *Options) { o.DriftCheck = []string{"terraform"} })
	return w
}

func (w *world) startWith(options func(*Options)) {
	w.Helper()
	w.stop()
	w.options = options
	w.start()
}

func (w *world) driftCheck(name, path string, edits ...func(*v1alpha1.DriftCheck)) types.NamespacedName {
	w.Helper()
	one := &v1alpha1.DriftCheck{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
	one.Spec.Source.Git = v1alpha1.GitSource{URL: w.url, Path: path}
	one.Spec.Terraform = &v1alpha1.TerraformCheck{}
	for _, edit := range edits {
		edit(one)
	}
	if err := w.api.Create(w.Context(), one); err != nil {
		w.Fatal(err)
	}
	return client.ObjectKeyFromObject(one)
}

func (w *world) getCheck(key types.NamespacedName) *v1alpha1.DriftCheck {
	w.Helper()
	one := &v1alpha1.DriftCheck{}
	if err := w.api.Get(w.Context(), key, one); err != nil && !apierrors.IsNotFound(err) {
		w.Fatal(err)
	}
	return one
}

// untilCheck waits until a condition has the reason and says something.
func (w *world) untilCheck(key types.NamespacedName, condition, reason, text string) *v1alpha1.DriftCheck {
	w.Helper()
	var one *v1alpha1.DriftCheck
	w.eventually(fmt.Sprintf("%s: %s is %s: %s", key.Name, condition, reason, text), func() bool {
		one = w.getCheck(key)
		c := meta.FindStatusCondition(one.Status.Conditions, condition)
		return c != nil && c.Reason == reason && strings.Contains(c.Message, text)
	}, func() string { return fmt.Sprintf("%+v", one.Status) })
	return one
}

func (w *world) untilRevision(key types.NamespacedName, hash string) {
	w.Helper()
	w.eventually(key.Name+" is compared with "+hash, func() bool { return w.getCheck(key).Status.Revision == hash }, func() string { return fmt.Sprintf("%+v", w.getCheck(key).Status) })
}

func (w *world) requestCheck(key types.NamespacedName, value string) {
	w.Helper()
	one := w.getCheck(key)
	before := one.DeepCopy()
	one.Annotations = map[string]string{v1alpha1.CheckRequestAnnotation: value}
	if err := w.api.Patch(w.Context(), one, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

func (w *world) chat() *chatserver.Slack {
	w.Helper()
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken})
	w.notifier("chat", slackSink(url))
	return slack
}

// stack is a root module whose state is outside of git.
func stack(state, input string) map[string]string {
	return map[string]string{"network/main.tf": fmt.Sprintf("terraform {\n backend \"local\" { path = %q }\n}\nresource \"terraform_data\" \"a\" { input = %q }\n", state, input)}
}

// apply is what a person does.
func applyStack(t *testing.T, texts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(texts["network/main.tf"]), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}} {
		cmd := exec.Command("terraform", append(args, "-input=false")...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CHECKPOINT_DISABLE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("terraform %v: %v\n%s", args, err, out)
		}
	}
}

func TestDriftOfTerraformIsTold(t *testing.T) {
	w := newCheckingWorld(t, "")
	slack, state := w.chat(), filepath.Join(t.TempDir(), "network.tfstate")
	applyStack(t, stack(state, "value-one"))
	first := w.commit("one", stack(state, "value-one"))
	key := w.driftCheck("network", "network")
	one := w.untilCheck(key, "Drifted", "InStep", "all is as git has it")
	if s := one.Status; s.Revision != first || s.LastCheckedAt == nil || s.NextCheckAt.Sub(s.LastCheckedAt.Time) != time.Hour {
		t.Errorf("status is %+v", s)
	}

	second := w.commit("two", stack(state, "value-two")) // and nobody applies it
	one = w.untilCheck(key, "Drifted", "Drifted", "1 resource is not as git has it: terraform_data.a would be updated")
	if s := one.Status; len(s.Resources) != 1 || s.Resources[0] != (v1alpha1.DriftedResource{Name: "terraform_data.a", Action: "would be updated"}) || s.Revision != second || s.DriftedSince == nil {
		t.Errorf("status is %+v", s)
	}
	said := w.untilPosted(slack, 1, "1 resource of network is not as git has it")
	for _, want := range []string{"terraform_data.a would be updated", key.String(), "apply what git has in network"} {
		if !strings.Contains(said[0].Whole, want) {
			t.Errorf("%q is not in %s", want, said[0].Whole)
		}
	}
	if told := fmt.Sprintf("%+v %+v", said, one.Status); strings.Contains(told, "value-") {
		t.Errorf("a value is told: %s", told)
	}
	if n := gaugeOf(t, checkResources.WithLabelValues(key.Namespace, key.Name)); n != 1 {
		t.Errorf("the gauge is %v", n)
	}

	w.startWith(w.options)
	w.requestCheck(key, "again")
	w.eventually("checked again", func() bool { return w.getCheck(key).Status.HandledRequest == "again" }, func() string { return fmt.Sprint(slack.Messages()) })
	if n := len(slack.Messages()); n != 1 {
		t.Errorf("after a restart %d messages: %+v", n, slack.Messages())
	}

	applyStack(t, stack(state, "value-two"))
	w.requestCheck(key, "once more")
	w.untilCheck(key, "Drifted", "InStep", "")
	w.eventually("over, and said in the thread", func() bool {
		said = slack.Messages()
		return len(said) == 2 && strings.Contains(said[0].Text, "Recovered") && said[1].ThreadTS == said[0].TS
	}, func() string { return fmt.Sprintf("%+v", said) })
}

func gaugeOf(t *testing.T, m prometheus.Metric) float64 {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.GetGauge().GetValue()
}

// Nobody knows after a failure: what was known stays, and the third is told.
func TestAFailingDriftCheckIsTold(t *testing.T) {
	w := newCheckingWorld(t, `[ $1 = init ] && exit; cat verdict; exit $(cat code)`)
	slack := w.chat()
	verdict := func(text, code string) map[string]string {
		return map[string]string{"network/verdict": text, "network/code": code}
	}
	w.commit("drifted", verdict(`{"type":"planned_change","change":{"resource":{"addr":"a.b"},"action":"delete"}}`, "2"))
	w.secret("env", map[string]string{"PASSWORD": "hunter22"})
	key := w.driftCheck("network", "network", func(d *v1alpha1.DriftCheck) {
		d.Spec.Environment = &v1alpha1.CheckEnvironment{SecretRef: v1alpha1.SecretRef{Name: "env"}}
	})
	w.untilPosted(slack, 1, "1 resource of network is not as git has it")
	w.commit("broken", verdict(`{"type":"diagnostic","diagnostic":{"severity":"error","summary":"no such thing as hunter22","range":{"filename":"main.tf","start":{"line":7}}}}`, "1"))
	one := w.untilCheck(key, "Ready", "CheckFailed", "terraform plan: network/main.tf:7: no such thing as ***")
	if s := one.Status; s.Failures != 1 || s.NextCheckAt == nil || time.Until(s.NextCheckAt.Time) > firstCheckRetry {
		t.Errorf("status is %+v", s)
	}
	for i := range 2 {
		if said := slack.Messages(); said[0].Edits > 0 {
			t.Errorf("told after %d failures: %+v", i+1, said)
		}
		w.requestCheck(key, fmt.Sprint(i))
		w.eventually("tried again", func() bool { return w.getCheck(key).Status.Failures == int32(i+2) }, func() string { return fmt.Sprintf("%+v", w.getCheck(key).Status) })
	}
	var said []chatserver.SlackMessage
	w.eventually("told with what is known", func() bool {
		said = slack.Messages()
		return len(said) == 1 && strings.Contains(said[0].Text, "2 incidents") && strings.Contains(said[0].Whole, "the drift check network fails: nobody knows whether something has drifted")
	}, func() string { return fmt.Sprintf("%+v", said) })
	one = w.untilCheck(key, "Drifted", "Drifted", "a.b would be deleted")
	if len(one.Status.Resources) != 1 || strings.Contains(said[0].Text, "Recovered") {
		t.Errorf("what was known is gone: %+v, %+v", one.Status, said)
	}
	w.commit("mended", verdict("", "0"))
	w.untilCheck(key, "Ready", "Checked", "")
	w.eventually("both are over", func() bool {
		said = slack.Messages()
		return strings.Contains(said[0].Text, "Recovered")
	}, func() string { return fmt.Sprintf("%+v", said) })
	if strings.Contains(fmt.Sprintf("%+v %+v", said, one.Status), "hunter22") {
		t.Errorf("a secret is told: %+v", said)
	}
}

// What nobody who counts has signed is not run.
func TestOnlySignedCommitsAreRun(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not here")
	}
	runs := filepath.Join(t.TempDir(), "runs")
	w := newCheckingWorld(t, `[ $1 = init ] || cat main.tf >> `+runs)
	ada := w.signer("ada")
	w.secret("signers", map[string]string{"allowed_signers": ada.allowed})
	w.commit("one", map[string]string{"network/main.tf": "bad"})
	key := w.driftCheck("network", "network", func(d *v1alpha1.DriftCheck) {
		d.Spec.Source.Git.Verify = &v1alpha1.Verification{SecretRef: v1alpha1.SecretRef{Name: "signers"}}
	})
	w.untilCheck(key, "Ready", "FetchFailed", "it is not signed")
	if text, err := os.ReadFile(runs); err == nil {
		t.Errorf("an unsigned commit was run: %s", text)
	}
	w.untilRevision(key, ada.sign("one, signed"))
	unsigned := w.commit("two", map[string]string{"network/main.tf": "worse"})
	w.untilCheck(key, "Ready", "FetchFailed", unsigned[:8])
	ada.run("git", "update-ref", "refs/heads/main", "main^") // as if it had never been
	w.controller.Pushed(w.url)
	w.untilCheck(key, "Ready", "Checked", "")
	if text, err := os.ReadFile(runs); err != nil || string(text) != "badbad" {
		t.Errorf("was run: %s %v", text, err)
	}
}

func TestWhatADriftCheckLacks(t *testing.T) {
	w := newCheckingWorld(t, "exit 0")
	w.commit("one", map[string]string{"network/main.tf": "x"})
	env := func(name string) func(*v1alpha1.DriftCheck) {
		return func(d *v1alpha1.DriftCheck) {
			d.Spec.Environment = &v1alpha1.CheckEnvironment{SecretRef: v1alpha1.SecretRef{Name: name}}
		}
	}
	w.secret("preload", map[string]string{"LD_PRELOAD": "x"})
	w.untilCheck(w.driftCheck("no-directory", "elsewhere"), "Ready", "CheckFailed", "there is no directory elsewhere in the revision → see spec.source.git.path")
	w.untilCheck(w.driftCheck("no-secret", "network", env("nobody")), "Ready", "CheckFailed", "/nobody does not exist → create it: kubectl -n")
	w.untilCheck(w.driftCheck("bad-secret", "network", env("preload")), "Ready", "CheckFailed", "environment: LD_PRELOAD is not for a Secret to set")
	w.untilCheck(w.driftCheck("no-repository", "network", func(d *v1alpha1.DriftCheck) {
		d.Spec.Source.Git.URL = strings.TrimSuffix(w.url, "config.git") + "gone.git"
	}), "Ready", "FetchFailed", "")
	w.untilCheck(w.driftCheck("unsigned", "network", func(d *v1alpha1.DriftCheck) {
		d.Spec.Source.Git.Verify = &v1alpha1.Verification{SecretRef: v1alpha1.SecretRef{Name: "signers"}}
	}), "Ready", "FetchFailed", "the keys to verify with does not exist")
	w.untilCheck(w.driftCheck("ansible", "network", func(d *v1alpha1.DriftCheck) {
		d.Spec.Terraform, d.Spec.Ansible = nil, &v1alpha1.AnsibleCheck{Playbook: "site.yml", Inventory: "hosts"}
	}), "Ready", "NotAllowed", "ansible-playbook: this controller may not run it → start it with --drift-check ansible-playbook")
	suspended := w.driftCheck("suspended", "network", func(d *v1alpha1.DriftCheck) { d.Spec.Suspend = true })
	w.untilCheck(suspended, "Ready", "Suspended", "")
	one := w.getCheck(suspended)
	one.Spec.Suspend = false
	if err := w.api.Update(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	w.untilCheck(suspended, "Ready", "Checked", "")
}

// A push has those checked whose directory it changes.
func TestAPushBringsACheck(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	w := newCheckingWorld(t, `[ $1 = init ] || echo "$PWD" >> `+runs)
	w.commit("one", map[string]string{"network/main.tf": "1", "dns/main.tf": "1"})
	network, dns := w.driftCheck("network", "network"), w.driftCheck("dns", "dns/")
	w.untilCheck(network, "Drifted", "InStep", "")
	w.untilCheck(dns, "Drifted", "InStep", "")
	hash := w.commit("two", map[string]string{"dns/main.tf": "2"})
	w.untilRevision(dns, hash)
	hash = w.commit("three", map[string]string{"network/main.tf": "3"})
	w.untilRevision(network, hash)
	text, err := os.ReadFile(runs)
	if n := strings.Count(string(text), "/network\n"); n != 2 || err != nil {
		t.Errorf("network was looked at %d times: %s", n, text)
	}
}

// A controller that ends in the middle of a check takes the program along, and no failure is noted.
func TestAControllerThatEndsInTheMiddleOfACheck(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	w := newCheckingWorld(t, `[ -e `+started+` ] || { echo $$ > `+started+`; exec sleep 1000; }`)
	w.commit("one", map[string]string{"network/main.tf": "1"})
	key := w.driftCheck("network", "network")
	var pid string
	w.eventually("it runs", func() bool {
		text, _ := os.ReadFile(started)
		pid = strings.TrimSpace(string(text))
		return pid != ""
	}, func() string { return fmt.Sprintf("%+v", w.getCheck(key).Status) })
	w.stop()
	if _, err := os.Stat("/proc/" + pid + "/exe"); err == nil {
		t.Error("the program outlives the controller")
	}
	if s := w.getCheck(key).Status; s.Failures != 0 {
		t.Errorf("status is %+v", s)
	}
	w.start()
	w.untilCheck(key, "Drifted", "InStep", "")
}

// A person who edits what is being checked needn't wait for it.
func TestAnEditEndsACheck(t *testing.T) {
	w := newCheckingWorld(t, `[ -e fine ] || exec sleep 1000`)
	w.commit("one", map[string]string{"bad/main.tf": "1", "good/fine": "1"})
	key := w.driftCheck("network", "bad")
	waiting := w.driftCheck("waiting", "good")
	w.eventually("it runs", func() bool {
		running, _ := filepath.Glob(filepath.Join(w.mirrors, "outside", "check-*", "tree", "bad", "main.tf"))
		return len(running) > 0
	}, func() string { return fmt.Sprintf("%+v", w.getCheck(key).Status) })
	one := w.getCheck(key)
	one.Spec.Source.Git.Path = "good"
	if err := w.api.Update(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	w.untilCheck(key, "Drifted", "InStep", "")
	w.untilCheck(waiting, "Drifted", "InStep", "")
}

// One controller checks and has no chat's token; the other tells, and leaves what the first one writes alone.
func TestAControllerForDriftChecksAlone(t *testing.T) {
	w := newCheckingWorld(t, `[ $1 = init ] && exit; echo '{"type":"planned_change","change":{"resource":{"addr":"a.b"},"action":"delete"}}'; exit 2`)
	slack := w.chat()
	w.startWith(nil)
	w.commit("one", map[string]string{"network/main.tf": "1", "app/a.yaml": configMap("a", "1")})
	w.secret("network-reader", map[string]string{"LOGIN": "hunter22"})
	key := w.driftCheck("network", "network", func(d *v1alpha1.DriftCheck) {
		d.Spec.Environment = &v1alpha1.CheckEnvironment{SecretRef: v1alpha1.SecretRef{Name: "network-reader"}}
	})
	w.untilCheck(key, "Ready", "NotAllowed", "start it with --drift-check terraform")

	only, err := New(Options{
		Config: w.rightsOfTheExample(), Log: slog.New(slog.DiscardHandler), MirrorDir: t.TempDir(), OwnNamespace: w.namespace,
		DriftCheck: []string{"terraform"}, OnlyDriftChecks: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- only.Run(ctx) }()
	if !only.Ready(ctx) {
		t.Error("it is not ready")
	}
	w.untilCheck(key, "Drifted", "Drifted", "a.b would be deleted")
	w.untilCheck(key, "Ready", "Checked", "")
	w.untilPosted(slack, 1, "1 resource of network is not as git has it")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := w.api.Delete(t.Context(), w.getCheck(key)); err != nil {
		t.Fatal(err)
	}
	w.eventually("over", func() bool { return strings.Contains(slack.Messages()[0].Text, "Recovered") }, func() string { return fmt.Sprintf("%+v", slack.Messages()) })
}

// rightsOfTheExample are those that examples/driftcheck/controller gives, here in the test's namespace.
func (w *world) rightsOfTheExample() *rest.Config {
	w.Helper()
	const file = "../../examples/driftcheck/controller/rights.yaml"
	text, err := os.ReadFile(file)
	if err != nil {
		w.Fatal(err)
	}
	here := strings.NewReplacer("namespace: fairlead\n", "namespace: "+w.namespace+"\n", "namespace: infra\n", "namespace: "+w.namespace+"\n", "name: fairlead-drift-checks\n", "name: checks-"+w.namespace+"\n")
	set := manifest.Read(file, []byte(here.Replace(string(text))))
	if len(set.Objects) != 5 || len(set.Problems) > 0 {
		w.Fatal(set.Objects, set.Problems)
	}
	for _, o := range set.Objects {
		if err := w.api.Create(w.Context(), &o.Unstructured); err != nil {
			w.Fatal(err)
		}
	}
	config := rest.CopyConfig(sandboxtest.Start(w.T))
	config.Impersonate.UserName = "system:serviceaccount:" + w.namespace + ":checks-" + w.namespace
	return config
}

// The examples are what the API server takes, and it refuses what can't be meant.
func TestExamplesOfDriftChecks(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	files, err := filepath.Glob("../../examples/driftcheck/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	create := func(one *v1alpha1.DriftCheck) error {
		one.Namespace = w.namespace
		return w.api.Create(t.Context(), one, client.DryRunAll)
	}
	example := &v1alpha1.DriftCheck{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		one := &v1alpha1.DriftCheck{}
		if err := yaml.UnmarshalStrict(text, one); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := create(one.DeepCopy()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if one.Spec.Terraform != nil {
			example = one
		}
	}
	for want, edit := range map[string]func(*v1alpha1.DriftCheckSpec){
		"set exactly one of terraform and ansible": func(s *v1alpha1.DriftCheckSpec) {
			s.Ansible = &v1alpha1.AnsibleCheck{Playbook: "a", Inventory: "b"}
		},
		"exactly one of terraform and ansible": func(s *v1alpha1.DriftCheckSpec) { s.Terraform = nil },
		"the interval is 1m at least":          func(s *v1alpha1.DriftCheckSpec) { s.Interval = &metav1.Duration{Duration: 59 * time.Second} },
		"the timeout is between 1s and 1h":     func(s *v1alpha1.DriftCheckSpec) { s.Timeout = &metav1.Duration{Duration: 2 * time.Hour} },
		"spec.terraform.program":               func(s *v1alpha1.DriftCheckSpec) { s.Terraform.Program = "bash" },
		"spec.terraform.workspace":             func(s *v1alpha1.DriftCheckSpec) { s.Terraform.Workspace = "-x y" },
	} {
		one := example.DeepCopy()
		edit(&one.Spec)
		if err := create(one); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A cluster whose definitions are of before there were DriftChecks is delivered to as ever.
func TestWithoutTheKindNothingIsCheckedOutside(t *testing.T) {
	manager, err := ctrl.NewManager(sandboxtest.Start(t), ctrl.Options{
		Scheme: Scheme(), Metrics: server.Options{BindAddress: "0"},
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return meta.NewDefaultRESTMapper(nil), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	t.Setenv("PATH", t.TempDir())
	if err := os.WriteFile(filepath.Join(os.Getenv("PATH"), "tofu"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := newDriftChecks(manager, nil, &notify.Hub{}, Options{Log: slog.New(slog.NewTextHandler(&log, nil)), MirrorDir: t.TempDir(), DriftCheck: []string{"tofu"}})
	if err != nil || !strings.Contains(log.String(), "has no kind DriftCheck") {
		t.Errorf("%v, and told: %s", err, &log)
	}
	ctx, end := context.WithCancel(t.Context())
	go func() {
		<-manager.Elected()
		if n := d.pushed("https://git.example.com/x"); n != 0 {
			t.Errorf("%d were woken", n)
		}
		end()
	}()
	if err := manager.Start(ctx); err != nil {
		t.Error(err)
	}
}
