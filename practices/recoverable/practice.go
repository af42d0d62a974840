// Package recoverable is the practice that the repository alone can rebuild the cluster.
package recoverable

import (
	"embed"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is recoverable.
var Practice = &practice.Practice{
	ID:       "recoverable",
	Title:    "The repository alone can rebuild the cluster",
	Category: practice.Lessons,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "a cluster that is rebuilt from the repository comes up without it, and nobody remembers what was in it",
	Fix:      "write it into the repository",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	if p.Live {
		checkNeeded(p)
		checkInstalled(p)
		return
	}
	checkSecrets(p)
	checkDefinitions(p)
}
