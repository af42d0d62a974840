package health

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
	"github.com/google/cel-go/interpreter"
)

// Bounds of one expression. CEL always ends, yet few characters can ask for hours and gigabytes: a list of itself doubled
// thirty times, a replacement of every letter by the whole text. CEL counts the cost of a call after it was made, so what
// grows faster than its input is refused before, here.
const (
	mostCost    = 1_000_000 // as Kubernetes allows an expression of a CustomResourceDefinition
	longestText = 1 << 18   // bytes of a computed text
	longestScan = 1 << 14   // bytes a pattern is matched against
	mostValues  = 50_000    // in a computed list, at all depths
	mostParts   = 64        // lists and loops; a map is a loop and two lists
)

var errTooLarge = errors.New("it makes too large a value")

// environment is what expressions can use: self, the standard functions, and those of Kubernetes' own rules that people know
// from CustomResourceDefinitions. Of the list functions it is the ones whose results are not larger than their input.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("self", cel.DynType),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(), cel.ClearMacros(), cel.Macros(cel.StandardMacros...), // optMap copies what it is called on
		ext.Strings(ext.StringsVersion(4)), ext.Lists(ext.ListsVersion(0)), ext.Math(),
		cel.Function("replace",
			cel.MemberOverload("string_replace_string_string", []*cel.Type{cel.StringType, cel.StringType, cel.StringType}, cel.StringType,
				cel.FunctionBinding(replace)),
			cel.MemberOverload("string_replace_string_string_int", []*cel.Type{cel.StringType, cel.StringType, cel.StringType, cel.IntType}, cel.StringType,
				cel.FunctionBinding(replace))),
		cel.Function("join",
			cel.MemberOverload("list_join", []*cel.Type{cel.ListType(cel.StringType)}, cel.StringType,
				cel.UnaryBinding(func(list ref.Val) ref.Val { return join(list, types.String("")) })),
			cel.MemberOverload("list_join_string", []*cel.Type{cel.ListType(cel.StringType), cel.StringType}, cel.StringType,
				cel.BinaryBinding(join))),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	)
})

// compile makes a program of an expression that must give a want.
func compile(text string, want *cel.Type) (cel.Program, error) {
	if len(text) > longestExpression {
		return nil, fmt.Errorf("%d bytes long, the limit is %d", len(text), longestExpression)
	}
	env, err := environment()
	if err != nil {
		return nil, err
	}
	tree, issues := env.Parse(text)
	if issues.Err() == nil {
		if err := simple(tree.NativeRep()); err != nil {
			return nil, err
		}
		tree, issues = env.Check(tree)
	}
	if found := issues.Errors(); len(found) > 0 {
		return nil, fmt.Errorf("%s: %s", place(found[0].Location), strings.TrimSuffix(found[0].Message, " (in container '')"))
	}
	if out := tree.OutputType(); out.Kind() != want.Kind() && out.Kind() != types.DynKind {
		return nil, fmt.Errorf("column 1: gives a %s, must give a %s", out, want)
	}
	return env.Program(tree, cel.CostLimit(mostCost), cel.InterruptCheckFrequency(1), cel.CustomDecorator(bound))
}

// simple refuses what would take the type checker too long: the type of a list in a list grows with each level, that of a map
// in a map doubles.
func simple(tree *ast.AST) error {
	var err error
	parts := 0
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		kind := e.Kind()
		if kind == ast.ComprehensionKind || kind == ast.ListKind {
			parts++
		}
		switch {
		case err != nil:
		case kind == ast.MapKind || kind == ast.StructKind:
			err = fmt.Errorf("%s: a map can't be made here, only read", place(tree.SourceInfo().GetStartLocation(e.ID())))
		case parts > mostParts:
			err = fmt.Errorf("too many lists and loops (all, exists, filter, map): more than %d", mostParts)
		}
	}))
	return err
}

func place(at common.Location) string {
	if at.Line() > 1 {
		return fmt.Sprintf("line %d, column %d", at.Line(), at.Column()+1)
	}
	return fmt.Sprintf("column %d", at.Column()+1)
}

// bound has the results of calls and literals checked.
func bound(step interpreter.Interpretable) (interpreter.Interpretable, error) {
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
			return types.WrapErr(errTooLarge)
		}
	case types.Bytes:
		if len(v) > longestText {
			return types.WrapErr(errTooLarge)
		}
	case traits.Lister:
		if size, ok := v.Size().(types.Int); !ok || size > mostValues {
			return types.WrapErr(errTooLarge)
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
		return types.WrapErr(errTooLarge)
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
	}
	return true
}

func replace(args ...ref.Val) ref.Val {
	text, old, replacement := string(args[0].(types.String)), string(args[1].(types.String)), string(args[2].(types.String))
	times := strings.Count(text, old)
	if len(args) == 4 {
		if n := int64(args[3].(types.Int)); n >= 0 {
			times = int(min(int64(times), n))
		}
	}
	if len(text)+times*len(replacement) > longestText {
		return types.WrapErr(errTooLarge)
	}
	return types.String(strings.Replace(text, old, replacement, times))
}

func join(list, separator ref.Val) ref.Val {
	var text strings.Builder
	between := ""
	for it := list.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		part, ok := it.Next().(types.String)
		if !ok {
			return types.NewErr("join takes a list of texts")
		}
		text.WriteString(between + string(part))
		between = string(separator.(types.String))
		if text.Len() > longestText {
			return types.WrapErr(errTooLarge)
		}
	}
	return types.String(text.String())
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
	case len(t) > longestScan || len(p) > longestExpression:
		return types.WrapErr(errTooLarge)
	}
	re, err := regexp.Compile(string(p))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(re.MatchString(string(t)))
}
