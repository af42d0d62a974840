package check

import (
	"io/fs"
	"path"
	"strings"
)

// glob lists what below a directory matches a pattern in which ** stands for any number of directories.
func glob(fsys fs.FS, dir, pattern string) ([]string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, err
	}
	steps := strings.Split(path.Clean(pattern), "/")
	var found []string
	err := fs.WalkDir(fsys, dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
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
