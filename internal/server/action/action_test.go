package action

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/server/pagetest"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// page is one person's.
type page struct {
	*pagetest.World
	handler http.Handler
	log     *bytes.Buffer
}

func newPage(w *pagetest.World, person string) *page {
	p := &page{World: w, log: &bytes.Buffer{}}
	p.handler = New(Options{
		Sites: w.Sites, Config: w.As(person), Log: slog.New(slog.NewTextHandler(p.log, nil)),
		Person: func(context.Context) (Person, error) { return Person{Name: person, Via: "token"}, nil },
	}).Do
	return p
}

type body map[string]any

func (p *page) post(action string, b body) pagetest.Answer {
	p.Helper()
	return pagetest.Call(p, "POST /api/v1/actions/{action}", p.handler, "POST", "/api/v1/actions/"+action, b)
}

func (p *page) preview(action string, b body) Preview {
	p.Helper()
	b = with(b, body{"preview": true})
	a := p.post(action, b)
	if a.Status != http.StatusOK {
		p.Fatalf("preview of %s: %d %s", action, a.Status, a.Body)
	}
	var out Preview
	a.Into(p, &out)
	return out
}

// act previews an action, and does what was seen.
func (p *page) act(action string, b body) (Preview, Done) {
	p.Helper()
	seen := p.preview(action, b)
	a := p.post(action, with(b, body{"seen": seen.Seen}))
	if a.Status != http.StatusOK {
		p.Fatalf("%s: %d %s", action, a.Status, a.Body)
	}
	var done Done
	a.Into(p, &done)
	return seen, done
}

func with(b, more body) body {
	out := body{}
	for _, from := range []body{b, more} {
		for k, v := range from {
			out[k] = v
		}
	}
	return out
}

// refused is an action that is answered with a status, and the error told.
func (p *page) refused(action string, b body, status int) reply.Told {
	p.Helper()
	a := p.post(action, b)
	if a.Status != status {
		p.Errorf("%s: status %d, want %d: %s", action, a.Status, status, a.Body)
	}
	var said struct{ Error reply.Told }
	a.Into(p, &said)
	return said.Error
}

// shop is an application of two ConfigMaps that is delivered.
func shop(t *testing.T) (*page, string) {
	w := pagetest.New(t)
	hash := w.Commit("first", map[string]string{"shop/a.yaml": pagetest.ConfigMap("a", "1"), "shop/b.yaml": pagetest.ConfigMap("b", "1")})
	w.Application("shop", "shop")
	w.UntilReady("shop", hash)
	return newPage(w, pagetest.Admin), hash
}

func (p *page) app() string { return p.Namespace + "/shop" }

func TestSuspendAndResume(t *testing.T) {
	p, _ := shop(t)
	b := body{"application": p.app(), "reason": "load test"}
	_, done := p.act("suspend", b)
	if want := p.app() + " is suspended: load test"; done.Done != want {
		t.Errorf("done %q, want %q", done.Done, want)
	}
	got := p.Get("shop").Spec.Suspend
	if diff := cmp.Diff(&v1alpha1.Suspension{Reason: "load test", By: pagetest.Admin, Since: got.Since}, got); diff != "" {
		t.Error(diff)
	}
	if said := p.refused("sync", body{"application": p.app(), "preview": true}, http.StatusConflict); said.Next != "resume it first" {
		t.Errorf("next %q", said.Next)
	}
	p.refused("suspend", with(b, body{"preview": true}), http.StatusConflict)
	p.act("resume", body{"application": p.app()})
	if p.Get("shop").Spec.Suspend != nil {
		t.Error("it is suspended still")
	}
	if line := p.log.String(); !strings.Contains(line, `msg=audit who=ops-lead via=token action=suspend application=`+p.app()) || !strings.Contains(line, `reason="load test" outcome=done`) {
		t.Errorf("audit: %s", line)
	}
	var events eventsv1.EventList
	if err := p.API.List(t.Context(), &events, client.InNamespace(p.Namespace)); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(events.Items, func(e eventsv1.Event) bool {
		return e.Reason == "PersonActed" && e.Regarding.Name == "shop" && strings.HasSuffix(e.Note, "(suspend, by ops-lead): load test")
	}) {
		t.Error("no Event tells of it")
	}
}

func TestSyncIsShownAndAskedFor(t *testing.T) {
	p, _ := shop(t)
	p.SetByHand("a", "9")
	seen, _ := p.act("sync", body{"application": p.app()})
	if want := "ConfigMap " + p.Namespace + "/a: update, 1 field"; !slices.Contains(seen.Effects, want) {
		t.Errorf("effects %q, want %q", seen.Effects, want)
	}
	p.Until("shop", "synced", func(*v1alpha1.Application) bool { return p.Value("a") == "1" })
	if request := p.Get("shop").Annotations[v1alpha1.SyncRequestAnnotation]; !strings.HasSuffix(request, " "+pagetest.Admin) {
		t.Errorf("request %q", request)
	}
}

func TestRevert(t *testing.T) {
	p, _ := shop(t)
	p.SetByHand("a", "9")
	p.SetByHand("b", "8")
	b := body{"application": p.app(), "objects": []string{"ConfigMap " + p.Namespace + "/a"}, "reason": "by mistake"}
	seen, _ := p.act("revert", b)
	if len(seen.Effects) != 1 || !strings.HasPrefix(seen.Effects[0], "ConfigMap "+p.Namespace+"/a: data.v: 9 → 1 (set by kubectl-edit at ") {
		t.Errorf("effects %q", seen.Effects)
	}
	if got := p.Value("a") + p.Value("b"); got != "18" {
		t.Errorf("values %s, want 1 and 8", got)
	}
	if said := p.refused("revert", with(b, body{"preview": true}), http.StatusConflict); !strings.HasPrefix(said.Next, "there is: ") {
		t.Errorf("next %q", said.Next)
	}
}

func TestWhatWasSeenMustStillHold(t *testing.T) {
	p, _ := shop(t)
	p.SetByHand("a", "9")
	b := body{"application": p.app(), "reason": "by mistake"}
	seen := p.preview("revert", b)
	p.SetByHand("a", "10")
	a := p.post("revert", with(b, body{"seen": seen.Seen}))
	var said struct {
		Error   reply.Told
		Preview Preview
	}
	a.Into(t, &said)
	if a.Status != http.StatusConflict || said.Preview.Seen == seen.Seen || len(said.Preview.Effects) != 1 || !strings.Contains(said.Preview.Effects[0], "10 → 1") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if got := p.Value("a"); got != "10" {
		t.Errorf("it was put back all the same: %s", got)
	}
	p.refused("revert", b, http.StatusConflict) // nothing was seen at all
}

func TestAdopt(t *testing.T) {
	p, _ := shop(t)
	p.SetByHand("a", "9")
	seen, done := p.act("adopt", body{"application": p.app(), "reason": "it is better so"})
	if diff := cmp.Diff([]string{"shop/a.yaml"}, seen.Commit.Files); diff != "" {
		t.Error(diff)
	}
	if seen.Commit.Branch != "main" || !strings.HasSuffix(seen.Commit.Message, "\n\nit is better so\n") {
		t.Errorf("commit %+v", seen.Commit)
	}
	p.UntilReady("shop", done.Commit)
	p.Until("shop", "as git has it", func(a *v1alpha1.Application) bool { return a.Status.Drift == nil || len(a.Status.Drift.Objects) == 0 })
	if got := p.Value("a"); got != "9" {
		t.Errorf("a = %s", got)
	}
	r := p.latest()
	if r.Spec.Author != pagetest.Admin {
		t.Errorf("author %q", r.Spec.Author)
	}
}

func TestAnAdoptionIsProposed(t *testing.T) {
	p, first := shop(t)
	p.SetByHand("a", "9")
	seen, done := p.act("adopt", body{"application": p.app(), "objects": []string{"ConfigMap " + p.Namespace + "/a"}, "field": "data.v", "pullRequest": true, "reason": "it is better so"})
	branch := seen.Commit.Branch
	want := strings.TrimSuffix(p.URL, ".git") + "/compare/main..." + branch
	if !strings.HasPrefix(branch, "fairlead/adopt-shop-") || done.Branch != branch || done.PullRequest != want {
		t.Errorf("branch %q, done %+v, want %q", branch, done, want)
	}
	if app := p.Get("shop"); app.Status.Revision != first {
		t.Errorf("delivered is %s", app.Status.Revision)
	}
}

func (p *page) latest() (last v1alpha1.Release) {
	p.Helper()
	var all v1alpha1.ReleaseList
	if err := p.API.List(p.Context(), &all, client.InNamespace(p.Namespace)); err != nil {
		p.Fatal(err)
	}
	for _, r := range all.Items {
		if r.Spec.Number > last.Spec.Number {
			last = r
		}
	}
	return last
}

func TestRollback(t *testing.T) {
	p, first := shop(t)
	p.UntilReady("shop", p.Commit("second", map[string]string{"shop/a.yaml": pagetest.ConfigMap("a", "2")}))
	seen, done := p.act("rollback", body{"application": p.app(), "to": "1", "reason": "orders get lost"})
	if !strings.HasPrefix(seen.Title, "Roll back "+p.app()+" to "+first[:8]) || !slices.Contains(seen.Effects, "ConfigMap "+p.Namespace+"/a: update, 1 field") {
		t.Errorf("seen %+v", seen)
	}
	p.UntilReady("shop", done.Commit)
	if got := p.Value("a"); got != "1" {
		t.Errorf("a = %s", got)
	}
	r := p.latest().Spec
	if r.Author != pagetest.Admin || !strings.Contains(r.Message, "orders get lost") || r.RequestedBy != pagetest.Admin {
		t.Errorf("release by %q, asked for by %q: %s", r.Author, r.RequestedBy, r.Message)
	}
	said := p.refused("rollback", body{"application": p.app(), "to": "77", "reason": "x", "preview": true}, http.StatusUnprocessableEntity)
	if want := p.app() + " has no release 77"; said.Message != want {
		t.Errorf("said %q, want %q", said.Message, want)
	}
}

func TestARevisionIsKept(t *testing.T) {
	p, first := shop(t)
	p.UntilReady("shop", p.Commit("second", map[string]string{"shop/a.yaml": pagetest.ConfigMap("a", "2")}))
	_, done := p.act("rollback", body{"application": p.app(), "to": first, "hold": true, "reason": "until the fix is out"})
	p.Until("shop", "kept", func(*v1alpha1.Application) bool { return p.Value("a") == "1" })
	hold := &v1alpha1.Hold{}
	if err := p.API.Get(t.Context(), client.ObjectKey{Namespace: p.Namespace, Name: done.Hold}, hold); err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.HoldSpec{Application: "shop", Revision: first, Reason: "until the fix is out", By: pagetest.Admin, Until: hold.Spec.Until}
	if diff := cmp.Diff(want, hold.Spec); diff != "" || hold.Spec.Until == nil {
		t.Error(diff)
	}
}

func TestRelease(t *testing.T) {
	w := pagetest.New(t)
	deployment := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: ghcr.io/acme/web:1.0.0\n"
	hash := w.Commit("first", map[string]string{"shop/web.yaml": deployment})
	w.Application("shop", "shop")
	w.UntilReady("shop", hash)
	p := newPage(w, pagetest.Admin)
	b := body{"application": p.app(), "to": "ghcr.io/acme/web:1.1.0", "reason": "new prices"}
	hold := &v1alpha1.Hold{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "held"}, Spec: v1alpha1.HoldSpec{Application: "shop", Images: []string{"ghcr.io/acme/web:1.1.0"}, Reason: "it crashes", By: "bob"}}
	if err := w.API.Create(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	if said := p.refused("release", with(b, body{"preview": true}), http.StatusConflict); said.Message != "ghcr.io/acme/web:1.1.0 is held by bob: it crashes" {
		t.Errorf("said %q", said.Message)
	}
	_, done := p.act("release", with(b, body{"lift": true}))
	w.UntilReady("shop", done.Commit)
	if err := client.IgnoreNotFound(w.API.Get(t.Context(), client.ObjectKeyFromObject(hold), hold)); err != nil || hold.DeletionTimestamp == nil && w.API.Get(t.Context(), client.ObjectKeyFromObject(hold), hold) == nil {
		t.Error("the hold is there still")
	}
	p.refused("release", with(b, body{"preview": true}), http.StatusConflict) // git says so already
}

func TestAPruneIsApproved(t *testing.T) {
	p, _ := shop(t)
	files, gone := map[string]string{}, map[string]string{}
	for _, name := range []string{"c", "d", "e", "f", "g"} {
		files["shop/"+name+".yaml"], gone["shop/"+name+".yaml"] = pagetest.ConfigMap(name, "1"), ""
	}
	p.UntilReady("shop", p.Commit("more", files))
	p.refused("approve-prune", body{"application": p.app(), "preview": true}, http.StatusConflict)
	p.Commit("they go", gone)
	p.Until("shop", "waits", func(a *v1alpha1.Application) bool { return a.Status.PruneWaiting != nil })
	seen, _ := p.act("approve-prune", body{"application": p.app(), "reason": "gone for good"})
	if len(seen.Effects) != 5 || seen.Effects[0] != "ConfigMap "+p.Namespace+"/c is removed" {
		t.Errorf("effects %q", seen.Effects)
	}
	p.Until("shop", "pruned", func(a *v1alpha1.Application) bool {
		return a.Status.PruneWaiting == nil && len(a.Status.Inventory) == 2
	})
}

func TestAFieldIsLeftAlone(t *testing.T) {
	p, _ := shop(t)
	p.SetByHand("a", "9")
	p.SetByHand("b", "8")
	id := "ConfigMap " + p.Namespace + "/a"
	b := body{"application": p.app(), "objects": []string{id}, "field": "data.v", "reason": "the shop's own"}
	seen, _ := p.act("ignore", b)
	if seen.Commit != nil || seen.Effects[len(seen.Effects)-1] != "the Application itself is changed in the cluster" {
		t.Errorf("seen %+v", seen)
	}
	p.Until("shop", "b alone has drifted", func(a *v1alpha1.Application) bool {
		return a.Status.Drift != nil && len(a.Status.Drift.Objects) == 1 && a.Status.Drift.Objects[0].Name == "b"
	})
	want := []v1alpha1.DriftRule{{Kind: "ConfigMap", Pointer: "/data/v", CEL: `self.metadata.name == "a" && self.metadata.namespace == "` + p.Namespace + `"`, Policy: "Ignore"}}
	if diff := cmp.Diff(want, p.Get("shop").Spec.Drift.Fields); diff != "" {
		t.Error(diff)
	}
	p.refused("ignore", with(b, body{"objects": []string{"ConfigMap x/y"}, "preview": true}), http.StatusNotFound)
	found := p.Get("shop")
	found.Labels = map[string]string{v1alpha1.DiscoveredByLabel: "all"}
	if err := p.API.Update(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	if said := p.refused("ignore", with(b, body{"preview": true}), http.StatusConflict); !strings.HasPrefix(said.Message, p.app()+" was made for a directory of "+p.Namespace+"/all") {
		t.Errorf("said %q", said.Message)
	}
}

// An Application that another one delivers is changed where git has it.
func TestAnExceptionIsCommittedWhereTheApplicationIsInGit(t *testing.T) {
	w := pagetest.New(t)
	child := "apiVersion: fairlead.dev/v1alpha1\nkind: Application\nmetadata:\n  name: shop\nspec:\n  # what the shop is made of\n  source:\n    git:\n      url: " + w.URL + "\n      path: shop\n  destination:\n    namespace: " + w.Namespace + "\n"
	hash := w.Commit("first", map[string]string{"shop/a.yaml": pagetest.ConfigMap("a", "1"), "apps/shop.yaml": child})
	w.Application("apps", "apps")
	w.UntilReady("apps", hash)
	w.UntilReady("shop", hash)
	p := newPage(w, pagetest.Admin)
	b := body{"application": p.app(), "to": "probes-set", "field": "containers[name=web]", "until": "2099-01-31", "reason": "it starts\nat once"}
	seen, done := p.act("exception", b)
	if diff := cmp.Diff([]string{"apps/shop.yaml"}, seen.Commit.Files); diff != "" {
		t.Error(diff)
	}
	w.UntilReady("apps", done.Commit)
	want := []string{"allow probes-set at containers[name=web] until 2099-01-31 because it starts at once"}
	app := w.Until("shop", "excepted", func(a *v1alpha1.Application) bool { return len(a.Spec.Practices.Exceptions) > 0 })
	if diff := cmp.Diff(want, app.Spec.Practices.Exceptions); diff != "" {
		t.Error(diff)
	}
	p.refused("exception", with(b, body{"to": "no-such", "preview": true}), http.StatusNotFound)
	for _, until := range []string{"soon", "2020-02-02"} {
		p.refused("exception", with(b, body{"until": until, "preview": true}), http.StatusBadRequest)
	}
}

// Whoever may not do it is told which right is missing, and nothing else.
func TestWhatIsForbiddenIsNotDone(t *testing.T) {
	admin, _ := shop(t)
	admin.SetByHand("a", "9")
	const path = "fairlead.dev"
	for name, tt := range map[string]struct {
		rights []string
		action string
		want   string // message
	}{
		"somebody without any right":              {nil, "suspend", "you may not get applications.fairlead.dev in the namespace NS"},
		"somebody who may only read applications": {[]string{"get applications." + path}, "suspend", "you may not update applications.fairlead.dev in the namespace NS"},
		"who may update nothing commits nothing":  {[]string{"get applications." + path, "get,list,patch configmaps"}, "adopt", "you may not update applications.fairlead.dev in the namespace NS"},
		"who may not write objects reverts none":  {[]string{"get,update applications." + path, "get,list configmaps"}, "revert", ""},
	} {
		t.Run(name, func(t *testing.T) {
			person := "person-" + strings.ReplaceAll(name, " ", "-")
			admin.Allow(person, tt.rights...)
			p := newPage(admin.World, person)
			b := body{"application": admin.app(), "reason": "because"}
			a := p.post(tt.action, with(b, body{"preview": true}))
			if a.Status == http.StatusOK {
				var seen Preview
				a.Into(t, &seen)
				a = p.post(tt.action, with(b, body{"seen": seen.Seen}))
			}
			var said struct{ Error reply.Told }
			a.Into(t, &said)
			if want := strings.ReplaceAll(tt.want, "NS", admin.Namespace); a.Status < 400 || want != "" && (a.Status != http.StatusForbidden || said.Error.Message != want) {
				t.Errorf("%d %q, want %q", a.Status, said.Error.Message, want)
			}
			if strings.Contains(a.Body, person) || strings.Contains(a.Body, "forbidden: User") {
				t.Errorf("it says too much: %s", a.Body)
			}
		})
	}
	if app := admin.Get("shop"); app.Spec.Suspend != nil || admin.Value("a") != "9" {
		t.Error("something was done")
	}
}

func TestWhatIsAskedForWrongly(t *testing.T) {
	p, _ := shop(t)
	long := strings.Repeat("x", 70<<10)
	for name, tt := range map[string]struct {
		action string
		body   body
		status int
		next   string
	}{
		"no such action":         {"explode", body{"application": p.app()}, http.StatusNotFound, "there are: sync, suspend, resume, revert, adopt, rollback, release, ignore, exception, approve-prune"},
		"no reason":              {"suspend", body{"application": p.app()}, http.StatusBadRequest, "say why, for whoever wonders"},
		"a blank reason":         {"suspend", body{"application": p.app(), "reason": " \t"}, http.StatusBadRequest, "say why, for whoever wonders"},
		"no application":         {"sync", body{"application": "shop"}, http.StatusBadRequest, "name it as NAMESPACE/NAME"},
		"an application unknown": {"sync", body{"application": p.Namespace + "/<script>"}, http.StatusNotFound, "look at which there are: it may have been deleted"},
		"a field unknown":        {"sync", body{"application": p.app(), "force": true}, http.StatusBadRequest, "send JSON as in docs/page-api.md"},
		"a body too long":        {"suspend", body{"application": p.app(), "reason": long}, http.StatusRequestEntityTooLarge, ""},
		"no drift":               {"revert", body{"application": p.app(), "preview": true}, http.StatusConflict, "it is as git has it"},
	} {
		t.Run(name, func(t *testing.T) {
			p := *p
			w := *p.World
			w.T = t
			p.World = &w
			if said := p.refused(tt.action, tt.body, tt.status); said.Next != tt.next {
				t.Errorf("next %q, want %q", said.Next, tt.next)
			}
		})
	}
}

// Nothing of a Secret that git has comes out with the files that a rollback changes.
func TestSecretsInGitAreNotShown(t *testing.T) {
	p, _ := shop(t)
	secret := func(value string) string {
		return "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: " + value + "}\n"
	}
	first := p.Commit("a secret", map[string]string{"shop/login.yaml": secret("hunter2")})
	p.UntilReady("shop", first)
	p.UntilReady("shop", p.Commit("another", map[string]string{"shop/login.yaml": secret("hunter3")}))
	a := p.post("rollback", body{"application": p.app(), "to": first, "reason": "x", "preview": true})
	if a.Status != http.StatusOK || strings.Contains(a.Body, "hunter") || strings.Contains(a.Body, "aHVudGVy") || !strings.Contains(a.Body, "shop/login.yaml") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestAuthorsOfCommits(t *testing.T) {
	for name, want := range map[string][2]string{
		"ada@example.com":                         {"ada@example.com", "ada@example.com"},
		"system:serviceaccount:shop:ci":           {"system:serviceaccount:shop:ci", "system.serviceaccount.shop.ci@noreply.invalid"},
		"Eve <root@example.com>\n\nSigned-off: x": {"Eve root@example.comSigned-off: x", "Eve root@example.comSigned-off: x"},
	} {
		by, err := (&server{}).author(t.Context(), Person{Name: name})
		if diff := cmp.Diff(want, [2]string{by.Name, by.Email}); diff != "" || err != nil {
			t.Errorf("%q: %s %v", name, diff, err)
		}
	}
}
