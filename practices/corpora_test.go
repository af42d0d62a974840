package practices

import (
	"errors"
	"fmt"
	"os"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// realScopes are what there is to judge in the real repositories.
func realScopes(t *testing.T) (scopes []*practice.Scope) {
	t.Helper()
	fsys := os.DirFS(corpustest.Dir(t, ""))
	for _, dir := range corpustest.Units(t, fsys, render.Detect, render.HelmKind, render.KustomizeKind) {
		rendering, err := render.Render(t.Context(), fsys, dir, render.Options{})
		if err != nil {
			continue // that is another test's
		}
		scopes = append(scopes, &practice.Scope{Name: dir, Objects: rendering.Set.Objects, Chart: practice.ReadChart(fsys, dir, "")})
	}
	return scopes
}

// Of all that is found in real repositories every edit that is offered mends, breaks no other practice, and changes nothing
// when it is made again. The log says how much is offered.
func TestEditsOfRealRepositoriesMend(t *testing.T) {
	if testing.Short() {
		t.Skip("judges each repository again for each change")
	}
	t.Parallel()
	const found, offered, held, uncovers = 0, 1, 2, 3
	counts, rows := map[string]*[4]int{}, []string{}
	for _, p := range All {
		rows = append(rows, p.ID)
	}
	rows = append(rows, "all")
	for _, row := range rows {
		counts[row] = new([4]int)
	}
	for _, scope := range realScopes(t) {
		findings := practice.Judge(scope, All)
		for i, f := range findings {
			count := func(column int) {
				counts[f.Practice][column]++
				counts["all"][column]++
			}
			count(found)
			if len(f.Edits) == 0 {
				continue
			}
			count(offered)
			switch _, err := practicetest.Mend(scope, findings, nil, All, i); {
			case err == nil:
				count(held)
			case errors.Is(err, practicetest.ErrUncovers):
				count(uncovers)
			default:
				t.Errorf("%s: %s: %v", f.Origin, f.Message, err)
			}
		}
	}
	table := "practice                       found offered  held uncovers\n"
	for _, id := range rows {
		if n := counts[id]; n[found] > 0 {
			table += fmt.Sprintf("%-30s %5d %7d %5d %8d\n", id, n[found], n[offered], n[held], n[uncovers])
		}
	}
	t.Log(table)
	if n := counts["all"]; n[offered] < 100 {
		t.Errorf("only %d findings offer edits: the look at them is wrong", n[offered])
	}
}

// Made all together the edits of a scope still mend each finding, and the API server takes every object that it took before.
func TestEditsOfRealRepositoriesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("asks an API server about each object of the real repositories")
	}
	t.Parallel()
	scopes := realScopes(t)
	client, err := cluster.NewClient(sandboxtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	namespace := sandboxtest.Namespace(t)
	refusal := func(o *manifest.Object) error {
		mapping, err := client.Mapping(o.GroupVersionKind())
		if err != nil {
			return err
		}
		sent := o.DeepCopy()
		if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
			sent.SetNamespace(namespace)
		}
		_, err = client.Resource(mapping, namespace).Create(t.Context(), sent,
			metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
		if apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) {
			return err
		}
		return nil
	}
	mended, renewed := 0, 0
	for _, scope := range scopes {
		findings := practice.Judge(scope, All)
		var which []int
		edited := map[manifest.ID]bool{}
		for i, f := range findings {
			if len(f.Edits) > 0 {
				which = append(which, i)
				edited[f.Object] = true
			}
		}
		if len(which) == 0 {
			continue
		}
		after, err := practicetest.Mend(scope, findings, nil, All, which...)
		if err != nil && !errors.Is(err, practicetest.ErrUncovers) {
			t.Errorf("%s: %v", scope.Name, err)
			continue
		}
		for i, o := range after.Objects {
			if i < len(scope.Objects) && !edited[scope.Objects[i].ID()] {
				continue
			}
			mended++
			switch err := refusal(o); {
			case err == nil && i < len(scope.Objects) && refusal(scope.Objects[i]) != nil:
				renewed++
			case err != nil && (i >= len(scope.Objects) || refusal(scope.Objects[i]) == nil):
				t.Errorf("%s: the server takes it no longer: %v", o.Origin, err)
			}
		}
	}
	t.Logf("%d objects mended or added, %d of them are such as the server refused before", mended, renewed)
	if mended < 100 {
		t.Error("the look at them is wrong")
	}
}
