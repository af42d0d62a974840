package apply

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// brokenServer is what webhooks call in these tests: it answers 500, "no" to a review under /deny, and never under /hang.
func brokenServer(t *testing.T) (url, ca string) {
	t.Helper()
	over := make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			<-over
		case "/deny":
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"` + uidOf(r) + `","allowed":false,"status":{"message":"not on a Friday"}}}`))
		default:
			http.Error(w, "out of order", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) }) // before it
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	// NS would be taken for the namespace.
	return server.URL, `"` + strings.ReplaceAll(base64.StdEncoding.EncodeToString(text), "NS", `N\x53`) + `"`
}

// uidOf reads which review a request is about.
func uidOf(r *http.Request) string {
	var review struct{ Request struct{ UID string } }
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		return ""
	}
	return review.Request.UID
}

// neighbours is beside what is broken, and must not notice.
const neighbours = "\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: beside}\n"

// isolated plans and runs a text with one broken object beside the neighbours, which must be there in the end. It returns the
// plan, and the problems of plan and run.
func (s site) isolated(text string) (told, problems []string) {
	s.Helper()
	beside := manifest.ID{Kind: "ServiceAccount", Namespace: s.namespace, Name: "beside"}
	plan := s.plan(text + neighbours)
	failed := plan.Problems()
	for _, o := range s.run(plan) {
		if o.Err != nil {
			failed = append(failed, manifest.Problem{Origin: o.Origin, ID: o.ID, Err: o.Err})
		}
	}
	if s.get(beside) == nil {
		s.Error("what is beside the broken object was not applied")
	} else {
		s.remove(beside)
	}
	return s.told(plan), s.problems(failed)
}

const admissionHook = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: NS-strict}
webhooks:
- name: strict.NS.test
  clientConfig: {url: URL, caBundle: CA}
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 1
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NS}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]
`

func TestAWebhookThatDoesNotAnswer(t *testing.T) {
	s := newSite(t)
	url, ca := brokenServer(t)
	t.Cleanup(func() {
		s.remove(manifest.ID{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration", Name: s.namespace + "-strict"})
	})
	const next = "see that its service runs, then sync again: kubectl describe validatingwebhookconfiguration NS-strict"
	for _, tt := range []struct{ path, action, want string }{
		{"/broken", "unknown", `1: the admission webhook "strict.NS.test" gives no answer: an error on the server ("out of order") has prevented the request from succeeding → ` + next},
		{"/hang", "unknown", `1: the admission webhook "strict.NS.test" gives no answer: Post "URL/hang?timeout=1s": context deadline exceeded → ` + next},
		{"/deny", "blocked", `1: refused at admission: admission webhook "strict.NS.test" denied the request: not on a Friday → ` +
			"change the object as the message says, or the policy that refuses it: kubectl describe validatingwebhookconfiguration NS-strict"},
	} {
		s.sync(strings.NewReplacer("URL", url+tt.path, "CA", ca).Replace(admissionHook))
		const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: watched}\n"
		want := strings.ReplaceAll(tt.want, "URL", url)
		sandboxtest.Eventually(t, "the server calls the webhook", func() bool { // it learns of it a moment later
			problems := s.problems(s.plan(text).Problems())
			return len(problems) == 1 && strings.HasPrefix(problems[0], want[:70])
		})
		told, problems := s.isolated(text)
		if diff := cmp.Diff([]string{tt.action + " ConfigMap watched", "!create ServiceAccount beside"}, told); diff != "" {
			t.Errorf("%s: plan (-want +got):\n%s", tt.path, diff)
		}
		if diff := cmp.Diff([]string{want}, problems); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", tt.path, diff)
		}
	}
}

func TestAConversionThatDoesNotAnswer(t *testing.T) {
	s := newSite(t)
	url, ca := brokenServer(t)
	s.sync(strings.NewReplacer("URL", url, "CA", ca).Replace(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: turneds.NS.apply.test}
spec:
  group: NS.apply.test
  scope: Namespaced
  names: {plural: turneds, singular: turned, kind: Turned}
  conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {url: URL, caBundle: CA}}}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
  - {name: v2, served: true, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`))
	t.Cleanup(func() {
		s.remove(manifest.ID{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition", Name: "turneds." + s.namespace + ".apply.test"})
	})
	const text = "apiVersion: NS.apply.test/v1\nkind: Turned\nmetadata: {name: a}\nspec: {a: a}\n"
	s.sync(text) // as it is stored, so nothing is converted
	told, problems := s.isolated(broken(t, text, "test/v1", "test/v2"))
	want := []string{"!create ServiceAccount beside", "unknown Turned a"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	want = []string{`1: the conversion webhook of its kind gives no answer: an error on the server ("out of order") has prevented the request from succeeding → ` +
		"see spec.conversion of the CustomResourceDefinition and that its service runs: kubectl describe crd turneds.NS.apply.test"}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

// TestAnAPIThatIsDown has an object of a kind that nobody answers for, in git and among what has left git.
func TestAnAPIThatIsDown(t *testing.T) {
	s := newSite(t)
	group := s.namespace + ".dead.test"
	s.sync(`apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.NS.dead.test}
spec: {group: NS.dead.test, version: v1, groupPriorityMinimum: 100, versionPriority: 10, insecureSkipTLSVerify: true, service: {namespace: NS, name: nobody}}
`)
	t.Cleanup(func() {
		s.remove(manifest.ID{Group: "apiregistration.k8s.io", Kind: "APIService", Name: "v1." + group})
	})
	const thing = "apiVersion: NS.dead.test/v1\nkind: Thing\nmetadata: {name: a, namespace: NS}\n"
	sandboxtest.Eventually(t, "the group is known to be down", func() bool {
		s.client.Rediscover()
		return s.plan(thing).Count(ActionUnknown) == 1
	})
	told, problems := s.isolated(thing)
	if diff := cmp.Diff([]string{"!create ServiceAccount beside", "unknown Thing a"}, told); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	want := []string{"1: the kind Thing can't be asked for: nothing answers for NS.dead.test/v1 → see why its server doesn't answer: kubectl describe apiservice v1.NS.dead.test"}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}

	left := manifest.ID{Group: group, Kind: "Thing", Namespace: s.namespace, Name: "left"}
	plan := s.plan(configMaps("stays"), s.owned("team/shop", PruneOptions{Enabled: true, Approved: true}, left, s.configMap("stays"), s.configMap("gone")))
	if c := plan.Changes[len(plan.Changes)-1]; c.ID != left || c.Action != ActionUnknown || c.Problem == nil {
		t.Errorf("what left git and can't be asked for: %v", s.told(plan))
	}
}

func TestAQuotaThatIsUsedUp(t *testing.T) {
	s := newSite(t)
	s.sync("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: few}\nspec: {hard: {services: 1}}\n")
	sandboxtest.Eventually(t, "the quota counts", func() bool {
		_, counts, _ := unstructured.NestedString(s.get(manifest.ID{Kind: "ResourceQuota", Namespace: s.namespace, Name: "few"}).Object, "status", "used", "services")
		return counts
	})
	s.sync("apiVersion: v1\nkind: Service\nmetadata: {name: first}\nspec: {ports: [{port: 80}]}\n")
	const second = "apiVersion: v1\nkind: Service\nmetadata: {name: second}\nspec: {ports: [{port: 80}]}\n"
	sandboxtest.Eventually(t, "the quota is used up", func() bool { return s.plan(second).Count(ActionBlocked) == 1 })
	_, problems := s.isolated(second)
	want := []string{"1: refused by a quota: exceeded quota: few, requested: services=1, used: services=1, limited: services=1 → ask for less, or raise the quota: kubectl describe resourcequota -n NS"}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestObjectsThatAreTooLarge(t *testing.T) {
	s := newSite(t)
	s.sync(strings.ReplaceAll(define("Large", "Namespaced"), "properties: {size: {type: integer}}", "x-kubernetes-preserve-unknown-fields: true"))
	t.Cleanup(func() { s.remove(crd("Large")) })
	const next = " → split it, or keep large content outside the cluster's database"
	for name, tt := range map[string]struct {
		text string
		size int
		want string
	}{
		"for its kind":     {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: CONTENT}\n", 1100_000, "4: data: Too long: may not be more than 1048576 bytes"},
		"for a request":    {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: CONTENT}\n", 3200_000, "1: the object is larger than the server takes: Request entity too large: limit is 3145728"},
		"for the database": {"apiVersion: apply.test/v1\nkind: Large\nmetadata: {name: a}\nspec: {a: CONTENT}\n", 1600_000, "1: the object is larger than the server takes: etcdserver: request is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.T = t
			_, problems := s.isolated(strings.Replace(tt.text, "CONTENT", strings.Repeat("x", tt.size), 1))
			if diff := cmp.Diff([]string{tt.want + next}, problems); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
