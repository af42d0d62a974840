package graph

import (
	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/practice"
)

// calls are of workloads to the Services that their settings name.
func calls(b *builder) {
	for _, c := range b.Calls() {
		relation := Calls
		if isStart(c.By) && !b.isCalledLater(c) {
			relation = WaitsFor
		}
		b.link(b.node(c.From.Object), b.node(c.To), relation, said(c.By), c.By.At().Origin())
	}
}

// isStart says whether a setting is of what runs before the pod starts.
func isStart(s practice.Setting) bool { return s.Container != nil && s.Container.Role == practice.Init }

// isCalledLater says whether what an init container names is named to another container, too.
func (b *builder) isCalledLater(c practice.Call) bool {
	for s := range b.Settings(c.From) {
		if isStart(s) {
			continue
		}
		for h := range reference.Hosts(s.Name, s.Value) {
			if (h.By > reference.NoSign || reference.HoldsHost(s.Name)) && b.ServiceNamed(c.From.Object.ID().Namespace, h.Name) == c.To {
				return true
			}
		}
	}
	return false
}

// said is what tells a pod something: "env CART_ADDR", "--cart", "ConfigMap settings".
func said(s practice.Setting) string {
	at := s.At()
	switch {
	case s.Container == nil || at.Object() != s.Container.Pod.Object:
		return at.Object().ID().Kind + " " + at.Object().GetName()
	case s.Name == "":
		return "args"
	case s.Name[0] == '-':
		return s.Name
	}
	return "env " + s.Name
}
