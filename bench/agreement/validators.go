package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// readKubectlValidate takes the manifests of its tests: those called error_… are refused. The definitions of custom
// resources that they need lie in a directory beside them.
func readKubectlValidate(dirs []string) ([]example, error) {
	manifests, err := readFiles(filepath.Join(dirs[0], "testcases", "manifests"))
	if err != nil {
		return nil, err
	}
	definitions, err := readFiles(filepath.Join(dirs[0], "testcases", "crds"))
	if err != nil {
		return nil, err
	}
	var all []example
	for _, m := range manifests {
		all = append(all, example{rule: "valid", name: m.name, files: append([]file{m}, definitions...),
			fails: strings.HasPrefix(m.name, "error_"), at: spot{file: m.name}})
	}
	return all, nil
}

// readFiles reads the YAML files of a directory.
func readFiles(dir string) ([]file, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var files []file
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file{filepath.Base(name), text})
	}
	return files, nil
}

var (
	conformRun    = regexp.MustCompile(`(?m)^\s*run bin/kubeconform(?: -summary| -verbose)* fixtures/(\S+\.(?:yaml|json))\n\s*\[ "\$status" -eq (\d) \]`)
	tooMuchToRead = int64(1 << 20) // of one file: it is there to be large
)

// readKubeconform takes the files that its acceptance tests validate without options of their own, with the exit code
// that comes of it.
func readKubeconform(dirs []string) ([]example, error) {
	script, err := os.ReadFile(filepath.Join(dirs[0], "acceptance.bats"))
	if err != nil {
		return nil, err
	}
	var all []example
	seen := map[string]bool{}
	for _, run := range conformRun.FindAllStringSubmatch(string(script), -1) {
		name := filepath.Join(dirs[0], "fixtures", run[1])
		info, err := os.Stat(name)
		if err != nil || info.Size() > tooMuchToRead || seen[name] {
			continue // it isn't there on purpose
		}
		seen[name] = true
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, example{rule: "valid", name: run[1], files: []file{{run[1], text}}, fails: run[2] != "0"})
	}
	return all, nil
}
