package dockerfile

import (
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/fairlead-dev/fairlead/practice/shell"
)

// Script is what a shell runs for a RUN, CMD, ENTRYPOINT or HEALTHCHECK: the command of the shell form, the text of a
// here-document that is a script, what `["sh", "-c", …]` hands to a shell. It is "" where no shell that practice/shell
// reads is at work: the exec form, cmd and PowerShell, another language's script.
func (in *Instruction) Script() string {
	if !in.Shell {
		text, _ := shell.Inline(in.Args)
		return text
	}
	if len(in.shell) > 0 {
		if name, _ := shell.Unwrap(in.shell); !shell.IsShell(strings.TrimSuffix(name, ".exe")) {
			return ""
		}
	}
	if in.Heredoc == "" || len(in.Args) == 0 {
		return strings.Join(in.Args, " ")
	}
	words := slices.DeleteFunc(strings.Fields(in.Args[0]), func(word string) bool { return parser.MustParseHeredoc(word) != nil })
	switch {
	case len(words) == 0:
		if line, _, _ := strings.Cut(in.Heredoc, "\n"); strings.HasPrefix(line, "#!") {
			if name, _ := shell.Unwrap(strings.Fields(line[2:])); !shell.IsShell(name) {
				return ""
			}
		}
		return in.Heredoc
	case isReadBy(words):
		return in.Heredoc
	}
	return in.Args[0]
}

// isReadBy says that the words are a shell that reads its script from its input: `bash -e`.
func isReadBy(words []string) bool {
	name, args := shell.Unwrap(words)
	return shell.IsShell(name) && !slices.ContainsFunc(args, func(arg string) bool { return !strings.HasPrefix(arg, "-") })
}

// Commands are what Script has, those that a shell within it runs (`sh -c '…'`) too; in exec form it is the one command.
func (in *Instruction) Commands() []*shell.Command {
	if text := in.Script(); text != "" {
		return flatten(shell.Parse(text).Commands, 0)
	}
	if !in.Shell && len(in.Args) > 0 {
		return []*shell.Command{{Words: in.Args}}
	}
	return nil
}

// deepest bounds how many shells in shells are read.
const deepest = 3

func flatten(commands []*shell.Command, depth int) []*shell.Command {
	var all []*shell.Command
	for _, c := range commands {
		all = append(all, c)
		if inner := c.Inner(); inner != nil && depth < deepest {
			all = append(all, flatten(inner.Commands, depth+1)...)
		}
	}
	return all
}
