// Package smallimage is the practice that an image holds what it needs and nothing twice.
package smallimage

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is small-image.
var Practice = &practice.Practice{
	ID:       "small-image",
	Title:    "Images start from a lean base and keep no caches or deleted files in their layers",
	Category: practice.Building,
	Severity: practice.Warning,
	Inputs:   practice.Dockerfiles,
	Leads:    "every node that starts a pod of it pulls and stores bytes that nobody uses: pods start later, scale later and recover later",
	Fix:      "keep in each layer only what the program needs",
	Mends:    practice.Writes,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for file := range p.Files() {
		if final := file.Final(); final != nil && !file.IsForWork() {
			judge(p, file, final)
		}
	}
}

func judge(p *practice.Pass, file *dockerfile.File, final *dockerfile.Stage) {
	layers := layersOf(final)
	judgeBase(p, file, final.Root(), layers)
	made := newLedger()
	for _, l := range layers {
		if l.Keyword == "RUN" {
			judgeCaches(p, file, l)
			judgeWaste(p, file, l, made)
		}
		made.note(l)
	}
}

// layer is an instruction that is part of the image, with its commands if it is a RUN.
type layer struct {
	*dockerfile.Instruction
	commands []*shell.Command
	env      map[string]bool // variables that ENV and ARG set anywhere in the image
}

// layersOf are the instructions that make the image, those of the stages it starts from first.
func layersOf(final *dockerfile.Stage) []layer {
	var stages []*dockerfile.Stage
	for s := final; s != nil; s = s.Stage {
		stages = append(stages, s)
	}
	slices.Reverse(stages)
	var layers []layer
	env := map[string]bool{}
	for _, s := range stages {
		for _, in := range s.Instructions {
			if in.OnBuild {
				continue
			}
			l := layer{Instruction: in, env: env}
			switch in.Keyword {
			case "RUN":
				l.commands = in.Commands()
			case "ENV", "ARG":
				for _, pair := range in.Args {
					name, _, _ := strings.Cut(pair, "=")
					env[name] = true
				}
			}
			layers = append(layers, l)
		}
	}
	return layers
}

// slim are the official images of which a variant of the same tag with -slim exists, and what the full one has on top.
var slim = map[string]string{
	"node": "compilers, Python and git", "python": "compilers and headers", "ruby": "compilers and headers", "perl": "compilers and headers",
	"pypy": "compilers and headers", "elixir": "compilers and headers", "erlang": "compilers and headers", "debian": "documentation and locales",
	"swift": "the compiler",
}

// whole are distributions made to be installed on a machine.
var whole = []string{"ubuntu", "debian", "fedora", "centos", "rockylinux", "almalinux", "amazonlinux", "oraclelinux", "opensuse"}

func judgeBase(p *practice.Pass, file *dockerfile.File, root *dockerfile.Stage, layers []layer) {
	image := dockerfile.ParseImage(root.Base)
	name := image.Official()
	if root.Unresolved || name == "" {
		return
	}
	if slices.Contains(whole, name) && onlyTakesFiles(layers) {
		p.Report(practice.Note{
			At:      practice.Line(file, root.Line),
			Message: fmt.Sprintf("base image %q is a whole distribution, and nothing is installed from it", root.Base),
			Fix:     "start from scratch (a static program), gcr.io/distroless/static:nonroot, or gcr.io/distroless/base-debian13:nonroot (one that needs glibc)",
		})
		return
	}
	extra, known := slim[name]
	if !known || isLean(image.Tag) {
		return
	}
	leaner := name + ":" + image.Tag + "-slim"
	if image.Tag == "" || image.Tag == "latest" {
		leaner = name + ":slim"
		if name == "debian" {
			leaner = "debian:13-slim"
		}
	}
	p.Report(practice.Note{
		At:      practice.Line(file, root.Line),
		Message: fmt.Sprintf("base image %q is the full one, with %s: %s serves", root.Base, extra, leaner),
		Fix:     fmt.Sprintf("start from %s; what needs the rest to be built is built in a stage of its own", leaner),
	})
}

// isLean says that a tag is of a small variant, or of one that has none.
func isLean(tag string) bool {
	return slices.ContainsFunc([]string{"slim", "alpine", "windows", "nanoserver", "onbuild"}, func(variant string) bool { return strings.Contains(tag, variant) })
}

// onlyTakesFiles says that the image gets files, and no command that could need more than a kernel is run to make it.
func onlyTakesFiles(layers []layer) bool {
	takes := false
	for _, l := range layers {
		switch l.Keyword {
		case "COPY", "ADD":
			takes = true
		case "RUN":
			for _, cmd := range l.commands {
				if name, _ := cmd.Program(); !slices.Contains([]string{"chmod", "chown", "mkdir", "ln", "useradd", "adduser", "groupadd", "addgroup", "set", "true"}, name) {
					return false
				}
			}
			if len(l.commands) == 0 {
				return false
			}
		case "CMD", "ENTRYPOINT":
			if l.Shell || len(l.Args) > 0 && isScript(l.Args[0]) {
				return false // it needs a shell
			}
		}
	}
	return takes
}

func isScript(program string) bool {
	name, _ := shell.Unwrap([]string{program})
	return shell.IsShell(name) || strings.Contains(name, ".") || !strings.HasPrefix(program, "/") && !strings.HasPrefix(program, ".")
}
