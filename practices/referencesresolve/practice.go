// Package referencesresolve is the practice that everything that is referred to exists.
package referencesresolve

import (
	"embed"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is references-resolve.
var Practice = &practice.Practice{
	ID:       "references-resolve",
	Title:    "Everything that is referred to exists",
	Category: practice.Services,
	Severity: practice.Error,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "requests fail, or pods wait for ever, while every object looks right by itself",
	Fix:      "correct the name, or add what is missing",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	made := newMaker(p)
	checkSelectors(p)
	checkBackends(p, made)
	checkStatefulSets(p)
	checkKeys(p)
	checkNames(p, made)
}
