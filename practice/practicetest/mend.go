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

// ErrUncovers is all that is wrong with edits if there is more to find in an object once the API server takes it: what it
// refuses, as current-apis tells, isn't judged in full.
var ErrUncovers = errors.New("the edits uncover another finding")

// Mend makes the edits of some of the findings of a scope in a copy of it, judges that by the same practices, and says
// what is wrong: one of the findings is still there, another one has come, or the edits change something when they are
// made again. Text gives the Dockerfiles of the scope as they are written; of those findings comes one at a time.
func Mend(scope *practice.Scope, before []practice.Finding, text func(path string) []byte, judges []*practice.Practice, which ...int) (*practice.Scope, error) {
	mended, err := edit(scope, before, text, which)
	if err != nil {
		return nil, err
	}
	before, refused := slices.Clone(before), map[manifest.ID]bool{}
	for i := range before {
		f := &before[i]
		isRefused := f.Practice == "current-apis" && f.Severity == practice.Error && slices.Contains(which, i)
		if at := objectOf(scope, f); at >= 0 { // of another version it is the same object still
			f.Object = mended.Objects[at].ID()
		}
		refused[f.Object] = refused[f.Object] || isRefused
	}
	after := practice.Judge(mended, judges)
	for _, i := range which {
		isIt := func(f practice.Finding) bool {
			return len(practice.New([]practice.Finding{f}, before[i:i+1])) == 0
		}
		if n := count(after, isIt); n > 0 && n >= count(before, isIt) {
			return nil, fmt.Errorf("%s: %s: the edits don't mend it", before[i].Origin, before[i].Message)
		}
	}
	err = nil
	for _, f := range practice.New(after, before) {
		if !refused[f.Object] {
			return nil, fmt.Errorf("the edits bring another finding, of %s at %s: %s", f.Practice, f.Origin, f.Message)
		}
		err = fmt.Errorf("%w, of %s: %s", ErrUncovers, f.Practice, f.Message)
	}
	if before[which[0]].Object == (manifest.ID{}) {
		return mended, err // lines have moved: what is found is all that can be done again
	}
	again := *mended
	again.Objects = copies(mended.Objects)
	for _, i := range which {
		if err := practice.Apply(again.Objects[objectOf(&again, &before[i])].Object, before[i].Edits); err != nil {
			return nil, fmt.Errorf("made again: %w", err)
		}
	}
	for i := range mended.Objects {
		if !reflect.DeepEqual(mended.Objects[i].Object, again.Objects[i].Object) {
			return nil, fmt.Errorf("%s: made again, the edits change something", again.Objects[i].Origin)
		}
	}
	return mended, err
}

func count(findings []practice.Finding, is func(practice.Finding) bool) (n int) {
	for _, f := range findings {
		if is(f) {
			n++
		}
	}
	return n
}

// objectOf is the number of the object that a finding is about, or -1.
func objectOf(scope *practice.Scope, f *practice.Finding) int {
	return slices.IndexFunc(scope.Objects, func(o *manifest.Object) bool { return o.ID() == f.Object && o.Origin.Path == f.Origin.Path })
}

func copies(objects []*manifest.Object) []*manifest.Object {
	out := make([]*manifest.Object, len(objects))
	for i, o := range objects {
		made := *o
		made.Unstructured = *o.DeepCopy()
		out[i] = &made
	}
	return out
}

// edit is a copy of a scope with the edits of some findings made.
func edit(scope *practice.Scope, findings []practice.Finding, text func(path string) []byte, which []int) (*practice.Scope, error) {
	out := *scope
	out.Objects, out.Dockerfiles = copies(scope.Objects), slices.Clone(scope.Dockerfiles)
	for _, i := range which {
		f := &findings[i]
		if at := slices.IndexFunc(scope.Dockerfiles, func(d *dockerfile.File) bool { return d.Path == f.Origin.Path }); at >= 0 {
			out.Dockerfiles[at] = dockerfile.Parse(f.Origin.Path, []byte(rewritten(string(text(f.Origin.Path)), f.Edits)))
			continue
		}
		o := out.Objects[objectOf(scope, f)]
		if err := practice.Apply(o.Object, f.Edits); err != nil {
			return nil, err
		}
		for _, e := range f.Edits {
			if e.Add != nil {
				added := &manifest.Object{Origin: o.Origin}
				added.Object = e.Add
				out.Objects = append(out.Objects, added)
			}
		}
	}
	return &out, nil
}

// rewritten is the text of a Dockerfile with its edits made, the last first, so that lines keep their numbers.
func rewritten(text string, edits []practice.Edit) string {
	lines := strings.Split(text, "\n")
	for _, e := range slices.Backward(slices.SortedStableFunc(slices.Values(edits), func(a, b practice.Edit) int { return a.First - b.First })) {
		lines = slices.Replace(lines, e.First-1, max(e.Last, e.First-1), e.Text...)
	}
	return strings.Join(lines, "\n")
}
