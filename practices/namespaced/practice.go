// Package namespaced is the practice that applications and environments have namespaces of their own, with limits.
package namespaced

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is namespaced.
var Practice = &practice.Practice{
	ID:       "namespaced",
	Title:    "Nothing is in default, environments are apart, and each namespace has a quota and limits",
	Category: practice.Architecture,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "rights, network policies and quotas are given by namespace: what shares one can't be kept apart",
	Fix:      "give each application, in each environment, a namespace of its own",
	Mends:    practice.Suggests,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	checkPlaces(p)
	checkEnvironments(p)
	if p.Complete {
		checkQuotas(p)
	}
}

// placed are the kinds that people put into namespaces, and that tell where an application lives.
var placed = map[manifest.ID]bool{
	{Kind: "Pod"}: true, {Kind: "Service"}: true, {Kind: "ConfigMap"}: true, {Kind: "Secret"}: true, {Kind: "PersistentVolumeClaim"}: true,
	{Kind: "ReplicationController"}: true, {Kind: "ServiceAccount"}: true, {Group: "apps", Kind: "Deployment"}: true, {Group: "apps", Kind: "StatefulSet"}: true,
	{Group: "apps", Kind: "DaemonSet"}: true, {Group: "batch", Kind: "Job"}: true, {Group: "batch", Kind: "CronJob"}: true,
	{Group: "networking.k8s.io", Kind: "Ingress"}: true, {Group: "networking.k8s.io", Kind: "NetworkPolicy"}: true, {Group: "policy", Kind: "PodDisruptionBudget"}: true,
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: true, {Group: "rbac.authorization.k8s.io", Kind: "Role"}: true,
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}: true, {Group: "argoproj.io", Kind: "Rollout"}: true,
}

// checkPlaces looks for what is in default, or in no namespace though the files make one for it.
func checkPlaces(p *practice.Pass) {
	var made []string
	for namespace := range p.Of("", "Namespace") {
		made = append(made, namespace.ID().Name)
	}
	for o := range p.All() {
		id := o.ID()
		if !placed[manifest.ID{Group: id.Group, Kind: id.Kind}] || len(o.GetOwnerReferences()) > 0 || isClusters(id) {
			continue
		}
		switch {
		case id.Namespace == "default":
			p.Report(practice.Note{
				At: o.At("metadata", "namespace"), Message: fmt.Sprintf("%s %q is in the namespace default", id.Kind, id.Name),
				Cause: "in default",
			})
		case id.Namespace != "" || p.Live || p.Chart != nil:
		case len(made) == 1 && made[0] != "default":
			p.Report(practice.Note{
				At: o.At("metadata"), Message: fmt.Sprintf("%s %q has no namespace, and the Namespace %q is made beside it", id.Kind, id.Name, made[0]),
				Cause: "no namespace beside " + made[0], Leads: "applied as it stands it goes to default, and the new namespace stays empty",
				Fix: "set metadata.namespace: " + made[0] + ", or namespace: " + made[0] + " in the kustomization",
			})
		case p.Complete:
			p.Report(practice.Note{
				At: o.At("metadata"), Message: fmt.Sprintf("%s %q has no namespace: it goes to default", id.Kind, id.Name), Cause: "no namespace",
			})
		}
	}
}

// isClusters says whether an object of default is the cluster's own.
func isClusters(id manifest.ID) bool {
	switch id.Kind {
	case "Service":
		return id.Name == "kubernetes"
	case "ConfigMap":
		return id.Name == "kube-root-ca.crt" || id.Name == "openshift-service-ca.crt"
	case "ServiceAccount":
		return id.Name == "default" || id.Name == "builder" || id.Name == "deployer"
	case "Secret":
		return strings.HasPrefix(id.Name, "default-token-") || strings.HasPrefix(id.Name, "sh.helm.release.v1.")
	}
	return false
}

// environments by their names: those that customers use, and the others.
var environments = map[string]bool{
	"prod": true, "production": true, "prd": true, "live": true,
	"dev": false, "develop": false, "development": false, "test": false, "testing": false, "qa": false, "staging": false, "stage": false, "stg": false,
	"uat": false, "sandbox": false, "preprod": false, "nonprod": false, "integration": false,
}

// markers are the labels that tell an environment.
var markers = []string{"env", "environment", "app.kubernetes.io/environment", "tags.datadoghq.com/env", "deployment.environment", "stage", "tier"}

// told is where an object says which environment it is of.
type told struct {
	o      *practice.Object
	env    string
	isProd bool
	path   []string
	base   string // the name without the environment; "" if a label tells
}

// checkEnvironments looks for namespaces in which production runs beside something else. Where no namespace is written,
// it is given later, and may be another for each.
func checkEnvironments(p *practice.Pass) {
	byNamespace := map[string][]told{}
	seen := map[*practice.Object]bool{}
	for pod := range p.Pods() {
		o := pod.Object
		if seen[o] || len(o.GetOwnerReferences()) > 0 || o.ID().Namespace == "" {
			continue
		}
		seen[o] = true
		if t, ok := environmentOf(pod); ok {
			byNamespace[o.ID().Namespace] = append(byNamespace[o.ID().Namespace], t)
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(byNamespace)) {
		all := byNamespace[namespace]
		if env, ok := environmentIn(namespace); ok {
			for _, t := range all {
				if t.base == "" && t.isProd != environments[env] {
					p.Report(practice.Note{
						At: t.o.At(t.path...), Cause: "environments in " + namespace,
						Message: fmt.Sprintf("%s %q says that it is of %s and is in the namespace %s", t.o.ID().Kind, t.o.ID().Name, t.env, namespace),
					})
				}
			}
			continue
		}
		reportMixed(p, namespace, all)
	}
}

// reportMixed names each workload that came after one of another environment: labels are compared with labels, and names
// where they are the same but for the environment.
func reportMixed(p *practice.Pass, namespace string, all []told) {
	type key struct {
		base   string
		isProd bool
	}
	first := map[key]told{}
	for _, t := range all {
		if _, known := first[key{t.base, t.isProd}]; !known {
			first[key{t.base, t.isProd}] = t
		}
		o, isMixed := first[key{t.base, !t.isProd}]
		if !isMixed {
			continue
		}
		p.Report(practice.Note{
			At: t.o.At(t.path...), Cause: "environments in " + namespace,
			Message: fmt.Sprintf("%s %q (%s) shares the namespace %s with %s %q (%s)", t.o.ID().Kind, t.o.ID().Name, t.env, namespace, o.o.ID().Kind, o.o.ID().Name, o.env),
		})
	}
}

// environmentOf reads a workload's environment: from a label, else from its name.
func environmentOf(pod *practice.Pod) (told, bool) {
	o := pod.Object
	for _, key := range markers {
		if env := strings.ToLower(o.GetLabels()[key]); isEnvironment(env) {
			return told{o: o, env: env, isProd: environments[env], path: []string{"metadata", "labels", key}}, true
		}
		if env := strings.ToLower(pod.Meta.Labels[key]); isEnvironment(env) {
			path := append(slices.Clone(pod.Path[:len(pod.Path)-1]), "metadata", "labels", key)
			return told{o: o, env: env, isProd: environments[env], path: path}, true
		}
	}
	name := o.ID().Name
	env, ok := environmentIn(name)
	if !ok {
		return told{}, false
	}
	parts := slices.DeleteFunc(strings.Split(name, "-"), func(part string) bool { return part == env })
	return told{o: o, env: env, isProd: environments[env], path: []string{"metadata", "name"}, base: strings.Join(parts, "-")}, len(parts) > 0
}

func isEnvironment(text string) bool {
	_, ok := environments[text]
	return ok
}

// environmentIn finds an environment as the first or last part of a name: "web-prod", "dev-web". "live-chat" and
// "test-runner" are names of programs: at the beginning, only what can be nothing else counts.
func environmentIn(name string) (string, bool) {
	parts := strings.Split(name, "-")
	if last := parts[len(parts)-1]; isEnvironment(last) {
		return last, true
	}
	switch parts[0] {
	case "prod", "production", "prd", "dev", "staging", "stg", "uat", "preprod", "nonprod":
		return parts[0], true
	}
	return "", false
}
