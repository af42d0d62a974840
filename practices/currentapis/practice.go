// Package currentapis is the practice that objects are what today's API server takes: in a version that it serves, with
// fields that exist and values that fit.
//
// It is judged offline: the shape of each kind is that of its Go type, as for the API server itself, and what the types
// don't say is generated from their comments (rules.txt). Custom resources are judged by the schema of their definition
// if that is in the scope.
package currentapis

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var examples embed.FS

// Practice is current-apis.
var Practice = &practice.Practice{
	ID:       "current-apis",
	Title:    "Objects are in API versions that Kubernetes serves, and valid against their schema",
	Category: practice.Architecture,
	Severity: practice.Error,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    refused,
	Fix:      "write the object as the API has it: kubectl explain KIND",
	Mends:    practice.Writes,
	Parameters: []practice.Parameter{{
		Name: kubernetes, Default: fmt.Sprintf("1.%d", target), About: "the Kubernetes whose API versions are meant", Valid: isKnown,
	}},
	Files: examples,
	Run:   run,
}

func run(p *practice.Pass) {
	if p.Live {
		for o := range p.All() {
			asWritten(p, o)
		}
		return
	}
	if p.Served { // its own schema is newer, or older, and has let them pass
		for o := range p.All() {
			reportRetired(p, o, o.At("apiVersion"), o.GetAPIVersion(), "")
		}
		return
	}
	mounts(p)
	portNames(p)
	restarts(p)
	custom := definitions(p)
	for o := range p.All() {
		if o.Get("$patch") != nil {
			continue // no object, but a patch for one
		}
		if reportRetired(p, o, o.At("apiVersion"), o.GetAPIVersion(), "") {
			continue
		}
		j := &judge{pass: p, object: o}
		gvk := o.GroupVersionKind()
		if gvk.Group == "apiextensions.k8s.io" && gvk.Kind == "CustomResourceDefinition" {
			j.definition()
		}
		if t, ok := scheme.Scheme.AllKnownTypes()[gvk]; ok {
			j.value(o.Object.Object, t, rule{})
			j.step("metadata", func() { j.step("name", func() { j.text(nameFormat(gvk.Group, gvk.Kind), o.GetName()) }) })
			j.relations()
			continue
		}
		if s, ok := custom[gvk]; ok {
			j.custom(o.Object.Object, s)
		} else {
			reportUnknown(p, o, gvk)
		}
		j.labels()
	}
}

// asWritten judges a live object by what was last applied: the server shows it in its own version.
func asWritten(p *practice.Pass, o *practice.Object) {
	text := o.GetAnnotations()["kubectl.kubernetes.io/last-applied-configuration"]
	var applied struct {
		APIVersion string `json:"apiVersion"`
	}
	if text == "" || json.Unmarshal([]byte(text), &applied) != nil {
		return
	}
	reportRetired(p, o, o.At("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"), applied.APIVersion, "last applied as ")
}

// labels of an object of which nothing else is known.
func (j *judge) labels() {
	if labels, ok := j.object.Get("metadata", "labels").(map[string]any); ok {
		j.step("metadata", func() {
			j.step("labels", func() { j.format("k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta.labels", "labels", labels) })
		})
	}
}

// foreign are kinds that others put into Kubernetes' own groups: files of tools, and OpenShift before it had groups.
var foreign = map[schema.GroupKind]bool{
	{Kind: "Config"}: true, {Kind: "Template"}: true, {Kind: "DeploymentConfig"}: true, {Kind: "Route"}: true, {Kind: "BuildConfig"}: true,
	{Kind: "ImageStream"}: true, {Kind: "SecurityContextConstraints"}: true, {Kind: "Project"}: true, {Kind: "List"}: true, {Kind: "RoleBinding"}: true,
}

// kinds of a group and version, without the options of requests.
var kinds = sync.OnceValue(func() map[schema.GroupVersion][]string {
	all := map[schema.GroupVersion][]string{}
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if _, ok := t.FieldByName("ObjectMeta"); ok {
			all[gvk.GroupVersion()] = append(all[gvk.GroupVersion()], gvk.Kind)
		}
	}
	for _, names := range all {
		slices.Sort(names)
	}
	return all
})

// reportUnknown says so if a kind or version is not there in a group that is Kubernetes' own.
func reportUnknown(p *practice.Pass, o *practice.Object, gvk schema.GroupVersionKind) {
	if _, isOld := retiredBy()[versioned{o.GetAPIVersion(), gvk.Kind}]; isOld || !scheme.Scheme.IsGroupRegistered(gvk.Group) || foreign[gvk.GroupKind()] {
		return // an old one is still there in the Kubernetes that is meant
	}
	if names, ok := kinds()[gvk.GroupVersion()]; ok {
		n := practice.Note{At: o.At("kind"), Message: fmt.Sprintf("%s has no kind %q", o.GetAPIVersion(), gvk.Kind),
			Fix: "list what there is with: kubectl api-resources"}
		if elsewhere := homes(gvk.Kind); len(elsewhere) > 0 {
			n.At, n.Fix = o.At("apiVersion"), "write apiVersion: "+elsewhere[0]
			n.Edits = moved(o, elsewhere)
		} else if near := nearest(gvk.Kind, names); near != "" {
			n.Fix, n.Edits = "write kind: "+near, []practice.Edit{n.At.Set(near)}
		}
		p.Report(n)
		return
	}
	n := practice.Note{At: o.At("apiVersion"), Message: fmt.Sprintf("Kubernetes 1.%d has no %s", target, o.GetAPIVersion()),
		Fix: "list what there is with: kubectl api-versions"}
	if elsewhere := homes(gvk.Kind); len(elsewhere) > 0 {
		n.Fix, n.Edits = "write apiVersion: "+elsewhere[0], moved(o, elsewhere)
	}
	p.Report(n)
}

// homes are the versions that have a kind, stable ones first.
func homes(kind string) []string {
	var all []string
	for _, gv := range slices.SortedFunc(maps.Keys(kinds()), func(a, b schema.GroupVersion) int {
		return strings.Compare(rank(a.Version)+a.String(), rank(b.Version)+b.String())
	}) {
		r, isOld := retiredBy()[versioned{gv.String(), kind}]
		if slices.Contains(kinds()[gv], kind) && (!isOld || r.deprecated > target) {
			all = append(all, gv.String())
		}
	}
	return all
}

func rank(version string) string {
	if strings.Contains(version, "alpha") || strings.Contains(version, "beta") {
		return "2"
	}
	return "1"
}

// isBuiltIn says whether the object's kind is Kubernetes' own, in a version that is judged.
func isBuiltIn(o *practice.Object) bool {
	return scheme.Scheme.Recognizes(o.GroupVersionKind())
}
