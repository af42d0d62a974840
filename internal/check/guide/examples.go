// Package guide is what there is to read of a practice: its text, and its examples with what is found in them. Both come
// from the files that its tests run, so that what is explained is what is done.
package guide

import (
	"cmp"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// Example is a file, or several that are judged together, without what its test wants.
type Example struct {
	Name     string // "bad-probe-port"
	IsBad    bool
	IsLive   bool // judged as a cluster
	Files    []File
	Findings []practice.Finding // their lines are those of the Files

	isTypical bool // something is found of which the practice's own words tell all
}

// File is one of an Example.
type File struct {
	Path  string // below testdata
	Lines []string
}

// Title is the name in words: "probe port".
func (e *Example) Title() string {
	_, name, _ := strings.Cut(strings.TrimPrefix(e.Name, "live-"), "-")
	name = strings.TrimSuffix(name, path.Ext(name))
	return strings.ReplaceAll(strings.Replace(name, "-complete", "", 1), "-", " ")
}

// Size is how many lines it has.
func (e *Example) Size() int {
	n := 0
	for _, f := range e.Files {
		n += len(f.Lines)
	}
	return n
}

// IsDockerfile says that its first file is one.
func (e *Example) IsDockerfile() bool { return len(e.Files) > 0 && isDockerfile(e.Files[0].Path) }

func isDockerfile(name string) bool { return dockerfile.IsName(path.Base(name)) }

// Examples are all of a practice, by name.
func Examples(p *practice.Practice) []*Example {
	if p.Files == nil {
		return nil
	}
	entries, _ := fs.ReadDir(p.Files, "testdata") // a practice that has none is only met in tests
	var all []*Example
	for _, entry := range entries {
		kind := strings.TrimPrefix(entry.Name(), "live-")
		if !strings.HasPrefix(kind, "bad-") && !strings.HasPrefix(kind, "good-") {
			continue
		}
		all = append(all, read(p, entry.Name()))
	}
	return all
}

// Best are the examples to show where there is room for few: of manifests and of Dockerfiles, as the practice judges, the
// bad one that shows best what the practice is about, and the good one that goes with it.
func Best(examples []*Example) []*Example {
	var best []*Example
	for _, ofDockerfile := range []bool{false, true} {
		goods := map[string]bool{}
		for _, e := range examples {
			if !e.IsBad && e.IsDockerfile() == ofDockerfile {
				goods[e.Title()] = true
			}
		}
		pick := func(isBad bool, compare func(a, b *Example) int) *Example {
			var fit []*Example
			for _, e := range examples {
				if e.IsBad == isBad && e.IsDockerfile() == ofDockerfile {
					fit = append(fit, e)
				}
			}
			if len(fit) == 0 {
				return nil
			}
			return slices.MinFunc(fit, func(a, b *Example) int {
				return cmp.Or(compare(a, b), boolean(a.IsLive, b.IsLive), cmp.Compare(len(a.Files), len(b.Files)), cmp.Compare(a.Size(), b.Size()), cmp.Compare(a.Name, b.Name))
			})
		}
		bad := pick(true, func(a, b *Example) int {
			return cmp.Or(boolean(!a.isTypical, !b.isTypical), boolean(a.IsLive, b.IsLive), cmp.Compare(len(a.Files), len(b.Files)),
				cmp.Compare(b.worst(), a.worst()), boolean(a.Size() > screen, b.Size() > screen), cmp.Compare(min(several, len(b.Findings)), min(several, len(a.Findings))),
				boolean(!goods[a.Title()], !goods[b.Title()]), boolean(a.kind() != "Deployment", b.kind() != "Deployment"))
		})
		if bad == nil {
			continue
		}
		best = append(best, bad)
		if good := pick(false, func(a, b *Example) int {
			return cmp.Or(boolean(a.Title() != bad.Title(), b.Title() != bad.Title()), boolean(a.isTemplate(), b.isTemplate()), boolean(a.IsLive, b.IsLive),
				boolean(a.kind() != bad.kind(), b.kind() != bad.kind()))
		}); good != nil {
			best = append(best, good)
		}
	}
	return best
}

const (
	screen  = 45 // lines that can be seen at once
	several = 3  // findings show what a practice is about
)

// worst is the severity of what is found in it.
func (e *Example) worst() practice.Severity {
	var worst practice.Severity
	for _, f := range e.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// isTemplate says that something in it is still to be filled in: then it shows what is let pass, not what is good.
func (e *Example) isTemplate() bool {
	return slices.ContainsFunc(e.Files, func(f File) bool {
		return slices.ContainsFunc(f.Lines, func(line string) bool { return strings.Contains(line, "{{") || strings.Contains(line, "${") })
	})
}

// kind is that of its first object.
func (e *Example) kind() string {
	for _, f := range e.Files {
		for _, line := range f.Lines {
			if kind, ok := strings.CutPrefix(line, "kind: "); ok {
				return kind
			}
		}
	}
	return ""
}

// boolean orders no before yes.
func boolean(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// read judges an example as its test does, and then takes out what the test wants.
func read(p *practice.Practice, name string) *Example {
	e := &Example{Name: name, IsLive: strings.HasPrefix(name, "live-"), IsBad: strings.Contains(name, "bad-")}
	scope := &practice.Scope{
		Name: name, Live: e.IsLive, Complete: e.IsLive || strings.Contains(name, "-complete"), Git: map[manifest.ID]*manifest.Object{},
	}
	if testdata, err := fs.Sub(p.Files, "testdata"); err == nil {
		scope.Chart = practice.ReadChart(testdata, name, "")
	}
	numbers := map[string][]int{} // of a file: the shown line of each of its lines
	root := path.Join("testdata", name)
	_ = fs.WalkDir(p.Files, root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(p.Files, file)
		if err != nil {
			return err
		}
		shown := strings.TrimPrefix(file, "testdata/")
		switch {
		case isDockerfile(file):
			scope.Dockerfiles = append(scope.Dockerfiles, dockerfile.Parse(shown, text))
		case strings.HasPrefix(file, root+"/git/"):
			for _, o := range manifest.Read(shown, text).Objects {
				scope.Git[o.ID()] = o
			}
		case scope.Chart == nil || path.Base(path.Dir(file)) == "templates":
			scope.Objects = append(scope.Objects, manifest.Read(shown, text).Objects...)
		}
		f := File{Path: shown}
		f.Lines, numbers[shown] = withoutWants(string(text))
		e.Files = append(e.Files, f)
		return nil
	})
	if !e.IsBad {
		return e
	}
	e.Findings = practice.Judge(scope, []*practice.Practice{p})
	for i := range e.Findings {
		e.isTypical = e.isTypical || e.Findings[i].Leads == p.Leads
		at := &e.Findings[i].Origin
		if lines := numbers[at.Path]; at.Line >= 1 && at.Line <= len(lines) {
			at.Line = lines[at.Line-1]
		}
	}
	return e
}

var want = regexp.MustCompile(`\s*#\s*want(\s+"(?:[^"\\]|\\.)*")+\s*$`)

// withoutWants takes the wanted findings out of a file. numbers tells which line (1-based) each of its lines became.
func withoutWants(text string) (lines []string, numbers []int) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		shown := want.ReplaceAllString(line, "")
		numbers = append(numbers, len(lines)+1)
		if shown == "" && shown != line {
			continue // it spoke of the next line
		}
		lines = append(lines, shown)
	}
	return lines, numbers
}
