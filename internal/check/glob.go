package check

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// glob lists what below a directory matches a pattern in which ** stands for any number of directories. Names that begin
// with a dot are names like others: .k8s/web.yaml is delivered, too.
func (s *survey) glob(dir, pattern string) ([]string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, hint.With(fmt.Errorf("%s: %w", pattern, err), "close the bracket, or write \\[ for one that means itself")
	}
	steps := strings.Split(path.Clean(pattern), "/")
	var found []string
	err := fs.WalkDir(s.fsys, dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			s.broken(name, err)
			return fs.SkipDir
		}
		if name == dir {
			return nil
		}
		if e.IsDir() && isForeign(e.Name()) {
			return fs.SkipDir
		}
		below := name
		if dir != "." {
			below = strings.TrimPrefix(name, dir+"/")
		}
		if !matches(steps, strings.Split(below, "/")) {
			return nil
		}
		found = append(found, name)
		if e.IsDir() {
			return fs.SkipDir // all of it is meant
		}
		return nil
	})
	return found, err
}

// matches compares step by step; the pattern is known to be one.
func matches(pattern, name []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for i := range len(name) + 1 {
				if matches(pattern[1:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, _ := path.Match(pattern[0], name[0]); !ok {
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return len(name) == 0
}
