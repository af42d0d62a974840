package practice

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// PolicyTree finds the files of settings in a tree, and reads each once. It may be asked from several sides at once.
type PolicyTree struct {
	Files fs.FS
	Known []*Practice // that the files may name
	// Tops are the directories above which no file is looked for; nil is the root.
	Tops []string
	// Show turns a path of Files into one as the person would type it; nil: it is that.
	Show func(string) string

	lock     sync.Mutex
	read     map[string]*Policy // by directory
	texts    map[string][]byte  // by path as it is shown
	problems map[string][]manifest.Problem
}

// For is what the files in some directories of the tree, and in those above them, say together; nil if there are none.
func (t *PolicyTree) For(dirs ...string) *Policy {
	t.lock.Lock()
	defer t.lock.Unlock()
	seen := map[string]bool{}
	for _, dir := range dirs {
		for dir = path.Clean(dir); !seen[dir] && t.isBelowTop(dir); dir = path.Dir(dir) {
			seen[dir] = true
		}
	}
	order := sortedKeys(seen)
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(depth(a), depth(b)) })
	var all *Policy
	for _, dir := range order {
		all = all.With(t.in(dir))
	}
	return all
}

// depth is how many directories a directory is below the root.
func depth(dir string) int {
	if dir == "." {
		return 0
	}
	return 1 + strings.Count(dir, "/")
}

// All is what the files that were read so far say.
func (t *PolicyTree) All() *Policy {
	t.lock.Lock()
	defer t.lock.Unlock()
	var all *Policy
	for _, dir := range sortedKeys(t.read) {
		all = all.With(t.read[dir])
	}
	return all
}

// Text is that of a file that was read, by its path as it is shown; nil if there is none.
func (t *PolicyTree) Text(shown string) []byte {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.texts[shown]
}

// Problems are what is wrong in the files that were read so far.
func (t *PolicyTree) Problems() []manifest.Problem {
	t.lock.Lock()
	defer t.lock.Unlock()
	var all []manifest.Problem
	for _, dir := range sortedKeys(t.problems) {
		all = append(all, t.problems[dir]...)
	}
	return all
}

// ProblemsIn are what is wrong in the file in a directory.
func (t *PolicyTree) ProblemsIn(dir string) []manifest.Problem {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.in(dir)
	return t.problems[dir]
}

func (t *PolicyTree) isBelowTop(dir string) bool {
	return t.Tops == nil || slices.ContainsFunc(t.Tops, func(top string) bool {
		_, ok := from(top, dir)
		return ok
	})
}

// in is what the file in a directory says; nil if there is none.
func (t *PolicyTree) in(dir string) *Policy {
	if known, ok := t.read[dir]; ok {
		return known
	}
	if t.read == nil {
		t.read, t.texts, t.problems = map[string]*Policy{}, map[string][]byte{}, map[string][]manifest.Problem{}
	}
	name := path.Join(dir, PolicyFile)
	shown := name
	if t.Show != nil {
		shown = t.Show(name)
	}
	var policy *Policy
	switch text, err := fs.ReadFile(t.Files, name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		t.problems[dir] = []manifest.Problem{{Origin: manifest.Origin{Path: shown}, Err: unread(err)}}
	default:
		read, problems := ReadPolicy(shown, text, t.Known)
		policy, t.problems[dir], t.texts[shown] = read.In(dir), problems, text
	}
	t.read[dir] = policy
	return policy
}

func unread(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return hint.With(fmt.Errorf("the settings can't be read: %w", err), "nothing of them holds: make it a file that may be read, or remove it")
}

// Unneeded are findings on exceptions that let nothing of what was found be, over a whole check. It is known of those
// whose practices were all judged, and for which all was judged that their paths, or their file's directory, stand for:
// isWhole says so of a path or pattern.
func (p *Policy) Unneeded(found []Finding, wasJudged func(id string) bool, isWhole func(pattern string) bool) []Finding {
	if p == nil {
		return nil
	}
	told := map[manifest.Origin]bool{}
	for i := range found {
		if found[i].Allowed != nil {
			told[found[i].Allowed.Origin] = true
			for _, origin := range found[i].Allowed.Others {
				told[origin] = true
			}
		}
		if found[i].Practice == Exceptions.ID {
			told[found[i].Origin] = true
		}
	}
	var said []Finding
	for _, f := range p.files {
		for _, e := range f.exceptions {
			isPartial := func(pattern string) bool { return !isWhole(pattern) }
			notJudged := func(id string) bool { return !wasJudged(id) }
			if e.err == nil && !told[e.origin] && !slices.ContainsFunc(e.Practices, notJudged) && !slices.ContainsFunc(e.rule.places(f.dir), isPartial) {
				said = append(said, Finding{
					Practice: Exceptions.ID, Severity: Info, Origin: e.origin,
					Message: "nothing that was checked needs the exception for " + strings.Join(e.Practices, ", "),
					Leads:   "it would hide the next one that comes, whatever its reason", Fix: "remove it",
				})
			}
		}
	}
	return said
}
