package practicetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// ErrUncovers is all that is wrong with edits if there is more to find in their object once the API server takes it: what
// it refuses, as current-apis tells, isn't judged in full.
var ErrUncovers = errors.New("the edits uncover another finding")

// Mend makes the edits of one of the findings of a scope in a copy of it, judges that by the same practices, and says
// what is wrong: the finding is still there, one has come, or the edits change something when they are made again. Text
// gives the Dockerfiles of the scope as they are written.
func Mend(scope *practice.Scope, before []practice.Finding, i int, judges []*practice.Practice, text func(path string) []byte) error {
	f := &before[i]
	at := slices.IndexFunc(scope.Objects, func(o *manifest.Object) bool { return o.ID() == f.Object && o.Origin.Path == f.Origin.Path })
	mended, err := edited(scope, f, at, text)
	if err != nil {
		return err
	}
	if at >= 0 { // of another version it is the same object still
		before = slices.Clone(before)
		for i := range before {
			if before[i].Object == f.Object {
				before[i].Object = mended.Objects[at].ID()
			}
		}
		f = &before[i]
	}
	after, uncovers := practice.Judge(mended, judges), error(nil)
	isSame := func(g practice.Finding) bool {
		return len(practice.New([]practice.Finding{g}, []practice.Finding{*f})) == 0
	}
	if slices.ContainsFunc(after, isSame) && count(after, isSame) >= count(before, isSame) {
		return errors.New("the edits don't mend it")
	}
	for _, g := range practice.New(after, before) {
		if g.Object == f.Object && f.Severity == practice.Error && f.Practice == "current-apis" {
			uncovers = fmt.Errorf("%w, of %s: %s", ErrUncovers, g.Practice, g.Message)
			continue
		}
		return fmt.Errorf("the edits bring another finding, of %s at %s: %s", g.Practice, g.Origin, g.Message)
	}
	if at < 0 {
		return uncovers // lines have moved: what is found is all that can be done again
	}
	again, err := edited(mended, f, at, nil)
	if err != nil {
		return fmt.Errorf("made again: %w", err)
	}
	for i := range mended.Objects {
		if !reflect.DeepEqual(mended.Objects[i].Object, again.Objects[i].Object) {
			return errors.New("made again, the edits change something")
		}
	}
	return uncovers
}

func count(findings []practice.Finding, is func(practice.Finding) bool) (n int) {
	for _, f := range findings {
		if is(f) {
			n++
		}
	}
	return n
}

// edited is a copy of a scope with the edits of a finding made, in its object of a number or, if that is -1, a Dockerfile.
func edited(scope *practice.Scope, f *practice.Finding, at int, text func(path string) []byte) (*practice.Scope, error) {
	out := *scope
	if at < 0 {
		at = slices.IndexFunc(scope.Dockerfiles, func(d *dockerfile.File) bool { return d.Path == f.Origin.Path })
		out.Dockerfiles = slices.Clone(scope.Dockerfiles)
		out.Dockerfiles[at] = dockerfile.Parse(f.Origin.Path, []byte(rewritten(string(text(f.Origin.Path)), f.Edits)))
		return &out, nil
	}
	o := *scope.Objects[at]
	o.Unstructured = *o.DeepCopy()
	out.Objects = slices.Clone(scope.Objects)
	out.Objects[at] = &o
	for _, e := range f.Edits {
		if e.Add != nil {
			added := &manifest.Object{Origin: o.Origin}
			added.Object = e.Add
			out.Objects = append(out.Objects, added)
		}
	}
	return &out, practice.Apply(o.Object, f.Edits)
}

// rewritten is the text of a Dockerfile with its edits made, the last first, so that lines keep their numbers.
func rewritten(text string, edits []practice.Edit) string {
	lines := strings.Split(text, "\n")
	for _, e := range slices.Backward(slices.SortedStableFunc(slices.Values(edits), func(a, b practice.Edit) int { return a.First - b.First })) {
		lines = slices.Replace(lines, e.First-1, max(e.Last, e.First-1), e.Text...)
	}
	return strings.Join(lines, "\n")
}
