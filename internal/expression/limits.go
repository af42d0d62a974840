// Package expression bounds what a CEL expression of the user's own may take.
//
// CEL always ends, yet few characters can ask for hours and gigabytes: a list of itself doubled thirty times, a replacement
// of every letter by the whole text. CEL counts the cost of a call after it was made, so what grows faster than its input
// is refused before, here: Within bounds the functions of an environment, Bound the values of a program. Neither changes
// what an expression means.
package expression

import (
	"errors"
	"regexp"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// Bounds of one value.
const (
	longestText    = 1 << 18 // bytes of a computed text
	longestScan    = 1 << 14 // bytes a pattern is matched against
	longestPattern = 1 << 11 // bytes
	mostValues     = 50_000  // in a computed list or mapping, at all depths
)

// ErrTooLarge says that an expression is fine, and what it makes isn't.
var ErrTooLarge = errors.New("it makes too large a value")

// Bound is a decorator (cel.CustomDecorator) that has the results of calls and literals checked.
func Bound(step interpreter.Interpretable) (interpreter.Interpretable, error) {
	switch step := step.(type) {
	case interpreter.InterpretableCall:
		if step.Function() == overloads.Matches {
			return scan{step}, nil
		}
		return boundCall{step}, nil
	case interpreter.InterpretableConstructor:
		return boundLiteral{step}, nil
	}
	return step, nil
}

type boundCall struct{ interpreter.InterpretableCall }

func (b boundCall) Eval(vars interpreter.Activation) ref.Val {
	value := b.InterpretableCall.Eval(vars)
	switch v := value.(type) {
	case types.String:
		if len(v) > longestText {
			return types.WrapErr(ErrTooLarge)
		}
	case types.Bytes:
		if len(v) > longestText {
			return types.WrapErr(ErrTooLarge)
		}
	case traits.Lister:
		if size, ok := v.Size().(types.Int); !ok || size > mostValues {
			return types.WrapErr(ErrTooLarge)
		}
	}
	return value
}

type boundLiteral struct {
	interpreter.InterpretableConstructor
}

// Eval counts at all depths: [x, x] is small, and forty times that in itself is more than can be compared or written.
func (b boundLiteral) Eval(vars interpreter.Activation) ref.Val {
	value := b.InterpretableConstructor.Eval(vars)
	if left := mostValues; !count(value, &left) {
		return types.WrapErr(ErrTooLarge)
	}
	return value
}

func count(value ref.Val, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	switch v := value.(type) {
	case *types.Optional:
		return !v.HasValue() || count(v.GetValue(), left)
	case traits.Lister:
		for it := v.Iterator(); it.HasNext() == types.True; {
			if !count(it.Next(), left) {
				return false
			}
		}
	case traits.Mapper:
		for it := v.Iterator(); it.HasNext() == types.True; {
			if !count(v.Get(it.Next()), left) {
				return false
			}
		}
	}
	return true
}

// scan is a call of matches, which CEL doesn't let anybody define anew.
type scan struct{ interpreter.InterpretableCall }

func (s scan) Eval(vars interpreter.Activation) ref.Val {
	args := s.Args()
	text, pattern := args[0].Eval(vars), args[1].Eval(vars)
	t, isText := text.(types.String)
	p, isPattern := pattern.(types.String)
	switch {
	case !isText:
		return types.MaybeNoSuchOverloadErr(text)
	case !isPattern:
		return types.MaybeNoSuchOverloadErr(pattern)
	case len(t) > longestScan || len(p) > longestPattern:
		return types.WrapErr(ErrTooLarge)
	}
	re, err := regexp.Compile(string(p))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(re.MatchString(string(t)))
}

// Within returns the environment with its functions bounded whose work or result can be far larger than what they are
// given.
func Within(env *cel.Env) (*cel.Env, error) {
	var bounded []cel.EnvOption
	for name, fits := range limits {
		declared, ok := env.Functions()[name]
		if !ok {
			continue
		}
		bindings, err := declared.Bindings()
		if err != nil {
			return nil, err
		}
		for _, o := range declared.OverloadDecls() {
			for _, b := range bindings {
				if b.Operator != o.ID() {
					continue
				}
				overload := cel.Overload
				if o.IsMemberFunction() {
					overload = cel.MemberOverload
				}
				call := func(args ...ref.Val) ref.Val {
					switch {
					case !fits(args):
						return types.WrapErr(ErrTooLarge)
					case len(args) == 1 && b.Unary != nil:
						return b.Unary(args[0])
					case len(args) == 2 && b.Binary != nil:
						return b.Binary(args[0], args[1])
					}
					return b.Function(args...)
				}
				binding := cel.FunctionBinding(call)
				switch len(o.ArgTypes()) {
				case 1:
					binding = cel.UnaryBinding(func(value ref.Val) ref.Val { return call(value) })
				case 2:
					binding = cel.BinaryBinding(func(left, right ref.Val) ref.Val { return call(left, right) })
				}
				bounded = append(bounded, cel.Function(name, overload(o.ID(), o.ArgTypes(), o.ResultType(), binding)))
			}
		}
	}
	return env.Extend(bounded...)
}
