// Command agreement measures how far Fairlead and other checkers say the same: it reads the examples that they publish
// with their rules, in the Go module cache, judges each, and compares wherever a practice means what the rule means.
//
//	go run -tags kustomize_disable_go_plugin_support ./bench/agreement
//
// It prints a table (checker and version, rules compared, examples that pass and that fail and how many of each agree),
// then each example on which the two differ. rules/NAME.txt says for each checker what of its rules means the same here,
// which mean something else, and on which examples Fairlead differs on purpose; docs/agreement.md explains them.
//
// Modules are fetched by `go mod download` (modules.go); nothing of them is copied.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"strings"
)

func main() {
	only := flag.String("only", "", "the name of one checker")
	all := flag.Bool("all", false, "print what is differed on on purpose as well")
	flag.Parse()
	var results []*result
	for _, c := range checkers {
		if *only != "" && c.name != *only {
			continue
		}
		dirs, err := directories(context.Background(), c.modules)
		if err != nil {
			log.Fatal(err)
		}
		r, err := c.compare(dirs)
		if err != nil {
			log.Fatal(err)
		}
		results = append(results, r)
	}
	printTable(results)
	for _, r := range results {
		printDifferences(r, *all)
	}
}

// checkers are those whose examples can be had as Go modules.
var checkers = []*checker{
	{name: "kube-score", modules: []string{"github.com/zegl/kube-score@v1.20.0"}, read: readKubeScore},
	{name: "kics", modules: []string{"github.com/Checkmarx/kics/v2@v2.2.0"}, read: readKICS},
	{name: "trivy", modules: []string{"github.com/aquasecurity/trivy-checks@v1.10.0", "github.com/aquasecurity/defsec@v0.82.0"}, read: readTrivy},
	{name: "kyverno", modules: []string{"github.com/kyverno/kyverno@v1.19.1"}, read: readKyverno},
	{name: "kubectl-validate", modules: []string{"sigs.k8s.io/kubectl-validate@v0.0.4"}, read: readKubectlValidate},
	{name: "kubeconform", modules: []string{"github.com/yannh/kubeconform@v0.8.0"}, read: readKubeconform},
}

// checker is a tool that publishes what its rules find and don't find.
type checker struct {
	name    string // and that of its table, rules/NAME.txt
	modules []string
	read    func(dirs []string) ([]example, error) // the modules' directories
}

func named(name string) *checker {
	for _, c := range checkers {
		if c.name == name {
			return c
		}
	}
	return nil
}

func printTable(results []*result) {
	const row = "%-24s %9s %13s %13s %8s %11s\n"
	fmt.Printf(row, "", "rules", "pass agreed", "fail agreed", "share", "on purpose")
	sum := &result{checker: &checker{name: "all"}}
	for _, r := range results {
		_, version, _ := strings.Cut(r.modules[0], "@")
		printRow(row, r.name+" "+version, r)
		sum.add(r)
	}
	printRow(row, sum.name, sum)
}

func printRow(row, name string, r *result) {
	of := func(n, all int) string { return fmt.Sprintf("%d of %d", n, all) }
	fmt.Printf(row, name, of(r.compared, r.rules), of(r.pass.agreed, r.pass.all), of(r.fail.agreed, r.fail.all),
		fmt.Sprintf("%.1f %%", 100*r.share()), fmt.Sprint(r.onPurpose))
}

func printDifferences(r *result, all bool) {
	for _, d := range r.differences {
		if d.why != "" && !all {
			continue
		}
		verdict := "passes"
		if d.fails {
			verdict = "fails"
		}
		fmt.Printf("\n%s: %s %s %s\n", r.name, d.name, verdict, d.rule)
		if d.why != "" {
			fmt.Printf("    on purpose: %s\n", d.why)
		}
		for _, said := range d.said {
			fmt.Printf("    %s\n", strings.TrimSpace(said))
		}
	}
}
