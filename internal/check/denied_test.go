package check

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// denied is a file system of which some may not be read: whoever is root may read all of a real one.
type denied struct {
	fstest.MapFS
	names []string
}

func (d denied) refuse(op, name string) error {
	if slices.Contains(d.names, name) {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
	}
	return nil
}

func (d denied) ReadFile(name string) ([]byte, error) {
	if err := d.refuse("open", name); err != nil {
		return nil, err
	}
	return d.MapFS.ReadFile(name)
}

func (d denied) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := d.refuse("open", name); err != nil {
		return nil, err
	}
	return d.MapFS.ReadDir(name)
}

// TestWhatMayNotBeRead is a finding for each file and directory; the rest is judged.
func TestWhatMayNotBeRead(t *testing.T) {
	object := &fstest.MapFile{Data: []byte("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n")}
	fsys := denied{fstest.MapFS{
		"k8s/a.yaml": object, "k8s/closed.yaml": object, "k8s/closed/b.yaml": object, "k8s/open/c.yaml": object,
		"k8s/Dockerfile": {Data: []byte("FROM scratch\n")},
	}, []string{"k8s/closed.yaml", "k8s/closed", "k8s/Dockerfile"}}
	for name, gather := range map[string]func(*survey) error{
		"a directory": func(s *survey) error { s.add("k8s"); return nil },
		"a glob": func(s *survey) error {
			names, err := s.glob("k8s", "**/*[el]*")
			for _, n := range names {
				s.add(n)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSurvey(&tree{fsys: fsys, show: func(name string) string { return name }})
			if err := gather(s); err != nil {
				t.Fatal(err)
			}
			objects, found := 0, []string(nil)
			for _, u := range s.units() {
				j := u.judge(context.Background(), nil, &settings{})
				objects += j.scope.Objects
				for _, f := range j.findings {
					found = append(found, fmt.Sprintf("%s: %s (%s)", f.Origin.Path, f.Message, f.Fix))
				}
			}
			slices.Sort(found)
			const next = ": permission denied (let the user that checks read it, or keep it out of what is checked)"
			want := []string{"k8s/Dockerfile" + next, "k8s/closed.yaml" + next, "k8s/closed" + next}
			if diff := cmp.Diff(want, found); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if objects != 2 {
				t.Errorf("%d objects: want the two that can be read; found\n%s", objects, strings.Join(found, "\n"))
			}
		})
	}
}
