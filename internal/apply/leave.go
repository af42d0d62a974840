package apply

import "encoding/json"

// leave takes out of what is sent what is left to others, who hold it on the live object. What is wanted stays as it is:
// its hash says what git has.
func (p *planner) leave(c *Change) {
	if c.whole == nil {
		c.whole = c.object
	}
	c.object, c.wire = c.whole, nil
	if p.target.Leave == nil {
		return
	}
	rest := p.target.Leave(&c.whole.Unstructured, c.live)
	if rest == nil {
		return
	}
	object := *c.whole
	object.Unstructured = *rest
	if text, err := json.Marshal(rest.Object); err == nil {
		c.object, c.wire = &object, text
	}
}
