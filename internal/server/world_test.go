package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/server/door"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// what is in each namespace of a world. Of the namespace that nobody of the test may see, all names begin with "secret".
const things = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: %[2]s-front, namespace: %[1]s, labels: {team: %[2]s-team}}
spec:
  replicas: 1
  selector: {matchLabels: {app: %[2]s-front}}
  template:
    metadata: {labels: {app: %[2]s-front}}
    spec: {containers: [{name: %[2]s-web, image: "ghcr.io/acme/%[2]s-front:1.0.0", env: [{name: BACKEND, value: "http://alpha-front.%[3]s"}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: %[2]s-front, namespace: %[1]s}
spec: {selector: {app: %[2]s-front}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: %[2]s-bare, namespace: %[1]s}
spec: {containers: [{name: %[2]s-bare, image: "ghcr.io/acme/%[2]s-bare:1.0.0"}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: Application
metadata: {name: %[2]s-app, namespace: %[1]s}
spec:
  source: {git: {url: "http://127.0.0.1:1/%[2]s-config.git", ref: {branch: main}, path: .}}
  destination: {namespace: %[1]s, serviceAccountName: %[2]s-deployer}
---
apiVersion: fairlead.dev/v1alpha1
kind: Release
metadata: {name: %[2]s-app-1, namespace: %[1]s, labels: {fairlead.dev/application: %[2]s-app}}
spec: {application: %[2]s-app, number: 1, revision: %[2]s-revision, shortRevision: %[2]s, summary: "1 created", author: "%[2]s-author <a@example.com>"}
---
apiVersion: fairlead.dev/v1alpha1
kind: Notifier
metadata: {name: %[2]s-chat, namespace: %[1]s}
spec: {sink: {webhook: {url: "https://%[2]s.example.com"}}}
---
apiVersion: v1
kind: Secret
metadata: {name: %[2]s-login, namespace: %[1]s}
stringData: {password: hunter2}
---
apiVersion: v1
kind: Event
metadata: {name: %[2]s-event, namespace: %[1]s}
involvedObject: {apiVersion: apps/v1, kind: Deployment, name: %[2]s-front, namespace: %[1]s}
reason: ScalingReplicaSet
message: %[2]s-message
type: Normal
`

// A person who may see all but Secrets in a namespace, and write nothing.
const rights = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: of-two, namespace: %[1]s}
rules:
- {apiGroups: [""], resources: [pods, pods/log, events, services, configmaps], verbs: [get, list, watch]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [get, list, watch]}
- {apiGroups: [apps], resources: ["*"], verbs: [get, list, watch]}
- {apiGroups: [batch], resources: ["*"], verbs: [get, list, watch]}
- {apiGroups: [fairlead.dev], resources: ["*"], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: of-two, namespace: %[1]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: of-two}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %[2]s}]
`

// world is a cluster of three namespaces, of which somebody may see two, behind a server with the rights of deploy/page.yaml.
type world struct {
	*testing.T
	config           *rest.Config // an administrator's
	one, two, hidden string
	url              string
	log              *safeLog
}

// The page's rights are the same for all tests: what is in no namespace is made once.
var installed sync.Once

func newWorld(t *testing.T) *world {
	w := &world{T: t, config: sandboxtest.StartWithNodes(t), one: sandboxtest.Namespace(t), two: sandboxtest.Namespace(t), hidden: sandboxtest.Namespace(t), log: &safeLog{}}
	installed.Do(func() {
		page, err := os.ReadFile("../../deploy/page.yaml")
		if err != nil {
			t.Fatal(err)
		}
		own := manifest.Read("own.yaml", []byte("{apiVersion: v1, kind: Namespace, metadata: {name: fairlead}}\n---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: fairlead, namespace: fairlead}}\n"))
		own.Merge(manifest.Read("page.yaml", page))
		own.Merge(deploy.Kinds())
		w.apply(own)
	})
	for namespace, name := range map[string]string{w.one: "alpha", w.two: "beta", w.hidden: "secret"} {
		w.apply(manifest.Read("things.yaml", fmt.Appendf(nil, things, namespace, name, w.one)))
	}
	for _, namespace := range []string{w.one, w.two} {
		w.apply(manifest.Read("rights.yaml", fmt.Appendf(nil, rights, namespace, w.ofTwo().Name)))
	}
	return w
}

// ofTwo is the person who may see two of the world's namespaces, and nothing of other tests'.
func (w *world) ofTwo() door.Person { return door.Person{Name: "of-two-" + w.one} }

func (w *world) apply(set *manifest.Set) {
	w.Helper()
	c, err := cluster.NewClient(w.config)
	if err != nil {
		w.Fatal(err)
	}
	plan, err := apply.NewPlan(w.Context(), c, set, apply.Target{})
	if err != nil {
		w.Fatal(err)
	}
	for _, p := range plan.Problems() {
		w.Fatal(p)
	}
	for _, o := range apply.Run(w.Context(), c, plan, apply.Options{}) {
		if o.Err != nil {
			w.Fatalf("%s: %v", o.ID, o.Err)
		}
	}
}

// serve runs the page as the controller's service account, which has the rights of deploy/page.yaml and no others.
func (w *world) serve(person door.Person) (browser *http.Client) {
	w.Helper()
	seconds := int64(3600)
	token, err := kubernetes.NewForConfigOrDie(w.config).CoreV1().ServiceAccounts("fairlead").CreateToken(w.Context(), "fairlead",
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		w.Fatal(err)
	}
	config := rest.AnonymousClientConfig(w.config)
	config.BearerToken = token.Status.Token
	secret := ""
	link := &door.OwnLink{Person: person, Fresh: func(fresh string) { secret = fresh }}
	link.Renew()
	log := slog.New(slog.NewTextHandler(w.log, nil))
	page, err := NewPage(PageOptions{Door: door.Options{Config: config, Log: log, Links: []door.Link{link}}, Cluster: "test", Version: "0", Mirrors: w.TempDir()})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- page.Run(ctx) }()
	server := httptest.NewServer(Handler(Options{Log: log, Page: page}))
	w.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		cancel()
		<-ended
	})
	w.url = server.URL
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	browser = &http.Client{Jar: jar, Timeout: time.Minute}
	if status, body := w.call(browser, "GET", door.LinkPath(secret), ""); status != http.StatusOK {
		w.Fatalf("sign in: %d %s", status, body)
	}
	return browser
}

// call answers with the status and the body; of a stream with its first events.
func (w *world) call(browser *http.Client, method, path, body string) (int, string) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	response, err := browser.Do(request)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		text, err := io.ReadAll(response.Body)
		if err != nil {
			w.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	var text strings.Builder
	time.AfterFunc(streamFor, cancel)
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
	}
	return response.StatusCode, text.String()
}

// streamFor is how long a stream that has no end is listened to.
const streamFor = time.Second

// safeLog is what was logged.
type safeLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *safeLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
