package imagepinned

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// judgeDockerfile looks at the images that a Dockerfile starts from and copies out of.
func judgeDockerfile(p *practice.Pass, file *dockerfile.File) {
	stages := map[string]bool{}
	for i, s := range file.Stages {
		if s.Stage == nil && s.Base != "scratch" {
			noteBase(p, practice.Line(file, s.Line), "base", s.Base)
		}
		stages[strconv.Itoa(i)], stages[s.Name] = true, true
	}
	for _, s := range file.Stages {
		for _, in := range s.Instructions {
			for _, from := range sources(in) {
				// Without any of these it may be a build context that the builder is given by name.
				if !stages[strings.ToLower(from)] && strings.ContainsAny(from, "/:@") {
					noteBase(p, practice.Line(file, in.Line), "copied from", from)
				}
			}
		}
	}
}

// sources are the images and stages that an instruction takes files from.
func sources(in *dockerfile.Instruction) []string {
	var from []string
	if f := in.Flags["from"]; f != "" {
		from = append(from, f)
	}
	for _, option := range strings.FieldsFunc(in.Flags["mount"], func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
		if f, ok := strings.CutPrefix(option, "from="); ok {
			from = append(from, f)
		}
	}
	return from
}

func noteBase(p *practice.Pass, at practice.Place, use, name string) {
	found := weaknessOf(name)
	note := practice.Note{
		At: at, Message: fmt.Sprintf("%s image %q %s", use, name, found), Cause: "image " + name,
		Leads: "the same commit builds another image tomorrow, with other versions and other faults in it",
	}
	switch found {
	case sound:
		return
	case badDigest:
		note.Leads, note.Fix = "the build fails: there is no such image", "copy the whole digest: sha256: and 64 hex digits"
	case moves:
		note.Severity = practice.Warning
	}
	p.Report(note)
}
