package nottoomicro

import (
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// graph is who waits for whose answer, among the services of a scope.
type graph struct {
	nodes []*node
	of    map[*practice.Pod]*node
	calls map[*practice.Pod][]practice.Call // all of a pod, those to databases included
}

// node is a service: the workloads behind one Service (a canary beside the stable one) are one.
type node struct {
	pod              *practice.Pod
	callers, callees []*node
	isEntered        bool // others call it, too: a proxy, a Job

	// The longest way on from here: filled in by the look for chains.
	hops   int
	next   *node
	walked walk
}

func (n *node) name() string { return n.pod.Object.ID().Name }

func graphOf(p *practice.Pass) *graph {
	g := &graph{of: map[*practice.Pod]*node{}, calls: map[*practice.Pod][]practice.Call{}}
	behind, isDrawn := map[*practice.Object]*node{}, map[[2]*node]bool{}
	for _, call := range p.Calls() {
		g.calls[call.From] = append(g.calls[call.From], call)
		if !call.IsRequest() {
			continue
		}
		to, isKnown := behind[call.To]
		if !isKnown {
			for _, pod := range p.PodsOf(call.To) {
				switch {
				case !isService(pod):
				case to == nil:
					to = g.node(pod)
				case g.of[pod] == nil:
					g.of[pod] = to
				}
			}
			behind[call.To] = to
		}
		if to == nil {
			continue
		}
		if !isService(call.From) {
			to.isEntered = true
			continue
		}
		if from := g.node(call.From); from != to && !isDrawn[[2]*node{from, to}] {
			isDrawn[[2]*node{from, to}] = true
			from.callees = append(from.callees, to)
			to.callers = append(to.callers, from)
		}
	}
	return g
}

func (g *graph) node(pod *practice.Pod) *node {
	n := g.of[pod]
	if n == nil {
		n = &node{pod: pod}
		g.nodes, g.of[pod] = append(g.nodes, n), n
	}
	return n
}

// isService says whether a pod is a service of somebody's own. Jobs, proxies, monitoring and operators are no parts into
// which an application is cut.
func isService(pod *practice.Pod) bool {
	return !pod.Object.IsControlled() && !pod.Ends() && !pod.IsPlatform() && !strings.HasPrefix(pod.Object.ID().Namespace, "kube-")
}

// arrow reads "cart → pricing → tax".
func arrow(nodes ...*node) string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.name())
	}
	return strings.Join(names, " → ")
}

// images are those of a pod's containers, without tags and digests.
func images(pod *practice.Pod) []string {
	var all []string
	for c := range pod.Mains() {
		image := dockerfile.ParseImage(c.Image)
		all = append(all, image.Host+"/"+image.Path)
	}
	return all
}

// shareImage says whether two pods run the same program: what they do differs by what they are told.
func shareImage(a, b *practice.Pod) bool {
	others := images(b)
	return slices.ContainsFunc(images(a), func(image string) bool { return slices.Contains(others, image) })
}

// scaled are the workloads that an autoscaler gives replicas of their own.
func scaled(p *practice.Pass) map[manifest.ID]bool {
	all := map[manifest.ID]bool{}
	for o := range p.All() {
		switch o.ID().Kind {
		case "HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler":
			for _, field := range []string{"scaleTargetRef", "targetRef"} {
				all[manifest.ID{Namespace: o.ID().Namespace, Name: o.Text("spec", field, "name")}] = true
			}
		}
	}
	return all
}

// directory is that of the file which an object comes from.
func directory(o *practice.Object) string { return path.Dir(o.Origin.Path) }
