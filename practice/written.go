package practice

import "fmt"

// Get returns a field of the pod spec as it is written, or nil: what has a wrong type is there and in no typed view.
func (p *Pod) Get(path ...string) any {
	return p.Object.Get(append(p.Path[:len(p.Path):len(p.Path)], path...)...)
}

// Get returns a field of the container as it is written, or nil.
func (c *Container) Get(path ...string) any {
	return c.Pod.Object.Get(append(c.path[:len(c.path):len(c.path)], path...)...)
}

// Title names the container in a message: `init container "migrate"`, or its role alone where the kind takes containers
// without names, as Knative does.
func (c *Container) Title() string {
	if c.Name == "" {
		return "the " + string(c.Role)
	}
	return fmt.Sprintf("%s %q", c.Role, c.Name)
}
