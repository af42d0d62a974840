package practice

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Parameter is a number, list or choice of a practice that a Policy may set.
type Parameter struct {
	Name  string // "most-calls"
	About string // what it is, in one line without a period
	// Default is what holds if no Policy says something else, and shows the type: bool, int (1 and more), string, []string
	// or resource.Quantity.
	Default any
	// Values are all that a string may be; nil: any.
	Values []string
	// Valid says what is wrong with a string, or an item of a list; nil: nothing.
	Valid func(string) error
}

// Value is that of a parameter of the practice, as it holds for a place: for the object or the file that it is in. T is
// the type of the parameter's default.
func Value[T any](p *Pass, name string, at Place) T {
	if v, ok := p.standingAt(at).parameter(p.practice.ID, name).(T); ok {
		return v
	}
	return p.practice.parameter(name).Default.(T)
}

// parameter of a name, or nil.
func (p *Practice) parameter(name string) *Parameter {
	i := slices.IndexFunc(p.Parameters, func(one Parameter) bool { return one.Name == name })
	if i < 0 {
		return nil
	}
	return &p.Parameters[i]
}

// Kind is what its values are, for people.
func (p *Parameter) Kind() string {
	switch p.Default.(type) {
	case bool:
		return "true or false"
	case int:
		return "a whole number from 1 on"
	case resource.Quantity:
		return "a quantity, such as 100m or 128Mi"
	case []string:
		return "a list of texts"
	}
	if p.Values != nil {
		return strings.Join(p.Values, " or ")
	}
	return "a text"
}

// DefaultText is the default as it would be written.
func (p *Parameter) DefaultText() string {
	switch v := p.Default.(type) {
	case resource.Quantity:
		return v.String()
	case []string:
		return "[" + strings.Join(v, ", ") + "]"
	}
	return fmt.Sprint(p.Default)
}

// read turns what is written into a value. Its error is for whoever wrote it.
func (p *Parameter) read(n *yaml.Node) (any, error) {
	wrong := fmt.Errorf("%s is %s", p.Name, p.Kind())
	switch p.Default.(type) {
	case bool:
		var v bool
		if n.Decode(&v) != nil {
			return nil, wrong
		}
		return v, nil
	case int:
		var v int
		if n.Decode(&v) != nil || v < 1 {
			return nil, wrong
		}
		return v, nil
	case resource.Quantity:
		v, err := resource.ParseQuantity(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v.Sign() < 0 {
			return nil, wrong
		}
		return v, nil
	case []string:
		texts, err := textsOf(n)
		if err != nil {
			return nil, wrong
		}
		for _, text := range texts {
			if err := p.check(text); err != nil {
				return nil, err
			}
		}
		return texts, nil
	}
	if n.Kind != yaml.ScalarNode || p.Values != nil && !slices.Contains(p.Values, n.Value) {
		return nil, wrong
	}
	return n.Value, p.check(n.Value)
}

func (p *Parameter) check(text string) error {
	if p.Valid == nil {
		return nil
	}
	if err := p.Valid(text); err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	return nil
}

// textsOf are the items of a list of texts; one text stands for a list of it.
func textsOf(n *yaml.Node) ([]string, error) {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var texts []string
	for _, item := range items {
		if item = resolved(item); item.Kind != yaml.ScalarNode || item.Value == "" {
			return nil, errors.New("a list of texts is meant")
		}
		texts = append(texts, item.Value)
	}
	return texts, nil
}

// resolved is what an alias stands for.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
