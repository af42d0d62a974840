package faults

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/demo"
	"github.com/fairlead-dev/fairlead/internal/source/sourcetest"
)

const (
	receive  = "/git-receive-pack"
	tagsList = "/tags/list"
)

// A new version is in the registry: it becomes one commit, which is delivered once, whatever breaks on its way.
func TestAutomation(t *testing.T) {
	for name, c := range map[string]struct {
		fault    Fault
		registry bool // it is the registry that is asked
		kill     bool
		lost     bool // the server has done what was asked before the kill
		says     string
		long     bool
	}{
		"kill -9: before the commit is pushed":        {fault: Fault{Match: To(receive)}, kill: true},
		"kill -9: once the commit is pushed":          {fault: Fault{Match: To(receive)}, kill: true, lost: true},
		"kill -9: as the tags arrive":                 {fault: Fault{Match: To(tagsList)}, registry: true, kill: true, long: true},
		"a push is answered 500, three times":         {fault: Fault{Match: To(receive), Times: 3, Effect: Answer(http.StatusInternalServerError, "out of order")}, long: true},
		"the answer to a push is lost":                {fault: Fault{Match: To(receive), Times: 1, Effect: Instead(func() {})}},
		"a push may not":                              {fault: Fault{Match: To(receive), Effect: Answer(http.StatusForbidden, "not you")}, says: "give a login that may push", long: true},
		"the registry answers 500":                    {fault: Fault{Match: All, Times: 5, Effect: Answer(http.StatusInternalServerError, "out of order")}, registry: true, long: true},
		"the registry answers 429, with Retry-After":  {fault: Fault{Match: To(tagsList), Times: 1, Effect: Answer(http.StatusTooManyRequests, "slow down", "Retry-After", "2")}, registry: true},
		"the registry refuses the login":              {fault: Fault{Match: All, Effect: Answer(http.StatusUnauthorized, "who are you?", "WWW-Authenticate", `Basic realm="registry"`)}, registry: true, says: "login", long: true},
		"the list of tags is rubbish":                 {fault: Fault{Match: To(tagsList), Effect: Answer(http.StatusOK, `{"tags":`)}, registry: true, says: "tags", long: true},
		"a sign-in page in place of the list of tags": {fault: Fault{Match: To(tagsList), Effect: Answer(http.StatusOK, signIn, "Content-Type", "text/html")}, registry: true, says: "sign-in page", long: true},
		"the list of tags is cut":                     {fault: Fault{Match: To(tagsList), Times: 2, Effect: Cut(10)}, registry: true, long: true},
		"no tags for 4 s, then a cut":                 {fault: Fault{Match: To(tagsList), For: 4 * time.Second, Effect: Hold()}, registry: true, long: true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("not in the short form")
			}
			t.Parallel()
			w := newWorld(t)
			h := w.harbour()
			w.addBystanders()
			w.push(files{"shop/front.yaml": h.front("1.0.0")})
			c.fault.Name = name
			var fault *Active
			switch {
			case c.kill && !c.registry:
				fault = w.killAt(c.fault, true, c.lost)
			case c.kill:
				fault = w.killAtRegistry(h, c.fault)
			case c.registry:
				fault = h.proxy.Inject(c.fault)
			default:
				fault = w.toGit.Inject(c.fault)
			}
			h.automated()
			w.run()
			if c.says != "" {
				h.says(c.says)
				fault.Lift()
			}
			w.until("the new version is committed", func() error {
				if got := w.subjects(); len(got) < 2 {
					return fmt.Errorf("the commits are %q", got)
				}
				return nil
			})
			w.taken("shop/front.yaml")
			start, row := time.Now(), w.row("automation", name)
			if ended := fault.Ended(); !ended.IsZero() {
				start = ended
			}
			at := w.holds([]string{"shop"})
			if row.struck = fault.Hits(); row.struck == 0 {
				t.Error("the fault struck nothing: the case shows nothing")
			}
			row.since(start, at)
			if diff := cmp.Diff([]string{"shop: update front to 1.1.0", "change 1"}, w.subjects()); diff != "" {
				t.Errorf("not one commit for one version: %s", diff)
			}
			if diff := cmp.Diff(h.front("1.1.0"), w.pushed[1].tree["shop/front.yaml"]); diff != "" {
				t.Errorf("more than the version has changed: %s", diff)
			}
		})
	}
}

// harbour is a registry behind a proxy, with two versions of one image.
type harbour struct {
	*world
	proxy *Proxy
	image string
}

func (w *world) harbour() *harbour {
	w.Helper()
	proxy, err := Start(Options{Server: "http://" + sourcetest.Registry(w.T, "")})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(proxy.Close)
	h := &harbour{w, proxy, strings.TrimPrefix(proxy.URL(), "http://") + "/acme/front"}
	for _, tag := range []string{"1.0.0", "1.1.0"} {
		if err := demo.Push(w.Context(), h.image+":"+tag); err != nil {
			w.Fatal(err)
		}
	}
	return h
}

func (h *harbour) front(version string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: front}
spec:
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}}
    spec:
      containers:
      - {name: front, image: "%s:%s"} # moved
`, h.image, version)
}

// automated makes the Application.
func (h *harbour) automated() {
	h.Helper()
	app := &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "shop"}}
	app.Spec.Source.Git = &v1alpha1.GitSource{URL: h.toGit.URL() + "/" + repository + ".git", Ref: v1alpha1.GitRef{Branch: "main"}, Path: "shop"}
	app.Spec.Destination.Namespace = h.namespace
	app.Spec.Sync.Interval = &metav1.Duration{Duration: time.Second}
	app.Spec.Automation = []v1alpha1.Automation{{Image: h.image, Policy: v1alpha1.VersionPolicy{SemVer: "*"}, Interval: &metav1.Duration{Duration: 10 * time.Second}}}
	if err := h.api.Create(h.Context(), app); err != nil {
		h.Fatal(err)
	}
}

// says waits for the automation to tell a text.
func (h *harbour) says(text string) {
	h.Helper()
	h.until("the status tells", func() error {
		app, err := h.get("shop")
		if err == nil && (len(app.Status.Automation) == 0 || !strings.Contains(app.Status.Automation[0].Message, text)) {
			err = fmt.Errorf("want %q in %+v", text, app.Status.Automation)
		}
		return err
	})
}

// killAtRegistry has the controller killed when a request to the registry passes.
func (w *world) killAtRegistry(h *harbour, f Fault) *Active {
	f.Times, f.Effect = 1, Before(func() {
		w.process.restart()
	})
	return h.proxy.Inject(f)
}

// subjects of the commits, the newest first.
func (w *world) subjects() []string {
	w.Helper()
	return strings.Split(w.ask("log", "--format=%s", "main"), "\n")
}

// taken enters what somebody else has committed last.
func (w *world) taken(file string) {
	w.Helper()
	tree := w.changed(files{file: w.ask("show", "main:"+file) + "\n"})
	w.pushed = append(w.pushed, commit{hash: w.ask("rev-parse", "main"), tree: tree})
}

// ask git of the served repository.
func (w *world) ask(args ...string) string {
	w.Helper()
	git := exec.CommandContext(w.Context(), "git", args...)
	git.Dir = w.repositoryDir()
	out, err := git.Output()
	if err != nil {
		w.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}
