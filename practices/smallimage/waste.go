package smallimage

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

// ledger says which layer brought which files.
type ledger struct {
	dir   string                             // of WORKDIR
	files map[string]*dockerfile.Instruction // by path: single files that were copied or downloaded
	trees map[string]*dockerfile.Instruction // by path: where COPY and ADD put what they bring
}

func newLedger() *ledger {
	return &ledger{dir: "/", files: map[string]*dockerfile.Instruction{}, trees: map[string]*dockerfile.Instruction{}}
}

// at is a path as seen from the working directory.
func (m *ledger) at(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(m.dir, name)
}

// note enters what an instruction brings.
func (m *ledger) note(l layer) {
	switch l.Keyword {
	case "WORKDIR":
		if len(l.Args) > 0 {
			m.dir = m.at(l.Args[0])
		}
	case "COPY", "ADD":
		m.noteCopied(l)
	case "RUN":
		dir := m.dir
		for _, cmd := range l.commands {
			if name, args := cmd.Program(); name == "cd" && len(args) == 1 {
				m.dir = m.at(args[0])
			}
			if file := downloaded(cmd); file != "" {
				m.files[m.at(file)] = l.Instruction
			}
		}
		m.dir = dir
		m.forget(l)
	}
}

// forget strikes out what the layer itself removes again.
func (m *ledger) forget(l layer) {
	for _, cmd := range l.commands {
		if name, args := cmd.Program(); name == "rm" {
			for _, arg := range args {
				delete(m.files, m.at(arg))
			}
		}
	}
}

func (m *ledger) noteCopied(l layer) {
	if len(l.Args) < 2 {
		return
	}
	sources, to := l.Args[:len(l.Args)-1], l.Args[len(l.Args)-1]
	if strings.Contains(to, "$") {
		return
	}
	m.trees[m.at(to)] = l.Instruction
	for _, source := range sources {
		base := path.Base(source)
		if !strings.Contains(base, ".") || base == "." || strings.ContainsAny(base, "*?$<") || l.Keyword == "ADD" && isUnpacked(source) {
			continue // a directory, or nobody knows which
		}
		name := m.at(to)
		if strings.HasSuffix(to, "/") || to == "." || len(sources) > 1 {
			name = path.Join(name, base)
		}
		m.files[name] = l.Instruction
	}
}

// isUnpacked says that ADD unpacks the file instead of copying it.
func isUnpacked(source string) bool {
	remote := strings.Contains(source, "://")
	return !remote && slices.ContainsFunc([]string{".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst"}, func(end string) bool { return strings.HasSuffix(source, end) })
}

// downloaded is the file that curl or wget writes, or "".
func downloaded(cmd *shell.Command) string {
	name, args := cmd.Program()
	option := map[string]string{"curl": "o", "wget": "O"}[name]
	if option == "" {
		return ""
	}
	for i, arg := range args {
		single := strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--")
		switch {
		case (single && strings.HasSuffix(arg, option) || arg == "--output" || arg == "--output-document") && i+1 < len(args):
			if strings.ContainsAny(args[i+1], "$") || args[i+1] == "-" || strings.HasPrefix(args[i+1], "/dev/") {
				return ""
			}
			return args[i+1]
		case name == "curl" && single && strings.Contains(arg, "O"), name == "wget" && len(args) == 1:
			url := args[len(args)-1]
			if base := path.Base(url); strings.Contains(url, "://") && !strings.ContainsAny(base, "$?") {
				return base
			}
		}
	}
	return ""
}

// judgeWaste tells of files that an earlier layer brought and this RUN removes or writes again: both stay in the image.
func judgeWaste(p *practice.Pass, file *dockerfile.File, l layer, made *ledger) {
	dir := made.dir
	defer func() { made.dir = dir }()
	for _, cmd := range l.commands {
		name, args := cmd.Program()
		switch name {
		case "cd":
			if len(args) == 1 {
				made.dir = made.at(args[0])
			}
		case "rm":
			judgeRemoved(p, file, l, made, args)
		case "chown", "chmod", "chgrp":
			judgeOwned(p, file, l, made, name, args)
		}
	}
}

func judgeRemoved(p *practice.Pass, file *dockerfile.File, l layer, made *ledger, args []string) {
	for _, arg := range args {
		from := made.files[made.at(arg)]
		if from == nil {
			continue
		}
		p.Report(practice.Note{
			At:      practice.Line(file, l.Line),
			Message: fmt.Sprintf("%q is removed here, but the layer of line %d (%s) keeps it", arg, from.Line, from.Keyword),
			Fix: map[bool]string{
				true:  "download, use and remove it in one RUN",
				false: "have it there for this RUN alone: RUN --mount=type=bind,source=…,target=…, or let ADD unpack it",
			}[from.Keyword == "RUN"],
		})
	}
}

// judgeOwned finds a chown -R over what COPY brought: each file whose owner changes is in the image twice.
func judgeOwned(p *practice.Pass, file *dockerfile.File, l layer, made *ledger, name string, args []string) {
	if !slices.ContainsFunc(args, func(arg string) bool {
		return arg == "--recursive" || strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.Contains(arg, "R")
	}) {
		return
	}
	for _, arg := range args[1:] {
		dir := made.at(arg)
		if strings.HasPrefix(arg, "-") || dir == "/" || strings.Contains(arg, "$") {
			continue
		}
		for _, tree := range slices.Sorted(maps.Keys(made.trees)) {
			from := made.trees[tree]
			if tree != dir && !strings.HasPrefix(tree, dir+"/") || from.Flags["chown"] != "" && name != "chmod" || from.Flags["chmod"] != "" && name == "chmod" {
				continue
			}
			p.Report(practice.Note{
				At: practice.Line(file, l.Line), Severity: sizeOf(from),
				Message: fmt.Sprintf("%s -R %s stores again what line %d copied: it is in the image twice", name, arg, from.Line),
				Fix:     fmt.Sprintf("say it where the files come in: %s --%s=…", from.Keyword, map[bool]string{true: "chmod", false: "chown"}[name == "chmod"]),
			})
			return
		}
	}
}

// sizeOf rates what a copy brings: a few files that are named are small, a directory may be anything.
func sizeOf(from *dockerfile.Instruction) practice.Severity {
	for _, source := range from.Args[:len(from.Args)-1] {
		if base := path.Base(source); base == "." || !strings.Contains(base, ".") {
			return practice.Warning
		}
	}
	return practice.Info
}
