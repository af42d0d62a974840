package kustomize

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render/files"
	"github.com/fairlead-dev/fairlead/manifest"
)

// explain makes of kustomize's error one with the file and line that a person has to change.
func (s *survey) explain(root string, err error) error {
	if files.IsFinal(err) {
		return err
	}
	text := err.Error()
	for _, name := range s.resources {
		if !strings.Contains(text, path.Base(name)) {
			continue
		}
		data, readErr := s.files.ReadFile(name)
		if readErr != nil {
			continue
		}
		if problems := manifest.Read(name, data).Problems; len(problems) > 0 {
			return problems[0]
		}
	}
	if m := noTarget.FindStringSubmatch(text); m != nil {
		return s.explainNoTarget(root, m[1], m[2])
	}
	if m := conflict.FindStringSubmatch(text); m != nil {
		return s.problem(root, hint.With(fmt.Errorf("%s %s is defined twice", m[1], m[2]), "remove one of the two, or give each its own namePrefix"))
	}
	return s.problem(failing(root, text), hint.With(errors.New(plainer(text)),
		"compare with: kubectl kustomize "+root))
}

func (s *survey) problem(dir string, err error) error {
	k, ok := s.seen[dir]
	if !ok {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return manifest.Problem{Origin: manifest.Origin{Path: k.file}, Err: err}
}

var (
	// kustomize names an object KIND.VERSION.GROUP/NAME.NAMESPACE
	noTarget = regexp.MustCompile(`no (?:resource )?matches (?:for Id|strategic merge patch "?) ?([A-Za-z0-9]+)\.[^/\s]*/([^\s";]+)\.[^.\s";]+`)
	conflict = regexp.MustCompile(`may not add resource with an already registered id: ([A-Za-z0-9]+)\.[^/\s]*/(\S+)\.[^.\s]+`)

	deepest = regexp.MustCompile(`(?:recursed accumulation of|couldn't make target for|recursed merging from) path '` + mount + `/([^']+)'`)

	// For each directory kustomize first tries to read it as a file and reports that, too.
	noise = []*regexp.Regexp{
		regexp.MustCompile(`accumulation err='accumulating resources from '[^']*': '[^']*' must resolve to a file': `),
		regexp.MustCompile(`recursed accumulation of path '[^']*': `),
		regexp.MustCompile(`accumulating (?:resources|components)(?: from '[^']*')?: `),
		regexp.MustCompile(`accumulateDirectory: `),
	}
)

// failing returns the directory that kustomize was in when it failed.
func failing(root, text string) string {
	if all := deepest.FindAllStringSubmatch(text, -1); len(all) > 0 {
		return all[len(all)-1][1]
	}
	return root
}

func plainer(text string) string {
	for _, re := range noise {
		text = re.ReplaceAllString(text, "")
	}
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(text, mount+"/", ""), `\"`, `"`))
}

// explainNoTarget finds the patch that has nothing to patch.
func (s *survey) explainNoTarget(root, kind, name string) error {
	err := hint.With(fmt.Errorf("patch for %s %s: the resources have no such object", kind, name),
		"check kind, name and namespace of the patch: they are those before namePrefix and nameSuffix")
	for _, p := range s.patches {
		for _, doc := range documents(p.text) {
			if scalar(doc, "kind") == kind && nameOf(doc) == name {
				return manifest.Problem{Origin: manifest.Origin{Path: p.origin.Path, Line: p.origin.Line + doc.Line - 1}, Err: err}
			}
		}
	}
	return s.problem(root, err)
}

func nameOf(doc *yaml.Node) string {
	for i := 0; i+1 < len(doc.Content); i += 2 {
		if doc.Content[i].Value == "metadata" {
			return scalar(doc.Content[i+1], "name")
		}
	}
	return ""
}
