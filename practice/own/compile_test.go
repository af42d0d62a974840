package own

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// head is all that a practice needs but for what it judges.
const head = `apiVersion: fairlead.dev/v1alpha1
kind: Practice
metadata: {name: named-well}
spec:
  title: Names are good
  leads: nobody finds it
  fix: name it
`

const services = head + "  match: {resources: [{kinds: [Service]}]}\n"

// valid takes one expression, in whatever way it is written.
func valid(expression string) string {
	return services + "  validations:\n  - message: m\n    expression: " + expression + "\n"
}

func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	for name, test := range map[string]struct{ text, want, next string }{
		"a name with a slip":                   {valid("objct.metadata.name == 'a'"), "11:17 validations[0].expression, column 1: undeclared reference to 'objct'", "object"},
		"in quotes":                            {valid(`"true && objct == 1"`), "11:26 validations[0].expression, column 9: undeclared reference to 'objct'", "object"},
		"in a block of lines":                  {valid("|\n      true &&\n        objct == 1"), "13:9 validations[0].expression, line 2, column 3: undeclared reference to 'objct'", "object"},
		"in folded lines":                      {valid(">-\n      true &&\n      objct == 1"), "13:7 validations[0].expression, column 9: undeclared reference to 'objct'", "object"},
		"where YAML writes it otherwise":       {valid(`"'\u00e4' == objct"`), "11:5 validations[0].expression, column 8: undeclared reference to 'objct'", "object"},
		"no end":                               {valid("object.spec."), "11:29 validations[0].expression, column 13: Syntax error: no viable alternative", ""},
		"what isn't true or false":             {valid("object.metadata.name"), "11:5 validations[0].expression gives a dyn, and must give a bool", "has(x)"},
		"types that don't fit":                 {valid("size(object.metadata.name) == 'a'"), "11:44 validations[0].expression, column 28: found no matching overload", ""},
		"a pattern that is none":               {valid("object.metadata.name.matches('(')"), "11:46 validations[0].expression, column 30: invalid matches argument", ""},
		"what only a cluster knows":            {valid("authorizer.group('').resource('pods').check('get').allowed()"), "11:17 validations[0].expression, column 1: undeclared reference to 'authorizer'", "only the API server"},
		"params that aren't given":             {valid("params.a == 1"), "11:17 validations[0].expression, column 1: undeclared reference to 'params'", "spec.params"},
		"a variable that isn't made":           {valid("variables.a == 1"), "11:17 validations[0].expression, column 1: undeclared reference to 'variables'", "object, oldObject"},
		"more loops than can be checked":       {valid("'" + strings.Repeat("[1].exists(a, ", 40) + "true" + strings.Repeat(")", 40) + "'"), "11:5 validations[0].expression: it has too many lists", "part it"},
		"no expression":                        {valid("' '"), "11:5 validations[0].expression is missing", ""},
		"a message that is no text":            {services + "  validations:\n  - {expression: 'true', messageExpression: '1'}\n", "10:26 validations[0].messageExpression gives a int", "string(x)"},
		"a place that is no text":              {services + "  validations:\n  - {expression: 'true', fieldExpression: '1'}\n", "10:26 validations[0].fieldExpression gives a int", "string(x)"},
		"two places":                           {services + "  validations:\n  - {expression: 'true', field: a, fieldExpression: 'string(1)'}\n", "10:26 there are field and fieldExpression", "keep one"},
		"a computed message alone":             {services + "  validations:\n  - expression: |\n      true &&\n      true\n", "10:5 a message is needed beside an expression of several lines", ""},
		"a reason that the server hasn't":      {services + "  validations:\n  - {expression: 'true', reason: Because}\n", "10:26 there is no reason \"Because\"", "Forbidden"},
		"a key with a slip":                    {strings.Replace(valid("'true'"), "message:", "mesage:", 1), `10:5 there is no key "mesage" in a Practice.spec.validations.0`, "message"},
		"a list that is none":                  {services + "  validations: {expression: 'true'}\n", "9:3 spec.validations is a mapping, and must be a list", ""},
		"a word that YAML takes for true":      {valid("'true'") + "  category: y\n", "12:3 spec.category is true or false, and must be a text", "quotes"},
		"nothing to hold":                      {services, "4:1 spec.validations is missing", "at least one"},
		"a kind with a slip":                   {strings.Replace(valid("'true'"), "[Service]", "[Servce]", 1), "8:32 Servce is none of Kubernetes' own kinds", "Service"},
		"no kinds":                             {head + "  validations: [{expression: 'true'}]\n", "4:1 spec.match names no kinds", "pods: true"},
		"one plural for two kinds":             {strings.Replace(valid("'true'"), "[Service]", "[A, B], groups: [a.io], resource: as", 1), "8:55 resource is the plural of one kind of one group", ""},
		"a selector that is none":              {strings.Replace(valid("'true'"), "[Service]}]", "[Service]}], objectSelector: {matchExpressions: [{key: a, operator: Is}]}", 1), `8:44 "Is" is not a valid label selector operator`, "matchLabels"},
		"a severity that isn't":                {valid("'true'") + "  severity: fatal\n", `12:3 there is no severity "fatal"`, "error, warning or info"},
		"a category that isn't":                {valid("'true'") + "  category: Mine\n", `12:3 there is no category "Mine"`, "Own practices"},
		"no words for a finding":               {strings.Replace(valid("'true'"), "  fix: name it\n", "", 1), "4:1 spec.fix is missing", "how it is mended"},
		"an id that is none":                   {strings.Replace(valid("'true'"), "named-well", "Named_Well", 1), `3:12 "Named_Well" is no id of a practice`, "team-label"},
		"two variables of one name":            {valid("'true'") + "  variables: [{name: a, expression: '1'}, {name: a, expression: '2'}]\n", `12:44 there are two variables called "a"`, ""},
		"a variable of the name that pods has": {strings.Replace(valid("'true'"), "match: {", "match: {pods: true, ", 1) + "  variables: [{name: pod, expression: '1'}]\n", `12:16 there are two variables called "pod"`, ""},
		"another version":                      {strings.Replace(valid("'true'"), "v1alpha1", "v9", 1), "2:1 fairlead.dev/v9 Practice is no practice", "apiVersion"},
		"another kind":                         {"apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "2:1 v1 Service is no practice", "kind: Practice"},
		"no practice at all":                   {"a: 1\n", "0:0 there is no practice in it", "begin with"},
		"a bad example that expects nothing":   {valid("'true'") + "  examples: {bad: [{object: {apiVersion: v1, kind: Service, metadata: {name: a}}}]}\n", "12:20 the bad example expects no message", "part of the message"},
		"an example that is no object":         {valid("'true'") + "  examples: {good: [{kind: Service}]}\n", "12:21 line 1 of the example", "apiVersion"},
	} {
		t.Run(name, func(t *testing.T) {
			all, problems := Read("own.yaml", []byte(test.text))
			if len(all) > 0 || len(problems) == 0 {
				t.Fatalf("%d practices, %d problems", len(all), len(problems))
			}
			p := problems[0]
			if got := fmt.Sprintf("%d:%d %v", p.Origin.Line, p.Origin.Column, p.Err); !strings.HasPrefix(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if next := hint.Of(p.Err); next == "" || !strings.Contains(next, test.next) {
				t.Errorf("next is %q, want %q", next, test.next)
			}
		})
	}
}

func TestOneBrokenPracticeStopsNoOther(t *testing.T) {
	all, problems := Read("own.yaml", []byte(valid("objct == 1")+"---\n"+strings.Replace(valid("object.metadata.name != ''"), "named-well", "other", 1)+"---\n{\n"))
	if len(all) != 1 || all[0].ID != "other" || len(problems) != 2 {
		t.Errorf("%d practices, problems: %v", len(all), problems)
	}
}
