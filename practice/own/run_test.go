package own

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// one reads a practice that must be right.
func one(t testing.TB, text string) *Practice {
	t.Helper()
	all, problems := Read("own.yaml", []byte(text))
	if len(all) != 1 || len(problems) > 0 {
		t.Fatalf("%d practices, %v", len(all), problems)
	}
	return all[0]
}

// found are the findings in manifests: "Kind name field: message".
func found(p *Practice, manifests string) []string {
	var all []string
	scope := &practice.Scope{Name: "test", Objects: manifest.Read("test.yaml", []byte(manifests)).Objects}
	for _, f := range practice.Judge(scope, []*practice.Practice{p.Practice}) {
		all = append(all, fmt.Sprintf("%s %s: %s", f.Object, f.Field, f.Message))
	}
	return all
}

func TestWhatExpressionsSee(t *testing.T) {
	const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {tier: gold}}\n---\n"
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop, labels: {app: web}}\nspec: {ports: [{name: http, port: 80}, {name: admin, port: 81}]}\n"
	match := "  match: {resources: [{kinds: [Service]}]}\n"
	for name, test := range map[string]struct {
		spec, manifests string
		want            []string
	}{
		"nothing is wrong":   {match + "  validations: [{expression: object.spec.ports.size() == 2}]\n", service, nil},
		"words of the field": {match + "  validations: [{expression: object.spec.ports.size() == 1, message: one port, field: spec.ports}]\n", service, []string{"Service shop/web spec.ports: one port"}},
		"no words": {match + "  validations: [{expression: 'object.spec.ports.size() == 1'}]\n", service,
			[]string{"Service shop/web : failed expression: object.spec.ports.size() == 1"}},
		"words that can't be made give way": {match + "  validations: [{expression: 'false', messageExpression: string(object.spec.none), message: kept}]\n", service, []string{"Service shop/web : kept"}},
		"words of several lines give way":   {match + "  validations: [{expression: 'false', messageExpression: \"'a\\\\nb'\", message: kept}]\n", service, []string{"Service shop/web : kept"}},
		"several places": {match + "  validations: [{expression: 'false', message: m, fieldExpression: \"object.spec.ports.map(p, 'spec.ports[name=' + p.name + '].port')\"}]\n", service,
			[]string{"Service shop/web spec.ports[0].port: m", "Service shop/web spec.ports[1].port: m"}},
		"a place that can't be made": {match + "  validations: [{expression: 'false', message: m, fieldExpression: string(object.spec.none)}]\n", service, []string{"Service shop/web : m"}},
		"what isn't there": {match + "  validations: [{expression: object.spec.none == 1}]\n", service,
			[]string{"Service shop/web : validations[0].expression can't be evaluated: no such key: none"}},
		"a variable that can't be made, where it is used": {match + "  variables: [{name: a, expression: object.spec.none}]\n  validations: [{expression: 'true || variables.a'}, {expression: variables.a == 1}]\n", service,
			[]string{"Service shop/web : validations[1].expression can't be evaluated: variables.a: no such key: none"}},
		"a condition that doesn't hold":                                  {match + "  matchConditions: [{name: a, expression: object.metadata.name != 'web'}]\n  validations: [{expression: 'false'}]\n", service, nil},
		"a condition that can't be decided":                              {match + "  matchConditions: [{name: a, expression: object.none == 1}]\n  validations: [{expression: 'false'}]\n", service, []string{"Service shop/web : matchConditions[0].expression can't be evaluated: no such key: none"}},
		"a condition that can't be decided beside one that doesn't hold": {match + "  matchConditions: [{name: a, expression: object.none == 1}, {name: b, expression: '1 == 2'}]\n  validations: [{expression: 'false'}]\n", service, nil},
		"creating it": {match + `  validations:
  - expression: >-
      oldObject == null && request.operation == 'CREATE' && request.kind == {'group': '', 'version': 'v1', 'kind': 'Service'} &&
      request.resource.resource == 'services' && request.namespace == 'shop' && request.name == 'web' && request.userInfo.groups == []
    message: m
`, service, nil},
		"its namespace": {match + "  validations: [{expression: \"namespaceObject.metadata.labels == {'tier': 'gold', 'kubernetes.io/metadata.name': 'shop'}\"}]\n", namespace + service, nil},
		"a namespace that is elsewhere is known by its name": {match + "  validations: [{expression: \"namespaceObject.metadata.name == 'shop' && !('tier' in namespaceObject.metadata.labels)\"}]\n", service, nil},
		"what is in no namespace": {"  match: {resources: [{kinds: [ClusterRole]}]}\n  validations: [{expression: namespaceObject == null}]\n",
			"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n", nil},
		"chosen by the namespace":             {"  match: {resources: [{kinds: [Service]}], namespaceSelector: {matchLabels: {tier: gold}}}\n  validations: [{expression: 'false', message: m}]\n", namespace + service, []string{"Service shop/web : m"}},
		"not chosen by a namespace elsewhere": {"  match: {resources: [{kinds: [Service]}], namespaceSelector: {matchLabels: {tier: gold}}}\n  validations: [{expression: 'false', message: m}]\n", service, nil},
		"chosen by labels":                    {"  match: {resources: [{kinds: [Service]}], objectSelector: {matchLabels: {app: web}}}\n  validations: [{expression: 'false', message: m}]\n", service, []string{"Service shop/web : m"}},
		"not chosen by labels":                {"  match: {resources: [{kinds: [Service]}], objectSelector: {matchLabels: {app: api}}}\n  validations: [{expression: 'false', message: m}]\n", service, nil},
		"another version":                     {"  match: {resources: [{kinds: [Service], versions: [v2]}]}\n  validations: [{expression: 'false', message: m}]\n", service, nil},
		"whole numbers of the params":         {match + "  params: {most: 2, names: {a: [1, x, true, null, 1.5]}}\n  validations: [{expression: \"object.spec.ports.size() + 0 == params.most && params.names.a[1] == 'x'\"}]\n", service, nil},
		"a pod, wherever it is": {"  match: {pods: true}\n  validations: [{expression: \"variables.pod.spec.containers.all(c, c.image != 'bad')\", message: m, fieldExpression: \"variables.podPath + 'spec.containers[name=api].image'\"}]\n",
			"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{name: web, image: good}, {name: api, image: bad}]}}}}}\n---\n" +
				"apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {containers: [{name: api, image: bad}]}\n---\n" +
				"apiVersion: v1\nkind: Pod\nmetadata: {name: c, ownerReferences: [{controller: true}]}\nspec: {containers: [{name: api, image: bad}]}\n",
			[]string{"CronJob a spec.jobTemplate.spec.template.spec.containers[1].image: m", "Pod b spec.containers[0].image: m"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, found(one(t, head+test.spec), test.manifests)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What an expression makes may be too much: asking before it reads would not help.
func TestWhatMakesTooMuchIsToldHowToMakeLess(t *testing.T) {
	p := one(t, head+`  match: {resources: [{kinds: [Service]}]}
  variables:
  - {name: a, expression: "'0123456789'.replace('', '0123456789012345678901234567890123456789')"}
  - {name: b, expression: "variables.a.replace('', variables.a)"}
  validations: [{expression: "variables.b.replace('', variables.b).size() < 1"}]
`)
	scope := &practice.Scope{Name: "test", Objects: manifest.Read("test.yaml", []byte("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n")).Objects}
	all := practice.Judge(scope, []*practice.Practice{p.Practice})
	if len(all) != 1 || !strings.Contains(all[0].Message, "too large") || !strings.Contains(all[0].Fix, "shorter texts") {
		t.Errorf("found is %+v", all)
	}
}

// Whatever an expression says of a Secret, its values are told nowhere.
func TestValuesOfSecretsAreNotTold(t *testing.T) {
	p := one(t, head+`  match: {resources: [{kinds: [Secret]}]}
  validations:
  - {expression: 'false', messageExpression: string(object)}
  - {expression: 'false', messageExpression: "object.data.map(k, k + '=' + object.data[k]).join(', ')"}
  - {expression: 'int(object.stringData.b) == 1'}
  - {expression: 'false', fieldExpression: string(object.stringData.b), message: m}
`)
	all := found(p, `apiVersion: v1
kind: Secret
metadata: {name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"aHVudGVyMg=="}}'}}
data: {a: aHVudGVyMg==}
stringData: {b: hunter2}
`)
	want := []string{
		"Secret a : failed expression: false",
		"Secret a : a=bWFza2Vk",
		`Secret a : validations[2].expression can't be evaluated: type conversion error from 'string' to 'int'`,
		"Secret a masked: m",
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(all, "\n"), w) {
			t.Errorf("not told: %s\n%s", w, strings.Join(all, "\n"))
		}
	}
	for _, f := range all {
		if strings.Contains(f, "hunter2") || strings.Contains(f, "aHVudGVyMg") {
			t.Errorf("told: %s", f)
		}
	}
}

// What a text is looked for in costs by its length, and little time.
func TestWhatCostsTooMuchEndsAndIsToldOnce(t *testing.T) {
	scope := &practice.Scope{Name: "test"}
	for i := range 300 {
		o := &manifest.Object{}
		o.Object = map[string]any{"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{
			"name": fmt.Sprint("s", i), "annotations": map[string]any{"a": strings.Repeat("a", 100_000)},
		}}
		scope.Objects = append(scope.Objects, o)
	}
	looks := func(n int) string { // about 10,000 each
		return strings.Repeat("!object.metadata.annotations.a.contains('b') && ", n) + "true"
	}
	for name, test := range map[string]struct{ validations, want string }{
		"one expression":        {`[{expression: "` + looks(120) + `"}]`, "validations[0].expression: it costs too much, and judges nothing more here"},
		"many for one object":   {`[{expression: 'true'}` + strings.Repeat(`, {expression: "`+looks(90)+`"}`, 20) + "]", "it costs too much, and judges nothing more here"},
		"one, for many objects": {`[{expression: "` + looks(10) + `"}]`, "validations[0].expression: it costs too much, and judges nothing more here"},
		"its words":             {`[{expression: 'false', messageExpression: "string(` + looks(120) + `)"}]`, "validations[0].messageExpression: it costs too much"},
		"its place":             {`[{expression: 'false', fieldExpression: "string(` + looks(120) + `)"}]`, "validations[0].fieldExpression: it costs too much"},
	} {
		t.Run(name, func(t *testing.T) {
			all := practice.Judge(scope, []*practice.Practice{one(t, services+"  validations: "+test.validations+"\n").Practice})
			if len(all) != 1 || !strings.Contains(all[0].Message, test.want) {
				t.Errorf("%d findings, want one: %s\n%v", len(all), test.want, all[:min(3, len(all))])
			}
		})
	}
}
