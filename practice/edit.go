package practice

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
)

// Set is the edit that gives the field of a place a value; nil removes it.
func (at Place) Set(value any) Edit { return Edit{Path: at.path, Value: value} }

// Apply makes the edits that have a Path in an object, in their order. It says of one that can't be made why, with those
// before it made.
func Apply(object map[string]any, edits []Edit) error {
	for _, e := range edits {
		if len(e.Path) == 0 {
			continue
		}
		if _, err := put(object, e.Path, e.Value); err != nil {
			return fmt.Errorf("set %s: %w", spell(e.Path), err)
		}
	}
	return nil
}

// put is a node with the field that a path leads to changed: itself, but for lists that grow and for what wasn't there.
func put(node any, path []string, value any) (any, error) {
	if len(path) == 0 {
		return runtime.DeepCopyJSONValue(value), nil
	}
	step := path[0]
	i, notANumber := strconv.Atoi(step)
	if node == nil {
		if value == nil {
			return nil, nil
		}
		if node = map[string]any{}; notANumber == nil {
			node = []any{}
		}
	}
	isGone := value == nil && len(path) == 1
	switch n := node.(type) {
	case map[string]any:
		if isGone {
			delete(n, step)
			return n, nil
		}
		inner, err := put(n[step], path[1:], value)
		if err == nil && inner != nil {
			n[step] = inner
		}
		return n, err
	case []any:
		switch {
		case notANumber != nil || i < 0 || i > len(n):
			return nil, fmt.Errorf("%s is no item of a list of %d", step, len(n))
		case i == len(n) && value == nil:
			return n, nil
		case isGone:
			return append(n[:i:i], n[i+1:]...), nil
		case i == len(n):
			n = append(n, nil)
		}
		inner, err := put(n[i], path[1:], value)
		if err == nil {
			n[i] = inner
		}
		return n, err
	}
	return nil, fmt.Errorf("what is to hold %s is neither a mapping nor a list", step)
}
