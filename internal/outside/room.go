package outside

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// room is what one check has for itself. It goes when the check is over; what a crash has left goes at the next start.
type room struct {
	dir  string
	held *os.File // locked as long as somebody is in it
}

func (r *room) tree() string      { return filepath.Join(r.dir, "tree") }
func (r *room) home() string      { return filepath.Join(r.dir, "home") }
func (r *room) temporary() string { return filepath.Join(r.dir, "tmp") }
func (r *room) data() string      { return filepath.Join(r.dir, "data") }
func (r *room) workspace() string { return filepath.Join(r.data(), "environment") } // holds its name, for Terraform
func (r *room) providers() string { return filepath.Join(filepath.Dir(r.dir), providers) }

// mark is the variable by which all that a check has started is known.
func (r *room) mark() string { return "TMPDIR=" + r.temporary() }

const (
	prefix    = "check-"
	providers = "providers" // they stay
)

func (c *Checker) enter() (*room, error) {
	if err := os.MkdirAll(filepath.Join(c.dir, providers), 0o700); err != nil {
		return nil, fmt.Errorf("make room for the check: %w", err)
	}
	dir, err := os.MkdirTemp(c.dir, prefix)
	if err != nil {
		return nil, fmt.Errorf("make room for the check: %w", err)
	}
	r := &room{dir: dir}
	r.held, err = hold(dir)
	for _, part := range []string{r.tree(), r.home(), r.temporary(), r.data()} {
		err = errors.Join(err, os.Mkdir(part, 0o700))
	}
	if err != nil {
		r.leave()
		return nil, fmt.Errorf("make room for the check: %w", err)
	}
	return r, nil
}

// leave removes the room as far as that goes: a program can make directories that can't be emptied.
func (r *room) leave() {
	_ = os.RemoveAll(r.dir)
	if r.held != nil {
		_ = r.held.Close()
	}
}

// Clear removes what checks have left that were ended by a crash. Those of other processes that are under way stay.
func (c *Checker) Clear() error {
	left, err := filepath.Glob(filepath.Join(c.dir, prefix+"*"))
	for _, dir := range left {
		held, heldErr := hold(dir)
		if heldErr != nil {
			continue // somebody is in it
		}
		err = errors.Join(err, os.RemoveAll(dir), held.Close())
	}
	return err
}
