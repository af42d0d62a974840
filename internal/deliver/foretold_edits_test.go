package deliver

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// edit is one way to change the repository.
type edit struct {
	name   string
	breaks bool // the next commit takes it back
	change func(w *world, app string, files map[string]string, n int) (touched bool)
}

// edit picks an edit and an application at random, until one fits.
func (w *world) edit(n int) (edit, string, map[string]string) {
	apps := slices.Sorted(maps.Keys(w.owned))
	for {
		e, app, files := edits[w.random.IntN(len(edits))], apps[w.random.IntN(len(apps))], maps.Clone(w.files)
		if w.next != "" {
			app = w.next
		}
		if e.name == "a new application" && w.next == "" {
			app = fmt.Sprintf("new-%d", n)
		}
		if e.change(w, app, files, n) {
			return e, app, files
		}
	}
}

// pick returns a file of the application with the text, and its content.
func (w *world) pick(app string, files map[string]string, text string) (name, content string) {
	var fit []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(name, "apps/"+app+"/") && strings.Contains(files[name], text) {
			fit = append(fit, name)
		}
	}
	if len(fit) == 0 {
		return "", ""
	}
	name = fit[w.random.IntN(len(fit))]
	return name, files[name]
}

// replace makes an edit of replacing a text, once or everywhere in a file; %d is the commit's number.
func replace(old, text string, times int) func(*world, string, map[string]string, int) bool {
	return func(w *world, app string, files map[string]string, n int) bool {
		name, content := w.pick(app, files, old)
		files[name] = strings.Replace(content, old, strings.ReplaceAll(text, "%d", fmt.Sprint(n)), times)
		if name == "" {
			delete(files, "")
		}
		return name != ""
	}
}

var edits = []edit{
	{name: "image tag", change: replace(":1.", ":1.%d", 1)},
	{name: "image tag, kustomize", change: replace("newTag: \"2.", "newTag: \"2.%d", 1)},
	{name: "image tag, Helm", change: replace("tag: \"1.", "tag: \"1.%d", 1)},
	{name: "replicas", change: replace("replicas: 2", "replicas: 3", 1)},
	{name: "replicas back", change: replace("replicas: 3", "replicas: 2", 1)},
	{name: "replicas, kustomize", change: replace("count: 2", "count: 1", 1)},
	{name: "a variable more", change: replace("          envFrom:\n", "          env:\n            - {name: V%d, value: \"%d\"}\n          envFrom:\n", 1)},
	{name: "a variable less", change: func(w *world, app string, files map[string]string, _ int) bool {
		name, text := w.pick(app, files, "          env:\n")
		if name == "" {
			return false
		}
		before, rest, _ := strings.Cut(text, "          env:\n")
		_, after, _ := strings.Cut(rest, "\n")
		files[name] = before + after
		return true
	}},
	{name: "a setting", change: replace(`LOG_LEVEL: "info"`, `LOG_LEVEL: "level-%d"`, 1)},
	{name: "a setting, generated", change: replace("LOG_LEVEL=info", "LOG_LEVEL=level-%d", 1)},
	{name: "a setting more", change: replace("\ndata:\n", "\ndata:\n  KEY_%d: \"%d\"\n", 1)},
	{name: "a secret", change: replace("password: ", "password: x%d", 1)},
	{name: "a label", change: replace("app.kubernetes.io/instance: production", "app.kubernetes.io/instance: production-%d", 1)},
	{name: "all labels", change: replace("app.kubernetes.io/instance: production", "app.kubernetes.io/instance: all-%d", -1)},
	{name: "a port", change: replace("port: 80\n", "port: 81\n", 1)},
	{name: "a port back", change: replace("port: 81\n", "port: 80\n", 1)},
	{name: "a container's port", change: replace("containerPort: 8080", "containerPort: 8090", 1)},
	{name: "an object more", change: func(w *world, app string, files map[string]string, n int) bool {
		files[fmt.Sprintf("apps/%s/more-%d.yaml", app, n)] = fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more-%d, namespace: %s}\ndata: {a: \"%d\"}\n", n, app, n)
		return app == "auth" || strings.HasPrefix(app, "new-")
	}},
	{name: "a file less", change: func(w *world, app string, files map[string]string, _ int) bool {
		name, _ := w.pick(app, files, "kind: ")
		delete(files, name)
		return path.Base(name) != "namespace.yaml" && strings.HasPrefix(name, "apps/auth/")
	}},
	{name: "most files less", breaks: true, change: func(w *world, app string, files map[string]string, _ int) bool {
		if app != "auth" {
			return false
		}
		for name := range files {
			if strings.HasPrefix(name, "apps/auth/") && path.Base(name) != "namespace.yaml" && path.Base(name) != "extras.yaml" {
				delete(files, name)
			}
		}
		return true
	}},
	{name: "a new application", change: func(w *world, app string, files map[string]string, _ int) bool {
		for _, name := range []string{"namespace.yaml", "tokens.yaml", "extras.yaml"} {
			if text, is := w.files["apps/auth/"+name]; is {
				files["apps/"+app+"/"+name] = strings.ReplaceAll(strings.ReplaceAll(text, "namespace: auth", "namespace: "+app), "name: auth\n", "name: "+app+"\n")
			}
		}
		return strings.HasPrefix(app, "new-") && len(w.owned) < 6 && w.owned[app] == nil && files["apps/"+app+"/namespace.yaml"] != ""
	}},
	{name: "a job", breaks: true, change: replace("command: [migrate]", "command: [migrate, \"%d\"]", 1)},
	{name: "a job more", change: replace("---\napiVersion: batch/v1", "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: once-%d}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: \"once:1\"}]}}}\n---\napiVersion: batch/v1", 1)},
	{name: "a field that isn't one", breaks: true, change: replace("  replicas: ", "  replicsa: ", 1)},
	{name: "a value that isn't allowed", breaks: true, change: replace("containerPort: 8080", "containerPort: 80800", 1)},
	{name: "an immutable selector", breaks: true, change: replace("    matchLabels:\n", "    matchLabels:\n      other: label\n", 1)},
	{name: "YAML that isn't", breaks: true, change: replace("kind: ConfigMap\n", "kind: [ConfigMap\n", 1)},
	{name: "a kind that isn't", breaks: true, change: replace("kind: PodDisruptionBudget", "kind: PodInterruptionBudget", 1)},
	{name: "a volume's size", breaks: true, change: replace("storage: 1Gi", "storage: 2Gi", 1)},
	{name: "a daemon's image", change: replace("agent:", "agent:1", 1)},
	{name: "a cluster role", change: replace("verbs: [get", "verbs: [get, watch%d", 1)},
}

// extras are kinds that the demo has not.
const extras = `apiVersion: v1
kind: Secret
metadata: {name: login-key, namespace: auth}
stringData:
  password: correct horse
  user: ada
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: auth}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: "migrate:1", command: [migrate]}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: auth}
spec:
  serviceName: store
  replicas: 2
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      containers: [{name: store, image: "store:1.0", envFrom: [{secretRef: {name: login-key}}]}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: auth}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers: [{name: agent, image: "agent:1"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: auth}
rules:
  - {apiGroups: [""], resources: [pods], verbs: [get, list]}
`
