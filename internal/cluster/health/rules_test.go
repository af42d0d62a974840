package health

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// widget is a rule as people write them; the first expression reads what an object may lack.
var widget = Rule{
	Group: "example.com", Kind: "Widget",
	Degraded:  "self.status.conditions.exists(c, c.type == 'Broken' && c.status == 'True')",
	Suspended: "has(self.spec.parked) && self.spec.parked",
	Healthy:   "self.status.phase == 'Round' && self.status.turns >= self.spec.turns",
	Reason:    "'turns ' + string(self.status.turns) + ' times'",
}

func mustCompile(t testing.TB, rules ...Rule) *Rules {
	t.Helper()
	compiled, err := Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestRulesOfTheUser(t *testing.T) {
	const head = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a, generation: 2}\n"
	silent := widget
	silent.Reason = ""
	broken := silent
	broken.Reason = "self.status.nothing"
	only := Rule{Group: "example.com", Kind: "Widget", Progressing: "self.status.phase == 'Starting'"}
	for name, c := range map[string]struct {
		rule  Rule
		live  string
		state State
		words string
	}{
		"true, and its own words":                               {widget, head + "spec: {turns: 2}\nstatus: {phase: Round, turns: 3}", Healthy, "turns 3 times"},
		"an expression that can't be evaluated counts as false": {widget, head + "spec: {turns: 2, parked: true}\nstatus: {turns: 0}", Suspended, "turns 0 times"},
		"degraded comes before healthy": {silent, head + "spec: {turns: 2}\nstatus: {phase: Round, turns: 3, conditions: [{type: Broken, status: 'True', reason: Dust}]}",
			Degraded, "degraded by the health rule of Widget.example.com"},
		"no words of its own, but Fairlead's say the same": {silent, head + "spec: {turns: 2}\nstatus: {phase: Round, turns: 3, conditions: [{type: Ready, status: 'True'}]}",
			Healthy, "Ready is True"},
		"words that can't be evaluated": {broken, head + "spec: {turns: 2}\nstatus: {phase: Round, turns: 3}", Healthy, "healthy by the health rule of Widget.example.com"},
		"a number with a fraction":      {widget, head + "spec: {turns: 2}\nstatus: {phase: Round, turns: 2.5}", Healthy, "turns 2.5 times"},
		"none is true":                  {only, head + "status: {phase: Round}", Progressing, "no expression of the health rule of Widget.example.com is true"},
		"none is true, one can't be evaluated": {silent, head + "spec: {parked: false}\nstatus: {conditions: []}", Progressing,
			"no expression of the health rule of Widget.example.com is true (healthy: no such key: phase)"},
		"none can be evaluated": {only, head + "spec: {}", Progressing, "no expression of the health rule of Widget.example.com can be evaluated (progressing: no such key: status)"},
		"what it gives is no truth": {Rule{Group: "example.com", Kind: "Widget", Healthy: "self.status.phase"}, head + "status: {phase: Round}", Progressing,
			"no expression of the health rule of Widget.example.com can be evaluated (healthy: it gives a string)"},
		"the controller lags behind": {widget, head + "spec: {turns: 2}\nstatus: {observedGeneration: 1, phase: Round, turns: 3}", Progressing, "the last change is not taken up yet"},
		"being deleted": {widget, "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a, deletionTimestamp: '2026-01-02T03:04:05Z'}\nstatus: {phase: Round, turns: 3}",
			Progressing, "being deleted"},
		"another kind": {widget, "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: a}\nstatus: {phase: Ready}", Healthy, "phase is Ready"},
		"a kind that Fairlead has a rule for": {Rule{Kind: "Pod", Healthy: "self.status.phase == 'Pending'", Reason: "'fine by me'"},
			"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nstatus: {phase: Pending}", Healthy, "fine by me"},
		"an empty text among those joined": {Rule{Group: "example.com", Kind: "Widget", Healthy: "true", Reason: "'of: ' + ['', 'a', 'b'].join('-').replace('b', 'c')"},
			head, Healthy, "of: -a-c"},
		"optional fields": {Rule{Group: "example.com", Kind: "Widget", Healthy: "self.?status.?deep.?field.orValue(7) == 7"}, head, Healthy, "healthy by the health rule of Widget.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			h := Judge{Rules: mustCompile(t, c.rule)}.Of(parse(t, c.live))
			if diff := cmp.Diff([]string{string(c.state), c.words}, []string{string(h.State), h.Reason}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRulesThatDoNotCompile(t *testing.T) {
	for name, c := range map[string]struct {
		rule Rule
		want string
	}{
		"a slip of the pen":      {Rule{Group: "example.com", Kind: "Widget", Healthy: "self.a == sefl.b"}, "health rule of Widget.example.com: healthy: column 11: undeclared reference to 'sefl'"},
		"in the second line":     {Rule{Kind: "Pod", Degraded: "self.a &&\n  nope(self)"}, "health rule of Pod: degraded: line 2, column 7: undeclared reference to 'nope'"},
		"half an expression":     {Rule{Kind: "Pod", Suspended: "self.a =="}, "health rule of Pod: suspended: column 10: Syntax error: mismatched input '<EOF>' expecting"},
		"a text for a truth":     {Rule{Kind: "Pod", Progressing: "'yes'"}, "health rule of Pod: progressing: column 1: gives a string, must give a bool"},
		"a truth for words":      {Rule{Kind: "Pod", Healthy: "true", Reason: "self.a == 1"}, "health rule of Pod: reason: column 1: gives a bool, must give a string"},
		"a pattern that is none": {Rule{Kind: "Pod", Healthy: "self.a.matches('(')"}, "health rule of Pod: healthy: column 16: invalid matches argument"},
		"maps in maps":           {Rule{Kind: "Pod", Healthy: "self" + strings.Repeat(".map(x, {x: x})", 16) + " == []"}, "health rule of Pod: healthy: column 13: a map can't be made here, only read"},
		"loops without end":      {Rule{Kind: "Pod", Healthy: "self" + strings.Repeat(".map(x, [x])", 100) + " == []"}, "health rule of Pod: healthy: too many lists and loops"},
		"copies of copies":       {Rule{Kind: "Pod", Healthy: "optional.of(self)" + strings.Repeat(".optMap(x, x)", 100) + ".hasValue()"}, "health rule of Pod: healthy: column 1313: undeclared reference to 'x'"},
		"no expression":          {Rule{Kind: "Pod", Reason: "'x'"}, "health rule of Pod: none of degraded, suspended, healthy and progressing is set"},
		"no kind":                {Rule{Group: "example.com", Healthy: "true"}, "it names no kind"},
		"too long":               {Rule{Kind: "Pod", Healthy: strings.Repeat("true && ", 400) + "true"}, "health rule of Pod: healthy: 3204 bytes long, the limit is 2048"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Compile([]Rule{c.rule})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v\nwant %s", err, c.want)
			}
			if hint.Of(err) == "" {
				t.Error("no next step")
			}
		})
	}
}

func TestAllWrongRulesAreTold(t *testing.T) {
	_, err := Compile([]Rule{{Kind: "Pod", Healthy: "a"}, {Kind: "Service", Healthy: "true"}, {Kind: "Service", Healthy: "true"}, {Kind: "Node", Healthy: "b"}})
	want := "health rule of Pod: healthy: column 1: undeclared reference to 'a'\n" +
		"health rule of Service: there is another rule for this kind\n" +
		"health rule of Node: healthy: column 1: undeclared reference to 'b'"
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}

// Few characters that ask for hours or gigabytes. The test ends, which is what it is about.
func TestExpressionsThatWouldNeverEnd(t *testing.T) {
	times := func(n int, text, step string) string { return text + strings.Repeat(step, n) }
	for name, expression := range map[string]string{
		"loops in loops":             "self.list.all(a, self.list.all(b, self.list.all(c, self.list.all(d, a + b + c + d > 0))))",
		"a list doubled":             times(18, "[self.list]", ".map(x, x + x)") + ".exists(x, 7 in x)",
		"a list in itself, compared": times(15, "[self.list]", ".map(x, [x, x, x, x])") + " == [self.list]",
		"a text doubled":             times(18, "[self.text]", ".map(x, x + x)") + ".exists(x, x == '')",
		"a text replaced by itself":  times(18, "[self.text]", ".map(x, x.replace('a', x))") + ".exists(x, x == '')",
		"a text joined with itself":  times(18, "[self.text]", ".map(x, x.split('').join(x))") + ".exists(x, x == '')",
		"optional lists in pairs":    times(15, "[self.list]", ".map(x, [optional.of(x), optional.of(x)])") + " == []",
		"a pattern of many states":   "self.list.exists(x, self.text.matches('^((a|b|ab)*){30}((a?){30}){30}c$'))",
		"a long text scanned":        "(self.text + self.text + self.text).matches('x') || self.text.replace('a', 'aaa').matches('(a?){500}b')",
	} {
		t.Run(name, func(t *testing.T) {
			live := parse(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: a}")
			var list []any
			for i := range int64(200) {
				list = append(list, i+1)
			}
			live.Object["list"], live.Object["text"] = list, strings.Repeat("a", 8000)
			h := Judge{Rules: mustCompile(t, Rule{Kind: "Pod", Healthy: expression})}.Of(live)
			if h.State != Progressing || !strings.Contains(h.Reason, "can be evaluated") {
				t.Errorf("%s: %s", h.State, h.Reason)
			}
		})
	}
}

func TestRulesJudgeAtOnce(t *testing.T) {
	judge := Judge{Rules: mustCompile(t, widget)}
	var group sync.WaitGroup
	for i := range 8 {
		live := parse(t, fmt.Sprintf("apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {turns: 2}\nstatus: {phase: Round, turns: %d}", i+2))
		group.Go(func() {
			for range 50 {
				if h := judge.Of(live); h.State != Healthy || h.Reason != fmt.Sprintf("turns %d times", i+2) {
					t.Errorf("%s: %s", h.State, h.Reason)
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkRule(b *testing.B) {
	judge := Judge{Rules: mustCompile(b, widget)}
	live := parse(b, "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {turns: 2}\n"+
		"status: {phase: Round, turns: 3, conditions: [{type: Ready, status: 'True'}, {type: Oiled, status: 'True'}, {type: Broken, status: 'False'}]}")
	for b.Loop() {
		judge.Of(live)
	}
}
