// Package descriptivelabels is the practice that labels say what belongs to what, and selectors select just that.
package descriptivelabels

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is descriptive-labels.
var Practice = &practice.Practice{
	ID:       "descriptive-labels",
	Title:    "Labels say what belongs to what, and selectors select just that",
	Category: practice.Deployments,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "dashboards, policies and cost reports can't tell whose pods these are",
	Fix:      "set app.kubernetes.io/name, and app.kubernetes.io/instance or part-of, on workloads, their pod templates and Services",
	Mends:    practice.Writes,
	Parameters: []practice.Parameter{
		{Name: required, Default: []string(nil), About: "keys of labels that workloads, pod templates and Services need besides, the team's own"},
	},
	Files: files,
	Run:   run,
}

const (
	name     = "app.kubernetes.io/name"
	instance = "app.kubernetes.io/instance"
	partOf   = "app.kubernetes.io/part-of"
)

const required = "required" // a parameter

func run(p *practice.Pass) {
	seen := map[*practice.Object]bool{}
	for pod := range p.Pods() {
		if o := pod.Object; !seen[o] && isPeoples(p, o) {
			seen[o] = true
			if isPod(pod) {
				checkLabels(p, o, nil)
				continue
			}
			checkLabels(p, o, pod)
			checkSelector(p, pod)
		}
	}
	for service := range p.Of("", "Service") {
		if isPeoples(p, service) && service.ID().Name != "kubernetes" {
			checkLabels(p, service, nil)
			checkSelected(p, service)
		}
	}
	for budget := range p.Of("policy", "PodDisruptionBudget") {
		checkBudget(p, budget)
	}
}

// isPeoples says that people, and not a controller, a chart's hook or the cluster itself, made the object.
func isPeoples(p *practice.Pass, o *practice.Object) bool {
	_, isHook := o.GetAnnotations()["helm.sh/hook"]
	isSystem := p.Live && strings.HasPrefix(o.ID().Namespace, "kube-")
	return len(o.GetOwnerReferences()) == 0 && !isHook && !isSystem
}

func isPod(pod *practice.Pod) bool { return len(pod.Path) == 1 }

// checkLabels says which labels an object, and the pods that it makes (nil if it makes none), lack.
func checkLabels(p *practice.Pass, o *practice.Object, pod *practice.Pod) {
	have, path, whose := o.GetLabels(), []string{"metadata", "labels"}, ""
	besides := practice.Value[[]string](p, required, o.At())
	missing := lacks(have, besides)
	if len(missing) == 0 && pod != nil {
		whose, have = "the pod template of ", pod.Meta.Labels
		path = append(slices.Clone(pod.Path[:len(pod.Path)-1]), path...)
		missing = lacks(have, besides)
	}
	if len(missing) == 0 {
		return
	}
	p.Report(practice.Note{
		At: o.At(path...), Severity: practice.Info, Cause: "labels: " + strings.Join(missing, ", "),
		Message: fmt.Sprintf("%s%s %q has no label %s%s", whose, o.ID().Kind, o.ID().Name, strings.Join(missing, " and no "), listed(have)),
		Edits:   complete(p, o, pod, besides),
	})
}

// lacks lists the labels that are missing from a set.
func lacks(set map[string]string, besides []string) (missing []string) {
	if set[name] == "" {
		missing = append(missing, name)
	}
	if set[instance] == "" && set[partOf] == "" {
		missing = append(missing, instance+" or part-of")
	}
	for _, key := range besides {
		if set[key] == "" {
			missing = append(missing, key)
		}
	}
	return missing
}

// listed names the labels that are there, but for those that the API server adds to pods.
func listed(set map[string]string) string {
	var keys []string
	for key := range set {
		if !strings.HasPrefix(key, "topology.kubernetes.io/") {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return ": it has none"
	}
	slices.Sort(keys)
	return ": it has " + strings.Join(keys[:min(len(keys), 4)], ", ")
}
