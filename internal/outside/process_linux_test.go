package outside

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Orphans come to the first process of a container, which the controller is: none may stay there, not even as a zombie.
func TestNoZombiesAreLeft(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Skip("orphans can't be had here: ", err)
	}
	t.Cleanup(func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) })
	const orphans = `(sleep 1000 & echo $! >> "$PIDS")
setsid sh -c 'echo $$ >> "$PIDS"; sleep 1000 & echo $! >> "$PIDS"; wait' &
until [ $(wc -l < "$PIDS") = 3 ]; do :; done
`
	for name, end := range map[string]string{"of one that ends": "exit 0", "of one that is killed": "exec sleep 1000"} {
		t.Run(name, func(t *testing.T) {
			started := filepath.Join(t.TempDir(), "pids")
			c := script(t, Terraform, `[ "$1" = init ] && exit
`+orphans+end)
			job := planJob()
			job.Environment, job.Timeout = map[string]string{"PIDS": started}, 2*time.Second
			_, _ = c.Check(t.Context(), job)
			if n := len(pids(started)); n != 3 {
				t.Fatalf("%d processes were started", n)
			}
			for _, pid := range pids(started) {
				if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
					t.Errorf("left is %s", stat)
				}
			}
		})
	}
}
