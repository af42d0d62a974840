package graph

import (
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
)

// stores are how people end the name of a store that belongs to one application.
var stores = []string{"-db", "-database", "-postgres", "-postgresql", "-mysql", "-mariadb", "-mongo", "-mongodb", "-redis", "-cache", "-memcached", "-rabbitmq"}

// namesakes may call the store that is named for them: "orders" and "orders-db". Where an image has its addresses built in, the
// name is all that tells whose store it is.
func namesakes(o *object) {
	if o.facts.node.Class != Workload {
		return
	}
	for _, end := range stores {
		if of, isStore := strings.CutSuffix(o.GetName(), end); isStore && of != "" {
			o.say(namesake{of})
			return
		}
	}
}

type namesake struct{ of string }

func (n namesake) resolve(l *look) {
	for _, kind := range []string{"Deployment", "StatefulSet"} {
		id := manifest.ID{Group: "apps", Kind: kind, Namespace: l.st.of.id.Namespace, Name: n.of}
		if f := l.object(id); f != nil {
			l.link(link{from: l.nodeOf(f), to: l.self(), relation: MayCall, by: "its name", origin: l.st.of.node.Origin})
		}
	}
}
