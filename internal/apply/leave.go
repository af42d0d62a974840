package apply

import "github.com/fairlead-dev/fairlead/internal/cluster"

// leave takes out of what is sent what is left to others, who hold it on the live object, and adds what a workload says
// already. What is wanted stays as it is: its hash says what git has.
func (p *planner) leave(c *Change) {
	if c.whole == nil {
		c.whole = c.object
	}
	c.object, c.wire = c.whole, nil
	if p.target.Leave != nil {
		if rest := p.target.Leave(&c.whole.Unstructured, c.live); rest != nil {
			object := *c.whole
			object.Unstructured = *rest
			c.object = &object
		}
	}
	c.keep(cluster.Cause(c.live))
	if c.object != c.whole {
		c.wire = wireOf(c.object)
	}
}
