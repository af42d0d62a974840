package own

import (
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/ext"
	"github.com/google/cel-go/interpreter"

	"github.com/fairlead-dev/fairlead/internal/expression"
)

// What one expression may cost, and all of a practice for one object: the limits of a ValidatingAdmissionPolicy.
const (
	callCost   = 1_000_000
	objectCost = 10_000_000
)

// environment is what expressions can use, as far as a ValidatingAdmissionPolicy's can: its variables but for the
// authorizer, which nobody can ask without a cluster, and the functions of CEL with those of its extensions that the
// API server has, too.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	env, err := cel.NewEnv(
		cel.HomogeneousAggregateLiterals(), cel.DefaultUTCTimeZone(true), cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(),
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateRegexLiterals(), cel.ValidateHomogeneousAggregateLiterals()),
		cel.CostEstimatorOptions(checker.PresenceTestHasCost(false)),
		ext.Strings(ext.StringsVersion(2)), ext.Sets(), ext.TwoVarComprehensions(), ext.Lists(ext.ListsVersion(3)),
		cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType),
		cel.Variable("request", cel.DynType), cel.Variable("namespaceObject", cel.DynType),
	)
	if err != nil {
		return nil, err
	}
	return expression.Within(env)
})

// absent are functions of the API server's own that the environment lacks.
var absent = []string{
	"quantity", "isQuantity", "url", "isURL", "ip", "isIP", "cidr", "isCIDR", "semver", "isSemver", "format.named", "find", "findAll",
	"isSorted", "sum", "min", "max", "indexOf", "lastIndexOf",
}

// programOptions have the cost of each evaluation counted and bounded.
var programOptions = []cel.ProgramOption{
	cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost), cel.CostLimit(callCost),
	cel.CostTrackerOptions(interpreter.PresenceTestHasCost(false)), cel.CustomDecorator(expression.Bound),
}
