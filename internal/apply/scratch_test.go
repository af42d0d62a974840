package apply

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

var _ = json.Marshal
var _ = unstructured.NestedBool

func TestScratch(t *testing.T) {
	config := sandboxtest.Start(t)
	ns := sandboxtest.Namespace(t)
	client, err := cluster.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile("/tmp/scratch.yaml")
	for i, step := range splitSteps(string(data)) {
		set := manifest.Read("f.yaml", []byte(step))
		plan, err := NewPlan(context.Background(), client, set, Target{Namespace: ns})
		if err != nil {
			t.Errorf("step %d: plan %v", i, err)
			continue
		}
		show := func() {
			for _, p := range set.Problems {
				fmt.Printf("  SETPROBLEM %v  NEXT %s\n", p, hint.Of(p.Err))
			}
			for _, c := range plan.Changes {
				fmt.Printf("  %s %s sends=%v reason=%q takes=%v\n", c.Action, c.ID, c.Sends(), c.Reason, c.Takes)
				for _, f := range c.Fields {
					fmt.Printf("      %s: %v -> %v\n", f.Path, f.From, f.To)
				}
				if c.Problem != nil {
					fmt.Printf("      PROBLEM %s: %v\n      NEXT %s\n", c.Origin, c.Problem, hint.Of(c.Problem))
					if s, ok := c.Problem.(interface{ Unwrap() error }); ok {
						if e, ok := s.Unwrap().(*serverError); ok {
							fmt.Printf("      RAW %.3000v\n", e.cause); if st, ok := e.cause.(interface{ Status() metav1.Status }); ok { fmt.Printf("      %v %v %+v\n", st.Status().Reason, st.Status().Code, st.Status().Details) }
						}
					}
				}
			}
		}
		fmt.Printf("== step %d\n", i)
		show()
		for _, o := range Run(context.Background(), client, plan, Options{}) {
			if o.Err != nil {
				fmt.Printf("  OUT %s %s %v NEXT %s\n", o.ID, o.Origin, o.Err, hint.Of(o.Err))
			}
		}
		set = manifest.Read("f.yaml", []byte(step))
		plan, err = NewPlan(context.Background(), client, set, Target{Namespace: ns})
		if err != nil {
			t.Error(err)
			continue
		}
		for _, c := range plan.Changes {
			if c.Action != ActionUnchanged || c.Sends() {
				fmt.Printf("-- second plan of %d\n", i)
				show()
				break
			}
		}
	}
}

func splitSteps(s string) []string {
	var out []string
	cur := ""
	for _, l := range splitLines(s) {
		if l == "=====" {
			out = append(out, cur)
			cur = ""
			continue
		}
		cur += l + "\n"
	}
	return append(out, cur)
}

func splitLines(s string) []string {
	var out []string
	cur := ""
	for _, r := range s {
		if r == '\n' {
			out = append(out, cur)
			cur = ""
			continue
		}
		cur += string(r)
	}
	return out
}
