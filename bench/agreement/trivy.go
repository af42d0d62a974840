package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readTrivy takes the examples of its checks: from their tests, each of which gives a check an input, written out in Rego,
// and counts what it denies (inputs that functions put together are left out); those that lie beside the checks; and those
// that lay beside them when they were the module defsec.
func readTrivy(dirs []string) ([]example, error) {
	var all []example
	for _, platform := range []string{"kubernetes", "docker"} {
		err := filepath.WalkDir(filepath.Join(dirs[0], "checks", platform), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			switch {
			case err != nil:
				return err
			case strings.HasSuffix(name, "_test.rego"):
				all = append(all, regoTests(string(text))...)
			case filepath.Ext(name) == ".yaml":
				examples, err := documented(name, text)
				all = append(all, examples...)
				return err
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	older, err := readDefsec(filepath.Join(dirs[1], "test", "testdata"))
	return append(all, older...), err
}

// documented are the examples of a check in a file beside it.
func documented(name string, text []byte) ([]example, error) {
	check, err := os.ReadFile(strings.TrimSuffix(name, ".yaml") + ".rego")
	if err != nil {
		return nil, err
	}
	id := regoPackage.FindStringSubmatch(string(check))
	if id == nil {
		return nil, fmt.Errorf("%s: the check beside it has no name", name)
	}
	var kinds map[string]struct{ Good, Bad []string }
	if err := yaml.Unmarshal(text, &kinds); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var all []example
	base := filepath.Base(name)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		of, name := kinds[kind], kind+".yaml"
		if kind == "dockerfile" {
			name = "Dockerfile"
		}
		add := func(verdict string, texts []string) {
			for i, text := range texts {
				all = append(all, example{rule: id[1], name: fmt.Sprintf("%s %d of %s", verdict, i+1, base),
					fails: verdict == "bad", files: []file{{name, []byte(text)}}})
			}
		}
		add("good", of.Good)
		add("bad", of.Bad)
	}
	return all, nil
}

// readDefsec takes the files called allowed and denied in a directory for each check.
func readDefsec(dir string) ([]example, error) {
	var all []example
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fails := strings.Contains(d.Name(), "denied")
		if !fails && !strings.Contains(d.Name(), "allowed") {
			return nil
		}
		text, err := os.ReadFile(name)
		rule := filepath.Base(filepath.Dir(name))
		all = append(all, example{rule: rule, name: rule + " " + d.Name(), fails: fails, files: []file{{d.Name(), text}}})
		return err
	})
	return all, err
}

var (
	regoPackage = regexp.MustCompile(`(?m)^package \S*\.(\w+)$`)
	regoTest    = regexp.MustCompile(`(?m)^(test_\w+)(?: if)? \{`)
	regoCount   = regexp.MustCompile(`count\(r\) (==|>) (\d+)`)
)

const regoInput = "r := deny with input as "

// regoTests are the tests of one file that give one input.
func regoTests(text string) []example {
	check := regoPackage.FindStringSubmatch(text)
	if check == nil {
		return nil
	}
	var all []example
	tests := regoTest.FindAllStringSubmatchIndex(text, -1)
	for i, at := range tests {
		body := text[at[1]:]
		if i+1 < len(tests) {
			body = text[at[1]:tests[i+1][0]]
		}
		_, given, _ := strings.Cut(body, regoInput)
		input, rest, ok := literal(given)
		count := regoCount.FindStringSubmatch(rest)
		if !ok || count == nil || strings.Contains(rest, regoInput) {
			continue
		}
		if f, ok := inputFile(input); ok {
			all = append(all, example{rule: check[1], name: text[at[2]:at[3]], fails: count[1] == ">" || count[2] != "0", files: []file{f}})
		}
	}
	return all
}

// inputFile is the file that an input was read from.
func inputFile(input json.RawMessage) (file, bool) {
	var parsed struct {
		Kind   string
		Stages []regoStage
	}
	switch err := json.Unmarshal(input, &parsed); {
	case err != nil:
		return file{}, false
	case parsed.Kind != "":
		return file{"input.json", input}, true
	case len(parsed.Stages) > 0:
		return file{"Dockerfile", []byte(dockerfileOf(parsed.Stages))}, true
	}
	return file{}, false
}

// regoStage is a stage of a Dockerfile as its parser gives it to the checks.
type regoStage struct {
	Name     string
	Commands []struct {
		Cmd   string
		Flags []string
		Value []any
		JSON  bool
	}
}

// dockerfileOf writes down the Dockerfile that was parsed. FROM is left out of some inputs, and is in the stage's name.
func dockerfileOf(stages []regoStage) string {
	var b strings.Builder
	for _, s := range stages {
		if len(s.Commands) == 0 || !strings.EqualFold(s.Commands[0].Cmd, "from") {
			fmt.Fprintf(&b, "FROM %s\n", s.Name)
		}
		for _, c := range s.Commands {
			b.WriteString(strings.ToUpper(c.Cmd))
			for _, flag := range c.Flags {
				b.WriteString(" " + flag)
			}
			if c.JSON {
				list, _ := json.Marshal(c.Value) // strings
				b.WriteString(" " + string(list) + "\n")
				continue
			}
			for i, v := range c.Value {
				sign := " "
				if i%3 == 1 && strings.EqualFold(c.Cmd, "env") {
					sign = "="
				}
				fmt.Fprintf(&b, "%s%v", sign, v)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
