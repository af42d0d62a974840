package outside

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// script puts a program on the PATH that does what sh does with the text, and returns a Checker that may run it.
func script(t *testing.T, program, text string) *Checker {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, program), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return checker(t, program)
}

func checker(t *testing.T, allowed ...string) *Checker {
	t.Helper()
	c, err := NewChecker(t.TempDir(), allowed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func files(texts map[string]string) fs.FS {
	all := fstest.MapFS{}
	for name, text := range texts {
		all[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o444}
	}
	return all
}

// planJob is one for a program that reads no files.
func planJob() Job {
	return Job{Files: files(map[string]string{"net/main.tf": ""}), Dir: "net", Plan: &Plan{Program: Terraform}}
}

// wantEmpty says that nothing of a check is left behind.
func wantEmpty(t *testing.T, c *Checker) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(c.dir, prefix+"*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left are %v %v", left, err)
	}
}

func TestOnlyListedProgramsAreAllowed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for name, want := range map[string]string{"bash": "choose from terraform, tofu, ansible-playbook", Tofu: "put it into the controller's image"} {
		if _, err := NewChecker(t.TempDir(), []string{name}); err == nil || !strings.Contains(hint.Of(err), want) {
			t.Errorf("%s: %v → %s", name, err, hint.Of(err))
		}
	}
	_, err := checker(t).Check(t.Context(), planJob())
	if !errors.Is(err, ErrNotAllowed) || hint.Of(err) != "start the controller with --drift-check terraform" {
		t.Errorf("%v → %s", err, hint.Of(err))
	}
}

func TestTheEnvironmentIsItsOwn(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
	out := filepath.Join(t.TempDir(), "env")
	c := script(t, Terraform, `[ "$1" = plan ] && env > "$OUT"; exit 0`)
	job := planJob()
	job.Environment = map[string]string{"OUT": out, "AWS_REGION": "eu-west-1"}
	if found, err := c.Check(t.Context(), job); err != nil || len(found.Changes) > 0 {
		t.Fatal(found, err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nAWS_REGION=eu-west-1\n", "\nHOME=" + c.dir + "/", "\nTMPDIR=" + c.dir + "/", "\nTF_PLUGIN_CACHE_DIR=" + c.dir + "/providers\n"} {
		if !strings.Contains("\n"+string(text), want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if strings.Contains(string(text), "KUBERNETES") {
		t.Errorf("the controller's own is in %s", text)
	}
	wantEmpty(t, c)
}

func TestVariablesThatAreNotForASecret(t *testing.T) {
	c := script(t, Terraform, "exit 0")
	for _, name := range []string{
		"PATH", "HOME", "LD_PRELOAD", "PYTHONPATH", "TF_CLI_ARGS_plan", "TF_LOG", "TF_DATA_DIR", "TF_WORKSPACE", "ANSIBLE_STDOUT_CALLBACK", "a-b", "", "1A",
	} {
		job := planJob()
		job.Environment = map[string]string{name: "hunter22"}
		_, err := c.Check(t.Context(), job)
		if err == nil || !strings.HasPrefix(err.Error(), "environment: ") || strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%s: %v", name, err)
		}
	}
	job := planJob()
	job.Environment = map[string]string{"ENVOY": "1", "TF_VAR_x": "2", "AWS_PROFILE": "x"}
	if _, err := c.Check(t.Context(), job); err != nil {
		t.Error(err)
	}
}

func TestWhatHangsIsKilledWithItsChildren(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, job *Job, started string) context.Context{
		"at the timeout": func(t *testing.T, job *Job, _ string) context.Context {
			job.Timeout = 300 * time.Millisecond
			return t.Context()
		},
		"as the controller ends": func(t *testing.T, job *Job, started string) context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				until(t, "the program has started", func() bool { return len(pids(started)) == 3 })
				cancel()
			}()
			return ctx
		},
	} {
		t.Run(name, func(t *testing.T) {
			started := filepath.Join(t.TempDir(), "pids")
			c := script(t, Terraform, `echo $$ >> "$PIDS"
sleep 1000 & echo $! >> "$PIDS"
setsid sh -c 'echo $$ >> "$PIDS"; exec sleep 1000' &
wait`)
			job := planJob()
			job.Environment = map[string]string{"PIDS": started}
			_, err := c.Check(end(t, &job, started), job)
			if err == nil || name == "at the timeout" && err.Error() != "terraform is not done within 300ms and was killed" {
				t.Errorf("says %v", err)
			}
			if n := len(pids(started)); n != 3 {
				t.Fatalf("%d processes were started", n)
			}
			for _, pid := range pids(started) {
				until(t, fmt.Sprintf("process %d is gone", pid), func() bool { return isGone(pid) })
			}
			wantEmpty(t, c)
		})
	}
}

func pids(file string) (all []int) {
	text, _ := os.ReadFile(file)
	for _, line := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(line); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// isGone says that a process is dead, though its parent may not have asked how it ended.
func isGone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ") || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	tick, deadline := time.NewTicker(5*time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Errorf("not within 10 s: %s", what)
			return
		}
	}
}

func TestOutputIsBounded(t *testing.T) {
	c := script(t, Terraform, `[ "$1" = init ] || exec cat /dev/zero`)
	if _, err := c.Check(t.Context(), planJob()); !errors.Is(err, errTooMuch) {
		t.Error(err)
	}
	wantEmpty(t, c)
}

func TestALineThatIsTooLongIsPassedOver(t *testing.T) {
	c := script(t, Terraform, `[ "$1" = init ] && exit 0
head -c 2000000 /dev/zero | tr '\0' x; echo
printf '{"type":"planned_change","change":{"resource":{"addr":"a.b"},"action":"delete"}}'
exit 2`)
	found, err := c.Check(t.Context(), planJob())
	if diff := cmp.Diff([]Change{{"a.b", "would be deleted"}}, found.Changes); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestMemoryAndFilesAreBounded(t *testing.T) {
	c := script(t, Terraform, `[ "$1" = init ] && exit 0
until [ "$(ulimit -c)" = 0 ] && [ "$(ulimit -d)" != unlimited ] && [ "$(ulimit -f)" != unlimited ]; do :; done
echo '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"'$(ulimit -d) $(ulimit -f)'"}}'
exit 1`)
	job := planJob()
	job.Timeout = 10 * time.Second
	_, err := c.Check(t.Context(), job)
	if err == nil || err.Error() != "terraform plan: 4194304 4194304" { // KiB, and blocks of 512 bytes
		t.Error(err)
	}
}

func TestSecretsAreStruckFromWhatIsTold(t *testing.T) {
	const secret = "hunter22 and\nmore of it"
	job := planJob()
	job.Environment = map[string]string{"TF_VAR_password": secret}
	for name, text := range map[string]string{
		"a complaint of init":   `echo "Error: cannot log in with $TF_VAR_password" >&2; exit 1`,
		"a complaint of plan":   `[ $1 = init ] && exit; printf '%s' '{"type":"diagnostic","diagnostic":{"severity":"error","summary":"no: hunter22 and\nmore of it, more of it"}}'; exit 1`,
		"the key of a for_each": `[ $1 = init ] && exit; printf '%s' '{"type":"planned_change","change":{"resource":{"addr":"a.b[\"hunter22 and\nmore of it\"] hunter22 and"},"action":"create"}}'; exit 2`,
	} {
		t.Run(name, func(t *testing.T) {
			found, err := script(t, Terraform, text).Check(t.Context(), job)
			if err == nil && len(found.Changes) == 0 {
				t.Fatal("nothing is told")
			}
			told := fmt.Sprint(err, hint.Of(err), found)
			if strings.Contains(told, "hunter22") || strings.Contains(told, "more of it") || !strings.Contains(told, "***") {
				t.Errorf("told is %s", told)
			}
		})
	}
}

func TestWhatAPlanWouldDo(t *testing.T) {
	c := script(t, Terraform, `[ $1 = init ] && exit
cat <<'LINES'
not JSON at all
{"type":"resource_drift","change":{"resource":{"addr":"t.gone"},"action":"delete"}}
{"type":"resource_drift","change":{"resource":{"addr":"t.edited"},"action":"update"}}
{"type":"resource_drift","change":{"resource":{"addr":"t.ignored"},"action":"update"}}
{"type":"planned_change","change":{"resource":{"addr":"t.gone"},"action":"create"}}
{"type":"planned_change","change":{"resource":{"addr":"t.edited"},"action":"update"}}
{"type":"planned_change","change":{"resource":{"addr":"t.old"},"action":"replace"}}
{"type":"planned_change","change":{"resource":{"addr":"t.new"},"action":"teleport"}}
{"type":"planned_change","change":{"resource":{"addr":"data.t.x"},"action":"read"}}
{"type":"outputs","outputs":{"ip":{"sensitive":true,"action":"update"},"same":{"action":"noop"}}}
LINES
exit 2`)
	want := []Change{
		{"output.ip", "would be updated"},
		{"t.edited", "was changed and would be updated"},
		{"t.gone", "was deleted and would be created"},
		{"t.new", "would be changed"},
		{"t.old", "would be replaced"},
	}
	found, err := c.Check(t.Context(), planJob())
	if diff := cmp.Diff(want, found.Changes); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// Whatever the exit code says counts, also where no line can be read.
func TestAPlanThatNamesNothing(t *testing.T) {
	found, err := script(t, Terraform, `[ $1 = init ] || exit 2`).Check(t.Context(), planJob())
	if len(found.Changes) != 1 || err != nil {
		t.Error(found, err)
	}
	_, err = script(t, Terraform, `[ $1 = init ] || exit 7`).Check(t.Context(), planJob())
	if err == nil || err.Error() != "terraform plan: it ended with exit code 7 and named no error" {
		t.Error(err)
	}
	_, err = script(t, Terraform, `kill -9 $$`).Check(t.Context(), planJob())
	if err == nil || err.Error() != "run terraform: signal: killed" {
		t.Error(err)
	}
}

func TestPathsStayInTheRepository(t *testing.T) {
	c := script(t, Terraform, "exit 0")
	for field, job := range map[string]Job{
		"varFiles: ../../x leads out":            {Plan: &Plan{Program: Terraform, VarFiles: []string{"../../x"}}},
		"varFiles: /etc/passwd leads out":        {Plan: &Plan{Program: Terraform, VarFiles: []string{"/etc/passwd"}}},
		"varFiles: net/x is not in the revision": {Plan: &Plan{Program: Terraform, VarFiles: []string{"x"}}},
		"backendConfig: y is not in":             {Plan: &Plan{Program: Terraform, BackendConfig: []string{"../y"}}},
		"there is no directory other":            {Plan: &Plan{Program: Terraform}, Dir: "other"},
		"there is no directory ../net":           {Plan: &Plan{Program: Terraform}, Dir: "../net"},
		"there is no directory net/main.tf":      {Plan: &Plan{Program: Terraform}, Dir: "net/main.tf"},
	} {
		job.Files = planJob().Files
		if job.Dir == "" {
			job.Dir = "net"
		}
		if _, err := c.Check(t.Context(), job); err == nil || !strings.HasPrefix(err.Error(), field) || hint.Of(err) == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestWhatACrashHasLeftIsCleared(t *testing.T) {
	c := checker(t)
	crashed, err := c.enter()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(crashed.tree(), "secret"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_ = crashed.held.Close() // as the kernel does
	working, err := c.enter()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Clear(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(crashed.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(working.tree()); err != nil {
		t.Error(err)
	}
	working.leave()
	wantEmpty(t, c)
}

// terraform is the real one.
func terraform(t *testing.T) *Checker {
	t.Helper()
	if _, err := exec.LookPath(Terraform); err != nil {
		t.Skip("terraform is not here")
	}
	return checker(t, Terraform)
}
