// Package nottoomicro is the practice that services are components that make sense by themselves.
package nottoomicro

import (
	"embed"

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
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	g := graphOf(p)
	judgeChains(p, g)
	judgeTiny(p, g)
	judgeShared(p)
}
