// Package sidecarforproxy is the practice that credentials lie in one place, not in the text of every container.
package sidecarforproxy

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is sidecar-for-proxy.
var Practice = &practice.Practice{
	ID:       "sidecar-for-proxy",
	Title:    "Credentials and proxies live in one sidecar or Secret, not in every container",
	Category: practice.Deployments,
	Severity: practice.Error,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "whoever reads the repository, the object or the process list has the credential, and changing it is a change of every copy",
	Fix:      "put the value into a Secret, take it from there, and change it, since it has been read",
	Mends:    practice.Suggests,
	Parameters: []practice.Parameter{{
		Name: programs, Default: 4,
		About: "different programs that hold one credential, from which on they are told; a web server and its worker, of one image, are one",
	}},
	Files: files,
	Run:   run,
}

const programs = "programs" // a parameter

func run(p *practice.Pass) {
	values := map[string]int{} // known ones, numbered
	for pod := range p.Pods() {
		if pod.Object.IsControlled() {
			continue // it is judged where it is made
		}
		for c := range pod.Containers() {
			inEnvironment(p, c, values)
			inCommand(p, c, "command", c.Command)
			inCommand(p, c, "args", c.Args)
		}
	}
	inConfigMaps(p)
	sharedByMany(p)
}

// inEnvironment tells values apart by a number: the same one in many containers has one cause, which doesn't tell it.
func inEnvironment(p *practice.Pass, c *practice.Container, values map[string]int) {
	for i, env := range c.Env {
		what := credential(env.Name, env.Value)
		if what == "" || isSecretsName(p, c.Pod, env) {
			continue
		}
		if values[env.Value] == 0 {
			values[env.Value] = len(values) + 1
		}
		p.Report(practice.Note{
			At:      c.At("env", strconv.Itoa(i), "value"),
			Message: fmt.Sprintf("env %q of %s %q holds %s in plain text", env.Name, c.Role, c.Name, what),
			Fix: fmt.Sprintf("put the value into a Secret, change it, since it has been read, and write instead of value: valueFrom: {secretKeyRef: {name: %s, key: %s}}",
				c.Name, env.Name),
			Cause: fmt.Sprintf("credential %s %d", env.Name, values[env.Value]),
		})
	}
}

// isSecretsName says that what is called a secret is the name of one: an operator's settings name those they read.
func isSecretsName(p *practice.Pass, pod *practice.Pod, env corev1.EnvVar) bool {
	return p.Find(manifest.ID{Kind: "Secret", Namespace: pod.Object.ID().Namespace, Name: env.Value}) != nil
}

// inCommand reports one finding for each word list: one change mends it.
func inCommand(p *practice.Pass, c *practice.Container, field string, words []string) {
	for i, word := range words {
		var next string
		if i+1 < len(words) {
			next = words[i+1]
		}
		name, what := inWord(word, next)
		if what == "" {
			continue
		}
		message := fmt.Sprintf("%s of %s %q holds %s in plain text", field, c.Role, c.Name, what)
		if name != "" {
			message += fmt.Sprintf(" (%s)", name)
		}
		p.Report(practice.Note{
			At: c.At(field, strconv.Itoa(i)), Message: message,
			Fix: "set an environment variable from a Secret and write $(ITS_NAME) here; better still, let the program read it from a file or the environment: the process list shows arguments",
		})
		return
	}
}

// inConfigMaps judges what is an environment or a property file's line by its looks: a key and a value of one line.
func inConfigMaps(p *practice.Pass) {
	for config := range p.Of("", "ConfigMap") {
		data, _ := config.Get("data").(map[string]any)
		for key, value := range data {
			text, _ := value.(string)
			if strings.Contains(text, "\n") {
				continue
			}
			if what := credential(key, text); what != "" {
				p.Report(practice.Note{
					At:      config.At("data", key),
					Message: fmt.Sprintf("key %q of the ConfigMap holds %s in plain text", key, what),
					Leads:   "whoever may read configuration has the credential: roles that may not read Secrets may often read ConfigMaps",
					Fix:     "move the key into a Secret of the same name, read it by secretRef or secretKeyRef, and change the value, since it has been read",
				})
			}
		}
	}
}

// use of a Secret's key by containers.
type use struct{ namespace, secret, key string }

func sharedByMany(p *practice.Pass) {
	users := map[use][]*practice.Container{}
	var order []use
	note := func(u use, c *practice.Container) {
		if users[u] == nil {
			order = append(order, u)
		}
		users[u] = append(users[u], c)
	}
	for pod := range p.Pods() {
		if pod.Object.IsControlled() {
			continue
		}
		namespace := pod.Object.ID().Namespace
		for c := range pod.Containers() {
			for _, env := range c.Env {
				if ref := secretKey(env); ref != nil && (namesSecret(env.Name) || namesSecret(ref.Key)) {
					note(use{namespace, ref.Name, ref.Key}, c)
				}
			}
			for _, from := range c.EnvFrom {
				if from.SecretRef != nil {
					note(use{namespace, from.SecretRef.Name, ""}, c)
				}
			}
		}
	}
	for _, u := range order {
		first := users[u][0]
		n, owners := spread(users[u])
		if n < practice.Value[int](p, programs, first.At()) {
			continue
		}
		what := fmt.Sprintf("Secret %q", u.secret)
		if u.key != "" {
			what = fmt.Sprintf("key %q of %s", u.key, what)
		}
		p.Report(practice.Note{
			At: placeOf(first, u), Severity: practice.Info,
			Message: fmt.Sprintf("%s is given to %d different programs: %s", what, n, strings.Join(owners, ", ")),
			Leads:   "who breaks into one of them has the credential of all, and nobody can tell from the other side who used it",
			Fix:     "give each its own credential, or let one sidecar or service hold it and have the others go through that",
			Cause:   "shared " + u.secret,
		})
	}
}

func secretKey(env corev1.EnvVar) *corev1.SecretKeySelector {
	if env.ValueFrom == nil {
		return nil
	}
	return env.ValueFrom.SecretKeyRef
}

// spread counts the different images and names the workloads.
func spread(users []*practice.Container) (programs int, owners []string) {
	var images []string
	for _, c := range users {
		images = append(images, repository(c.Image))
		owners = append(owners, c.Pod.Object.ID().Name)
	}
	slices.Sort(images)
	slices.Sort(owners)
	return len(slices.Compact(images)), slices.Compact(owners)
}

// repository is an image without its tag and digest.
func repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if at := strings.LastIndex(image, ":"); at > strings.LastIndex(image, "/") {
		image = image[:at]
	}
	return image
}

// placeOf is where the container takes the Secret.
func placeOf(c *practice.Container, u use) practice.Place {
	for i, env := range c.Env {
		if ref := secretKey(env); ref != nil && ref.Name == u.secret && ref.Key == u.key {
			return c.At("env", strconv.Itoa(i), "valueFrom", "secretKeyRef")
		}
	}
	for i, from := range c.EnvFrom {
		if from.SecretRef != nil && from.SecretRef.Name == u.secret {
			return c.At("envFrom", strconv.Itoa(i), "secretRef")
		}
	}
	return c.At()
}
