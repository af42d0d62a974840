package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// roomy is the memory, in bytes, up to which a check leaves its garbage lying. What it holds at a time is a quarter of
// that, and collecting at every doubling, as Go does, is a fifth of its processor time.
const roomy = 40 << 20

// collectLate puts garbage collections off until there is roomy memory in use, or twice what is held, whichever is more.
// Whoever has tuned it by environment is left alone. Calling what is returned makes it as usual again.
func collectLate() (asUsual func()) {
	if os.Getenv("GOGC")+os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	usual := debug.SetGCPercent(-1)
	debug.SetGCPercent(latePercent(usual))
	done := make(chan struct{})
	afterEach(func() bool {
		select {
		case <-done:
			return false
		default:
			debug.SetGCPercent(latePercent(usual))
			return true
		}
	})
	return func() {
		close(done)
		debug.SetGCPercent(usual)
	}
}

// latePercent is by how much of what is held the heap may grow.
func latePercent(usual int) int {
	held := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(held)
	live := max(held[0].Value.Uint64(), 1<<20) // it is 0 before the first collection
	return max(usual, int(100*(roomy-min(live, roomy))/live))
}

// afterEach calls what is to be done after each garbage collection, until it says that it is enough.
func afterEach(do func() bool) {
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		if do() {
			afterEach(do)
		}
	}, struct{}{})
}
