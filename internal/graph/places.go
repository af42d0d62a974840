package graph

import (
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// placements are of workloads to the nodes that their pods run on.
func placements(o *object) {
	node := o.Text("spec", "nodeName")
	if !o.isKind("", "Pod") || node == "" {
		return
	}
	said := placed{node: node}
	if o.facts.hidden && o.facts.owner.Name == "" { // one of many
		said.by = makersOf(o)
	}
	o.say(said)
}

// placed is of a pod: its own, or that of the first of its makers that is there.
type placed struct {
	by   []manifest.ID
	node string
}

func (p placed) resolve(l *look) {
	on := l.node(manifest.ID{Kind: "Node", Name: p.node})
	if p.by == nil {
		l.link(link{from: l.self(), to: on, relation: RunsOn})
	}
	for _, id := range p.by {
		if f := l.object(id); f != nil {
			l.link(link{from: l.nodeOf(f), to: on, relation: RunsOn})
			return
		}
	}
}

// makersOf are what a pod may have been made for. What stands between, a ReplicaSet or a Job, is named for its own maker.
func makersOf(o *object) []manifest.ID {
	by := controllerOf(o.Object.Object).ID
	short := func(group, kind, name string) manifest.ID {
		return manifest.ID{Group: group, Kind: kind, Namespace: by.Namespace, Name: name}
	}
	switch by.Kind {
	case "ReplicaSet":
		if name, isNamed := strings.CutSuffix(by.Name, "-"+o.GetLabels()["pod-template-hash"]); isNamed {
			return []manifest.ID{short("apps", "Deployment", name), by}
		}
		if name, isNamed := strings.CutSuffix(by.Name, "-"+o.GetLabels()["rollouts-pod-template-hash"]); isNamed {
			return []manifest.ID{short("argoproj.io", "Rollout", name), by}
		}
	case "Job":
		if i := strings.LastIndexByte(by.Name, '-'); i > 0 {
			return []manifest.ID{by, short("batch", "CronJob", by.Name[:i])}
		}
	}
	return []manifest.ID{by}
}
