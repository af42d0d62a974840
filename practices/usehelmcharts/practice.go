// Package usehelmcharts is the practice that software of others is delivered by its chart, at a version that git names.
package usehelmcharts

import (
	"cmp"
	"embed"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is use-helm-charts.
var Practice = &practice.Practice{
	ID:       "use-helm-charts",
	Title:    "Well-known software of others comes from its chart, at a pinned version",
	Category: practice.Architecture,
	Severity: practice.Warning,
	Mends:    practice.Suggests,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "what its publishers learn about upgrades, fail-over and safe settings has to be learnt again here, by accident",
	Fix:      "deliver it by its chart, and name the chart's version",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for _, d := range declared(p) {
		if !isOpen(d.version) {
			continue
		}
		note := practice.Note{
			At: d.at, Message: d.message(),
			Leads: "the next release of the chart, breaking or not, rolls out on the day it is published, and no commit says so or takes it back",
			Fix:   fmt.Sprintf("write the version that runs now in %s, or a range that ends, such as \"~4.11\"", d.field),
		}
		if d.isRefused() {
			note.Leads = "Argo CD refuses the application: it wants a targetRevision for a chart"
		}
		p.Report(note)
	}
	if p.Chart != nil {
		describe(p, p.Chart)
		return
	}
	for pod := range p.Pods() {
		judge(p, pod)
	}
}

// judge finds software that is run from manifests that somebody here has written.
func judge(p *practice.Pass, pod *practice.Pod) {
	id := pod.Object.ID()
	isBuiltIn := id.Group == "" || id.Group == "apps" || id.Group == "extensions"
	if !isBuiltIn || pod.Ends() || isMadeByOthers(pod) {
		return
	}
	software, c := pod.Software()
	if software == nil || (software.Serves() || id.Kind == "Pod") && len(p.ServicesOf(pod)) == 0 {
		return
	}
	p.Report(practice.Note{
		At: c.At("image"), Severity: practice.Info, Cause: "software " + software.Name,
		Message: fmt.Sprintf("%s %q runs %s from a manifest of its own, not from a chart", id.Kind, id.Name, software.Name),
		Fix:     "deliver it by its chart, its version pinned: " + cmp.Or(software.Chart, "https://artifacthub.io lists those that there are"),
	})
}

// marks are the labels and annotations of what a chart, an operator, an add-on manager or a kit of its publishers has
// made, and the value that they have; "" stands for any.
var marks = []struct{ key, value string }{
	{"helm.sh/chart", ""},
	{"app.kubernetes.io/managed-by", "helm"},
	{"app.kubernetes.io/managed-by", "operator"},
	{"meta.helm.sh/release-name", ""},
	{"heritage", "helm"}, {"heritage", "tiller"}, // charts of Helm 2's time
	{"helm.toolkit.fluxcd.io/name", ""},
	{"addonmanager.kubernetes.io/mode", ""},
	{"kubernetes.io/cluster-service", ""},
	{"objectset.rio.cattle.io/id", ""}, // k3s and its HelmChart
	{"olm.owner", ""},
	{"app.kubernetes.io/part-of", "kube-prometheus"}, {"app.kubernetes.io/part-of", "argocd"},
}

func isMadeByOthers(pod *practice.Pod) bool {
	if owners, _ := pod.Object.Get("metadata", "ownerReferences").([]any); len(owners) > 0 {
		return true
	}
	for _, of := range []map[string]string{pod.Object.GetLabels(), pod.Object.GetAnnotations(), pod.Meta.Labels, pod.Meta.Annotations} {
		for _, m := range marks {
			if value, written := of[m.key]; written && strings.Contains(strings.ToLower(value), m.value) {
				return true
			}
		}
	}
	return false
}
