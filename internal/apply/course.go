package apply

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
)

// task is what a step of a sync does.
type task struct {
	act    act
	change *Change // of passes and rediscovers: none
	stage  stage
}

type act int

const (
	passes      act = iota // nothing itself: many come after it, and it after many
	sends                  // the change, if it has to be told
	awaits                 // that the change's object is healthy
	rediscovers            // the server's kinds
	runsHook
	cleansUp // after the hooks of a stage
)

// stage is a part of a sync.
type stage int

const (
	before stage = iota // pre-install, pre-upgrade
	rest
	afterwards // post-install, post-upgrade
)

// phase is what goes together; everything of one comes after everything of the one before.
type phase struct {
	stage  stage
	number int // the wave, or the hook's turn
}

func comparePhases(a, b phase) int { return cmp.Or(int(a.stage-b.stage), a.number-b.number) }

// index finds changes by what others call them.
type index struct {
	changes     []*Change
	objects     map[manifest.ID]int      // also with reference.AnyGroup
	definitions map[schema.GroupKind]int // which definition brings a kind
}

func newIndex(changes []*Change) index {
	x := index{changes: changes, objects: make(map[manifest.ID]int, 2*len(changes)), definitions: map[schema.GroupKind]int{}}
	for i, c := range changes {
		x.objects[c.ID] = i
		if object := c.fields(); object != nil && isCRD(c.ID.GroupKind()) {
			group, _, _ := unstructured.NestedString(object, "spec", "group")
			kind, _, _ := unstructured.NestedString(object, "spec", "names", "kind")
			x.definitions[schema.GroupKind{Group: group, Kind: kind}] = i
		}
	}
	for i, c := range changes {
		id := c.ID
		id.Group = reference.AnyGroup
		if _, taken := x.objects[id]; !taken {
			x.objects[id] = i
		}
	}
	return x
}

// fields of the object as it will be or, of one that goes, as it is.
func (c *Change) fields() map[string]any {
	switch {
	case c.object != nil:
		return c.object.Object
	case c.live != nil:
		return c.live.Object
	}
	return nil
}

// find looks a reference up: a kind that may have no namespace is looked for in both places.
func (x index) find(id manifest.ID) (int, bool) {
	i, ok := x.objects[id]
	if !ok && id.Namespace != "" {
		id.Namespace = ""
		i, ok = x.objects[id]
	}
	return i, ok
}

// homes are the namespace of a change and the definition of its kind, if they are in the set.
func (x index) homes(c *Change) []int {
	var found []int
	if i, ok := x.objects[manifest.ID{Kind: "Namespace", Name: c.ID.Namespace}]; ok && c.ID.Namespace != "" {
		found = append(found, i)
	}
	if i, ok := x.definitions[c.ID.GroupKind()]; ok {
		found = append(found, i)
	}
	return found
}

// course is the schedule of a plan.
type course struct {
	schedule
	index
	of      [][]int // the steps of each change: of a hook one for each stage, else one
	waiting map[int]int
	phases  []phase // of the first steps: those that send something
}

// newCourse arranges changes: those of a plan for Run, or those that go for Prune, which does it backwards.
func newCourse(changes []*Change) *course {
	c := &course{index: newIndex(changes), of: make([][]int, len(changes)), waiting: map[int]int{}}
	for i, change := range changes {
		c.of[i] = c.stepsOf(change)
	}
	c.placeHooks()
	c.needs()
	c.lift()
	c.gates()
	c.refer()
	c.adopt()
	c.precede()
	c.arrange()
	return c
}

func (c *course) stepsOf(change *Change) []int {
	if change.placing.hook != nil {
		return nil
	}
	c.phases = append(c.phases, phase{rest, change.placing.wave})
	return []int{c.add(step{rank: rankOf(change.ID.GroupKind()), task: task{sends, change, rest}})}
}

// needs links what can't work without another object.
func (c *course) needs() {
	for i, change := range c.changes {
		for _, from := range c.of[i] {
			for _, to := range c.homes(change) {
				w := refers
				if home := c.changes[to]; home.live == nil && change.early {
					w = inNamespace
					if isCRD(home.ID.GroupKind()) {
						w = ofKind
					}
				}
				for _, at := range c.of[to] {
					c.link(from, at, w)
				}
			}
			for _, id := range change.placing.after {
				c.link(from, c.wait(c.objects[id]), waitsFor)
			}
		}
	}
}

// wait is the step that waits until a change's object is healthy.
func (c *course) wait(change int) int {
	if at, ok := c.waiting[change]; ok {
		return at
	}
	at := c.add(step{waits: true, task: task{awaits, c.changes[change], rest}})
	c.waiting[change] = at
	c.link(at, c.of[change][0], waitsFor)
	return at
}

// lift takes what a step needs into the step's own phase, if that comes sooner.
func (c *course) lift() {
	for changed := true; changed; {
		changed = false
		for from := range c.phases {
			for _, l := range c.steps[from].after {
				to := l.to
				if c.steps[to].act == awaits {
					to = c.steps[to].after[0].to
				}
				if comparePhases(c.phases[from], c.phases[to]) < 0 {
					c.phases[to], changed = c.phases[from], true
				}
			}
		}
	}
}

// gates stand between the phases, where there is more than one.
func (c *course) gates() {
	all := slices.Clone(c.phases)
	slices.SortFunc(all, comparePhases)
	all = slices.Compact(all)
	if len(all) == 1 && all[0].stage == rest {
		return
	}
	members := make(map[phase][]int, len(all))
	for i, p := range c.phases {
		members[p] = append(members[p], i)
	}
	last := -1 // the gate before
	for n, p := range all {
		gate := c.add(step{rank: -1})
		if last >= 0 {
			c.link(gate, last, waitsFor)
		}
		for _, i := range members[p] {
			if last >= 0 {
				c.link(i, last, waitsFor)
			}
			if n+1 < len(all) && p.stage == rest && all[n+1].stage == rest {
				c.link(gate, c.wait(c.objects[c.steps[i].change.ID]), waitsFor)
			} else {
				c.link(gate, i, waitsFor)
			}
		}
		if p.stage != rest && (n+1 == len(all) || all[n+1].stage != p.stage) {
			gate = c.cleaning(gate, p.stage)
		}
		last = gate
	}
}

// refer links objects to what they refer to, hooks apart: these have an order of their own.
func (c *course) refer() {
	for i, change := range c.changes {
		fields := change.fields()
		if change.placing.hook != nil || fields == nil {
			continue
		}
		from := c.of[i][0]
		for _, r := range reference.Of(change.ID, fields) {
			to, ok := c.find(r.To)
			if !ok || c.changes[to].placing.hook != nil {
				continue
			}
			if at := c.of[to][0]; comparePhases(c.phases[at], c.phases[from]) <= 0 {
				c.link(from, at, refers)
			}
		}
	}
}

// precede links what goes first or last without being referred to.
func (c *course) precede() {
	type scope struct {
		phase     phase
		namespace string
	}
	rules, lasts := map[scope]int{}, map[phase]int{}
	join := func(wave int) int { return c.add(step{rank: 2*wave - 1}) }
	kinds := -1 // the step after which new kinds are known
	for i, p := range c.phases {
		switch id := c.steps[i].change.ID; {
		case c.steps[i].act != sends:
		case isCRD(id.GroupKind()) && c.steps[i].change.Sends():
			if kinds < 0 {
				kinds = c.add(step{rank: rankOf(id.GroupKind()) + 1, task: task{act: rediscovers}})
			}
			c.link(kinds, i, refers)
		case slices.Contains(rulesOfPods, id.GroupKind()):
			at := scope{p, id.Namespace}
			if _, ok := rules[at]; !ok {
				rules[at] = join(workloads)
			}
			c.link(rules[at], i, refers)
		case waveOf(id.GroupKind()) == len(waves)-1:
			if _, ok := lasts[p]; !ok {
				lasts[p] = join(len(waves) - 1)
			}
			c.link(i, lasts[p], refers)
		}
	}
	for i, p := range c.phases {
		id := c.steps[i].change.ID
		if waveOf(id.GroupKind()) == workloads {
			for _, namespace := range []string{id.Namespace, ""} {
				if at, ok := rules[scope{p, namespace}]; ok {
					c.link(i, at, refers)
				}
			}
		}
		if at, ok := lasts[p]; ok && waveOf(id.GroupKind()) < len(waves)-1 {
			c.link(at, i, refers)
		}
		if _, isNew := c.definitions[id.GroupKind()]; isNew && kinds >= 0 {
			c.link(i, kinds, refers)
		}
	}
}
