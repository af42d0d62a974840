package health

import (
	"fmt"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"

	"github.com/fairlead-dev/fairlead/internal/expression"
)

// Bounds of one expression, beside those of what it makes on the way (internal/expression).
const (
	mostCost  = 1_000_000 // as Kubernetes allows an expression of a CustomResourceDefinition
	mostParts = 64        // lists and loops; a map is a loop and two lists
)

// environment is what expressions can use: self, the standard functions, and those of Kubernetes' own rules that people know
// from CustomResourceDefinitions. Of the list functions it is the ones whose results are not larger than their input.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	env, err := cel.NewEnv(
		cel.Variable("self", cel.DynType),
		cel.CrossTypeNumericComparisons(true),
		cel.OptionalTypes(), cel.ClearMacros(), cel.Macros(cel.StandardMacros...), // optMap copies what it is called on
		ext.Strings(ext.StringsVersion(4)), ext.Lists(ext.ListsVersion(0)), ext.Math(),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	)
	if err != nil {
		return nil, err
	}
	return expression.Within(env)
})

// CompileCondition makes a program of a condition over some variables, within the bounds of a health rule.
func CompileCondition(text string, variables ...string) (cel.Program, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	options := make([]cel.EnvOption, 0, len(variables))
	for _, v := range variables {
		if v != "self" {
			options = append(options, cel.Variable(v, cel.DynType))
		}
	}
	if env, err = env.Extend(options...); err != nil {
		return nil, err
	}
	return compileIn(env, text, types.BoolType)
}

// compile makes a program of an expression that must give a want.
func compile(text string, want *cel.Type) (cel.Program, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	return compileIn(env, text, want)
}

func compileIn(env *cel.Env, text string, want *cel.Type) (cel.Program, error) {
	if len(text) > longestExpression {
		return nil, fmt.Errorf("%d bytes long, the limit is %d", len(text), longestExpression)
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
	return env.Program(tree, cel.CostLimit(mostCost), cel.InterruptCheckFrequency(1), cel.CustomDecorator(expression.Bound))
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
