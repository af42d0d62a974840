package expression

import (
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
)

func evaluate(t *testing.T, text string) (any, error) {
	t.Helper()
	env, err := cel.NewEnv(cel.Variable("x", cel.DynType), cel.OptionalTypes(), ext.Strings(), ext.Sets(), ext.Lists(), ext.TwoVarComprehensions())
	if err == nil {
		env, err = Within(env)
	}
	if err != nil {
		t.Fatal(err)
	}
	tree, issues := env.Compile(text)
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	program, err := env.Program(tree, cel.CustomDecorator(Bound))
	if err != nil {
		t.Fatal(err)
	}
	numbers := make([]any, 40_000)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	value, _, err := program.Eval(map[string]any{"x": map[string]any{
		"text": strings.Repeat("a", 10_000), "few": []any{int64(1), int64(2), int64(2)}, "many": numbers, "words": []any{"a", "", "b"},
	}})
	if err != nil {
		return nil, err
	}
	return value.Value(), nil
}

func TestWhatGrowsIsRefusedBeforeItIsMade(t *testing.T) {
	for name, text := range map[string]string{
		"a text replaced by itself":      "x.text.replace('a', x.text) == ''",
		"nothing replaced by a text":     "x.text.replace('', x.text) == ''",
		"numbers joined by a long text":  "x.many.map(n, 'b').join(x.text) == ''",
		"a text formatted many times":    "'" + strings.Repeat("%s", 30) + "'.format([" + strings.Repeat("x.text,", 29) + "x.text]) == ''",
		"a long range":                   "lists.range(1000000000).size() == 0",
		"a list flattened":               "[x.many, x.many].flatten().size() == 0",
		"each compared with each":        "sets.contains(x.many, x.many)",
		"each compared with each twice":  "sets.equivalent(x.many, x.many)",
		"each looked for in each":        "sets.intersects(x.many, x.many)",
		"each compared with those found": "x.many.distinct().size() == 0",
		"mappings in mappings":           "[{'a': x.few}]" + strings.Repeat(".map(m, {'a': m, 'b': m})", 14) + " == []",
		"lists in lists":                 "[x.few]" + strings.Repeat(".map(m, [m, m])", 16) + " == []",
		"a long text scanned":            "(x.text + x.text).matches('(a?){500}b')",
	} {
		t.Run(name, func(t *testing.T) {
			if value, err := evaluate(t, text); err == nil || !strings.Contains(err.Error(), ErrTooLarge.Error()) {
				t.Errorf("got %v, %v", value, err)
			}
		})
	}
}

func TestBoundedFunctionsMeanWhatTheyDid(t *testing.T) {
	for _, text := range []string{
		"'a-b-c'.replace('-', '+') == 'a+b+c' && 'a-b-c'.replace('-', '+', 1) == 'a+b-c' && 'ab'.replace('', '.') == '.a.b.'",
		"x.words.join() == 'ab' && x.words.join('-') == 'a--b' && ['a', 'b'].join('-') == 'a-b'",
		"'%s is %d'.format(['one', 1]) == 'one is 1'",
		"lists.range(3) == [0, 1, 2] && [[1], [2]].flatten() == [1, 2] && [[[1]]].flatten(2) == [1] && x.few.distinct() == [1, 2]",
		"sets.contains(x.few, [2]) && !sets.equivalent(x.few, [2]) && sets.intersects(x.few, [2, 3])",
		"'aab'.matches('^a+b$') && !x.text.matches('b') && {'a': [1]} == {'a': [1]}",
	} {
		if value, err := evaluate(t, text); err != nil || value != true {
			t.Errorf("%s: %v, %v", text, value, err)
		}
	}
}
