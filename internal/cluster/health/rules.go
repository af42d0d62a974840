package health

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Rule says how objects of one kind are judged, in CEL over `self`, the live object. The first expression that is true
// decides, in the order of the fields; when none is, the object is progressing.
type Rule struct {
	Group, Kind string
	Degraded    string
	Suspended   string
	Healthy     string
	Progressing string
	Reason      string // gives the words for people; without it Fairlead finds some
}

func (r Rule) kind() schema.GroupKind { return schema.GroupKind{Group: r.Group, Kind: r.Kind} }

// Rules are rules ready to judge, at most one for a kind. They can be used by several goroutines at once; nil is no rules.
type Rules struct {
	byKind map[schema.GroupKind]*compiled
}

// compiled is a Rule as programs.
type compiled struct {
	name     string // of the kind, for people
	verdicts []verdict
	reason   cel.Program // nil: Fairlead finds the words
}

// verdict is the expression of one field.
type verdict struct {
	field   string
	state   State
	program cel.Program
}

// Limits of what an Application brings along.
const (
	mostRules         = 200
	longestExpression = 2048 // bytes
)

// Compile makes rules ready. Its error names every expression that isn't one: kind, field and column.
func Compile(rules []Rule) (*Rules, error) {
	if len(rules) > mostRules {
		return nil, hint.With(fmt.Errorf("%d health rules, the limit is %d", len(rules), mostRules),
			"split the application into several")
	}
	all := &Rules{byKind: map[schema.GroupKind]*compiled{}}
	var wrong []error
	for _, r := range rules {
		_, twice := all.byKind[r.kind()]
		c, err := r.compile()
		if twice {
			err = errors.New("there is another rule for this kind")
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("health rule of %s: %w", r.kind(), err))
			continue
		}
		all.byKind[r.kind()] = c
	}
	if len(wrong) > 0 {
		return nil, hint.With(errors.Join(wrong...),
			`write CEL over self, the live object: has(self.status.phase) && self.status.phase == "Ready"`)
	}
	return all, nil
}

func (r *Rules) find(kind schema.GroupKind) *compiled {
	if r == nil {
		return nil
	}
	return r.byKind[kind]
}

func (r Rule) compile() (*compiled, error) {
	if r.Kind == "" {
		return nil, errors.New("it names no kind")
	}
	c := &compiled{name: r.kind().String()}
	for _, e := range []struct {
		field, text string
		state       State
	}{
		{"degraded", r.Degraded, Degraded}, {"suspended", r.Suspended, Suspended},
		{"healthy", r.Healthy, Healthy}, {"progressing", r.Progressing, Progressing},
	} {
		if e.text == "" {
			continue
		}
		program, err := compile(e.text, types.BoolType)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.field, err)
		}
		c.verdicts = append(c.verdicts, verdict{field: e.field, state: e.state, program: program})
	}
	if len(c.verdicts) == 0 {
		return nil, errors.New("none of degraded, suspended, healthy and progressing is set")
	}
	if r.Reason == "" {
		return c, nil
	}
	program, err := compile(r.Reason, types.StringType)
	if err != nil {
		return nil, fmt.Errorf("reason: %w", err)
	}
	c.reason = program
	return c, nil
}

// longestEvaluation bounds what a whole rule may take; the cost limit ends nearly everything before.
const longestEvaluation = time.Second

// judge returns the verdict of a rule. Without words of its own it takes those of the conditions, where they say the same.
func (c *compiled) judge(o object) Health {
	ctx, cancel := context.WithTimeout(context.Background(), longestEvaluation)
	defer cancel()
	input := map[string]any{"self": o.live.Object}
	state, words := c.verdict(ctx, input)
	h := Health{State: state, Reason: words}
	if c.reason != nil {
		text, err := evaluate[types.String](ctx, c.reason, input)
		if words := plain(string(text)); err == nil && words != "" {
			h.Reason = words
			return h
		}
	}
	if words == "" {
		h.Reason = fmt.Sprintf("%s by the health rule of %s", state, c.name)
		if said, ok := ownConditions(o); ok && said.State == state {
			return said
		}
	}
	return h
}

// verdict evaluates the expressions. Its words say why none of them decided, and are empty when one did.
func (c *compiled) verdict(ctx context.Context, input map[string]any) (State, string) {
	wrong, failed := "", 0
	for _, v := range c.verdicts {
		holds, err := evaluate[types.Bool](ctx, v.program, input)
		switch {
		case err != nil && failed == 0:
			wrong = v.field + ": " + plain(err.Error())
			fallthrough
		case err != nil:
			failed++
		case bool(holds):
			return v.state, ""
		}
	}
	switch failed {
	case 0:
		return Progressing, fmt.Sprintf("no expression of the health rule of %s is true", c.name)
	case len(c.verdicts):
		return Progressing, fmt.Sprintf("no expression of the health rule of %s can be evaluated (%s)", c.name, wrong)
	}
	return Progressing, fmt.Sprintf("no expression of the health rule of %s is true (%s)", c.name, wrong)
}

// evaluate runs a program that must give a T: what is dynamic shows its type only now.
func evaluate[T types.Bool | types.String](ctx context.Context, program cel.Program, input map[string]any) (T, error) {
	var none T
	value, _, err := program.ContextEval(ctx, input)
	var cancelled interpreter.EvalCancelledError
	switch {
	case errors.As(err, &cancelled):
		return none, errors.New("it takes too long")
	case err != nil:
		return none, err
	}
	if t, ok := value.(T); ok {
		return t, nil
	}
	return none, fmt.Errorf("it gives a %s", value.Type().TypeName())
}
