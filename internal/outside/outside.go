// Package outside finds out where what Terraform, OpenTofu or Ansible have in git differs from what is out there. In go the files of
// a revision and what to run there; out comes what the program would change, by name and never by value.
//
// The program is a child process with fixed arguments, an environment of its own, and bounds of time, memory and output. It is
// never told to apply anything. But a plan or a playbook is a program itself: whatever the files say to run is run, with
// the rights of this process.
package outside

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// Programs that a Checker can run.
const (
	Terraform = "terraform"
	Tofu      = "tofu"
	Ansible   = "ansible-playbook"
)

var programs = []string{Terraform, Tofu, Ansible}

// ErrNotAllowed means that a program isn't one of those that the Checker was made with.
var ErrNotAllowed = errors.New("this controller may not run it")

// Checker runs Jobs, one at a time: the cache of providers that they share can't be used by several.
type Checker struct {
	allowed map[string]string // where each program is
	dir     string
}

// NewChecker may run the programs, which have to be on the PATH. It keeps the files of a check and a cache of Terraform's
// providers in dir, which is made at need.
func NewChecker(dir string, allowed []string) (*Checker, error) {
	if err := supported(); err != nil && len(allowed) > 0 {
		return nil, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	c := &Checker{allowed: map[string]string{}, dir: dir}
	for _, name := range allowed {
		if !slices.Contains(programs, name) {
			return nil, hint.With(fmt.Errorf("%q is no program that drift can be checked with", name), "choose from "+strings.Join(programs, ", "))
		}
		at, err := exec.LookPath(name)
		if err != nil {
			return nil, hint.With(fmt.Errorf("the program %s is not on the PATH", name), "put it into the controller's image, or do not allow it")
		}
		if c.allowed[name], err = filepath.Abs(at); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Allows says whether the Checker may run a program.
func (c *Checker) Allows(program string) bool { return c.allowed[program] != "" }

// Job is what to compare. Exactly one of Plan and Playbook is set.
type Job struct {
	// Files of the whole revision, and Dir in them: a slash path, "." for all.
	Files fs.FS
	Dir   string

	Plan     *Plan
	Playbook *Playbook

	// Environment of the program besides what is set here. Its values are struck from all that is told.
	Environment map[string]string
	// Timeout of it all; 0 means 10 minutes.
	Timeout time.Duration
}

// Plan is one of Terraform or OpenTofu. Files are relative to the Job's Dir.
type Plan struct {
	Program                 string
	Workspace               string
	VarFiles, BackendConfig []string
}

// Playbook is one of Ansible. Files are relative to the Job's Dir.
type Playbook struct{ File, Inventory, Limit string }

// Program that the Job needs.
func (j Job) Program() string {
	if j.Playbook != nil {
		return Ansible
	}
	return j.Plan.Program
}

// Result is what the program would change: nothing when all is as the files have it.
type Result struct {
	Changes []Change // by name
	More    int      // besides those
}

// Change is one resource, or one task on a host, and what would become of it: "terraform_data.a", "would be updated".
type Change struct{ Name, Action string }

// mostChanges that are kept of one check.
const mostChanges = 200

func result(actions map[string]string) Result {
	r := Result{}
	for _, name := range slices.Sorted(maps.Keys(actions)) {
		if len(r.Changes) == mostChanges {
			r.More = len(actions) - mostChanges
			break
		}
		r.Changes = append(r.Changes, Change{name, actions[name]})
	}
	return r
}

// Check runs the Job's program and reads what it would change. Its errors wrap ErrNotAllowed where that is so, name file and line
// where the program does, hold no value of the Environment, and carry a hint where there is something to do.
func (c *Checker) Check(ctx context.Context, job Job) (Result, error) {
	program := job.Program()
	if !c.Allows(program) {
		return Result{}, hint.With(fmt.Errorf("%s: %w", program, ErrNotAllowed), "start the controller with --drift-check "+program)
	}
	if err := checkEnvironment(job.Environment); err != nil {
		return Result{}, err
	}
	after := cmp.Or(job.Timeout, 10*time.Minute)
	ctx, cancel := context.WithTimeoutCause(ctx, after, hint.With(fmt.Errorf("%s is not done within %s and was killed", program, after), "raise spec.timeout, or see what it waits for"))
	defer cancel()
	room, err := c.enter()
	if err != nil {
		return Result{}, err
	}
	defer room.leave()
	if err := layOut(ctx, job.Files, room.tree()); err != nil {
		return Result{}, fmt.Errorf("lay out the revision: %w", err)
	}
	run := run{job: job, room: room, program: c.allowed[program], masks: masksOf(job.Environment)}
	found, err := run.check(ctx)
	if err != nil && ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	return found, err
}

// run is one Job on its way.
type run struct {
	job     Job
	room    *room
	program string // where it is
	masks   masks
}

func (r run) check(ctx context.Context) (Result, error) {
	if info, err := fs.Stat(r.job.Files, r.job.Dir); err != nil || !info.IsDir() {
		return Result{}, hint.With(fmt.Errorf("there is no directory %s in the revision", r.job.Dir), "see spec.source.git.path")
	}
	if r.job.Playbook != nil {
		return r.play(ctx)
	}
	return r.plan(ctx)
}

// file is a path to hand to the program, of what a field of the spec names.
func (r run) file(field, name string) (string, error) {
	at := path.Join(r.job.Dir, name)
	if path.IsAbs(name) || !fs.ValidPath(at) {
		return "", hint.With(fmt.Errorf("%s: %s leads out of the repository", field, name), "give a path relative to spec.source.git.path")
	}
	if _, err := fs.Stat(r.job.Files, at); err != nil {
		return "", hint.With(fmt.Errorf("%s: %s is not in the revision", field, at), "give a path relative to spec.source.git.path")
	}
	return "./" + path.Clean(name), nil // never an option, whatever its name
}

// start runs the program in the Job's directory and hands each line that it prints to read.
func (r run) start(ctx context.Context, read func(line []byte), args ...string) (exit int, complaint string, err error) {
	c := child{
		program: r.program, args: args, dir: filepath.Join(r.room.tree(), filepath.FromSlash(r.job.Dir)),
		env: r.environment(), mark: r.room.mark(), read: read,
	}
	return c.run(ctx)
}

// where a complaint of the program is, in the repository.
func (r run) where(file string, line int) string {
	if at, isAbsolute := strings.CutPrefix(file, r.room.tree()+"/"); isAbsolute {
		file = at
	} else {
		file = path.Join(r.job.Dir, file)
	}
	return fmt.Sprintf("%s:%d: ", file, line)
}
