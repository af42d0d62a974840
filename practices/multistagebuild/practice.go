// Package multistagebuild is the practice that compilers and headers stay in a build stage, and the image that runs has
// the program alone.
package multistagebuild

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

// Practice is multi-stage-build.
var Practice = &practice.Practice{
	ID:       "multi-stage-build",
	Title:    "What builds the program stays in a build stage; the image has what runs it",
	Category: practice.Building,
	Severity: practice.Warning,
	Inputs:   practice.Dockerfiles,
	Leads:    "compilers, headers and sources ship with the program: the image is several times as large, has their vulnerabilities too, and hands an intruder tools",
	Fix:      "build in a stage of its own and copy only the result into the last one: COPY --from=build",
	Mends:    practice.Suggests,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for file := range p.Files() {
		if final := file.Final(); final != nil && isToRun(file, final) {
			judge(p, file, final)
		}
	}
}

// isToRun says that the file makes an image that is to run something, and not one to build or test with.
func isToRun(file *dockerfile.File, final *dockerfile.Stage) bool {
	if file.IsForWork() {
		return false
	}
	start := started(final)
	if start == nil {
		return toolchain(final.Root().Base) == nil && !isBare(final.Root().Base)
	}
	commands := start.Commands()
	return !slices.ContainsFunc(commands, func(c *shell.Command) bool { return isTool(c) && !starts(c) || isIdle(c) })
}

// started is the instruction that says what a container of the image runs, or nil.
func started(final *dockerfile.Stage) *dockerfile.Instruction {
	if in := final.Last("ENTRYPOINT"); in != nil && len(in.Args) > 0 {
		return in
	}
	return final.Last("CMD")
}

// isIdle says that a command only keeps a container there for people to work in.
func isIdle(c *shell.Command) bool {
	name, args := c.Program()
	return shell.IsShell(name) && len(args) == 0 || name == "sleep"
}

// isBare says that an image is a distribution, which runs nothing of itself.
func isBare(name string) bool {
	return slices.Contains([]string{
		"alpine", "debian", "ubuntu", "fedora", "centos", "rockylinux", "almalinux", "amazonlinux", "busybox", "archlinux", "opensuse", "oraclelinux",
	}, dockerfile.ParseImage(name).Official())
}

func judge(p *practice.Pass, file *dockerfile.File, final *dockerfile.Stage) {
	cause := "stages of " + file.Path
	found := false
	note := func(severity practice.Severity, line int, of *language, format string, args ...any) {
		found = true
		n := practice.Note{At: practice.Line(file, line), Severity: severity, Message: fmt.Sprintf(format, args...), Cause: cause}
		if of != nil {
			n.Fix = fmt.Sprintf("build in a stage of its own (FROM %s AS build) and copy the result with COPY --from=build into a last one FROM %s", of.build, of.runtime)
		}
		p.Report(n)
	}
	base := final.Root().Base
	for s := final; s != nil; s = s.Stage {
		for _, in := range s.Instructions {
			if in.Keyword != "RUN" || in.OnBuild {
				continue
			}
			commands := in.Commands()
			if removesPackages(commands) {
				continue // what was needed to build is gone from the layer
			}
			if of, short := firstCompiled(commands); of != nil {
				note(practice.Warning, in.Line, of, "%q runs in the final stage: what compiles %s stays in the image, on top of %q", short, of.name, base)
			}
			if packages := buildPackagesOf(commands); len(packages) > 0 {
				note(practice.Warning, in.Line, nil, "packages that only a build needs stay in the final stage: %s", strings.Join(packages, ", "))
			}
		}
	}
	start := started(final)
	if start != nil {
		if i := slices.IndexFunc(start.Commands(), starts); i >= 0 {
			note(practice.Warning, start.Line, nil, "each container compiles the program when it starts: %s", strings.Join(start.Commands()[i].Words, " "))
		}
	}
	if of := toolchain(base); of != nil && !found { // some programs need it: linters, servers that compile
		note(practice.Info, final.Root().Line, of, "the final stage starts from %q: what compiles %s becomes part of the image", base, of.name)
	}
}

// firstCompiled finds the first command that compiles. make alone is none: it may do anything.
func firstCompiled(commands []*shell.Command) (*language, string) {
	for _, cmd := range commands {
		if of, short := compiled(cmd); of != nil {
			return of, short
		}
	}
	return nil, ""
}

// removesPackages says that a RUN takes away packages, or a package manager's development ones, before its layer ends.
func removesPackages(commands []*shell.Command) bool {
	return slices.ContainsFunc(commands, func(cmd *shell.Command) bool {
		if call := dockerfile.AsPackageCall(cmd); call != nil {
			return call.Action == "remove" && (len(call.Packages) > 0 || slices.Contains(call.Options, "--purge"))
		}
		name, args := cmd.Program()
		return name == "npm" && len(args) > 0 && args[0] == "prune" || name == "pnpm" && len(args) > 0 && args[0] == "prune"
	})
}

// buildPackagesOf are the packages that a RUN installs and only a build needs, in the order they are written.
func buildPackagesOf(commands []*shell.Command) []string {
	var names []string
	for _, cmd := range commands {
		if call := dockerfile.AsPackageCall(cmd); call != nil && call.Action == "install" {
			for _, name := range call.Packages {
				if isBuildPackage(name) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}
