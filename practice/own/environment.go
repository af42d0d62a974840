package own

import (
	"sync"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/util/version"
	limits "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/fairlead-dev/fairlead/internal/expression"
)

// What one expression may cost, and all of a practice for one object: the limits of a ValidatingAdmissionPolicy.
const (
	callCost   = limits.PerCallLimit
	objectCost = limits.RuntimeCELCostBudget
)

// libraries is what expressions can use: what a ValidatingAdmissionPolicy's can on this version of Kubernetes and the one
// before it, but for the authorizer, which nobody can ask without a cluster.
var libraries = sync.OnceValues(func() (*cel.Env, error) {
	set, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions: []cel.EnvOption{
			cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType),
			cel.Variable("request", cel.DynType), cel.Variable("namespaceObject", cel.DynType),
		},
	})
	if err != nil {
		return nil, err
	}
	return expression.Within(set.NewExpressionsEnv())
})

// programOptions bound what an expression makes on the way; its cost the environment bounds.
var programOptions = []cel.ProgramOption{cel.CustomDecorator(expression.Bound)}
