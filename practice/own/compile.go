package own

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// program is an expression ready to run; its zero value is none.
type program struct {
	cel.Program
	name  string // "validations[0].expression"; of a variable "variables.pod"
	gives *cel.Type
}

// compile makes programs of the expressions, in the order in which they may use each other.
func (p *Practice) compile(text []byte) []manifest.Problem {
	env, err := libraries()
	if err == nil && p.spec.Params != nil {
		env, err = env.Extend(cel.Variable("params", cel.DynType))
	}
	if err != nil {
		return []manifest.Problem{problem(p.source, err, "spec")}
	}
	c := &compiler{env: env, source: p.source, text: text, known: []string{"object", "oldObject", "request", "namespaceObject"}}
	if p.spec.Params != nil {
		c.known = append(c.known, "params")
	}
	for _, n := range p.matchConditions() {
		p.conditions = append(p.conditions, c.compile(n.Expression, c.path("matchConditions", p.spec.MatchConditions, n), cel.BoolType))
	}
	for _, n := range p.allVariables() {
		made := c.compile(n.Expression, c.path("variables", p.spec.Variables, n))
		made.name = "variables." + n.Name
		p.variables = append(p.variables, made)
		c.declare(made)
	}
	for i, v := range p.spec.Validations {
		at := func(key string) []string { return []string{"spec", "validations", fmt.Sprint(i), key} }
		one := compiled{validation: v, holds: c.compile(v.Expression, at("expression"), cel.BoolType)}
		if v.MessageExpression != "" {
			one.message = c.compile(v.MessageExpression, at("messageExpression"), cel.StringType)
		}
		if v.FieldExpression != "" {
			one.field = c.compile(v.FieldExpression, at("fieldExpression"), cel.StringType, cel.ListType(cel.StringType))
		}
		p.validations = append(p.validations, one)
	}
	return c.wrong
}

// ofPods are what match.pods adds to the variables and the conditions. What a controller made is judged at what it was
// made from.
var (
	ofPods = []named{
		{"pod", "object.kind == 'Pod' ? object : object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template : object.spec.template"},
		{"podPath", "object.kind == 'Pod' ? '' : object.kind == 'CronJob' ? 'spec.jobTemplate.spec.template.' : 'spec.template.'"},
	}
	notControlled = named{"not-made-by-a-controller",
		"!has(object.metadata.ownerReferences) || !object.metadata.ownerReferences.exists(r, has(r.controller) && r.controller)"}
)

func (p *Practice) allVariables() []named {
	if p.spec.Match.Pods {
		return slices.Concat(ofPods, p.spec.Variables)
	}
	return p.spec.Variables
}

func (p *Practice) matchConditions() []named {
	if p.spec.Match.Pods {
		return append([]named{notControlled}, p.spec.MatchConditions...)
	}
	return p.spec.MatchConditions
}

// compiler makes programs, and keeps what is wrong with them.
type compiler struct {
	env    *cel.Env
	source *manifest.Object
	text   []byte
	known  []string // variables, in the order of their making
	wrong  []manifest.Problem
}

// path of the expression of an item of a list.
func (c *compiler) path(list string, items []named, n named) []string {
	return []string{"spec", list, fmt.Sprint(slices.Index(items, n)), "expression"}
}

// What would take the type checker too long: the type of a list in a list grows with each level, that of a mapping in a
// mapping doubles.
const (
	mostLists    = 64 // and loops
	mostMappings = 12
	longestType  = 1000 // bytes; what is longer is taken to be anything
)

// compile makes a program that gives one of the wanted types; anything if none is wanted.
func (c *compiler) compile(text string, path []string, want ...*cel.Type) program {
	none := program{name: fmt.Sprintf("%s[%s].%s", path[1], path[2], path[3])}
	if strings.TrimSpace(text) == "" {
		c.fail(hint.With(fmt.Errorf("%s is missing", none.name), "write an expression in CEL"), path)
		return none
	}
	tree, issues := c.env.Parse(text)
	if issues.Err() == nil {
		if err := simple(tree.NativeRep()); err != nil {
			c.fail(fmt.Errorf("%s: %w", none.name, err), path)
			return none
		}
		tree, issues = c.env.Check(tree)
	}
	if found := issues.Errors(); len(found) > 0 { // those after the first mostly follow from it
		message, _, _ := strings.Cut(strings.TrimSuffix(found[0].Message, " (in container '')"), " expecting {")
		at := fmt.Sprintf("column %d", found[0].Location.Column()+1)
		if line := found[0].Location.Line(); line > 1 {
			at = fmt.Sprintf("line %d, %s", line, at)
		}
		p := problem(c.source, hint.With(fmt.Errorf("%s, %s: %s", none.name, at, message), c.advice(message)), path...)
		p.Origin = within(p.Origin, c.text, text, found[0].Location)
		c.wrong = append(c.wrong, p)
		return none
	}
	out := tree.OutputType()
	if len(want) > 0 && !slices.ContainsFunc(want, out.IsExactType) {
		next := "compare, or convert what it gives: has(x) && x == true"
		if want[0] != cel.BoolType {
			next = "convert what it gives: string(x)"
		}
		c.fail(hint.With(fmt.Errorf("%s gives a %s, and must give a %s", none.name, out, want[0]), next), path)
		return none
	}
	made, err := c.env.Program(tree, programOptions...)
	if err != nil {
		c.fail(fmt.Errorf("%s: %w", none.name, err), path)
		return none
	}
	return program{made, none.name, out}
}

func (c *compiler) fail(err error, path []string) {
	c.wrong = append(c.wrong, problem(c.source, err, path...))
}

// declare makes a variable known to the expressions after it, also if it is broken: that is told once.
func (c *compiler) declare(variable program) {
	gives := variable.gives
	if gives == nil || len(gives.String()) > longestType {
		gives = cel.DynType
	}
	if slices.Contains(c.known, variable.name) {
		return // which is told, too
	}
	if env, err := c.env.Extend(cel.Variable(variable.name, gives)); err == nil {
		c.env, c.known = env, append(c.known, variable.name)
	}
}

func simple(tree *ast.AST) error {
	lists, mappings := 0, 0
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.ComprehensionKind, ast.ListKind:
			lists++
		case ast.MapKind, ast.StructKind:
			mappings++
		}
	}))
	if lists > mostLists || mappings > mostMappings {
		return hint.With(fmt.Errorf("it has too many lists, loops (all, exists, filter, map) or mappings: more than %d, or %d mappings", mostLists, mostMappings),
			"part it into several validations or variables")
	}
	return nil
}

var undeclared = regexp.MustCompile(`undeclared reference to '([^']*)'`)

// advice is what may be done about an expression that isn't one.
func (c *compiler) advice(message string) string {
	const more = "see docs/own-practices.md"
	name := undeclared.FindStringSubmatch(message)
	switch {
	case name == nil:
		return more
	case name[1] == "authorizer":
		return "what a login may do only the API server can tell: write such a policy by hand"
	case name[1] == "params":
		return "give them in spec.params"
	case name[1] == "variables":
		return "a variable is used after it is made; here there are: " + strings.Join(c.known, ", ")
	}
	return "did you mean: " + strings.Join(hint.Nearest(name[1], slices.Concat(c.known, sorted(c.env.Functions()))), ", ")
}
