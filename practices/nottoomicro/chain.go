package nottoomicro

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/fairlead-dev/fairlead/practice"
)

// walk is how far the look for chains has come with a node.
type walk int

const (
	unseen walk = iota
	onTheWay
	done
)

// judgeChains reports the longest chain of calls, and other long ones that share no service with it.
func judgeChains(p *practice.Pass, g *graph) {
	for _, n := range g.nodes {
		n.measure()
	}
	byLength := slices.Clone(g.nodes)
	slices.SortStableFunc(byLength, func(a, b *node) int { return cmp.Compare(b.hops, a.hops) })
	isTold := map[*node]bool{}
	for _, head := range byLength {
		if head.hops <= practice.Value[int](p, mostCalls, head.pod.Object.At()) {
			continue // another one may be allowed less
		}
		var chain []*node
		for n := head; n != nil; n = n.next {
			chain = append(chain, n)
		}
		if slices.ContainsFunc(chain, func(n *node) bool { return isTold[n] }) {
			continue
		}
		for _, n := range chain {
			isTold[n] = true
		}
		p.Report(practice.Note{
			At:      head.pod.Object.At("metadata", "name"),
			Message: fmt.Sprintf("%s: a request may take %d calls in a row, each waiting for the next", shown(chain), head.hops),
			Leads:   fmt.Sprintf("the slowest of %d services decides for all of them, and their failures add up: at 99.9 %% each the first one has %.1f %%", head.hops+1, 100*math.Pow(0.999, float64(head.hops+1))),
			Fix:     "join neighbours that change together, have one service ask the others side by side, or pass on by a queue what nobody waits for",
		})
	}
}

// shown is a chain without the middle of a very long one.
func shown(chain []*node) string {
	const most = 10
	if len(chain) <= most {
		return arrow(chain...)
	}
	return arrow(chain[:most-3]...) + " → … → " + arrow(chain[len(chain)-2:]...)
}

// measure finds the longest way on from a node. A circle is walked once.
func (n *node) measure() {
	if n.walked != unseen {
		return
	}
	n.walked = onTheWay
	for _, callee := range n.callees {
		callee.measure()
		if callee.walked == done && callee.hops+1 > n.hops {
			n.hops, n.next = callee.hops+1, callee
		}
	}
	n.walked = done
}
