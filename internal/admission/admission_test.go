package admission

import (
	"context"
	"encoding/pem"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// world is a real API server that asks a webhook, and a namespace.
type world struct {
	*testing.T
	client    kubernetes.Interface
	namespace string // that is gated
	own       string // Fairlead's
	webhook   *Webhook
	stop      func()
	warned    *warned
}

// warned keeps the warnings that the API server sends along.
type warned struct {
	mu   sync.Mutex
	said []string
}

func (w *warned) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

// all warnings so far; they are forgotten then.
func (w *warned) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	said := strings.Join(w.said, "\n")
	w.said = nil
	return said
}

// newWorld starts a webhook on loopback, and waits until the API server asks it.
func newWorld(t *testing.T, label Mode, options Options) *world {
	w := unasked(t, label)
	w.start(options)
	return w
}

// unasked is a world whose webhook has yet to start.
func unasked(t *testing.T, label Mode) *world {
	config := sandboxtest.Start(t)
	w := &world{T: t, own: sandboxtest.Namespace(t), namespace: sandboxtest.Namespace(t), warned: &warned{}}
	config.WarningHandler = w.warned
	var err error
	if w.client, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	w.label(string(label))
	return w
}

func (w *world) start(options Options) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	options.Log, options.OwnNamespace = slog.New(slog.DiscardHandler), w.own
	if options.Config == nil {
		options.Config = sandboxtest.Start(w.T)
	}
	options.URL = "https://" + listener.Addr().String()
	if options.Practices == nil {
		options.Practices = practices.All
	}
	if w.webhook, err = New(options); err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := w.webhook.Serve(ctx, listener); err != nil {
			w.Errorf("serve: %v", err)
		}
	})
	done.Go(func() { _ = w.webhook.Lead(ctx) })
	w.stop = sync.OnceFunc(func() {
		cancel()
		done.Wait()
	})
	w.Cleanup(func() {
		w.stop()
		if err := w.webhook.remove(context.Background()); err != nil {
			w.Error(err)
		}
	})
	// The API server takes a moment to learn of a configuration. A dry run shows when it has.
	sandboxtest.Eventually(w, "the API server asks", func() bool {
		err := w.create(deployment("probe", "example.com/probe"), metav1.DryRunAll)
		return err != nil || w.warned.all() != ""
	})
}

func (w *world) label(value string) {
	w.Helper()
	patch := `{"metadata": {"labels": {"` + Label + `": "` + value + `"}}}`
	if _, err := w.client.CoreV1().Namespaces().Patch(w.Context(), w.namespace, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) create(d *appsv1.Deployment, dryRun ...string) error {
	_, err := w.client.AppsV1().Deployments(w.namespace).Create(w.Context(), d, metav1.CreateOptions{DryRun: dryRun})
	return err
}

// deployment that nothing keeps from running as root.
func deployment(name, image string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: name, Image: image}}},
			},
		},
	}
}

func goodDeployment(name string) *appsv1.Deployment {
	d := deployment(name, "example.com/"+name+":1.2.3")
	yes, user := true, int64(1000)
	d.Spec.Template.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: &yes, RunAsUser: &user}
	return d
}

func TestEnforced(t *testing.T) {
	w := newWorld(t, Enforce, Options{Mode: Enforce})

	recorder := httptest.NewRecorder()
	if w.webhook.handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/readyz", nil)); recorder.Code != http.StatusOK {
		t.Errorf("asked although it isn't ready: %s", recorder.Body)
	}
	err := w.create(deployment("web", "example.com/web:latest"))
	if !apierrors.IsForbidden(err) {
		t.Fatalf("created with error %v, want it forbidden", err)
	}
	for _, part := range []string{
		`admission webhook "enforce.admission.fairlead.dev" denied the request`, `run-as-non-root: container "web" may run as root`,
		"at:   spec.template.spec.securityContext.runAsNonRoot", "why:  a break-out", "fix:  set securityContext.runAsNonRoot: true",
		"more: fairlead explain run-as-non-root", "image-pinned:", "fairlead.dev/allow: allow image-pinned because REASON",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the refusal doesn't say %q:\n%v", part, err)
		}
	}
	if err := w.create(deployment("web", "example.com/web:latest"), metav1.DryRunAll); !apierrors.IsForbidden(err) {
		t.Errorf("dry run: %v, want it forbidden", err)
	}
	if err := w.create(goodDeployment("web")); err != nil {
		t.Errorf("a good one: %v", err)
	}
	excused := deployment("excused", "example.com/web:1.2.3")
	excused.Annotations = map[string]string{practice.AllowAnnotation: "allow run-as-non-root because its vendor needs root"}
	if err := w.create(excused); err != nil {
		t.Errorf("one with an exception: %v", err)
	}
	if said := w.warned.all(); said != "" {
		t.Errorf("warned of %s", said)
	}
	// Secrets, and what changes no object as a whole, aren't asked about.
	if _, err := w.client.CoreV1().Secrets(w.namespace).Create(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "s"}}, metav1.CreateOptions{}); err != nil {
		t.Error(err)
	}
}

func TestWhatControllersMakeIsNotAskedAbout(t *testing.T) {
	sandboxtest.StartWithNodes(t)
	w := newWorld(t, Enforce, Options{Mode: Enforce})
	excused := deployment("excused", "example.com/web:1.2.3")
	excused.Annotations = map[string]string{practice.AllowAnnotation: "allow run-as-non-root because its vendor needs root"}
	if err := w.create(excused); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Eventually(t, "its pod is there, which has no annotation", func() bool {
		pods, err := w.client.CoreV1().Pods(w.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app=excused"})
		return err == nil && len(pods.Items) == 1
	})
}

func TestAnOldSinnerCanBeScaledButNotMadeWorse(t *testing.T) {
	w := newWorld(t, Enforce, Options{Mode: Enforce})
	w.label(string(Report))
	sandboxtest.Eventually(t, "the namespace only reports", func() bool { return w.create(deployment("web", "example.com/web:1.2.3")) == nil })
	w.label(string(Enforce))
	sandboxtest.Eventually(t, "the namespace enforces", func() bool { return w.create(deployment("other", "example.com/web"), metav1.DryRunAll) != nil })

	patch := func(text string) error {
		_, err := w.client.AppsV1().Deployments(w.namespace).Patch(t.Context(), "web", types.StrategicMergePatchType, []byte(text), metav1.PatchOptions{})
		return err
	}
	if err := patch(`{"spec": {"replicas": 2}}`); err != nil {
		t.Errorf("scaled: %v", err)
	}
	err := patch(`{"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "example.com/web:latest"}]}}}}`)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "image-pinned") || strings.Contains(err.Error(), "run-as-non-root") {
		t.Errorf("made worse: %v, want image-pinned alone", err)
	}
	if err := w.client.AppsV1().Deployments(w.namespace).Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Errorf("deleted: %v", err)
	}
}

func TestReported(t *testing.T) {
	for name, test := range map[string]struct{ label, mode Mode }{
		"by the namespace":  {Report, Enforce},
		"by the controller": {Enforce, Report},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.label, Options{Mode: test.mode, FailClosed: true})
			if err := w.create(deployment("web", "example.com/web:latest")); err != nil {
				t.Fatal(err)
			}
			said := w.warned.all()
			if !strings.Contains(said, "image-pinned: ") || !strings.Contains(said, "fairlead explain run-as-non-root") {
				t.Errorf("warned of %q", said)
			}
			w.stop()
			if err := w.create(deployment("api", "example.com/web:latest")); err != nil {
				t.Errorf("a report that nobody gives holds up the request: %v", err)
			}
		})
	}
}

func TestANamespaceThatDoesNotAskIsNotAskedAbout(t *testing.T) {
	var judged sync.Map
	spy := &practice.Practice{ID: "spy", Severity: practice.Error, Inputs: practice.Manifests, Run: func(p *practice.Pass) {
		for o := range p.All() {
			judged.Store(o.ID().Namespace, true)
			p.Report(practice.Note{At: o.At("metadata", "name"), Message: "seen"})
		}
	}}
	w := newWorld(t, Enforce, Options{Mode: Enforce, Practices: []*practice.Practice{spy}})
	others := map[string]string{"without a label": sandboxtest.Namespace(t), "Fairlead's own": w.own, "kube-system": metav1.NamespaceSystem}
	patch := []byte(`{"metadata": {"labels": {"` + Label + `": "enforce"}}}`)
	for _, namespace := range []string{w.own, metav1.NamespaceSystem} {
		if _, err := w.client.CoreV1().Namespaces().Patch(t.Context(), namespace, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, namespace := range others {
		_, err := w.client.AppsV1().Deployments(namespace).Create(t.Context(), deployment("web", "example.com/web"), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, isJudged := judged.Load(namespace); isJudged {
			t.Errorf("%s was judged", name)
		}
	}
	if _, isJudged := judged.Load(w.namespace); !isJudged {
		t.Error("the spy saw nothing")
	}
}

func TestADeadWebhookHoldsUpNothingUnlessToldTo(t *testing.T) {
	for name, failClosed := range map[string]bool{"ignored": false, "failed": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Enforce, Options{Mode: Enforce, FailClosed: failClosed})
			w.stop()
			err := w.create(deployment("web", "example.com/web"))
			if failClosed && (err == nil || !strings.Contains(err.Error(), `failed calling webhook "enforce.admission.fairlead.dev"`)) {
				t.Errorf("created with error %v, want it refused", err)
			}
			if !failClosed && err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestASlowWebhookHoldsUpNothingUnlessToldTo(t *testing.T) {
	for name, failClosed := range map[string]bool{"ignored": false, "failed": true} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			slow := &practice.Practice{ID: "slow", Severity: practice.Error, Inputs: practice.Manifests, Run: func(p *practice.Pass) {
				for o := range p.Of("apps", "Deployment") {
					if o.GetName() == "web" {
						<-release
					}
					p.Report(practice.Note{At: o.At("metadata", "name"), Message: "seen"})
				}
			}}
			w := newWorld(t, Enforce, Options{Mode: Enforce, FailClosed: failClosed, Practices: []*practice.Practice{slow}})
			t.Cleanup(func() { close(release) })
			start := time.Now()
			err := w.create(deployment("web", "example.com/web"))
			switch said := w.warned.all(); {
			case failClosed && (err == nil || !strings.Contains(err.Error(), "no time to judge it")):
				t.Errorf("created with error %v, want it refused", err)
			case !failClosed && (err != nil || !strings.Contains(said, "no time to judge it")):
				t.Errorf("refused: %v; warned of %q", err, said)
			}
			t.Logf("answered after %s", time.Since(start)) // the API server itself waits no longer than the configuration says
		})
	}
}

func TestTheCertificateIsReplacedInTime(t *testing.T) {
	w := newWorld(t, Enforce, Options{Mode: Enforce})
	secrets := w.client.CoreV1().Secrets(w.own)
	secret, err := secrets.Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	old, err := issue(w.webhook.host, time.Now().Add(-lifetime*2/3-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	secret.Data = old
	if _, err := secrets.Update(t.Context(), secret, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if isKept, err := w.webhook.keep(t.Context()); !isKept || err != nil {
		t.Fatalf("kept %v: %v", isKept, err)
	}
	if secret, err = secrets.Get(t.Context(), name, metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	if !isGood(secret.Data, w.webhook.host, time.Now()) {
		t.Error("the certificate is as old as before")
	}
	c, err := w.client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(t.Context(), w.own+"-admission", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first, _ := pem.Decode(old[authoritiesKey])
	for _, webhook := range c.Webhooks {
		if bundle := string(webhook.ClientConfig.CABundle); bundle != string(secret.Data[authoritiesKey]) || !strings.Contains(bundle, string(pem.EncodeToMemory(first))) {
			t.Errorf("%s doesn't trust both the new and the old certificate", webhook.Name)
		}
	}
}

func TestTheConfigurationComesBackAndGoesWhenOff(t *testing.T) {
	w := newWorld(t, Enforce, Options{Mode: Enforce})
	configurations := w.client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	c, err := configurations.Get(t.Context(), w.own+"-admission", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ignore := admissionregistrationv1.Ignore
	for _, webhook := range c.Webhooks {
		if *webhook.FailurePolicy != ignore || *webhook.TimeoutSeconds != 2 || *webhook.SideEffects != admissionregistrationv1.SideEffectClassNone {
			t.Errorf("%s: %s, %d s, %s", webhook.Name, *webhook.FailurePolicy, *webhook.TimeoutSeconds, *webhook.SideEffects)
		}
	}
	c.Webhooks[0].ClientConfig.CABundle = nil
	if _, err := configurations.Update(t.Context(), c, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.webhook.keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err = configurations.Get(t.Context(), c.Name, metav1.GetOptions{}); err != nil || len(c.Webhooks[0].ClientConfig.CABundle) == 0 {
		t.Errorf("what was taken out isn't back: %v", err)
	}
	off, err := New(Options{Config: sandboxtest.Start(t), Log: slog.New(slog.DiscardHandler), OwnNamespace: w.own, Mode: Off})
	if err != nil {
		t.Fatal(err)
	}
	if err := off.Lead(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err = configurations.Get(t.Context(), c.Name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the configuration is still there: %v", err)
	}
}

func TestWhoDeletesAndScalesIsNoted(t *testing.T) {
	witness := &cluster.Witness{}
	w := newWorld(t, Report, Options{Mode: Report, Witness: witness})
	mine := goodDeployment("web")
	mine.Labels = map[string]string{apply.OwnerLabel: "shop.web"}
	if err := w.create(mine); err != nil {
		t.Fatal(err)
	}
	deployments := w.client.AppsV1().Deployments(w.namespace)
	scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: w.namespace}, Spec: autoscalingv1.ScaleSpec{Replicas: 3}}
	if _, err := deployments.UpdateScale(t.Context(), "web", scale, metav1.UpdateOptions{FieldManager: "kubectl"}); err != nil {
		t.Fatal(err)
	}
	id := manifest.ID{Group: "apps", Kind: "Deployment", Namespace: w.namespace, Name: "web"}
	scaled := &cluster.Drift{ID: id, Kind: cluster.Changed, Fields: []cluster.DriftedField{{By: cluster.Actor{Manager: "kubectl", At: time.Now()}}}}
	if witness.Name(scaled); scaled.Fields[0].By.User == "" {
		t.Error("nobody knows who scaled it")
	}
	if err := deployments.Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	deleted := &cluster.Drift{ID: id, Kind: cluster.Deleted}
	if witness.Name(deleted); deleted.By.User == "" {
		t.Error("nobody knows who deleted it")
	}
}
