package admission

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

// sinner breaks run-as-non-root and image-pinned, which are errors.
const sinner = `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"%s}, "spec": {"replicas": %d,
	"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "example.com/web%s"}]}}}}`

// review is what the API server sends.
func review(operation, object, old, more string) string {
	if old == "" {
		old = "null"
	}
	return fmt.Sprintf(`{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "u-1", "operation": %q,
		"kind": {"group": "apps", "version": "v1", "kind": "Deployment"}, "namespace": "shop", "name": "web", "object": %s, "oldObject": %s%s}}`, operation, object, old, more)
}

// offline is a webhook that no API server knows of.
func offline(o Options) *Webhook {
	o.Log = slog.New(slog.DiscardHandler)
	return &Webhook{options: o, judge: newJudge(o, func(string) *manifest.Object { return nil })}
}

func post(w *Webhook, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	recorder := httptest.NewRecorder()
	w.handler().ServeHTTP(recorder, r)
	return recorder
}

func answerTo(t *testing.T, w *Webhook, path, body string) *admissionv1.AdmissionResponse {
	t.Helper()
	recorder := post(w, path, body)
	if recorder.Code != http.StatusOK {
		t.Fatalf("status %d: %s", recorder.Code, recorder.Body)
	}
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Response == nil || answer.Response.UID != "u-1" {
		t.Fatalf("not the answer to u-1: %s", recorder.Body)
	}
	return answer.Response
}

func TestVerdicts(t *testing.T) {
	const annotated = `, "annotations": {"fairlead.dev/allow": "allow run-as-non-root, image-pinned because it is a test"}`
	create := func(more string, image string) string {
		return review("CREATE", fmt.Sprintf(sinner, more, 1, image), "", "")
	}
	scaled := review("UPDATE", fmt.Sprintf(sinner, "", 3, ":latest"), fmt.Sprintf(sinner, "", 1, ":latest"), "")
	for name, test := range map[string]struct {
		body string
		want string // practices that it is refused for; "" is allowed
	}{
		"a new object that breaks two":            {create("", ":latest"), "image-pinned, run-as-non-root"},
		"with exceptions for both":                {create(annotated, ":latest"), ""},
		"an old sinner that is scaled":            {scaled, ""},
		"one that gets worse":                     {review("UPDATE", fmt.Sprintf(sinner, "", 1, ":latest"), fmt.Sprintf(sinner, "", 1, ":1.2.3"), ""), "image-pinned"},
		"one whose exceptions are taken away":     {review("UPDATE", fmt.Sprintf(sinner, "", 1, ":latest"), fmt.Sprintf(sinner, annotated, 1, ":latest"), ""), "image-pinned, run-as-non-root"},
		"one that is going":                       {review("UPDATE", fmt.Sprintf(sinner, `, "deletionTimestamp": "2026-01-01T00:00:00Z"`, 1, ":latest"), fmt.Sprintf(sinner, "", 1, ":1.2.3"), ""), ""},
		"an owner that somebody wrote by hand":    {create(`, "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y", "controller": true}]`, ":latest"), "image-pinned, run-as-non-root"},
		"a dry run is answered like the real":     {review("CREATE", fmt.Sprintf(sinner, "", 1, ":latest"), "", `, "dryRun": true`), "image-pinned, run-as-non-root"},
		"a deletion":                              {review("DELETE", "null", fmt.Sprintf(sinner, "", 1, ":latest"), ""), ""},
		"a connection":                            {review("CONNECT", `{"apiVersion": "v1", "kind": "PodExecOptions"}`, "", ""), ""},
		"a subresource":                           {review("UPDATE", fmt.Sprintf(sinner, "", 1, ":latest"), "", `, "subResource": "status"`), ""},
		"a kind nobody knows, with pods in it":    {review("CREATE", `{"apiVersion": "a.b/v1", "kind": "Machine", "metadata": {"name": "m", "namespace": "shop"}, "spec": {"pods": {"spec": {"containers": [{"name": "a", "image": "a:latest"}]}}}}`, "", ""), "image-pinned, run-as-non-root"},
		"a kind nobody knows, with nothing in it": {review("CREATE", `{"apiVersion": "a.b/v1", "kind": "Thing", "metadata": {"name": "m", "namespace": "shop"}}`, "", ""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := offline(Options{Practices: practices.All})
			refused := answerTo(t, w, "/enforce", test.body)
			if refused.Allowed != (test.want == "") || refused.AuditAnnotations["findings"] != test.want {
				t.Errorf("enforced: allowed %v for %q, want %q", refused.Allowed, refused.AuditAnnotations["findings"], test.want)
			}
			if !refused.Allowed && (refused.Result.Code != http.StatusForbidden || !strings.Contains(refused.Result.Message, "fairlead explain image-pinned")) {
				t.Errorf("refused with %+v", refused.Result)
			}
			warned := answerTo(t, w, "/report", test.body)
			if !warned.Allowed || (len(warned.Warnings) == 0) != (test.want == "") {
				t.Errorf("reported: allowed %v, warnings %q", warned.Allowed, warned.Warnings)
			}
		})
	}
}

func TestWhatIsNoReview(t *testing.T) {
	good := review("CREATE", fmt.Sprintf(sinner, "", 1, ""), "", "")
	for name, test := range map[string]struct {
		path, contentType, body string
		status                  int
		say                     string
	}{
		"cut short":          {"/enforce", "application/json", good[:len(good)/2], 400, "unexpected end"},
		"empty":              {"/enforce", "application/json", "", 400, "unexpected end"},
		"garbage":            {"/enforce", "application/json", "\x00\xff{{{", 400, "invalid character"},
		"something after it": {"/enforce", "application/json", good + good, 400, "after top-level value"},
		"huge":               {"/enforce", "application/json", `{"request": "` + strings.Repeat("x", largest) + `"}`, 413, "larger than 7 MiB"},
		"YAML":               {"/enforce", "application/yaml", "request: {}", 415, "application/json"},
		"no content type":    {"/enforce", "", good, 415, "application/json"},
		"an older version":   {"/enforce", "application/json", strings.Replace(good, "k8s.io/v1", "k8s.io/v1beta1", 1), 400, "only an AdmissionReview of admission.k8s.io/v1"},
		"another kind":       {"/enforce", "application/json", `{"apiVersion": "v1", "kind": "Pod"}`, 400, `this is a "Pod" of "v1"`},
		"no request":         {"/enforce", "application/json", `{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}`, 400, "no request"},
		"no uid":             {"/enforce", "application/json", strings.Replace(good, "u-1", "", 1), 400, "none with a uid"},
		"another path":       {"/", "application/json", good, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, test.path, strings.NewReader(test.body))
			r.Header.Set("Content-Type", test.contentType)
			recorder := httptest.NewRecorder()
			offline(Options{Practices: practices.All, FailClosed: true}).handler().ServeHTTP(recorder, r)
			if recorder.Code != test.status || !strings.Contains(recorder.Body.String(), test.say) {
				t.Errorf("%d %q, want %d with %q", recorder.Code, recorder.Body, test.status, test.say)
			}
		})
	}
	r := httptest.NewRequest(http.MethodPost, "/enforce", io.MultiReader(strings.NewReader(good[:20]), broken{}))
	r.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	offline(Options{}).handler().ServeHTTP(recorder, r)
	if recorder.Code != http.StatusBadRequest || !strings.Contains(recorder.Body.String(), "cut short") {
		t.Errorf("a connection that breaks off: %d %q", recorder.Code, recorder.Body)
	}
}

func TestItIsNotReadyBeforeItHasACertificate(t *testing.T) {
	recorder := httptest.NewRecorder()
	offline(Options{}).handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if recorder.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d", recorder.Code)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// What can't be judged passes with a warning, or is refused if the webhook is told to; never where it only reports.
func TestWhatCannotBeJudged(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	slow := &practice.Practice{ID: "slow", Severity: practice.Error, Inputs: practice.Manifests, Run: func(*practice.Pass) { <-release }}
	good := fmt.Sprintf(sinner, "", 1, "")
	for name, test := range map[string]struct {
		practices   []*practice.Practice
		query, body string
		say         string
	}{
		"no object":              {body: review("CREATE", "null", "", ""), say: "read the object of the review"},
		"an object of no kind":   {body: review("CREATE", `{"data": {"password": "hunter2"}}`, "", ""), say: "no apiVersion or kind"},
		"an object that is none": {body: review("CREATE", `["hunter2"]`, "", ""), say: "read the object of the review"},
		"no old object":          {practices: practices.All, body: review("UPDATE", good, "", ""), say: "read the old object"},
		"no time":                {practices: []*practice.Practice{slow}, query: "?timeout=20ms", body: review("CREATE", good, "", ""), say: "no time to judge it"},
	} {
		t.Run(name, func(t *testing.T) {
			for path, isRefused := range map[string]map[bool]bool{"/enforce": {false: false, true: true}, "/report": {false: false, true: false}} {
				for failClosed, refused := range isRefused {
					answer := answerTo(t, offline(Options{Practices: test.practices, FailClosed: failClosed}), path+test.query, test.body)
					said := strings.Join(answer.Warnings, " ")
					if refused {
						said = answer.Result.Message
					}
					if answer.Allowed == refused || !strings.Contains(said, test.say) || strings.Contains(said, "hunter2") {
						t.Errorf("%s, fail closed %v: allowed %v, said %q", path, failClosed, answer.Allowed, said)
					}
				}
			}
		})
	}
}

// A practice that breaks down refuses nothing, however strict the gate is: it is Fairlead's own bug.
func TestAPracticeThatBreaksDownRefusesNothing(t *testing.T) {
	buggy := &practice.Practice{ID: "buggy", Severity: practice.Error, Inputs: practice.Manifests, Run: func(*practice.Pass) { panic("x") }}
	w := offline(Options{Practices: []*practice.Practice{buggy}, Gate: practice.Info, FailClosed: true})
	if answer := answerTo(t, w, "/enforce", review("CREATE", fmt.Sprintf(sinner, "", 1, ""), "", "")); !answer.Allowed {
		t.Errorf("refused: %+v", answer.Result)
	}
}

// What practices find is told, what they found it in is not.
func TestSecretsStayWhereTheyAre(t *testing.T) {
	secret := `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}, "stringData": {"password": "hunter2"}}`
	deployment := strings.Replace(fmt.Sprintf(sinner, "", 1, ":latest"), `"name": "web", "image"`,
		`"name": "web", "env": [{"name": "PASSWORD", "value": "hunter2"}, {"name": "DATABASE_URL", "value": "postgres://shop:hunter2@10.1.2.3:5432/db"}], "command": ["sh", "-c", "run --token hunter2"], "image"`, 1)
	w := offline(Options{Practices: practices.All, Gate: practice.Info})
	for name, body := range map[string]string{
		"Secret":     strings.Replace(review("CREATE", secret, "", ""), `"group": "apps", "version": "v1", "kind": "Deployment"`, `"group": "", "version": "v1", "kind": "Secret"`, 1),
		"Deployment": review("CREATE", deployment, "", ""),
	} {
		for _, path := range []string{"/enforce", "/report"} {
			recorder := post(w, path, body)
			if recorder.Code != http.StatusOK || strings.Contains(recorder.Body.String(), "hunter2") {
				t.Errorf("%s: %d %s", name, recorder.Code, recorder.Body)
			}
		}
	}
}

func TestMessagesAreBounded(t *testing.T) {
	var findings []practice.Finding
	for range 40 {
		findings = append(findings, practice.Finding{Practice: "image-pinned", Message: strings.Repeat("é\n", 4000), Field: strings.Repeat("[x]", 999), Leads: "x", Fix: strings.Repeat("y", 4000)})
	}
	denial := denial(findings)
	if len(denial) > 5000 || !strings.Contains(denial, "and 35 more") || !strings.Contains(denial, "annotate the object") {
		t.Errorf("%d bytes: %s", len(denial), denial)
	}
	warnings := warnings(findings)
	if len(warnings) != told+1 {
		t.Errorf("%d warnings", len(warnings))
	}
	for _, one := range warnings {
		if len(one) > warningSize || bytes.ContainsAny([]byte(one), "\n") {
			t.Errorf("%d bytes: %q", len(one), one)
		}
	}
}

// What a review costs without the way there and back.
func BenchmarkReview(b *testing.B) {
	w := offline(Options{Practices: practices.All})
	body := review("CREATE", fmt.Sprintf(sinner, "", 1, ":latest"), "", "")
	w.warmUp(b.Context())
	for b.Loop() {
		post(w, "/enforce", body)
	}
}

// Whatever is posted, the answer is one of those that the API server understands.
func FuzzReview(f *testing.F) {
	for _, seed := range []string{
		review("CREATE", fmt.Sprintf(sinner, "", 1, ":latest"), "", ""), review("UPDATE", fmt.Sprintf(sinner, "", 3, ""), fmt.Sprintf(sinner, "", 1, ""), ""),
		review("DELETE", "null", "null", ""), review("CREATE", "[]", "", ""), review("CREATE", `{"apiVersion": 1, "kind": {}, "metadata": []}`, "", ""), "", "{", "null",
	} {
		f.Add([]byte(seed))
	}
	w := offline(Options{Practices: practices.All, Gate: practice.Info})
	f.Fuzz(func(t *testing.T, body []byte) {
		recorder := post(w, "/enforce", string(body))
		switch recorder.Code {
		case http.StatusOK:
			var answer admissionv1.AdmissionReview
			if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil || answer.Response == nil || answer.Response.UID == "" {
				t.Errorf("%v: %s", err, recorder.Body)
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("status %d", recorder.Code)
		}
	})
}

func TestTheWitnessIsTold(t *testing.T) {
	witness := &cluster.Witness{}
	w := offline(Options{Witness: witness})
	at := time.Now()
	by := func(user, manager, more string) {
		t.Helper()
		answerTo(t, w, "/report", review("UPDATE", fmt.Sprintf(sinner, "", 1, ":1.2.3"), "", fmt.Sprintf(
			`, "userInfo": {"username": %q}, "options": {"kind": "UpdateOptions", "fieldManager": %q}%s`, user, manager, more)))
	}
	by("ann", "kubectl-edit", "")
	by("ben", "kubectl-edit", `, "dryRun": true`)
	d := &cluster.Drift{ID: manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"}, Kind: cluster.Changed,
		Fields: []cluster.DriftedField{{By: cluster.Actor{Manager: "kubectl-edit", At: at}}}}
	if witness.Name(d); d.Fields[0].By.User != "ann" {
		t.Errorf("it was %q, want ann: a dry run changes nothing", d.Fields[0].By.User)
	}
	answerTo(t, w, "/report", review("UPDATE", fmt.Sprintf(sinner, "", 1, ":1.2.3"), "", "")) // without options
}
