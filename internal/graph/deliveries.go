package graph

import (
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/manifest"
)

// deliveries are of applications to workloads, and of repositories to applications: of Fairlead, Flux and Argo CD.
func deliveries(o *object) {
	id := o.ID()
	switch {
	case id.Group == "fairlead.dev" && id.Kind == "Application":
		o.foundAt(applicationKey(apply.OwnerValue(id.Namespace + "/" + id.Name)))
		for _, path := range [][]string{{"git", "url"}, {"oci", "url"}, {"helm", "repo"}} {
			path = append([]string{"spec", "source"}, path...)
			o.comesFrom(o.Text(path...), o.Locate(path...))
		}
	case id.Group == "argoproj.io" && id.Kind == "Application":
		o.comesFrom(o.Text("spec", "source", "repoURL"), o.Locate("spec", "source", "repoURL"))
		for _, source := range items(o.Get("spec", "sources")) {
			text, _ := source["repoURL"].(string)
			o.comesFrom(text, o.Locate("spec", "sources"))
		}
	case id.Group == "source.toolkit.fluxcd.io":
		o.comesFrom(o.Text("spec", "url"), o.Locate("spec", "url"))
	}
	if o.facts.node.Class != Workload {
		return
	}
	labels := o.GetLabels()
	if value := labels[apply.OwnerLabel]; value != "" {
		o.say(delivered{label: value})
	}
	for _, flux := range []manifest.ID{{Group: "kustomize.toolkit.fluxcd.io", Kind: "Kustomization"}, {Group: "helm.toolkit.fluxcd.io", Kind: "HelmRelease"}} {
		if flux.Namespace, flux.Name = labels[flux.Group+"/namespace"], labels[flux.Group+"/name"]; flux.Name != "" {
			o.say(delivered{by: flux})
		}
	}
}

func applicationKey(label string) key { return key{space: byApplication, a: label} }

// comesFrom has the application's node lead to that of a repository.
func (o *object) comesFrom(address string, origin manifest.Origin) {
	if address = withoutPassword(address); address != "" {
		o.say(sourced{address, origin})
	}
}

// withoutPassword is an address of a repository as it may be shown.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.User != nil:
		u.User = nil
		return u.String()
	case err != nil && strings.Contains(address, "://"): // it may be in there
		return ""
	}
	return address
}

type sourced struct {
	address string
	origin  manifest.Origin
}

func (s sourced) resolve(l *look) {
	l.link(link{from: l.self(), to: thing("repository", s.address, Repository), relation: ComesFrom, origin: s.origin})
}

// delivered is of a workload: by the application of a label, or of a name.
type delivered struct {
	label string
	by    manifest.ID
}

func (d delivered) resolve(l *look) {
	if d.label != "" {
		for _, f := range l.at(applicationKey(d.label)) {
			l.link(link{from: l.nodeOf(f), to: l.self(), relation: Delivers})
		}
	} else if f := l.object(d.by); f != nil {
		l.link(link{from: l.nodeOf(f), to: l.self(), relation: Delivers})
	}
}
