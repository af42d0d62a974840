package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Input says what to judge.
type Input struct {
	// Targets are files, directories, globs (** counts any number of directories), and "-" for Stdin.
	Targets []string
	Stdin   io.Reader
	// Ref is the revision, of the repository that a target is in, as of which it is judged; "" is what is on disk.
	Ref string
	// MayBeGone lets targets be missing: as of another revision they may not have been there yet.
	MayBeGone bool
	// Unsaved are texts that stand for those of files on disk, by absolute path: what an editor holds, or a change that is
	// tried before it is written.
	Unsaved map[string][]byte
	// Catalogue are all practices that exceptions and settings may name, judged by or not; nil: those that are judged by.
	Catalogue []*practice.Practice
	// Settings is a file that holds before all that lie among what is judged; "" is none.
	Settings string
	// Own are practices that people have written; what is wrong with them is told as findings. Nil: there are none.
	Own *Own
	// Cluster is judged as well, unless it is nil.
	Cluster *Live
	// Editing is judged instead of Targets, unless it is nil.
	Editing *Editing
}

// stdin is the target that stands for standard input.
const stdin = "-"

// tree is the files among which targets lie.
type tree struct {
	fsys fs.FS
	show func(name string) string // turns a path of fsys into one as the person would type it

	targets  []string             // in it
	policies *practice.PolicyTree // of it; for what lies in none, of the one that the person is in
}

// gather finds the units that the targets name, with what the practices need to judge them.
func (in *Input) gather(ctx context.Context, practices []*practice.Practice) ([]*unit, error) {
	if in.Editing != nil {
		return in.edited(practices)
	}
	units := in.Own.units()
	surveys := map[string]*survey{} // by the top of their tree, so that k8s/*.yaml is one scope and not many
	var order []*survey
	for _, target := range in.Targets {
		if target == stdin {
			text, err := io.ReadAll(in.Stdin)
			if err != nil {
				return nil, fmt.Errorf("read standard input: %w", err)
			}
			u := standardInput(text)
			in.liesHere(u, practices)
			units = append(units, u)
			continue
		}
		base, pattern := splitGlob(target)
		snapshot, name, err := in.open(ctx, base)
		if in.MayBeGone && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, notThere(target, err)
		}
		top, err := filepath.Abs(snapshot.Display("."))
		if err != nil {
			return nil, err
		}
		s := surveys[top]
		if s == nil {
			s = newSurvey(in.treeOf(snapshot, top, practices))
			surveys[top] = s
			order = append(order, s)
		} else {
			s.show = showing(name, snapshot.Display, s.show)
		}
		s.limitSettings(top, name)
		names := []string{name}
		if pattern != "" {
			if names, err = s.glob(name, pattern); err != nil {
				return nil, err
			}
			if len(names) == 0 && len(s.problems) == 0 && !in.MayBeGone {
				return nil, hint.With(fmt.Errorf("nothing matches %s", target), "quote it if the shell should not expand it; ** stands for any number of directories")
			}
		}
		for _, name := range names {
			s.add(name)
		}
	}
	if in.Cluster != nil {
		u, err := in.Cluster.unit(ctx, practices)
		if err != nil {
			return nil, err
		}
		in.liesHere(u, practices)
		units = append(units, u)
	}
	for _, s := range order {
		units = append(units, s.units()...)
	}
	return units, ctx.Err()
}

// showing shows what is below a target by how that was typed, and all else as before.
func showing(target string, display, before func(string) string) func(string) string {
	return func(name string) string {
		if name == target || strings.HasPrefix(name, target+"/") {
			return display(name)
		}
		return before(name)
	}
}

func (in *Input) open(ctx context.Context, path string) (*source.Snapshot, string, error) {
	if in.Ref == "" {
		return source.LocalFiles(path)
	}
	return source.LocalAt(ctx, path, in.Ref)
}

func notThere(target string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && hint.Of(err) == "" {
		return hint.With(fmt.Errorf("there is no %s here", target), "check the path: it is taken from the directory you are in")
	}
	return err
}

// splitGlob parts a target that the shell hasn't expanded into the directory it begins with and the pattern below it.
func splitGlob(target string) (base, pattern string) {
	if !strings.ContainsAny(target, "*?[") {
		return target, ""
	}
	if _, err := os.Lstat(target); err == nil {
		return target, "" // so it is called
	}
	slashed := filepath.ToSlash(target)
	cut := strings.LastIndexByte(slashed[:strings.IndexAny(slashed, "*?[")], '/')
	if cut < 0 {
		return ".", slashed
	}
	return cmp.Or(slashed[:cut], "/"), slashed[cut+1:]
}

// compareSkipped orders what was passed over by path.
func compareSkipped(a, b manifest.Skipped) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Reason, b.Reason))
}
