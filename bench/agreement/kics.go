package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// readKICS takes the examples that lie beside each query for Kubernetes and Dockerfiles, and those of the query for secrets
// that are objects of Kubernetes: negative files pass, and of the positive ones positive_expected_result.json names the
// lines that fail. Lines of one object are one example.
func readKICS(dirs []string) ([]example, error) {
	var all []example
	for _, platform := range []string{"k8s/*", "dockerfile/*", "common/passwords_and_secrets"} {
		queries, err := filepath.Glob(filepath.Join(dirs[0], "assets", "queries", platform, "test"))
		if err != nil {
			return nil, err
		}
		for _, test := range queries {
			examples, err := readQuery(path.Dir(platform)+"/"+filepath.Base(filepath.Dir(test)), test)
			if err != nil {
				return nil, err
			}
			all = append(all, examples...)
		}
	}
	return all, nil
}

func readQuery(rule, test string) ([]example, error) {
	entries, err := os.ReadDir(test)
	if err != nil {
		return nil, err
	}
	expected, err := readExpected(test)
	if err != nil {
		return nil, err
	}
	var all []example
	for _, entry := range entries {
		name := entry.Name()
		isPositive := strings.HasPrefix(name, "positive")
		if entry.IsDir() || name == expectations || !isPositive && !strings.HasPrefix(name, "negative") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(test, name))
		if err != nil {
			return nil, err
		}
		e := example{rule: rule, name: name, fails: isPositive, files: []file{{name, text}}}
		if strings.HasPrefix(rule, "dockerfile/") {
			e.files[0].name = "Dockerfile"
			all = append(all, e)
			continue
		}
		j, begun := e.judge(false), map[int]bool{}
		if len(j.objects) == 0 {
			continue // of something else than Kubernetes, or broken
		}
		if !isPositive {
			all = append(all, e)
		}
		for _, line := range expected[name] {
			if !begun[j.begins(line)] {
				begun[j.begins(line)] = true
				e.at.line, e.name = line, fmt.Sprintf("%s:%d", name, line)
				all = append(all, e)
			}
		}
	}
	return all, nil
}

const expectations = "positive_expected_result.json"

// readExpected reads the lines that are expected to fail, by file.
func readExpected(test string) (map[string][]int, error) {
	text, err := os.ReadFile(filepath.Join(test, expectations))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var results []struct {
		FileName string
		Line     int
	}
	if err := json.Unmarshal(text, &results); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(path.Base(filepath.Dir(test)), expectations), err)
	}
	lines := map[string][]int{}
	for _, r := range results {
		name := r.FileName
		if name == "" {
			name = "positive.yaml"
		}
		lines[name] = append(lines[name], r.Line)
	}
	return lines, nil
}
