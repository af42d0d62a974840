package source

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/pattern"
)

// ErrRefNotFound means that the repository has no such branch, tag, version or commit.
var ErrRefNotFound = errors.New("not in the repository")

// Ref is what to read of a repository. At most one field is set; the zero Ref is its default branch.
type Ref struct {
	Branch string // its tip
	Tag    string // the commit that the tag, annotated or not, points at
	SemVer string // a range such as ">=1.2 <2" or "~1.4": the tag with the highest version in it; tags may start with v
	Commit string // the full hash, or the beginning (7 or more) of that of a branch's or tag's tip
}

func (r Ref) String() string {
	switch {
	case r.Branch != "":
		return "branch " + r.Branch
	case r.Tag != "":
		return "tag " + r.Tag
	case r.SemVer != "":
		return "version " + r.SemVer
	case r.Commit != "":
		return "commit " + r.Commit
	}
	return "default branch"
}

var (
	errRef = errors.New("not a valid reference")

	commitShape   = pattern.New(`^[0-9a-f]{7,40}$`)
	fullHash      = pattern.New(`^[0-9a-f]{40}$`)
	refNameDenied = pattern.New(`[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|^[-/.]|[/.]$`) // git-check-ref-format(1)
)

// check refuses what git would take for something else than a name: options, refspecs, globs.
func (r Ref) check() error {
	set := 0
	for _, field := range []string{r.Branch, r.Tag, r.SemVer, r.Commit} {
		if field != "" {
			set++
		}
	}
	if set > 1 {
		return hint.With(fmt.Errorf("%w: more than one of branch, tag, semver and commit is set", errRef), "keep one of them")
	}
	if name := r.Branch + r.Tag; refNameDenied().MatchString(name) {
		err := fmt.Errorf("%w: %q is not a name that git allows", errRef, name)
		if strings.HasPrefix(name, "refs/") {
			return hint.With(err, "write only what follows refs/heads/ or refs/tags/")
		}
		return err
	}
	if r.Commit != "" && !commitShape().MatchString(r.Commit) {
		return hint.With(fmt.Errorf("%w: commit %q", errRef, r.Commit), "write the hash as 40 characters 0-9 and a-f")
	}
	if r.SemVer != "" {
		if _, err := parseRange(r.SemVer); err != nil {
			return err
		}
	}
	return nil
}
