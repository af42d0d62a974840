package practice

import (
	"math/rand/v2"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/render"
)

// TestFillIsAsExactAsTheLibrary fills the Go types of all objects of the corpora, as they are and with wrong types in random
// places, and compares with runtime.FromUnstructured.
func TestFillIsAsExactAsTheLibrary(t *testing.T) {
	root := os.DirFS(corpustest.Dir(t, ""))
	random := rand.New(rand.NewPCG(1, 2))
	filled, refused := 0, 0
	compare := func(fields map[string]any, kind reflect.Type) {
		want, got := reflect.New(kind), reflect.New(kind)
		err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, want.Interface())
		ok := fill(fields, got.Elem())
		switch {
		case ok != (err == nil):
			t.Errorf("%v of %v: fill says %v, the library %v", kind, fields, ok, err)
		case !ok:
			refused++
		case !reflect.DeepEqual(want.Interface(), got.Interface()):
			t.Errorf("%v: -want +got\n%s", kind, cmp.Diff(want.Interface(), got.Interface()))
		default:
			filled++
		}
	}
	for _, unit := range corpustest.Units(t, root, render.Detect, render.HelmKind, render.KustomizeKind) {
		rendering, err := render.Render(t.Context(), root, unit, render.Options{})
		if err != nil {
			continue
		}
		for _, o := range rendering.Set.Objects {
			typed, err := scheme.Scheme.New(o.GroupVersionKind())
			if err != nil {
				continue
			}
			kind := reflect.TypeOf(typed).Elem()
			compare(o.Object, kind)
			for range 3 {
				compare(spoiled(random, o.DeepCopy().Object).(map[string]any), kind)
			}
		}
	}
	t.Logf("%d alike, %d refused by both", filled, refused)
	if filled < 1000 || refused < 100 {
		t.Error("too few to show anything")
	}
}

// spoiled puts something else into a random place.
func spoiled(random *rand.Rand, value any) any {
	others := []any{nil, "text", "10", true, int64(7), 1.5, 2.0, []any{}, []any{"a", nil}, map[string]any{}, map[string]any{"name": int64(1)}}
	switch v := value.(type) {
	case map[string]any:
		keys := sortedKeys(v)
		if len(keys) > 0 {
			key := keys[random.IntN(len(keys))]
			v[key] = spoiled(random, v[key])
		}
		return v
	case []any:
		if len(v) > 0 && random.IntN(4) > 0 {
			i := random.IntN(len(v))
			v[i] = spoiled(random, v[i])
			return v
		}
	}
	return others[random.IntN(len(others))]
}
