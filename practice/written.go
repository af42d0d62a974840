package practice

// Get returns a field of the pod spec as it is written, or nil: what has a wrong type is there and in no typed view.
func (p *Pod) Get(path ...string) any {
	return p.Object.Get(append(p.Path[:len(p.Path):len(p.Path)], path...)...)
}

// Get returns a field of the container as it is written, or nil.
func (c *Container) Get(path ...string) any {
	return c.Pod.Object.Get(append(c.path[:len(c.path):len(c.path)], path...)...)
}
