package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// hidden is what stands in the sources and must be in no report.
const hidden = "hunter2"

var sources = map[string]string{
	"k8s/base/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: registry.example.com/web:latest
        ports: [{containerPort: 8080}]
        env:
        - name: DB_PASSWORD
          value: hunter2
        - {name: API_TOKEN, value: hunter2}
        - name: MOTTO
          value: "größer → <b>besser</b>"
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData:
  user: hunter2
---
apiVersion: v1
kind: Service
metadata: {name: web}
`,
	"charts/web/templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
`,
	"Dockerfile": "FROM golang:1.26\nENV DB_PASSWORD=hunter2\nRUN curl -H 'Authorization: Bearer hunter2' https://ada:hunter2@example.com\nUSER root\n",
}

func result() *check.Result {
	deployment := manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"}
	in := func(path string, line, column int) manifest.Origin {
		return manifest.Origin{Path: path, Line: line, Column: column}
	}
	pinned := practice.Finding{
		Practice: "image-pinned", Severity: practice.Error, Scope: "k8s/overlays/dev", Object: deployment, Origin: in("k8s/base/web.yaml", 11, 9),
		Field: "spec.template.spec.containers[0].image", Message: `container "web" runs registry.example.com/web:latest, whose tag moves`,
		Leads: "another image runs after the next restart", Fix: "name a version, or better a digest",
	}
	elsewhere := pinned
	elsewhere.Scope = "k8s/overlays/prod"
	probe := practice.Finding{
		Practice: "probes-set", Severity: practice.Warning, Scope: "k8s/overlays/prod", Object: deployment, Origin: in("k8s/base/web.yaml", 10, 9),
		Field: "spec.template.spec.containers[0]", Message: "container \"web\" has no readiness probe\nand listens on 8080, 100% of the time", Leads: "requests reach it before it can answer",
		Fix: "add this:\nreadinessProbe:\n  httpGet: {path: /ready, port: 8080}", Cause: "shop/web",
	}
	second := probe
	second.Origin.Line, second.Message, second.Field = 12, `container "web" has no liveness probe`, "spec.template.spec.containers[0].ports"
	r := &check.Result{
		Findings: []practice.Finding{
			{Practice: "readable", Severity: practice.Error, Scope: "broken", Origin: in("broken/web: a, b.yaml", 3, 0), Message: "not YAML: a tab indents this line", Fix: "indent with spaces"},
			{Practice: "charted", Severity: practice.Info, Scope: "charts/web", Object: deployment, Origin: manifest.Origin{Path: "charts/web/templates/web.yaml", Line: 47, Column: 5, Rendered: true},
				Field: "spec.replicas", Message: "one replica behind [a service](https://example.com)"},
			{Practice: "image-pinned", Severity: practice.Error, Scope: "charts/web", Object: deployment, Origin: in("charts/web/templates/web.yaml", 9, 9),
				Field: "spec.template.spec.containers[0].image", Values: "image.repository, image.tag", Message: `container "web" runs web:latest, whose tag moves`, Fix: "name a version"},
			{Practice: "run-as-non-root", Severity: practice.Error, Scope: "dockerfiles", Origin: in("Dockerfile", 4, 1), Message: "the image runs as root", Leads: "a break-out is root on the node", Fix: "end with USER 10001"},
			{Practice: "sidecar-for-proxy", Severity: practice.Warning, Scope: "dockerfiles", Origin: in("Dockerfile", 2, 1), Message: "DB_PASSWORD is in the image"},
			{Practice: "in-git", Severity: practice.Info, Scope: "cluster prod", Object: deployment, Field: "metadata", Message: "größer <script>alert(1)</script> als → nötig \x1b[31m"},
			pinned, elsewhere, probe, second,
			{Practice: "sidecar-for-proxy", Severity: practice.Warning, Scope: "k8s/overlays/prod", Object: deployment, Origin: in("k8s/base/web.yaml", 14, 11), Message: "DB_PASSWORD is written in plain text"},
			{Practice: "sidecar-for-proxy", Severity: practice.Warning, Scope: "k8s/overlays/prod", Object: deployment, Origin: in("k8s/base/web.yaml", 16, 11), Message: "API_TOKEN is written in plain text"},
			{Practice: "sidecar-for-proxy", Severity: practice.Warning, Scope: "k8s/overlays/prod", Object: manifest.ID{Kind: "Secret", Name: "login"}, Origin: in("k8s/base/web.yaml", 24, 3), Message: "user is written in plain text"},
			{Practice: "descriptive-labels", Severity: practice.Warning, Scope: "k8s/overlays/prod", Object: manifest.ID{Kind: "Service", Name: "web"}, Origin: in("k8s/base/web.yaml", 26, 1), Message: "it has no labels"},
		},
		Allowed: []practice.Finding{
			{Practice: "image-pinned", Severity: practice.Error, Scope: "k8s/overlays/prod", Object: deployment, Origin: in("k8s/base/web.yaml", 12, 9), Message: "it runs agent:latest",
				Allowed: &practice.Allowed{Reason: "the vendor has one <tag>", Until: "2027-03-01", Origin: in("k8s/base/web.yaml", 11, 7)}},
		},
		Scopes: []check.Scope{
			{Name: "charts/web", Kind: check.Helm, Objects: 4}, {Name: "cluster prod", Kind: check.Cluster, Objects: 210},
			{Name: "dockerfiles", Kind: check.Dockerfiles, Dockerfiles: 2},
			{Name: "k8s/overlays/dev", Kind: check.Kustomize, Objects: 3}, {Name: "k8s/overlays/prod", Kind: check.Kustomize, Objects: 3},
		},
		Skipped: []manifest.Skipped{{Path: "k8s/compose.yaml", Reason: "not a Kubernetes object: no apiVersion and no kind"}},
		Sources: func(path string) []byte { return []byte(sources[path]) },
	}
	for _, p := range []practice.Practice{
		{ID: "run-as-non-root", Category: practice.Internals, Severity: practice.Error, Inputs: practice.Manifests | practice.Cluster | practice.Dockerfiles, Title: "Containers run as a user that is not root"},
		{ID: "image-pinned", Category: practice.Deployments, Severity: practice.Error, Inputs: practice.Manifests | practice.Cluster, Title: "Images are pinned"},
		{ID: "probes-set", Category: practice.Deployments, Severity: practice.Warning, Inputs: practice.Manifests | practice.Cluster, Title: "Probes test what they are for"},
		{ID: "sidecar-for-proxy", Category: practice.Deployments, Severity: practice.Warning, Inputs: practice.Manifests | practice.Dockerfiles, Title: "Credentials are in one place"},
		{ID: "charted", Category: practice.Architecture, Severity: practice.Info, Inputs: practice.Manifests, Title: "Software of others comes from its chart"},
		{ID: "in-git", Category: practice.Lessons, Severity: practice.Info, Inputs: practice.Cluster, Title: "Everything is in git"},
		{ID: "descriptive-labels", Category: practice.Deployments, Severity: practice.Warning, Inputs: practice.Manifests | practice.Cluster, Title: "Labels say what it is"},
	} {
		p.Leads, p.Fix = "trouble in the night", "do it"
		p.Files = fstest.MapFS{"practice.md": {Data: []byte("Why it matters, with `code` and **weight** & <b>.\n\n- one\n- two\n\n```yaml\na: b\n```\n\n## When it does not fit\n\nNever.\n")}}
		r.Checked = append(r.Checked, &p)
	}
	for i := range r.Scopes {
		s := &r.Scopes[i]
		s.Weigh(r.Checked, slices.DeleteFunc(slices.Clone(r.Findings), func(f practice.Finding) bool { return f.Scope != s.Name }))
	}
	return r
}

// TestFormats compares with testdata/report.FORMAT; UPDATE_GOLDEN=1 writes them anew.
func TestFormats(t *testing.T) {
	for _, name := range Formats() {
		t.Run(name, func(t *testing.T) {
			got := write(t, Format(name), result())
			if strings.Contains(got, hidden) {
				t.Errorf("a secret is shown")
			}
			if again := write(t, Format(name), result()); again != got {
				t.Errorf("the same result makes other bytes")
			}
			golden := filepath.Join("testdata", "report."+name)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		})
	}
}

func write(t *testing.T, f Format, r *check.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, r, Options{Version: "v1.2.3"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEmptyResultsAreValid(t *testing.T) {
	for _, name := range Formats() {
		text := write(t, Format(name), &check.Result{})
		switch Format(name) {
		case JSON, SARIF, GitLab:
			if !json.Valid([]byte(text)) || strings.Contains(text, "null") {
				t.Errorf("%s of nothing is %s", name, text)
			}
		case JUnit:
			if err := xml.Unmarshal([]byte(text), &junitSuites{}); err != nil {
				t.Errorf("%s of nothing is %s: %v", name, text, err)
			}
		}
	}
}

func TestJUnitIsXMLWhateverIsSaid(t *testing.T) {
	decoder := xml.NewDecoder(strings.NewReader(write(t, JUnit, result())))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// The page is opened by people who trust it, and has no script.
func TestThePageRunsNothing(t *testing.T) {
	r := result()
	for _, text := range []string{`"><script>alert(1)</script>`, "</style><script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "</option></select><h1>"} {
		f := r.Findings[0]
		f.Practice, f.Scope, f.Message, f.Field, f.Fix, f.Leads, f.Origin.Path = text, text, text, text, text, text, text
		r.Findings = append(r.Findings, f)
		r.Scopes = append(r.Scopes, check.Scope{Name: text, Kind: check.Kind(text), Objects: 1})
		r.Skipped = append(r.Skipped, manifest.Skipped{Path: text, Reason: text})
	}
	text := write(t, HTML, r)
	for _, live := range []string{"<script", "<img", "<h1></", `href="javascript`, "</option></select><h1>"} {
		if strings.Contains(text, live) {
			t.Errorf("the page has %q", live)
		}
	}
	if n := strings.Count(text, "<style>") + strings.Count(text, "</style>"); n != 2 {
		t.Errorf("the page has %d style tags", n)
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := Write(io.Discard, "pdf", result(), Options{}); err == nil || !strings.Contains(err.Error(), `"pdf"`) {
		t.Errorf("the error is %v", err)
	}
}

// gosec's module carries the standard's own schema in its test data; the linter (make check) needs it anyway.
const gosec = "github.com/securego/gosec/v2@v2.26.1"

// sarifSchema is the file of SARIF 2.1.0's schema.
func sarifSchema(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", gosec)
	cmd.Dir = t.TempDir() // the project doesn't depend on it
	out, err := cmd.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &module); jsonErr != nil || module.Dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatalf("download SARIF's schema with %s: %v %s", gosec, err, module.Error)
		}
		t.Skipf("SARIF's schema comes with %s, which is not to be had here: %v %s", gosec, err, module.Error)
	}
	return filepath.Join(module.Dir, "report/sarif/testdata/sarif-schema-2.1.0.json")
}

// TestSARIFMeetsItsSchema validates against the standard's own schema. Where CI is set it must be to be had.
func TestSARIFMeetsItsSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(sarifSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*check.Result{"all cases": result(), "nothing": {}} {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(write(t, SARIF, r)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFingerprintsSurviveMovedLines(t *testing.T) {
	f := result().Findings[5]
	moved := f
	moved.Origin.Line, moved.Origin.Column = 99, 3
	if (fingerprints{}).of(f) != (fingerprints{}).of(moved) {
		t.Error("a moved line makes it another finding")
	}
	seen := fingerprints{}
	if seen.of(f) == seen.of(moved) {
		t.Error("two findings have one fingerprint")
	}
}
