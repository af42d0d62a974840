package smallimage

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

// What an image keeps for nothing is taken out where nothing can miss it. Whether the program needs a package that comes as
// a recommended one, or what a full base image has, only its people know.

// installs finds the calls that take the option with which a manager leaves nothing.
var installs = map[string]*regexp.Regexp{
	"pip": regexp.MustCompile(`\bpip3?(\.\d+)? install\b`),
	"apk": regexp.MustCompile(`\bapk (add|upgrade)\b`),
}

// fetches is what a manager does in vain before it installs with the option.
var fetches = map[string]*regexp.Regexp{"apk": regexp.MustCompile(`\bapk update && `)}

// cleaners are the commands that end a RUN with the cache of a manager gone, by its own name.
var cleaners = map[string]string{
	"apt-get": "rm -rf /var/lib/apt/lists/*", "apt": "rm -rf /var/lib/apt/lists/*", "aptitude": "rm -rf /var/lib/apt/lists/*",
	"dnf": "dnf clean all", "yum": "yum clean all", "microdnf": "microdnf clean all", "tdnf": "tdnf clean all", "zypper": "zypper clean --all",
	"conda": "conda clean --all --yes", "npm": "npm cache clean --force", "yarn": "yarn cache clean",
}

// mend is the edit that leaves no cache of a manager, called by some name, in the layer of a RUN.
func (c *cache) mend(file *dockerfile.File, l layer, manager, name string) []practice.Edit {
	if strings.Contains(strings.Join(l.Lines, ""), "#") || manager == "apt-get" && readsLists(file, l) || manager == "apk" && readsIndex(file, l) {
		return nil
	}
	if lines := withOption(l, c.option, manager); lines != nil {
		return []practice.Edit{{First: l.Line, Last: l.EndLine, Text: lines}}
	}
	if cleaner := cleaners[name]; cleaner != "" {
		return atEnd(l, cleaner)
	}
	return nil
}

// withOption are the lines of a RUN with an option put into all installs of a manager; nil if that doesn't do.
func withOption(l layer, option, manager string) []string {
	install, n := installs[manager], 0
	if install == nil {
		return nil
	}
	for _, cmd := range l.commands {
		if of, fills := filling(cmd); fills && of == manager {
			if n++; slices.Contains(cmd.Words, option) {
				return nil
			}
		}
	}
	lines := slices.Clone(l.Lines)
	for i, line := range lines {
		if fetch := fetches[manager]; fetch != nil {
			n -= len(fetch.FindAllString(line, -1))
			line = fetch.ReplaceAllString(line, "")
		}
		n -= len(install.FindAllString(line, -1))
		lines[i] = install.ReplaceAllString(line, "$0 "+option)
	}
	if n != 0 {
		return nil // one is written in another way, or is in a text
	}
	return lines
}

// atEnd is the edit that adds a command to what a RUN does if all before it went well.
func atEnd(l layer, command string) []practice.Edit {
	last := l.Lines[len(l.Lines)-1]
	switch {
	case l.Heredoc != "":
		if l.Script() != l.Heredoc || !stopsAtErrors(l.commands) {
			return nil // the last command says whether the RUN went well
		}
		return []practice.Edit{{First: l.EndLine, Last: l.EndLine - 1, Text: []string{command}}}
	case !l.Shell || strings.TrimSpace(last) == "" || len(l.commands) == 0 || l.commands[len(l.commands)-1].Next != shell.End:
		return nil
	case len(l.Lines) == 1:
		return []practice.Edit{{First: l.Line, Last: l.Line, Text: []string{last + " && " + command}}}
	}
	goesOn := l.Lines[0][len(strings.TrimRight(l.Lines[0], " \t"))-1:] // as the lines before it do: "\" or "`"
	before := last
	for _, line := range l.Lines {
		if strings.HasPrefix(strings.TrimSpace(line), "&&") {
			before = line
		}
	}
	indent := before[:len(before)-len(strings.TrimLeft(before, " \t"))]
	return []practice.Edit{{First: l.EndLine, Last: l.EndLine, Text: []string{last + " " + goesOn[:1], indent + "&& " + command}}}
}

func stopsAtErrors(commands []*shell.Command) bool {
	return slices.ContainsFunc(commands, func(cmd *shell.Command) bool {
		name, args := cmd.Program()
		return name == "set" && slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-") && strings.Contains(arg, "e") })
	})
}

// readsLists says that another RUN of the file installs by the lists that this one leaves.
func readsLists(file *dockerfile.File, l layer) bool {
	return anotherRun(file, l, func(commands []*shell.Command) bool {
		return calls(commands, "apt-get", "install") && !calls(commands, "apt-get", "update")
	})
}

// readsIndex says so of apk's index.
func readsIndex(file *dockerfile.File, l layer) bool {
	return anotherRun(file, l, func(commands []*shell.Command) bool {
		return calls(commands, "apk", "install") && !calls(commands, "apk", "update") && !slices.ContainsFunc(commands, func(cmd *shell.Command) bool {
			return slices.ContainsFunc(cmd.Words, func(word string) bool { return slices.Contains([]string{"--no-cache", "--update", "-U"}, word) })
		})
	})
}

func anotherRun(file *dockerfile.File, l layer, does func([]*shell.Command) bool) bool {
	for _, s := range file.Stages {
		if slices.ContainsFunc(s.Instructions, func(in *dockerfile.Instruction) bool {
			return in.Keyword == "RUN" && in != l.Instruction && does(in.Commands())
		}) {
			return true
		}
	}
	return false
}

// calls says that one of some commands has a package manager do something.
func calls(commands []*shell.Command, manager, action string) bool {
	return slices.ContainsFunc(commands, func(cmd *shell.Command) bool {
		call := dockerfile.AsPackageCall(cmd)
		return call != nil && call.Action == action && (call.Manager == manager || sameAs[call.Manager] == manager)
	})
}
