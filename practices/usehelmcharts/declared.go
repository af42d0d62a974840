package usehelmcharts

import (
	"cmp"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// declaration is a chart that an object has a controller deliver.
type declaration struct {
	object         *practice.Object
	chart, version string
	at             practice.Place
	field          string // that holds the version
}

func (d declaration) message() string {
	id := d.object.ID()
	switch {
	case d.isRefused():
		return fmt.Sprintf("%s %q names no version of chart %q", id.Kind, id.Name, d.chart)
	case d.version == "":
		return fmt.Sprintf("%s %q names no version of chart %q: the newest is taken", id.Kind, id.Name, d.chart)
	}
	return fmt.Sprintf("%s %q takes chart %q at %q: the newest, whatever that is", id.Kind, id.Name, d.chart, d.version)
}

// isRefused says that Argo CD, which wants a version for a chart, is told none.
func (d declaration) isRefused() bool { return d.version == "" && d.object.ID().Group == "argoproj.io" }

// declared are the charts that the objects of the scope have Flux, Argo CD, Fairlead or k3s deliver. Charts that lie in
// git are pinned by their commit, and are none.
func declared(p *practice.Pass) []declaration {
	var all []declaration
	add := func(o *practice.Object, chart string, field ...string) {
		if chart != "" {
			all = append(all, declaration{o, chart, versionAt(o, field), o.At(field...), strings.Join(field, ".")})
		}
	}
	artifacts := map[manifest.ID]bool{} // that are charts
	for o := range p.Of("helm.toolkit.fluxcd.io", "HelmRelease") {
		if kind := o.Text("spec", "chart", "spec", "sourceRef", "kind"); kind == "HelmRepository" {
			add(o, o.Text("spec", "chart", "spec", "chart"), "spec", "chart", "spec", "version")
		}
		if o.Text("spec", "chartRef", "kind") == "OCIRepository" {
			namespace := cmp.Or(o.Text("spec", "chartRef", "namespace"), o.ID().Namespace)
			artifacts[manifest.ID{Namespace: namespace, Name: o.Text("spec", "chartRef", "name")}] = true
		}
	}
	for o := range p.Of("source.toolkit.fluxcd.io", "HelmChart") {
		isOfRelease := o.GetLabels()["helm.toolkit.fluxcd.io/name"] != ""
		if o.Text("spec", "sourceRef", "kind") == "HelmRepository" && !isOfRelease {
			add(o, o.Text("spec", "chart"), "spec", "version")
		}
	}
	for o := range p.Of("source.toolkit.fluxcd.io", "OCIRepository") {
		isChart := strings.Contains(o.Text("spec", "layerSelector", "mediaType"), "helm.chart")
		if isChart || artifacts[manifest.ID{Namespace: o.ID().Namespace, Name: o.ID().Name}] {
			add(o, path.Base(o.Text("spec", "url")), refOf(o, "spec", "ref")...)
		}
	}
	for o := range p.Of("argoproj.io", "Application") {
		ofArgo(o, []string{"spec"}, add)
	}
	for o := range p.Of("argoproj.io", "ApplicationSet") {
		ofArgo(o, []string{"spec", "template", "spec"}, add)
	}
	for o := range p.Of("fairlead.dev", "Application") {
		add(o, o.Text("spec", "source", "helm", "chart"), "spec", "source", "helm", "version")
		if _, isChart := o.Get("spec", "render", "helm").(map[string]any); isChart && o.Text("spec", "source", "oci", "url") != "" {
			add(o, path.Base(o.Text("spec", "source", "oci", "url")), refOf(o, "spec", "source", "oci", "ref")...)
		}
	}
	for o := range p.Of("helm.cattle.io", "HelmChart") {
		if chart := o.Text("spec", "chart"); o.Text("spec", "chartContent") == "" && path.Ext(chart) != ".tgz" {
			add(o, chart, "spec", "version")
		}
	}
	return all
}

// ofArgo adds the charts among an Argo CD application's sources.
func ofArgo(o *practice.Object, spec []string, add func(*practice.Object, string, ...string)) {
	at := func(steps ...string) []string { return append(spec[:len(spec):len(spec)], steps...) }
	add(o, o.Text(at("source", "chart")...), at("source", "targetRevision")...)
	sources, _ := o.Get(at("sources")...).([]any)
	for i := range sources {
		n := strconv.Itoa(i)
		add(o, o.Text(at("sources", n, "chart")...), at("sources", n, "targetRevision")...)
	}
}

// refOf is the field of an artifact's reference that counts: a digest before a range, a range before a tag.
func refOf(o *practice.Object, at ...string) []string {
	for _, field := range []string{"digest", "semver"} {
		if o.Text(append(at, field)...) != "" {
			return append(at, field)
		}
	}
	return append(at, "tag")
}

// versionAt reads a version as it is written: one without quotes may be a number.
func versionAt(o *practice.Object, field []string) string {
	switch v := o.Get(field...).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// operators in a range stand before a version, with or without a space.
var operators = strings.NewReplacer("> ", ">", "= ", "=", "< ", "<", "~ ", "~", "^ ", "^")

// isFilledIn says that a program fills the text in before anybody reads it as a version.
func isFilledIn(text string) bool {
	return strings.Contains(text, "{{") || strings.Contains(text, "${")
}

// isOpen says that a version or range takes what comes, without an end: nothing, "*", ">=1.2", a tag that moves.
func isOpen(version string) bool {
	if isFilledIn(version) {
		return false
	}
	for alternative := range strings.SplitSeq(version, "||") {
		ends := false
		for part := range strings.FieldsFuncSeq(operators.Replace(alternative), func(r rune) bool { return r == ' ' || r == ',' }) {
			ends = ends || !strings.HasPrefix(part, ">") && !strings.HasPrefix(part, "!") && !isAny(part)
		}
		if !ends {
			return true
		}
	}
	return false
}

func isAny(version string) bool {
	return strings.Trim(version, "xX*.") == "" || strings.EqualFold(version, "latest") || version == "HEAD"
}
