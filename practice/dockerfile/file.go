// Package dockerfile is what practices see of a Dockerfile: its stages and instructions, with variables expanded as
// the builder does, and the line each came from. In goes the text of one, out comes a File, whatever is broken in it.
package dockerfile

import (
	"path"
	"slices"
	"strings"
)

// File is one Dockerfile.
type File struct {
	Path     string // slash-separated, as the scope's objects have theirs
	Stages   []*Stage
	Remarks  []Remark
	Problems []Problem
}

// Problem is something that the builder would refuse. The rest is read as far as it can be.
type Problem struct {
	Line int // 1-based
	Err  error
}

// Stage is what one FROM begins.
type Stage struct {
	Name string // as others copy from it, in lower case; "" if it has none
	Line int    // of its FROM
	// Base is the image it starts from, with variables expanded as far as the file gives them a value; Stage is the
	// earlier stage it starts from instead, or nil.
	Base  string
	Stage *Stage
	// Unresolved says that Base has a variable that only the build gives a value.
	Unresolved   bool
	Platform     string // of --platform, as written
	Instructions []*Instruction

	scope *scope
}

// Instruction is one instruction of a stage, but for FROM.
type Instruction struct {
	Keyword string // in upper case: "RUN"
	Line    int    // of its first line, 1-based
	EndLine int
	Text    string   // all of it, lines joined, as written
	Lines   []string // it and the comments in it as they are written, without line ends; of a here-document all of it
	// Args are its arguments, with variables expanded where the builder does. Of RUN, CMD, ENTRYPOINT and HEALTHCHECK in
	// shell form it is one: the command.
	// ENV, ARG and LABEL have NAME=value. A variable that has no value stays as it is written.
	Args    []string
	Shell   bool              // RUN, CMD, ENTRYPOINT, HEALTHCHECK: in shell form
	Flags   map[string]string // "from": "build", "mount": "…"; several of one name on a line each
	Heredoc string            // what here-documents hold
	OnBuild bool              // it runs in the builds of others

	shell []string // of the SHELL before it
}

// Final is the stage that becomes the image: the last one; nil if there is none.
func (f *File) Final() *Stage {
	if len(f.Stages) == 0 {
		return nil
	}
	return f.Stages[len(f.Stages)-1]
}

// IsForWork says that the image is to develop or test with, by the name of the file, its directory or its last stage:
// what is good in one that runs is in the way there.
func (f *File) IsForWork() bool {
	name := path.Base(f.Path) + "." + path.Base(path.Dir(f.Path))
	if final := f.Final(); final != nil {
		name += "." + final.Name
	}
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '.' || r == '-' || r == '_' })
	return slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains([]string{"dev", "devel", "development", "devcontainer", "test", "tests", "e2e", "ci", "lint", "validate", "debug"}, word)
	})
}

// Root is the image that the stage starts from in the end, over all the stages it builds on.
func (s *Stage) Root() *Stage {
	for s.Stage != nil {
		s = s.Stage
	}
	return s
}

// Last is the last instruction of a keyword that holds in the stage: its own, or that of the stage it starts from; nil if
// there is none.
func (s *Stage) Last(keyword string) *Instruction {
	for ; s != nil; s = s.Stage {
		for i := len(s.Instructions) - 1; i >= 0; i-- {
			if in := s.Instructions[i]; in.Keyword == keyword && !in.OnBuild {
				return in
			}
		}
	}
	return nil
}

// IsName says whether a file name is that of a Dockerfile, as people name them.
func IsName(base string) bool {
	lower := strings.ToLower(base)
	if strings.HasSuffix(lower, ".dockerignore") || strings.HasSuffix(lower, ".md") {
		return false // what is kept from a build, and what is written of it
	}
	for _, name := range []string{"dockerfile", "containerfile"} {
		if lower == name || strings.HasPrefix(lower, name+".") || strings.HasSuffix(lower, "."+name) {
			return true
		}
	}
	return false
}
