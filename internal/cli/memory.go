package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// roomy is the memory, in bytes, up to which a command leaves its garbage lying. What it holds at a time is a quarter of
// that, and collecting at every doubling, as Go does, is a fifth of the processor time of a large check.
const roomy = 40 << 20

// usual is by how much of what is held, in percent, the heap of a Go program grows until it is collected.
const usual = 100

// collectLate puts garbage collections off until there is roomy memory in use, or twice what is held, whichever is more.
// What it returns makes it as usual again. Whoever has tuned it by environment is left alone.
func collectLate() (asUsual func()) {
	if os.Getenv("GOGC")+os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	var lock sync.Mutex
	isOver := false
	set := func() bool {
		lock.Lock()
		defer lock.Unlock()
		if !isOver {
			debug.SetGCPercent(latePercent())
		}
		return !isOver
	}
	set()
	afterEach(set)
	return func() {
		lock.Lock()
		defer lock.Unlock()
		if !isOver {
			isOver = true
			debug.SetGCPercent(usual)
		}
	}
}

// latePercent is by how much of what was held after the last collection the heap may grow.
func latePercent() int {
	held := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(held)
	live := max(held[0].Value.Uint64(), 4<<20) // from which Go counts at least
	return max(usual, int(100*(roomy-min(live, roomy))/live))
}

// afterEach calls what is to be done after each garbage collection, as long as that says so.
func afterEach(do func() bool) {
	runtime.AddCleanup(&struct{ _ *int }{}, func(struct{}) {
		if do() {
			afterEach(do)
		}
	}, struct{}{})
}
