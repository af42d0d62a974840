package source

import (
	"errors"
	"fmt"
	"time"
)

// ErrTooLarge means that a source exceeds one of the Limits.
var ErrTooLarge = errors.New("too large")

// Limits keep one source from using up the machine. A zero field is its default.
type Limits struct {
	MaxFiles    int           // files and directories in a tree; default 200,000
	MaxFileSize int64         // bytes of one file that is read; default 10 MiB
	MaxTreeSize int64         // bytes read from one Snapshot, each file counted once, and bytes one fetch may bring; default 1 GiB
	Timeout     time.Duration // for one Fetch, Resolve or Prefetch, or for bringing one file; default 60 s
}

func (l Limits) orDefault() Limits {
	if l.MaxFiles <= 0 {
		l.MaxFiles = 200_000
	}
	if l.MaxFileSize <= 0 {
		l.MaxFileSize = 10 << 20
	}
	if l.MaxTreeSize <= 0 {
		l.MaxTreeSize = 1 << 30
	}
	if l.Timeout <= 0 {
		l.Timeout = time.Minute
	}
	return l
}

// byteSize prints n bytes as a person would.
func byteSize(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
