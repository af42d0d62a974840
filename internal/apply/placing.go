package apply

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	// AfterAnnotation on an object names others of the same set, as KIND/NAME, NAMESPACE/KIND/NAME or KIND.GROUP/NAME,
	// several by comma: it is sent only when these have been sent and are healthy.
	AfterAnnotation = "fairlead.dev/after"
	// waveAnnotation is Argo CD's order: objects of a lower number come first and are waited for.
	// Source: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
	waveAnnotation = "argocd.argoproj.io/sync-wave"
)

// placing is what the annotations of an object say about when it is sent.
type placing struct {
	after []manifest.ID
	wave  int
	hook  *hook
}

func annotation(o *manifest.Object, key string) string {
	metadata, _ := o.Object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	text, _ := annotations[key].(string)
	return text
}

// readPlacing reads the annotations about order. What they get wrong blocks their object.
func readPlacing(changes []*Change) {
	var explicit []*Change
	for _, c := range changes {
		o := c.object
		c.placing.hook = readHook(o)
		if text := annotation(o, waveAnnotation); text != "" && c.placing.hook == nil {
			wave, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil {
				c.misplaced(waveAnnotation, hint.With(fmt.Errorf("%s: %q is not a whole number", waveAnnotation, text), "write a number in quotes, such as \"-1\""))
			}
			c.placing.wave = wave
		}
		if annotation(o, AfterAnnotation) != "" {
			explicit = append(explicit, c)
		}
	}
	if len(explicit) == 0 {
		return
	}
	all := newIndex(changes)
	for _, c := range explicit {
		if err := c.readAfter(all); err != nil {
			c.placing.after = nil
			c.misplaced(AfterAnnotation, err)
		}
	}
	refuseCircles(changes, all)
}

func (c *Change) misplaced(key string, err error) {
	if c.Problem == nil {
		c.block(c.object.Locate("metadata", "annotations", key), err)
	}
}

func (c *Change) readAfter(all index) error {
	if c.placing.hook != nil {
		return hint.With(fmt.Errorf("%s: a hook comes in the order of its weight", AfterAnnotation), "remove the annotation, or set helm.sh/hook-weight")
	}
	for text := range strings.SplitSeq(annotation(c.object, AfterAnnotation), ",") {
		i, err := all.named(strings.TrimSpace(text), c.ID.Namespace)
		if err != nil {
			return fmt.Errorf("%s: %w", AfterAnnotation, err)
		}
		switch other := all.changes[i]; {
		case other == c:
			return hint.With(fmt.Errorf("%s: %s is the object itself", AfterAnnotation, strings.TrimSpace(text)), "name another object, or remove the annotation")
		case other.placing.hook != nil:
			return hint.With(fmt.Errorf("%s: %s is a hook", AfterAnnotation, other.ID), "remove the name: hooks have their own place before or after the rest")
		default:
			c.placing.after = append(c.placing.after, other.ID)
		}
	}
	return nil
}

const writeNames = "name objects of the same set as KIND/NAME, NAMESPACE/KIND/NAME or KIND.GROUP/NAME, several by comma"

// named finds the one object that a person means by KIND/NAME and its like.
func (x index) named(text, namespace string) (int, error) {
	parts := strings.Split(text, "/")
	if len(parts) < 2 || len(parts) > 3 || strings.Contains("/"+text+"/", "//") {
		return 0, hint.With(fmt.Errorf("%q is not KIND/NAME", text), writeNames)
	}
	if len(parts) == 3 {
		namespace, parts = parts[0], parts[1:]
	}
	kind, group, _ := strings.Cut(parts[0], ".")
	var found, elsewhere []int
	for i, c := range x.changes {
		switch id := c.ID; {
		case !strings.EqualFold(id.Kind, kind) || id.Name != parts[1] || group != "" && id.Group != group:
		case id.Namespace == namespace || id.Namespace == "":
			found = append(found, i)
		default:
			elsewhere = append(elsewhere, i)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		id := x.changes[found[0]].ID
		return 0, hint.With(fmt.Errorf("%s names %d objects of the set", text, len(found)), fmt.Sprintf("add the group: %s.%s/%s", id.Kind, id.Group, id.Name))
	case len(elsewhere) > 0:
		id := x.changes[elsewhere[0]].ID
		return 0, hint.With(fmt.Errorf("%s is not in this set's namespace %s", text, namespace), fmt.Sprintf("add the namespace: %s/%s/%s", id.Namespace, id.Kind, id.Name))
	}
	return 0, hint.With(fmt.Errorf("%s is not in this set", text), writeNames)
}

// refuseCircles blocks objects that are to wait for what waits for them.
func refuseCircles(changes []*Change, all index) {
	s := &schedule{}
	for range changes {
		s.add(step{})
	}
	for i, c := range changes {
		for _, to := range all.homes(c) {
			s.link(i, to, refers)
		}
		for _, id := range c.placing.after {
			s.link(i, all.objects[id], waitsFor)
		}
	}
	circle := s.circles(nil)
	for i, c := range changes {
		for _, id := range c.placing.after {
			if circle[all.objects[id]] != circle[i] {
				continue
			}
			var others []string
			for j, other := range changes {
				if i != j && circle[i] == circle[j] {
					others = append(others, other.ID.String())
				}
			}
			c.misplaced(AfterAnnotation, hint.With(fmt.Errorf("%s: waits for what waits for it: %s", AfterAnnotation, strings.Join(others, ", ")),
				"remove one of the names"))
			break
		}
	}
	for _, c := range changes {
		if c.Problem != nil {
			c.placing.after = nil
		}
	}
}

// heldBack words why an object isn't sent although nothing is wrong with it.
func (s *schedule) heldBack(f *failure, said string) error {
	id := s.steps[f.root].change.ID
	text := fmt.Sprintf("held back: %s %s", id, said)
	if f.from == f.root && (f.by == inNamespace || f.by == ofKind) {
		text = fmt.Sprintf("its %s %s", id, said)
	}
	next := hint.Of(f.err)
	if next == "" {
		next = "mend that first; what was held back follows by itself"
	}
	if said == "" {
		return hint.With(fmt.Errorf("%s%w", text, f.err), next)
	}
	return hint.With(fmt.Errorf("%s: %w", text, f.err), next)
}

var errInterrupted = errors.New("interrupted")
