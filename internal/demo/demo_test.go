package demo

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/fairlead-dev/fairlead/internal/demo/repository"
	"github.com/fairlead-dev/fairlead/internal/sandbox"
)

// The demo is the main job in one piece, so its test is the main job's: everything arrives although the controller is
// killed in the middle of it, a push arrives, and nothing is left in the end.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "fairlead"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("bin/fairlead is not built: make build")
	}
	if _, err := sandbox.Find(); errors.Is(err, sandbox.ErrNotFound) {
		t.Skip("the sandbox is not built: make bin/fairlead-sandbox")
	}
	var notes, links notes
	d, err := Start(t.Context(), Options{
		Program: program, Step: func(string) {}, Progress: func(string) {}, Build: func(int, int) {}, Note: notes.add, Link: links.add,
	})
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			if err := d.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)

	clientset, err := kubernetes.NewForConfig(d.config)
	if err != nil {
		t.Fatal(err)
	}
	count := func() int {
		list, err := clientset.AppsV1().Deployments("").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return 0
		}
		return len(list.Items)
	}
	eventually(t, "the delivery is under way", func() bool { return count() > 10 })
	browser := &http.Client{}
	browser.Jar, _ = cookiejar.New(nil)
	open(t, browser, d.Page)
	if err := syscall.Kill(d.ControllerPid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	atKill := count()

	sum, err := d.Wait(t.Context(), 2*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Available != repository.Deployments || sum.Containers != repository.Containers || sum.Nodes != nodes {
		t.Errorf("summary = %+v, want %d Deployments, %d containers on %d nodes", sum, repository.Deployments, repository.Containers, nodes)
	}
	if !strings.Contains(notes.String(), "killed") {
		t.Errorf("notes = %q, want the killed controller told", notes.String())
	}
	list, err := clientset.AppsV1().Deployments("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range list.Items {
		if dep.Generation != 1 {
			t.Errorf("%s/%s has generation %d: it was written twice", dep.Namespace, dep.Name, dep.Generation)
		}
	}
	t.Logf("killed at %d Deployments, all %d available after %.1f s", atKill, sum.Available, sum.Seconds)

	pushed := time.Now()
	push(t, d.Repository)
	eventually(t, "the pushed tag runs", func() bool {
		pods, err := clientset.CoreV1().Pods("auth").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return false
		}
		for _, pod := range pods.Items {
			if strings.HasSuffix(pod.Spec.Containers[0].Image, "/login:9.9.9") && readyContainers(&pod) > 0 {
				return true
			}
		}
		return false
	})
	t.Logf("the first pod of a push runs after %.1f s", time.Since(pushed).Seconds())

	// Who has opened the link before the controller was killed is still signed in; nobody else comes in by it.
	page, _, _ := strings.Cut(d.Page, "/sign-in")
	if state := open(t, browser, page+"/api/v1/state"); !strings.Contains(state, `"cluster":"demo"`) || !strings.Contains(state, "Deployment.apps auth/login") {
		t.Errorf("the page is told %.300s", state)
	}
	another := &http.Client{}
	another.Jar, _ = cookiejar.New(nil)
	open(t, another, d.Page)
	if me := open(t, another, page+"/api/v1/me"); !strings.Contains(me, "nobody is signed in") {
		t.Errorf("the link is good twice: %s", me)
	}
	next := links.String()
	open(t, another, next)
	if me := open(t, another, page+"/api/v1/me"); next == d.Page || !strings.Contains(me, Person) {
		t.Errorf("by the next link, %s, comes %s", next, me)
	}

	stop()
	if _, err := os.Stat(d.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there (%v)", d.Dir, err)
	}
}

func open(t *testing.T, browser *http.Client, address string) string {
	t.Helper()
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// push does what a person does: clone, edit, commit, push.
func push(t *testing.T, url string) {
	t.Helper()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		command := exec.Command("git", args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("clone", "-q", url, ".")
	file := filepath.Join(dir, "apps", "auth", "login.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "acme/login:1.4.2", "acme/login:9.9.9", 1)
	if changed == string(text) {
		t.Fatal("the tag to change is not where it was")
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	git("-c", "user.name=Grace Lee", "-c", "user.email=grace@example.com", "commit", "-qam", "login: 9.9.9")
	git("push", "-q")
}

func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

type notes struct {
	mu   sync.Mutex
	text []string
}

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.text = append(n.text, text)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.text, "; ")
}
