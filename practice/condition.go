package practice

import (
	"path"
	"slices"
	"strings"
)

// subject is an object or a file that settings may be about.
type subject struct {
	object *Object // nil of a Dockerfile or a chart's description
	path   string  // of the file; "" of what runs
}

// conditions say what settings are about: all that are given must hold.
type conditions struct {
	paths                    []glob
	namespaces, names, kinds []string // patterns
	labels                   map[string]string
}

// hold says whether all conditions do. Paths count from dir, and are those of the file or of what the scope is made of.
func (c *conditions) hold(dir string, s subject, sources []string) bool {
	if c.namespaces != nil || c.names != nil || c.kinds != nil || c.labels != nil {
		if s.object == nil || !c.holdFor(s.object) {
			return false
		}
	}
	return c.paths == nil || c.isOn(dir, s.path) || slices.ContainsFunc(sources, func(source string) bool { return c.isOn(dir, source) })
}

func (c *conditions) holdFor(o *Object) bool {
	namespace := o.id.Namespace
	if o.id.Kind == "Namespace" && o.id.Group == "" {
		namespace = o.id.Name
	}
	if c.namespaces != nil && !fits(c.namespaces, namespace) || c.names != nil && !fits(c.names, o.id.Name) || c.kinds != nil && !fits(c.kinds, o.id.Kind) {
		return false
	}
	if c.labels == nil {
		return true
	}
	have := o.GetLabels()
	for key, pattern := range c.labels {
		if value, ok := have[key]; !ok || !fits([]string{pattern}, value) {
			return false
		}
	}
	return true
}

func (c *conditions) isOn(dir, name string) bool {
	below, ok := from(dir, name)
	return ok && name != "" && slices.ContainsFunc(c.paths, func(g glob) bool { return g.matches(below) })
}

// areSaid says that there are any.
func (c *conditions) areSaid() bool {
	return c.paths != nil || c.namespaces != nil || c.names != nil || c.kinds != nil || c.labels != nil
}

// onlyPaths says that nothing else is asked.
func (c *conditions) onlyPaths() bool {
	return c.namespaces == nil && c.names == nil && c.kinds == nil && c.labels == nil
}

// fits compares with patterns that are known to be ones.
func fits(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, _ := path.Match(p, text)
		return ok
	})
}

// from is the way from a directory to what lies in it, step by step; ok is false if it lies elsewhere.
func from(dir, name string) (steps []string, ok bool) {
	switch {
	case dir == ".":
	case name == dir:
		return nil, true
	case strings.HasPrefix(name, dir+"/"):
		name = name[len(dir)+1:]
	default:
		return nil, false
	}
	if name == "." {
		return nil, true
	}
	return strings.Split(name, "/"), true
}

// glob is a pattern of paths, step by step; ** stands for any number of steps. What it matches is meant with all in it.
type glob []string

// newGlob takes apart a pattern that is known to be one.
func newGlob(pattern string) glob {
	if pattern = path.Clean(pattern); pattern == "." {
		return nil
	}
	return strings.Split(pattern, "/")
}

func (g glob) matches(name []string) bool {
	for len(g) > 0 {
		if g[0] == "**" {
			for i := range len(name) + 1 {
				if g[1:].matches(name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, _ := path.Match(g[0], name[0]); !ok {
			return false
		}
		g, name = g[1:], name[1:]
	}
	return true
}

// places are the patterns of what the conditions may be about, from the top of the tree.
func (c *conditions) places(dir string) []string {
	if c.paths == nil {
		return []string{dir}
	}
	var all []string
	for _, g := range c.paths {
		all = append(all, path.Join(dir, path.Join(g...)))
	}
	return all
}

// subjectOf a finding.
func (v *view) subjectOf(f *Finding) subject {
	if o := v.byID[f.Object]; o != nil {
		return subject{o, o.Origin.Path}
	}
	return subject{path: f.Origin.Path}
}
