package practices_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practices"
)

// Who adds a practice decides whether every team can hold it from the first day.
func TestStarterDecidesOnEachPractice(t *testing.T) {
	on := []string{
		"drop-privileges", "sidecar-for-proxy", "image-pinned", "probes-set", "resources-set", "references-resolve", "current-apis", "stateless-containers",
	}
	starter := practice.Profiles[0].Severities
	for _, p := range practices.All {
		if _, isOff := starter[p.ID]; isOff == slices.Contains(on, p.ID) {
			t.Errorf("%s: is it off in the profile starter, or one of those that are on?", p.ID)
		}
	}
}

// What profiles and practices declare must be there, and what is there must be told in a way that fits docs and errors.
func TestProfilesAndParameters(t *testing.T) {
	find := func(id string) *practice.Practice {
		i := slices.IndexFunc(practices.All, func(p *practice.Practice) bool { return p.ID == id })
		if i < 0 {
			t.Fatalf("a profile names %q, which is no practice", id)
		}
		return practices.All[i]
	}
	for _, profile := range practice.Profiles {
		for id, to := range profile.Severities {
			if find(id).Severity == to {
				t.Errorf("%s: %s is %s anyway", profile.Name, id, to)
			}
		}
		for id, values := range profile.Parameters {
			for name, value := range values {
				i := slices.IndexFunc(find(id).Parameters, func(one practice.Parameter) bool { return one.Name == name })
				if i < 0 || fmt.Sprintf("%T", value) != fmt.Sprintf("%T", find(id).Parameters[i].Default) {
					t.Errorf("%s: %s has no parameter %s that may be %v", profile.Name, id, name, value)
				}
			}
		}
	}
	isName := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for _, p := range practices.All {
		for _, one := range p.Parameters {
			if !isName.MatchString(one.Name) || one.About == "" || strings.HasSuffix(one.About, ".") || one.Kind() == "a text" && one.Valid == nil {
				t.Errorf("%s: parameter %s says too little, or too much: %+v", p.ID, one.Name, one)
			}
		}
	}
}

// workload has a Service before it, and what the case adds to the Deployment's spec and to its container.
func workload(spec, container string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/name: web, app.kubernetes.io/part-of: shop}}
spec:
  ` + spec + `
  selector: {matchLabels: {app.kubernetes.io/name: web}}
  template:
    metadata: {labels: {app.kubernetes.io/name: web, app.kubernetes.io/part-of: shop}}
    spec:
      containers:
      - name: web
        image: ghcr.io/acme/web:1.4.2
        ports: [{containerPort: 8080}]
        ` + container + `
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/name: web, app.kubernetes.io/part-of: shop}}
spec: {selector: {app.kubernetes.io/name: web}, type: LoadBalancer, ports: [{port: 80, name: http}]}
`
}

// two workloads that say the same in their environment.
func two(env string) string {
	one := workload("replicas: 2", "env: ["+env+"]")
	other := strings.ReplaceAll(strings.ReplaceAll(one, "name: web", "name: api"), "acme/web", "acme/api")
	return one + "---\n" + other
}

func TestEachParameterChangesWhatIsFound(t *testing.T) {
	const live = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: {restartPolicy: Always, containers: [{name: web, image: web}]}\n" +
		"status: {containerStatuses: [{name: web, restartCount: 4, lastState: {terminated: {exitCode: 0}}}]}\n"
	// a is called, calls b, and so on to d.
	var chain strings.Builder
	for i, name := range []string{"a", "b", "c", "d"} {
		next := []string{"b", "c", "d", "none"}[i]
		chain.WriteString("---\n" + strings.ReplaceAll(workload("replicas: 1", "env: [{name: NEXT_URL, value: 'http://NEXT:80'}]\n        resources: {requests: {cpu: 200m, memory: 200Mi}}"), "web", name) + "---\n")
		text := strings.ReplaceAll(chain.String(), "NEXT:80", next+":80")
		chain.Reset()
		chain.WriteString(strings.ReplaceAll(text, "type: LoadBalancer, ", ""))
	}
	digest := "@sha256:" + strings.Repeat("a", 64)
	tests := map[string]struct {
		text      string
		said      string
		want, was string // a part of one message with the setting, and without; "" is none
		isLive    bool
	}{
		"trusted-base-image publishers":           {text: "FROM ghcr.io/acme/base:1" + digest + "\n", said: "[ghcr.io/acme]", was: "is published by"},
		"trusted-base-image well-known":           {text: "FROM alpine:3.22" + digest + "\n", said: "false", want: "is published by"},
		"trusted-base-image require-digest":       {text: "FROM alpine:3.22\n", said: "true", want: "warning: base image", was: "info: base image"},
		"image-pinned require-digest":             {text: workload("replicas: 2", ""), said: "true", want: "has a tag and no digest"},
		"descriptive-labels required":             {text: workload("replicas: 2", ""), said: "[team]", want: "has no label team"},
		"survives-disruption replicas":            {text: workload("replicas: 2", ""), said: "3", want: "has 2 replicas, and Service web has no other"},
		"drop-privileges level":                   {text: workload("replicas: 2", ""), said: "baseline", was: "set no seccomp profile"},
		"current-apis kubernetes":                 {text: "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {minAvailable: 1, selector: {matchLabels: {a: b}}}\n", said: "1.24", want: "is deprecated since", was: "was removed in"},
		"resources-set memory-ratio":              {text: workload("replicas: 2", "resources: {requests: {cpu: 1, memory: 64Mi}, limits: {memory: 256Mi}}"), said: "3", want: "may take 4 times the memory"},
		"resources-set cpu-ratio":                 {text: workload("replicas: 2", "resources: {requests: {cpu: 1, memory: 64Mi}, limits: {cpu: 4, memory: 64Mi}}"), said: "3", want: "may take 4 times the cpu"},
		"resources-set most-cpu":                  {text: workload("replicas: 2", "resources: {requests: {cpu: 8, memory: 64Mi}, limits: {memory: 64Mi}}"), said: "8", want: "requests 8 CPUs"},
		"crash-cleanly restarts":                  {text: live, said: "5", was: "is restarted: 4 times", isLive: true},
		"probes-set longest-delay":                {text: workload("replicas: 2", "livenessProbe: {httpGet: {path: /live, port: 8080}, initialDelaySeconds: 50}"), said: "40", want: "begins after 50 s"},
		"ingress-over-load-balancer monthly-cost": {text: workload("replicas: 2", ""), said: "30", want: "about 30 USD", was: "about 18 USD"},
		"external-service-mapped workloads":       {text: two("{name: DB_HOST, value: db.example.com}"), said: "3", was: "names db.example.com itself"},
		"sidecar-for-proxy programs":              {text: two("{name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}"), said: "2", want: "2 different programs"},
		"not-too-micro most-calls":                {text: chain.String(), said: "2", want: "may take 3 calls in a row"},
		"not-too-micro tiny-cpu":                  {text: example(t, "not-too-micro", "bad-tiny-between-two.yaml"), said: "1m", was: "is called by"},
		"not-too-micro tiny-memory":               {text: example(t, "not-too-micro", "bad-tiny-between-two.yaml"), said: "1Mi", was: "is called by"},
	}
	for _, p := range practices.All {
		for _, one := range p.Parameters {
			test, ok := tests[p.ID+" "+one.Name]
			if !ok {
				t.Errorf("%s: its parameter %s is not tried", p.ID, one.Name)
				continue
			}
			t.Run(p.ID+" "+one.Name, func(t *testing.T) {
				scope := &practice.Scope{Live: test.isLive}
				if strings.HasPrefix(test.text, "FROM") {
					scope.Dockerfiles = []*dockerfile.File{dockerfile.Parse("Dockerfile", []byte(test.text))}
				} else {
					scope.Objects = manifest.Read("web.yaml", []byte(test.text)).Objects
				}
				before := messages(scope, p)
				scope.Policy = policy(t, fmt.Sprintf("practices: {parameters: {%s: {%s: %s}}}", p.ID, one.Name, test.said))
				after := messages(scope, p)
				has := func(found, message string) bool { return message != "" && strings.Contains(found, message) }
				if has(before, test.want) || has(after, test.was) || has(after, test.want) != (test.want != "") || has(before, test.was) != (test.was != "") {
					t.Errorf("want %q instead of %q (-before +with it):\n%s", test.want, test.was, cmp.Diff(before, after))
				}
			})
		}
	}
}

// example of a practice, by its file.
func example(t *testing.T, id, name string) string {
	t.Helper()
	p := practices.All[slices.IndexFunc(practices.All, func(p *practice.Practice) bool { return p.ID == id })]
	text, err := fs.ReadFile(p.Files, "testdata/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func policy(t *testing.T, text string) *practice.Policy {
	t.Helper()
	policy, problems := practice.ReadPolicy(".fairlead.yaml", []byte(text), practices.All)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return policy
}

func messages(scope *practice.Scope, p *practice.Practice) string {
	var lines []string
	for _, f := range practice.Judge(scope, []*practice.Practice{p}) {
		lines = append(lines, f.Severity.String()+": "+f.Message)
	}
	return strings.Join(lines, "\n")
}
