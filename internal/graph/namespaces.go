package graph

import "github.com/fairlead-dev/fairlead/manifest"

// namespaces are where workloads are, if they are among what is looked at.
func namespaces(o *object) {
	if o.facts.node.Class == Workload && o.namespace() != "" {
		o.say(inside{})
	}
}

type inside struct{}

func (inside) resolve(l *look) {
	if f := l.object(manifest.ID{Kind: "Namespace", Name: l.st.of.id.Namespace}); f != nil {
		l.link(link{from: l.self(), to: l.nodeOf(f), relation: IsIn})
	}
}
