package main

import (
	"context"
	"testing"
)

// TestAgreement holds what docs/agreement.md says: of the examples that are compared and not told apart on purpose, so many
// are agreed on. The modules are read where `go mod download` has put them, and not fetched.
func TestAgreement(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	for name, floor := range map[string]struct {
		share    float64
		examples int // that were there: a reader that finds no more of them has broken
	}{
		"kube-score":       {0.99, 130},
		"kics":             {0.99, 240},
		"trivy":            {0.99, 360},
		"kyverno":          {0.99, 68},
		"kubectl-validate": {0.93, 31},
		"kubeconform":      {0.99, 14},
	} {
		t.Run(name, func(t *testing.T) {
			c := named(name)
			if c == nil {
				t.Fatal("no such checker")
			}
			dirs, err := directories(context.Background(), c.modules)
			if err != nil {
				t.Skipf("its examples aren't in the module cache (go run ./bench/agreement fetches them): %v", err)
			}
			r, err := c.compare(dirs)
			if err != nil {
				t.Fatal(err)
			}
			if n := r.pass.all + r.fail.all; n < floor.examples || r.share() < floor.share {
				t.Errorf("%.1f %% of %d examples are agreed on; it was %.1f %% of %d", 100*r.share(), n, 100*floor.share, floor.examples)
			}
			for _, d := range r.differences {
				if d.why == "" {
					t.Logf("%s: %s: fails: %v; here: %q", d.rule, d.name, d.fails, d.said)
				}
			}
		})
	}
}

func TestLiteral(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": [1, 2,], "b": "x]" } rest`:   `{"a": [1, 2], "b": "x]"}`,
		"{ # why, [not\n\"a\": `C:\\x`,\n}": "{ \n\"a\": \"C:\\\\x\"}",
		`{"a": "say \"}\"",}`:               `{"a": "say \"}\""}`,
		`build_pod({"a": 1})`:               "",
		`{"a": value}`:                      "",
		`{"a": "no end`:                     "",
	} {
		got, _, ok := literal(text)
		if ok != (want != "") || ok && string(got) != want {
			t.Errorf("literal(%q) = %q, %v; want %q", text, got, ok, want)
		}
	}
}
