package live

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// plainSink takes in a kind whose rows need no more than their own object.
type plainSink struct {
	m     *model
	table string
	row   func(runtime.Object) Row // nil: not one of the kind
}

func (s plainSink) see(object runtime.Object, round uint64) {
	row := s.row(object)
	if row == nil {
		return
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.others[ref{s.table, row.key()}] = round
	s.m.store.set(s.table, row)
}

func (s plainSink) gone(object runtime.Object) {
	o, err := meta.Accessor(object)
	if err != nil {
		return
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.loseOther(ref{s.table, strings.TrimPrefix(o.GetNamespace()+"/"+o.GetName(), "/")})
}

func (s plainSink) sweep(namespace string, round uint64) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for r, seen := range s.m.others {
		if r.table == s.table && seen != round && (namespace == "" || namespaceOf(r.id) == namespace) {
			s.m.loseOther(r)
		}
	}
}

func (m *model) loseOther(r ref) {
	delete(m.others, r)
	m.store.remove(r.table, r.id)
}

func namespaceRow(object runtime.Object) Row {
	var n corev1.Namespace
	if !into(object, &n) {
		return nil
	}
	return &Namespace{ID: n.Name, Phase: string(n.Status.Phase)}
}

func notifierRow(object runtime.Object) Row {
	var n v1alpha1.Notifier
	if !into(object, &n) {
		return nil
	}
	row := &Notifier{ID: n.Namespace + "/" + n.Name, Namespace: n.Namespace, Name: n.Name, Kind: sinkKind(object)}
	row.Ready, row.Why = readiness(n.Status.Conditions)
	return row
}

// sinkKind is the one field of a Notifier's sink: "slack".
func sinkKind(object runtime.Object) string {
	var fields struct {
		Spec struct {
			Sink map[string]any `json:"sink"`
		} `json:"spec"`
	}
	if into(object, &fields) {
		for kind := range fields.Spec.Sink {
			return kind
		}
	}
	return ""
}

func readiness(conditions []metav1.Condition) (ready bool, why string) {
	c := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	switch {
	case c == nil:
		return false, "waiting for the controller"
	case c.Status == metav1.ConditionTrue:
		return true, ""
	}
	return false, cut(c.Message, mostText)
}

func checkRow(object runtime.Object) Row {
	var d v1alpha1.DriftCheck
	if !into(object, &d) {
		return nil
	}
	row := &Check{ID: d.Namespace + "/" + d.Name, Namespace: d.Namespace, Name: d.Name, Checked: unix(d.Status.LastCheckedAt)}
	row.Ready, row.Why = readiness(d.Status.Conditions)
	if c := meta.FindStatusCondition(d.Status.Conditions, v1alpha1.ConditionDrifted); c != nil && c.Status == metav1.ConditionTrue {
		row.Drifted = true
		if row.Ready {
			row.Why = cut(c.Message, mostText)
		}
	}
	return row
}

// node is what is known of one: by itself, and by the pods on it.
type node struct {
	row   *Node // nil if it wasn't seen
	pods  int
	round uint64
}

func (m *model) node(name string) *node {
	n := m.nodes[name]
	if n == nil {
		n = &node{}
		m.nodes[name] = n
	}
	return n
}

// nodeSink takes in nodes.
type nodeSink struct{ m *model }

func (s nodeSink) see(object runtime.Object, round uint64) {
	var n corev1.Node
	if !into(object, &n) {
		return
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	known := s.m.node(n.Name)
	known.row, known.round = nodeRow(&n), round
	s.m.touchNode(n.Name)
}

func (m *model) touchNode(name string) {
	m.touchedNodes[name] = true
	wake(m.store.touched)
}

func (s nodeSink) gone(object runtime.Object) {
	if o, err := meta.Accessor(object); err == nil {
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		s.m.loseNode(o.GetName())
	}
}

func (s nodeSink) sweep(_ string, round uint64) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for name, n := range s.m.nodes {
		if n.row != nil && n.round != round {
			s.m.loseNode(name)
		}
	}
}

func (m *model) loseNode(name string) {
	if n := m.nodes[name]; n != nil {
		if n.row = nil; n.pods == 0 {
			delete(m.nodes, name)
		}
		m.touchNode(name)
	}
}

func nodeRow(n *corev1.Node) *Node {
	row := &Node{ID: n.Name, Zone: n.Labels[corev1.LabelTopologyZone], Capacity: int(n.Status.Capacity.Pods().Value())}
	for _, c := range n.Status.Conditions {
		switch {
		case c.Type == corev1.NodeReady:
			if row.Ready = c.Status == corev1.ConditionTrue; !row.Ready {
				row.Why = cut(c.Reason+": "+c.Message, mostText)
			}
		case c.Status == corev1.ConditionTrue && row.Why == "":
			row.Why = cut(fmt.Sprintf("%s: %s", c.Type, c.Message), mostText)
		}
	}
	if n.Spec.Unschedulable && row.Why == "" {
		row.Why = "cordoned: takes no new pods"
	}
	return row
}
