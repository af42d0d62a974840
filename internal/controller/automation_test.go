package controller

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/source/sourcetest"
)

// harbour is a registry with one repository of images.
type harbour struct {
	*testing.T
	image string
	login remote.Option
}

func newHarbour(t *testing.T) harbour {
	return harbour{t, sourcetest.Registry(t, "") + "/acme/front", remote.WithAuth(authn.Anonymous)}
}

// push puts versions into the registry, built so long ago.
func (h harbour) push(age time.Duration, tags ...string) {
	h.Helper()
	for _, tag := range tags {
		ref, err := name.NewTag(h.image + ":" + tag)
		if err != nil {
			h.Fatal(err)
		}
		image, err := mutate.CreatedAt(empty.Image, v1.Time{Time: time.Now().Add(-age)})
		if err == nil {
			image, err = mutate.Config(image, v1.Config{Labels: map[string]string{"org.opencontainers.image.source": "https://git.example.com/acme/front", "tag": tag}})
		}
		if err == nil {
			err = remote.Write(ref, image, h.login)
		}
		if err != nil {
			h.Fatal(err)
		}
	}
}

// front is a Deployment that runs nothing, so that it is healthy at once. It begins with a comment and has odd quotes, to stay.
func (h harbour) front(version string) string {
	return fmt.Sprintf(`# the shop's front
apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  replicas: 0
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
        - name: front
          image:   '%s:%s'   # moved by Fairlead
`, h.image, version)
}

// moves has an Application's image moved by a range of versions.
func (h harbour) moves(within string, edits ...func(*v1alpha1.Automation)) func(*v1alpha1.Application) {
	rule := v1alpha1.Automation{Image: h.image, Policy: v1alpha1.VersionPolicy{SemVer: within}, Interval: &metav1.Duration{Duration: time.Hour}} // only pushes count here
	for _, edit := range edits {
		edit(&rule)
	}
	return func(app *v1alpha1.Application) { app.Spec.Automation = append(app.Spec.Automation, rule) }
}

// inGit asks git in the repository.
func (w *world) inGit(args ...string) string {
	w.Helper()
	dir, err := w.git.Dir(w.repository)
	if err != nil {
		w.Fatal(err)
	}
	out, err := exec.CommandContext(w.Context(), "git", append([]string{"-C", dir}, args...)...).Output()
	if err != nil {
		w.Fatal(args, err)
	}
	return string(out)
}

// log is what git says of the repository's branch: one line a commit, the newest first.
func (w *world) log(format string) []string {
	w.Helper()
	return strings.Split(strings.TrimSpace(w.inGit("log", "--format="+format)), "\n")
}

func (w *world) file(path string) string {
	w.Helper()
	return w.inGit("show", "HEAD:"+path)
}

func (w *world) untilRuns(image string) {
	w.Helper()
	var d appsv1.Deployment
	w.eventually("front runs "+image, func() bool {
		err := w.api.Get(w.Context(), types.NamespacedName{Namespace: w.namespace, Name: "front"}, &d)
		return err == nil && d.Spec.Template.Spec.Containers[0].Image == image
	}, func() string {
		return fmt.Sprint(d.Spec.Template.Spec.Containers, w.get(types.NamespacedName{Namespace: w.namespace, Name: "shop"}).Status.Automation)
	})
}

func TestANewVersionIsCommittedAndDelivered(t *testing.T) {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken})
	w.notifier("chat", slackSink(url), func(n *v1alpha1.Notifier) { n.Spec.Filter.Kinds = []v1alpha1.EventKind{"Updated", "RolledBack"} })
	h.push(time.Hour, "1.0.0")
	first := w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	shop := w.application("shop", "app", h.moves("<2"))
	w.until(shop, "delivered", ready(first))
	w.until(shop, "as chosen", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && a.Status.Automation[0].Chosen == "1.0.0"
	})

	h.push(time.Hour, "1.1.0", "2.0.0")
	if n := w.controller.ImagePushed(h.image, "1.1.0"); n != 1 {
		t.Errorf("%d look at the image, not 1", n)
	}
	w.untilRuns(h.image + ":1.1.0")
	if diff := cmp.Diff(h.front("1.1.0"), w.file("app/front.yaml")); diff != "" {
		t.Errorf("more of the file has changed: %s", diff)
	}
	want := fmt.Sprintf("shop: update front to 1.1.0\n\n%[1]s\n  %[2]s: 1.0.0 → 1.1.0 (semver <2)\n    https://git.example.com/acme/front\n\nAutomated-Update: %[1]s %[2]s 1.0.0 1.1.0\n", shop, h.image)
	if diff := cmp.Diff(strings.TrimSpace("Fairlead "+want), strings.TrimSpace(strings.Join(w.log("%an %B")[:7], "\n"))); diff != "" {
		t.Errorf("the commit says: %s", diff)
	}
	a := w.until(shop, "as chosen", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && cmp.Equal(a.Status.Automation[0].Current, []string{"1.1.0"}) && a.Status.Automation[0].Chosen == "1.1.0"
	})
	if diff := cmp.Diff([]v1alpha1.RefusedVersion{{Version: "2.0.0", Why: "it is not in the range: <2"}}, a.Status.Automation[0].Refused); diff != "" {
		t.Error(diff)
	}
	said := w.untilPosted(slack, 1, "it runs")
	if !strings.Contains(said[0].Whole, "front 1.0.0 → 1.1.0") {
		t.Errorf("the chat says %s", said[0].Whole)
	}
	if n := len(w.log("%H")); n != 2 {
		t.Errorf("%d commits, not 2", n)
	}
}

func TestWhatIsHeldDoesNotComeBack(t *testing.T) {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	h.push(time.Hour, "1.0.0", "1.0.5", "1.1.0")
	w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	hold := &v1alpha1.Hold{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "shop-1"}, Spec: v1alpha1.HoldSpec{Application: "shop", Images: []string{h.image + ":1.1.0"}, Reason: "it loses orders"}}
	if err := w.api.Create(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	shop := w.application("shop", "app", h.moves("*"))
	w.until(shop, "held", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && len(a.Status.Automation[0].Refused) == 2 && a.Status.Automation[0].Refused[0].Why == "it is held: it loses orders"
	})
	for range 10 {
		w.controller.ImagePushed(h.image, "1.1.0")
	}
	h.push(time.Hour, "1.2.0")
	w.controller.ImagePushed(h.image, "1.2.0")
	w.untilRuns(h.image + ":1.2.0")
	if got := w.log("%s"); !cmp.Equal(got, []string{"shop: update front to 1.2.0", "first"}) {
		t.Errorf("the commits are %q", got)
	}
}

func TestAnUpdateThatDoesNotRunIsTakenBackOnce(t *testing.T) {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	slack, url := w.slack()
	w.secret("slack", map[string]string{"token": slackToken})
	w.notifier("chat", slackSink(url), func(n *v1alpha1.Notifier) { n.Spec.Filter.Kinds = []v1alpha1.EventKind{"RolledBack"} })
	h.push(time.Hour, "1.0.0")
	first := w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	shop := w.application("shop", "app", h.moves("*"), func(app *v1alpha1.Application) {
		app.Spec.Health = []v1alpha1.HealthRule{{Group: "apps", Kind: "Deployment", Degraded: "self.spec.template.spec.containers[0].image.endsWith(':1.1.0')", Healthy: "true"}}
	})
	w.until(shop, "delivered", ready(first))
	h.push(time.Hour, "1.1.0")
	w.controller.ImagePushed(h.image, "1.1.0")
	w.eventually("it is taken back", func() bool { return len(w.log("%s")) >= 3 }, func() string { return fmt.Sprint(w.log("%s"), w.get(shop).Status) })
	w.untilRuns(h.image + ":1.0.0")
	w.untilPosted(slack, 1, "front 1.1.0 → 1.0.0")
	var holds v1alpha1.HoldList
	if err := w.api.List(t.Context(), &holds, client.InNamespace(w.namespace)); err != nil {
		t.Fatal(err)
	}
	if len(holds.Items) != 1 || holds.Items[0].Spec.Images[0] != h.image+":1.1.0" {
		t.Errorf("held is %+v", holds.Items)
	}

	// A person wants it all the same.
	second := w.commit("try again", map[string]string{"app/front.yaml": h.front("1.1.0")})
	w.until(shop, "delivered again", func(a *v1alpha1.Application) bool { return a.Status.Revision == second })
	for range 3 {
		w.controller.ImagePushed(h.image, "1.1.0")
	}
	h.push(time.Hour, "1.2.0")
	w.controller.ImagePushed(h.image, "1.2.0")
	w.untilRuns(h.image + ":1.2.0")
	if diff := cmp.Diff([]string{"shop: update front to 1.2.0", "try again", "shop: take back front 1.1.0", "shop: update front to 1.1.0", "first"}, w.log("%s")); diff != "" {
		t.Error(diff)
	}
}

func TestPausedAutomationTellsAndWritesNothing(t *testing.T) {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	h.push(time.Hour, "1.0.0", "1.1.0")
	w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	shop := w.application("shop", "app", h.moves("*"), func(app *v1alpha1.Application) {
		app.Spec.AutomationPause = &v1alpha1.AutomationPause{Reason: "freeze"}
	})
	w.until(shop, "1.1.0 would be chosen", func(a *v1alpha1.Application) bool {
		return len(a.Status.Automation) == 1 && a.Status.Automation[0].Chosen == "1.1.0"
	})
	if got := w.log("%s"); !cmp.Equal(got, []string{"first"}) {
		t.Errorf("the commits are %q", got)
	}
	w.edit(shop, func(app *v1alpha1.Application) { app.Spec.AutomationPause = nil })
	w.untilRuns(h.image + ":1.1.0")
}

func TestAnApplicationIsKeptAtARevision(t *testing.T) {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	first := w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	shop := w.application("shop", "app")
	w.until(shop, "delivered", ready(first))
	second := w.commit("second", map[string]string{"app/front.yaml": h.front("1.1.0")})
	w.until(shop, "delivered", ready(second))
	hold := &v1alpha1.Hold{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "shop-1"}, Spec: v1alpha1.HoldSpec{Application: "shop", Revision: first, Reason: "until the fix is out"}}
	if err := w.api.Create(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	w.until(shop, "back at the first", ready(first))
	w.untilSyncSays(shop, "Synced", "kept there by the hold shop-1: until the fix is out")
	w.untilRuns(h.image + ":1.0.0")
	w.commit("third", map[string]string{"app/front.yaml": h.front("1.2.0")})
	if err := w.api.Delete(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	w.untilRuns(h.image + ":1.2.0")
}

func TestWhyNothingCanBeWritten(t *testing.T) {
	w, h := newWorld(t, gitserver.Options{}), newHarbour(t)
	h.push(time.Hour, "1.0.0", "1.1.0")
	w.commit("first", map[string]string{"app/front.yaml": h.front("1.0.0")})
	for name, c := range map[string]struct {
		edit func(*v1alpha1.Application)
		says string
	}{
		"no-secret": {h.moves("*", func(a *v1alpha1.Automation) { a.SecretRef = &v1alpha1.SecretRef{Name: "nobody"} }), "/nobody does not exist → create it"},
		"no-range":  {h.moves("newest please"), `semver: range "newest please"`},
		"no-registry": {func(app *v1alpha1.Application) {
			h.moves("*")(app)
			app.Spec.Automation[0].Image = "127.0.0.1:1/acme/front"
		}, ""},
	} {
		app := w.application(name, "app", c.edit)
		if c.says == "" {
			w.until(app, "it isn't named", func(a *v1alpha1.Application) bool {
				return len(a.Status.Automation) == 1 && len(a.Status.Automation[0].Current) == 0
			})
			continue
		}
		w.until(app, c.says, func(a *v1alpha1.Application) bool {
			return len(a.Status.Automation) == 1 && strings.Contains(a.Status.Automation[0].Message, c.says)
		})
	}
}

func TestAnImageIsAskedForWithThePodsOwnLogin(t *testing.T) {
	const password = "pulls-only"
	w := newWorld(t, gitserver.Options{})
	h := harbour{t, sourcetest.Registry(t, password) + "/acme/front", remote.WithAuth(&authn.Basic{Username: "ada", Password: password})}
	h.push(time.Hour, "1.0.0", "1.1.0")
	host, _, _ := strings.Cut(h.image, "/")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "pull"}, Type: corev1.SecretTypeDockerConfigJson}
	secret.StringData = map[string]string{corev1.DockerConfigJsonKey: fmt.Sprintf(`{"auths": {%q: {"username": "ada", "password": %q}}}`, host, password)}
	if err := w.api.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	with := strings.Replace(h.front("1.0.0"), "    spec:\n      containers:", "    spec:\n      imagePullSecrets: [{name: pull}]\n      containers:", 1)
	w.commit("first", map[string]string{"app/front.yaml": with})
	w.application("shop", "app", h.moves("*"))
	w.untilRuns(h.image + ":1.1.0")
}
