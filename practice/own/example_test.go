package own

import (
	"slices"
	"testing"
)

func TestExamplesThatFail(t *testing.T) {
	const judges = services + "  validations: [{expression: \"object.metadata.name != 'bad'\", message: the name is bad, field: metadata.name}]\n"
	const service = "{apiVersion: v1, kind: Service, metadata: {name: "
	for name, test := range map[string]struct{ examples, want string }{
		"none":                          {"{}", "own.yaml:10:  it needs a good and a bad example: without both nobody knows what it finds"},
		"no good one":                   {"{bad: [{message: bad, object: " + service + "bad}}}]}", "own.yaml:10:  it needs a good and a bad example: without both nobody knows what it finds"},
		"something in a good one":       {"{good: [" + service + "web}}, " + service + "bad}}], bad: [{message: bad, object: " + service + "bad}}}]}", "own.yaml:10: good[1] found: the name is bad at metadata.name"},
		"good ones that aren't judged":  {"{good: [{apiVersion: v1, kind: Pod, metadata: {name: a}}], bad: [{message: bad, object: " + service + "bad}}}]}", "own.yaml:10: good none of their objects is one that the practice judges: see spec.match and spec.matchConditions"},
		"nothing in a bad one":          {"{good: [" + service + "web}}], bad: [{message: bad, object: " + service + "web}}}]}", `own.yaml:10: bad[0] not found: "bad"`},
		"something else in a bad one":   {"{good: [" + service + "web}}], bad: [{message: ugly, object: " + service + "bad}}}]}", `own.yaml:10: bad[0] not found: "ugly"; found: the name is bad at metadata.name`},
		"at another place in a bad one": {"{good: [" + service + "web}}], bad: [{message: bad, field: spec, object: " + service + "bad}}}]}", `own.yaml:10: bad[0] not found: "bad" at spec; found: the name is bad at metadata.name`},
		"nothing is wrong with them":    {"{good: [" + service + "web}}], bad: [{message: bad, field: metadata.name, object: " + service + "bad}}}]}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := one(t, judges+"  examples: "+test.examples+"\n").Test()
			var got []string
			for _, f := range r.Failures {
				got = append(got, f.Origin.String()+": "+f.Example+" "+f.Message)
			}
			if r.HasPassed != (test.want == "") || test.want != "" && !slices.Contains(got, test.want) {
				t.Errorf("passed: %v\ngot  %q\nwant %q", r.HasPassed, got, test.want)
			}
		})
	}
}
