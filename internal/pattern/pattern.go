// Package pattern holds regular expressions that are compiled when the first text is compared with them: nearly all runs
// of the program need none of most, and each would make all of them start later.
package pattern

import (
	"regexp"
	"sync"
)

// New is an expression that is to be compiled when it is first called for. It panics then if it is none.
func New(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
