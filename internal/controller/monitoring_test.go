package controller

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// The alerts and the dashboard ask for metrics that there are.
func TestTheExamplesOfMonitoringAskForWhatThereIs(t *testing.T) {
	driftGauges.set(types.NamespacedName{Namespace: "team", Name: "shop"}, driftCount{objects: 1, contested: 1})
	t.Cleanup(func() { driftGauges.set(types.NamespacedName{Namespace: "team", Name: "shop"}, driftCount{}) })
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range families {
		known[f.GetName()] = true
	}
	files, err := filepath.Glob("../../examples/monitoring/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range regexp.MustCompile(`\bfairlead_[a-z_]+`).FindAllString(string(text), -1) {
			if !known[strings.TrimSuffix(name, "_bucket")] {
				t.Errorf("%s asks for %s, which there is not", file, name)
			}
		}
	}
}
