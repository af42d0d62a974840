package controller

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
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
	"github.com/fairlead-dev/fairlead/internal/notify/sink"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

const slackToken = "xoxb-0123456789-s3cret"

// slack is a workspace with one channel.
func (w *world) slack() (*chatserver.Slack, string) {
	s := &chatserver.Slack{Token: slackToken, Channel: "C0123456789", MayRead: true}
	server := httptest.NewServer(s)
	w.Cleanup(server.Close)
	return s, server.URL + "/api"
}

func (w *world) secret(name string, data map[string]string) {
	w.Helper()
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}, StringData: data}
	if err := w.api.Create(w.Context(), s); err != nil {
		w.Fatal(err)
	}
}

func (w *world) notifier(name string, sink v1alpha1.Sink, edits ...func(*v1alpha1.Notifier)) types.NamespacedName {
	w.Helper()
	n := &v1alpha1.Notifier{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
	n.Spec.Sink = sink
	n.Spec.Filter.Namespaces = []string{w.namespace} // other tests run at the same API server
	for _, edit := range edits {
		edit(n)
	}
	if err := w.api.Create(w.Context(), n); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = w.api.Delete(context.Background(), n) })
	return client.ObjectKeyFromObject(n)
}

func slackSink(url string) v1alpha1.Sink {
	return v1alpha1.Sink{Slack: &v1alpha1.SlackSink{URL: url, Channel: "C0123456789", SecretRef: v1alpha1.SecretRef{Name: "slack"}}}
}

func (w *world) notifierStatus(key types.NamespacedName) (v1alpha1.NotifierStatus, metav1.Condition) {
	w.Helper()
	n := &v1alpha1.Notifier{}
	if err := w.api.Get(w.Context(), key, n); err != nil {
		w.Fatal(err)
	}
	ready := meta.FindStatusCondition(n.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		ready = &metav1.Condition{}
	}
	return n.Status, *ready
}

func (w *world) untilNotifier(key types.NamespacedName, reason, text string) {
	w.Helper()
	var ready metav1.Condition
	w.eventually(fmt.Sprintf("%s is %s: %s", key.Name, reason, text), func() bool {
		_, ready = w.notifierStatus(key)
		return ready.Reason == reason && strings.Contains(ready.Message, text)
	}, func() string { return fmt.Sprintf("%+v", ready) })
}

// untilPosted waits for so many messages of which the last says something.
func (w *world) untilPosted(s *chatserver.Slack, n int, last string) []chatserver.SlackMessage {
	w.Helper()
	var all []chatserver.SlackMessage
	w.eventually(fmt.Sprintf("%d messages, the last %q", n, last), func() bool {
		all = s.Messages()
		return len(all) == n && (n == 0 || strings.Contains(all[n-1].Text+all[n-1].Whole, last))
	}, func() string { return fmt.Sprintf("%+v", all) })
	return all
}

func TestNewsOfAnApplication(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken})
	n := w.notifier("chat", slackSink(url))
	first := w.commit("first", map[string]string{"app/web.yaml": workload("web", "1.0.0", ""), "app/a.yaml": configMap("a", "1")})
	app := w.application("shop", "app", gated(func(*v1alpha1.Practices) {}))
	w.until(app, "delivered", ready(first))
	said := w.untilPosted(slack, 1, "shop delivered "+first[:7])
	if !strings.Contains(said[0].Whole, "Ann Lee") {
		t.Errorf("who it was is not in %s", said[0].Whole)
	}

	w.commit("break it", map[string]string{"app/web.yaml": workload("web", "latest", "")})
	said = w.untilPosted(slack, 2, "the gate holds back what is new of shop")
	for _, want := range []string{"image-pinned", "Ann Lee", "fairlead status " + app.String(), w.namespace + "/shop"} {
		if !strings.Contains(said[1].Whole, want) {
			t.Errorf("%q is not in %s", want, said[1].Whole)
		}
	}

	mended := w.commit("mend it", map[string]string{"app/web.yaml": workload("web", "1.0.1", "")})
	w.until(app, "mended", ready(mended))
	w.eventually("edited, and said in the thread", func() bool {
		said = slack.Messages()
		return len(said) == 4 && strings.Contains(said[1].Text, "Recovered") && said[1].Edits > 0
	}, func() string { return fmt.Sprintf("%+v", said) })
	threads := 0
	for _, m := range said[2:] {
		if m.ThreadTS == said[1].TS && strings.Contains(m.Text, "Recovered") {
			threads++
		}
	}
	if threads != 1 {
		t.Errorf("messages are %+v, want one that says in the thread that it is over", said)
	}
	w.untilNotifier(n, "Ready", "Slack, C0123456789")
}

func TestARestartTellsNothingAgain(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken})
	w.commit("first", map[string]string{"app/web.yaml": workload("web", "latest", "")})
	app := w.application("shop", "app", gated(func(*v1alpha1.Practices) {}))
	w.notifier("chat", slackSink(url))
	w.untilPosted(slack, 1, "the gate holds back")
	w.stop()
	w.start()
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "again")
	w.until(app, "looked at again", func(a *v1alpha1.Application) bool { return a.Status.HandledRequest == "again" })
	mended := w.commit("mend it", map[string]string{"app/web.yaml": workload("web", "1.0.0", "")})
	w.until(app, "mended", ready(mended))
	w.eventually("edited", func() bool { return strings.Contains(slack.Messages()[0].Text, "Recovered") }, func() string { return fmt.Sprint(slack.Messages()) })
	for _, m := range slack.Messages()[1:] {
		if strings.Contains(m.Text, "holds back") && m.ThreadTS == "" {
			t.Errorf("told again: %+v", m)
		}
	}
}

// What is put back is told once it is known where git has it; what is left is one incident, which outlives the controller.
func TestDriftIsTold(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken})
	rev := w.commit("one", map[string]string{"app/a.yaml": configMap("a", "1"), "app/b.yaml": configMap("b", "1")})
	app := w.application("shop", "app", func(a *v1alpha1.Application) {
		a.Spec.Drift.Fields = []v1alpha1.DriftRule{{Kind: "ConfigMap", CEL: `self.metadata.name == "b"`, Policy: v1alpha1.DriftAlert}}
	})
	w.until(app, "delivered", ready(rev))
	w.notifier("chat", slackSink(url), func(n *v1alpha1.Notifier) { n.Spec.Filter.Severity = "warning" })

	w.setByHand("kubectl-edit", "a", "2")
	said := w.untilPosted(slack, 1, "a was changed in the cluster and put back")
	for _, want := range []string{"kubectl-edit", "data.v is 2, in git 1 (app/a.yaml:4, by Ann Lee)", app.String()} {
		if !strings.Contains(said[0].Whole, want) {
			t.Errorf("%q is not in %s", want, said[0].Whole)
		}
	}

	w.setByHand("kubectl-edit", "b", "2")
	w.untilPosted(slack, 2, "1 object of shop is not as git has it")
	w.untilPosted(slack, 2, "(app/b.yaml:4, by Ann Lee)")
	w.stop()
	w.start()
	w.until(app, "tells of it", driftSays("Drifted"))
	w.annotate(app, v1alpha1.SyncRequestAnnotation, "now")
	w.untilConfigMaps("a=1", "b=1")
	w.eventually("over, and said in the thread", func() bool {
		said = slack.Messages()
		return len(said) == 3 && strings.Contains(said[1].Text, "Recovered") && said[2].ThreadTS == said[1].TS
	}, func() string { return fmt.Sprintf("%+v", said) })
}

// A controller is killed when Slack has a message and the record of it isn't written: the next one finds it.
func TestAKillBetweenSendingAndTheRecord(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken})
	w.commit("first", map[string]string{"app/web.yaml": workload("web", "latest", "")})
	w.application("shop", "app", gated(func(*v1alpha1.Practices) {}))
	n := w.notifier("chat", slackSink(url))
	w.untilPosted(slack, 1, "the gate holds back")
	w.untilNotifier(n, "Ready", "")
	w.stop()
	kept := &corev1.ConfigMap{}
	if err := w.api.Get(t.Context(), keptAs(n.String()), kept); err != nil {
		t.Fatal(err)
	}
	kept.Data[stateKey] = beforeTheRecord(t, kept.Data[stateKey])
	if err := w.api.Update(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.eventually("looked for", func() bool { return strings.Contains(fmt.Sprint(slack.Calls()), "conversations.history") }, func() string { return fmt.Sprint(slack.Calls()) })
	w.commit("still broken", map[string]string{"app/web.yaml": "\n" + workload("web", "latest", "")})
	w.eventually("edited", func() bool { return slack.Messages()[0].Edits > 0 }, func() string { return fmt.Sprintf("%+v", slack.Messages()) })
	if said := slack.Messages(); len(said) != 1 {
		t.Errorf("messages are %+v, want one", said)
	}
}

// beforeTheRecord makes of what is kept what was kept when the message was on its way.
func beforeTheRecord(t *testing.T, text string) string {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		t.Fatal(err)
	}
	for _, each := range state["threads"].([]any) {
		thread := each.(map[string]any)
		thread["trying"] = map[string]any{"step": "post", "shown": thread["shown"], "at": thread["began"]}
		for _, key := range []string{"posted", "postedAt", "ref", "shown"} {
			delete(thread, key)
		}
	}
	out, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestABrokenNotifierSaysSoAndHarmsNothing(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	slack, url := w.slack()
	var hooked atomic.Int32
	broken := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		hooked.Add(1)
		http.Error(out, "out of order, "+r.Header.Get("Authorization"), http.StatusInternalServerError)
	}))
	t.Cleanup(broken.Close)
	w.secret("slack", map[string]string{"token": slackToken})
	w.secret("revoked", map[string]string{"token": "xoxb-revoked-s3cret"})
	w.secret("hook", map[string]string{"authorization": "Bearer s3cret-bearer", "key": "0123456789abcdef"})
	w.notifier("good", slackSink(url))
	revoked := slackSink(url)
	revoked.Slack.SecretRef.Name = "revoked"
	missing := slackSink(url)
	missing.Slack.SecretRef.Name = "nowhere"
	hook := v1alpha1.Sink{Webhook: &v1alpha1.WebhookSink{URL: broken.URL + "/in", SecretRef: &v1alpha1.SecretRef{Name: "hook"}}}
	looping := v1alpha1.Sink{Webhook: &v1alpha1.WebhookSink{URL: broken.URL, Template: "{{range 1000000000}}{{end}}"}}
	wrong := v1alpha1.Sink{Webhook: &v1alpha1.WebhookSink{URL: broken.URL, Template: "{{.Title"}}
	zone := func(n *v1alpha1.Notifier) {
		n.Spec.QuietHours = []v1alpha1.QuietHours{{From: "22:00", To: "07:00", TimeZone: "Europe/Atlantis"}}
	}
	all := map[types.NamespacedName][2]string{
		w.notifier("revoked", revoked):             {"Refused", "Slack answers invalid_auth to chat.postMessage → put the bot's token"},
		w.notifier("missing", missing):             {"Refused", "/nowhere does not exist → create it: kubectl"},
		w.notifier("hook", hook):                   {"Failing", "the webhook answers 500 Internal Server Error: out of order, Bearer ***"},
		w.notifier("loop", looping):                {"Refused", "spec.sink.webhook.template: it takes more than 10000 steps"},
		w.notifier("wrong", wrong):                 {"Invalid", "spec.sink.webhook.template: template: template:1: unclosed action"},
		w.notifier("zone", slackSink(url), zone):   {"Invalid", `there is no time zone "Europe/Atlantis"`},
		w.notifier("hushed", slackSink(url), hush): {"Suspended", "spec.suspend"},
	}
	first := w.commit("first", six("1"))
	app := w.application("shop", "app")
	w.until(app, "delivered", ready(first))
	w.untilPosted(slack, 1, "shop delivered")
	for key, want := range all {
		w.untilNotifier(key, want[0], want[1])
		status, _ := w.notifierStatus(key)
		kept := &corev1.ConfigMap{}
		_ = w.api.Get(t.Context(), keptAs(key.String()), kept)
		text, err := json.Marshal([]any{status, kept})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "s3cret") {
			t.Errorf("%s: a secret is in %s", key.Name, text)
		}
	}
	if hooked.Load() == 0 {
		t.Error("nobody has called the webhook")
	}
}

func hush(n *v1alpha1.Notifier) { n.Spec.Suspend = true }

func TestANewTokenIsUsed(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": "xoxb-old"})
	n := w.notifier("chat", slackSink(url))
	first := w.commit("first", six("1"))
	w.until(w.application("shop", "app"), "delivered", ready(first))
	w.untilNotifier(n, "Refused", "invalid_auth")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "slack"}, StringData: map[string]string{"token": slackToken}}
	if err := w.api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	one := &v1alpha1.Notifier{ObjectMeta: metav1.ObjectMeta{Namespace: n.Namespace, Name: n.Name}}
	if err := w.api.Patch(t.Context(), one, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"grouping":{"wait":"100ms"}}}`))); err != nil { // don't wait for the next try
		t.Fatal(err)
	}
	w.untilPosted(slack, 1, "shop delivered")
	w.untilNotifier(n, "Ready", "")
	if status, _ := w.notifierStatus(n); status.LastSentAt == nil || status.Waiting != 0 {
		t.Errorf("status is %+v", status)
	}
}

func TestOutsideItsOwnNamespaceANotifierHearsOfItsOwnAlone(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	slack, url := w.slack()
	team := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace + "-team"}}
	if err := w.api.Create(t.Context(), team); err != nil {
		t.Fatal(err)
	}
	own := w.namespace
	w.namespace = team.Name
	w.secret("slack", map[string]string{"token": slackToken})
	w.notifier("nosy", slackSink(url), func(n *v1alpha1.Notifier) { n.Spec.Filter.Namespaces = []string{"*"} })
	w.namespace = own
	first := w.commit("first", six("1"))
	w.until(w.application("shop", "app"), "delivered", ready(first))
	theirs := w.application("pay", "nowhere", func(a *v1alpha1.Application) { a.Namespace = team.Name })
	t.Cleanup(func() {
		_ = w.api.DeleteAllOf(context.Background(), &v1alpha1.Application{}, client.InNamespace(team.Name))
	})
	w.until(theirs, "not synced", func(a *v1alpha1.Application) bool {
		return meta.IsStatusConditionFalse(a.Status.Conditions, v1alpha1.ConditionSynced)
	})
	said := w.untilPosted(slack, 1, "pay could not be delivered")
	if strings.Contains(said[0].Whole, "shop") {
		t.Errorf("heard of another team's: %s", said[0].Whole)
	}
}

func TestADeletedNotifierLeavesNothing(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken})
	n := w.notifier("chat", slackSink(url))
	first := w.commit("first", six("1"))
	app := w.application("shop", "app")
	w.until(app, "delivered", ready(first))
	w.untilPosted(slack, 1, "shop delivered")
	if err := w.api.Delete(t.Context(), &v1alpha1.Notifier{ObjectMeta: metav1.ObjectMeta{Namespace: n.Namespace, Name: n.Name}}); err != nil {
		t.Fatal(err)
	}
	gone := &corev1.ConfigMap{}
	w.eventually("what was kept is gone", func() bool { return w.api.Get(t.Context(), keptAs(n.String()), gone) != nil }, func() string { return "there" })
	second := w.commit("second", map[string]string{"app/a.yaml": configMap("a", "2")})
	w.until(app, "delivered again", ready(second))
	w.eventually("its release is closed", func() bool { return len(w.releases("shop")) == 2 }, func() string { return "open" })
	if said := slack.Messages(); len(said) != 1 {
		t.Errorf("messages are %+v", said)
	}
}

func TestWebAddresses(t *testing.T) {
	const commit = "0123456789012345678901234567890123456789"
	for text, want := range map[string]string{
		"https://ann:hunter2@github.com/acme/config.git": "https://github.com/acme/config/commit/" + commit,
		"git@gitlab.example.com:acme/team/config.git":    "https://gitlab.example.com/acme/team/config/-/commit/" + commit,
		"ssh://git@git.example.com:2222/acme/config":     "https://git.example.com/acme/config",
		"https://bitbucket.org/acme/config/":             "https://bitbucket.org/acme/config/commits/" + commit,
		"file:///srv/config.git":                         "",
		"/srv/config.git":                                "",
		"://":                                            "",
	} {
		if got := commitPage(webAddress(text), commit); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// The examples are what the API server takes, and what becomes a Notifier that is ready as soon as its Secret is there.
func TestExamplesOfNotifiers(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	files, err := filepath.Glob("../../examples/notifiers/*.yaml")
	if err != nil || len(files) < 9 {
		t.Fatal(files, err)
	}
	t.Cleanup(func() {
		_ = w.api.DeleteAllOf(context.Background(), &v1alpha1.Notifier{}, client.InNamespace(w.namespace))
	})
	n := &notifiers{Client: w.api, reach: sink.NewReach(true), ownNamespace: w.namespace}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		one := &v1alpha1.Notifier{}
		if err := yaml.UnmarshalStrict(text, one); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		one.Namespace, one.Spec.Suspend = w.namespace, true
		if err := w.api.Create(t.Context(), one); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		config, err := n.config(one)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if _, err := config.Open(t.Context()); err != nil && !strings.Contains(err.Error(), "does not exist") {
			t.Errorf("%s: %v", file, err)
		}
	}
	wrong := &v1alpha1.Notifier{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "two-sinks"}}
	wrong.Spec.Sink = v1alpha1.Sink{Teams: &v1alpha1.AddressSink{}, Discord: &v1alpha1.AddressSink{}}
	if err := w.api.Create(t.Context(), wrong); err == nil {
		t.Error("the API server takes two sinks")
	}
}

// A cluster whose definitions are of before there were Notifiers is delivered to as ever.
func TestWithoutTheKindNobodyIsNotified(t *testing.T) {
	manager, err := ctrl.NewManager(sandboxtest.Start(t), ctrl.Options{
		Scheme: Scheme(), Metrics: server.Options{BindAddress: "0"},
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return meta.NewDefaultRESTMapper(nil), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	n, err := newNotifiers(manager, slog.New(slog.NewTextHandler(&log, nil)), "fairlead", false)
	if err != nil || !strings.Contains(log.String(), "has no kind Notifier") {
		t.Errorf("%v, and told: %s", err, &log)
	}
	n.hub.Emit(notify.Event{Kind: notify.Degraded, Application: "shop/web", Incident: "shop/web/health"})
	ctx, end := context.WithCancel(t.Context())
	go func() {
		<-manager.Elected()
		end()
	}()
	if err := manager.Start(ctx); err != nil {
		t.Error(err)
	}
}

// What somebody leaves in an application's namespace is one incident, until git has it or it is gone.
func TestUnmanagedIsTold(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	w.stop()
	w.options = func(o *Options) {
		o.unmanaged = unmanagedPace{tick: 50 * time.Millisecond, interval: 200 * time.Millisecond, age: time.Nanosecond}
	}
	w.start()
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken}) // the notifier names it: it is no news
	rev := w.commit("one", map[string]string{"app/a.yaml": configMap("a", "1")})
	w.notifier("chat", slackSink(url), func(n *v1alpha1.Notifier) { n.Spec.Filter.Kinds = []v1alpha1.EventKind{"Unmanaged"} })
	app := w.application("shop", "app", func(a *v1alpha1.Application) { a.Spec.Drift.Unmanaged = v1alpha1.UnmanagedAlert })
	w.until(app, "delivered", ready(rev))

	left := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "left"}, Data: map[string]string{"v": "1"}}
	if err := w.api.Create(t.Context(), left, client.FieldOwner("kubectl-create")); err != nil {
		t.Fatal(err)
	}
	said := w.untilPosted(slack, 1, "in no git source")
	for _, want := range []string{"ConfigMap " + w.namespace + "/left, made ", "by kubectl-create", "fairlead drift --unmanaged -n " + w.namespace} {
		if !strings.Contains(said[0].Whole, want) {
			t.Errorf("%q is not in %s", want, said[0].Whole)
		}
	}
	if strings.Contains(said[0].Whole, "Secret") || strings.Contains(said[0].Whole, "/a,") {
		t.Errorf("told of what is managed: %s", said[0].Whole)
	}
	w.removeByHand("left")
	w.untilPosted(slack, 1, "Recovered")
}
