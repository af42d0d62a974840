package faults

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Most of a case is waiting for a fault to pass or for a retry, so more of them run at once than there are cores.
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = flag.Set("test.parallel", "6")
	}
	defer program.remove()
	sandboxtest.Main(m)
	if testing.Verbose() {
		results.print()
	}
}

// program is the fairlead binary, built when it is first asked for.
var program binary

type binary struct {
	once sync.Once
	dir  string
	err  error
}

func (b *binary) path(t *testing.T) string {
	t.Helper()
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "fairlead-faults-"); b.err != nil {
			return
		}
		build := exec.Command("go", "build", "-o", b.file(), "../../cmd/fairlead")
		if out, err := build.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("build fairlead: %w\n%s", err, out)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.file()
}

func (b *binary) file() string { return filepath.Join(b.dir, "fairlead") }

func (b *binary) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// results is the suite's table.
var results table

type table struct {
	mu   sync.Mutex
	rows []result
}

type result struct {
	fault, where string
	struck       int
	recovery     time.Duration // from the end of the fault until everything held
	outcome      string
}

func (t *table) add(r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, r)
}

// print writes the table as Markdown: docs/faults.md shows it.
func (t *table) print() {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortFunc(t.rows, func(a, b result) int {
		return strings.Compare(a.where+"\x00"+a.fault, b.where+"\x00"+b.fault)
	})
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	defer w.Flush()
	fmt.Fprint(w, "\n| where\t| fault\t| times\t| seconds to recover\t| invariants\t|\n|---\t|---\t|---\t|---\t|---\t|\n")
	for _, r := range t.rows {
		fmt.Fprintf(w, "| %s\t| %s\t| %d\t| %.1f\t| %s\t|\n", r.where, r.fault, r.struck, r.recovery.Seconds(), r.outcome)
	}
}
