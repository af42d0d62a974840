package nodes

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kwok/pkg/apis/internalversion"
)

func TestEachTroubleIsAskedForByItsName(t *testing.T) {
	stages, err := loadStages()
	if err != nil {
		t.Fatal(err)
	}
	pods := stages[internalversion.StageResourceRef{APIGroup: "v1", Kind: "Pod"}]
	files, err := fs.Glob(troubles, "stages/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no troubles: %v", err)
	}
	for _, file := range append(files, slowStart) {
		name := strings.TrimSuffix(path.Base(file), ".yaml")
		index := slices.IndexFunc(pods, func(s *internalversion.Stage) bool { return s.Name == name })
		if index < 0 {
			t.Errorf("no stage is called %s", name)
			continue
		}
		asked := slices.ContainsFunc(pods[index].Spec.Selector.MatchExpressions, func(e internalversion.MatchExpression) bool {
			return e.JQ != nil && e.JQ.Key == troubleKey && slices.Equal(e.JQ.Values, []string{name})
		})
		if !asked {
			t.Errorf("stage %s is not for pods that ask for it by name", name)
		}
	}
}
