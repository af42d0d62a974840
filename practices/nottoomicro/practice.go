// Package nottoomicro is the practice that services are components that make sense by themselves.
package nottoomicro

import (
	"embed"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is not-too-micro.
var Practice = &practice.Practice{
	ID:       "not-too-micro",
	Title:    "A service is a component that makes sense by itself, with data of its own",
	Category: practice.Architecture,
	Severity: practice.Info,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "each request pays for another hop, with a timeout and a way to fail of its own, and one change is a release of several",
	Fix:      "make it a package of its caller or its callee; keep it apart if another team, another pace or another load asks for it",
	Parameters: []practice.Parameter{
		{Name: mostCalls, Default: 5, About: "calls in a row that are still taken for the application's own shape"},
		{Name: tinyCPU, Default: resource.MustParse("100m"), About: "CPU that a service requests at most to be called tiny"},
		{Name: tinyMemory, Default: resource.MustParse("128Mi"), About: "memory that a service requests at most to be called tiny"},
	},
	Files: files,
	Run:   run,
}

// The parameters.
const (
	mostCalls  = "most-calls"
	tinyCPU    = "tiny-cpu"
	tinyMemory = "tiny-memory"
)

func run(p *practice.Pass) {
	g := graphOf(p)
	judgeChains(p, g)
	judgeTiny(p, g)
	judgeShared(p)
}
