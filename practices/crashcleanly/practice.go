// Package crashcleanly is the practice that a process which fails says so by its exit code, and Kubernetes restarts it.
package crashcleanly

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is crash-cleanly.
var Practice = &practice.Practice{
	ID:       "crash-cleanly",
	Title:    "A process that fails exits with an error, and Kubernetes restarts it",
	Category: practice.Internals,
	Severity: practice.Warning,
	Inputs:   practice.Dockerfiles | practice.Manifests | practice.Cluster,
	Leads:    "a crash looks like health: no restart is counted, no back-off slows it down, no alert fires, and traffic goes on to a program that is not there",
	Fix:      "start the program itself, by exec, let it end with its own exit code, and leave the restart to Kubernetes",
	Mends:    practice.Suggests,
	Parameters: []practice.Parameter{
		{Name: mostRestarts, Default: 3, About: "restarts of a container from which on they are more than a node's mishap"},
	},
	Files: files,
	Run:   run,
}

const mostRestarts = "restarts" // a parameter

func run(p *practice.Pass) {
	for s := range p.Starts() {
		if what := hides(s); what != "" {
			p.Reportf(s.At, "%s %s", s.Whose, what)
		}
	}
	supervised(p)
	crashed(p)
}

// hides says how a start keeps a crash to itself; "" if it doesn't.
func hides(s *practice.Start) string {
	for _, c := range s.Script.Commands {
		name, args := program(c)
		if restarts(name, args) {
			return fmt.Sprintf("runs under %s, which restarts the program inside of the container", name)
		}
		if !s.Ends() && restartedByLoop(s, c, name) {
			return fmt.Sprintf("restarts %q in a loop inside of the container", name)
		}
	}
	return swallows(s)
}

// program of a command, past the runners of npm.
func program(c *shell.Command) (name string, args []string) {
	name, args = c.Program()
	switch name {
	case "npx", "bunx", "pnpx":
		for len(args) > 0 && strings.HasPrefix(args[0], "-") {
			args = args[1:]
		}
	case "yarn", "pnpm":
		for len(args) > 0 && (args[0] == "exec" || args[0] == "run" || args[0] == "dlx") {
			args = args[1:]
		}
	default:
		return name, args
	}
	if len(args) == 0 {
		return name, nil
	}
	return path.Base(args[0]), args[1:]
}

// restarters start a program again when it ends or its files change.
var restarters = map[string]bool{
	"pm2": true, "pm2-runtime": true, "pm2-docker": true, "forever": true, "nodemon": true, "ts-node-dev": true, "tsnd": true, "node-dev": true,
	"CompileDaemon": true, "reflex": true, "immortal": true,
}

func restarts(name string, args []string) bool {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(args, w) })
	}
	switch name {
	case "uvicorn", "hypercorn":
		return has("--reload")
	case "watchmedo":
		return has("auto-restart")
	case "cargo":
		return has("watch")
	case "tsx":
		return has("watch")
	case "node":
		return has("--watch")
	case "pm2", "forever":
		return !has("list", "ls", "logs", "stop", "install", "--version")
	}
	return restarters[name]
}

// soon is the longest pause after which a loop still restarts its program; one that pauses longer does something now and
// then.
const soon = 30 * time.Second

// restartedByLoop says that a loop without end starts a program again as soon as it has ended.
func restartedByLoop(s *practice.Start, c *shell.Command, name string) bool {
	loop := c.Looped()
	if loop == nil || c.InBackground() || practice.IsTool(name) || shell.IsShell(name) || isVariable(name) || s.Calls(name) {
		return false
	}
	if c.Condition { // until app; do echo crashed; sleep 1; done
		return loop.Keyword == "until" && !isCheck(name) && pause(s, loop) <= soon
	}
	if !loop.Endless() || c.Next == shell.And || isHelper(c.Words) || endsLoop(s, c) {
		return false
	}
	return pause(s, loop) <= soon
}

// endsLoop says that a failure of the command ends the loop: app || exit 1, or set -e.
func endsLoop(s *practice.Start, c *shell.Command) bool {
	if c.Next != shell.Or {
		return stopsAtErrors(s)
	}
	i := slices.Index(s.Script.Commands, c)
	if i+1 >= len(s.Script.Commands) || len(s.Script.Commands[i+1].Words) == 0 {
		return false
	}
	switch s.Script.Commands[i+1].Words[0] {
	case "exit", "break", "return":
		return true
	}
	return false
}

func isVariable(name string) bool { return strings.HasPrefix(name, "$") }

// isCheck says that a program, by its name, asks whether something is ready.
func isCheck(name string) bool {
	for _, word := range []string{"check", "ready", "health", "ping", "wait", "probe", "status", "test", "is_"} {
		if strings.Contains(strings.ToLower(name), word) {
			return true
		}
	}
	return false
}

// isHelper says that what a loop runs is a script, or a few words given to an interpreter: they look at something now and
// then.
func isHelper(words []string) bool {
	for _, w := range words {
		if strings.HasSuffix(w, ".sh") || w == "-c" || w == "-e" {
			return true
		}
	}
	return false
}

// pause is the longest of the pauses in a loop.
func pause(s *practice.Start, loop *shell.Block) time.Duration {
	var longest time.Duration
	for _, c := range s.Script.Commands {
		if c.Looped() == loop && len(c.Words) > 1 && c.Words[0] == "sleep" {
			length := practice.Pause(c.Words[1])
			if strings.Contains(c.Words[1], "$") { // of a length that somebody sets
				length = time.Minute
			}
			longest = max(longest, length)
		}
	}
	return longest
}

// swallows says that the start ends well however its program did: app || true, app; exit 0.
func swallows(s *practice.Start) string {
	commands := s.Script.Commands
	if len(commands) < 2 {
		return ""
	}
	before, last := commands[len(commands)-2], commands[len(commands)-1]
	name, args := before.Program()
	if practice.IsTool(name) || before.Block != nil || last.Block != nil || before.InBackground() || !endsWell(last) {
		return ""
	}
	switch {
	case before.Next == shell.Or:
	case before.Next == shell.Seq && !stopsAtErrors(s) && !practice.LeavesForeground(name, args):
		if text(last) == "true" || strings.HasPrefix(text(last), "exit") {
			break
		}
		return ""
	default:
		return ""
	}
	end := text(last)
	if last.Words[0] == "echo" {
		end = "echo"
	}
	return fmt.Sprintf("ends well even if %q fails: %s %s", name, before.Next, end)
}

func text(c *shell.Command) string { return strings.Join(c.Words, " ") }

func endsWell(c *shell.Command) bool {
	switch text(c) {
	case "true", "/bin/true", ":", "exit 0", "exit", "return 0":
		return true
	}
	return len(c.Words) > 0 && c.Words[0] == "echo"
}

// stopsAtErrors says that set -e holds, by the shell's options or in the script.
func stopsAtErrors(s *practice.Start) bool {
	isOption := func(w string) bool {
		return strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "e") || w == "errexit"
	}
	for _, c := range s.Script.Commands {
		if len(c.Words) > 1 && c.Words[0] == "set" && slices.ContainsFunc(c.Words[1:], isOption) {
			return true
		}
	}
	return !s.FromFile && s.Container != nil && slices.ContainsFunc(s.Words[1:min(4, len(s.Words))], isOption)
}

// supervised reports supervisors' configuration that restarts what they start: in ConfigMaps and in here-documents.
func supervised(p *practice.Pass) {
	const what = "has a supervisor restart programs inside of the container: autorestart"
	for config := range p.Of("", "ConfigMap") {
		data, _ := config.Get("data").(map[string]any)
		for key, value := range data {
			if text, _ := value.(string); autorestarts(text) {
				p.Reportf(config.At("data", key), "key %q of the ConfigMap %s", key, what)
			}
		}
	}
	for f := range p.Files() {
		for stage := f.Final(); stage != nil; stage = stage.Stage {
			for _, in := range stage.Instructions {
				if autorestarts(in.Heredoc) {
					p.Reportf(practice.Line(f, in.Line), "%s %s", in.Keyword, what)
				}
			}
		}
	}
}

func autorestarts(text string) bool {
	if !strings.Contains(text, "[program:") {
		return false
	}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, "=")
		if value = strings.TrimSpace(value); strings.TrimSpace(key) == "autorestart" && (value == "true" || value == "unexpected") {
			return true
		}
	}
	return false
}
