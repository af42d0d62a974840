// Package early is for what has to be so before the libraries begin: importing it is enough. It imports next to nothing,
// so that Go initializes it before nearly all of them.
package early

import (
	"os"
	"runtime/debug"
)

// They allocate some 8 MB in 70,000 pieces before main, nearly all of it to stay, and three garbage collections that find
// nothing take a third of a short command's processor time. Nothing else may have an effect of being imported.
var _ = collectNothing()

// untilMain is by how much the heap may grow; it counts from 4 MiB. Package cli sets what holds from then on.
const untilMain = 1000

func collectNothing() int {
	if os.Getenv("GOGC")+os.Getenv("GOMEMLIMIT") != "" {
		return 0
	}
	return debug.SetGCPercent(untilMain)
}
