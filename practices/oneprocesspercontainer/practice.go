// Package oneprocesspercontainer is the practice that a container runs one process, which gets its signals.
package oneprocesspercontainer

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is one-process-per-container.
var Practice = &practice.Practice{
	ID:       "one-process-per-container",
	Title:    "A container runs one process, started in exec form, that handles signals",
	Category: practice.Internals,
	Severity: practice.Warning,
	Inputs:   practice.Dockerfiles | practice.Manifests | practice.Cluster,
	Leads:    "Kubernetes watches one process of the container: another one may die, hang or fill the memory, and nothing restarts it, scales it or shows its logs",
	Fix:      "give each program a container of its own (in one pod if they share files or localhost), and start it by exec",
	Mends:    practice.Writes,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for s := range p.Starts() {
		if what := several(s); what != "" {
			p.Reportf(s.At, "%s %s", s.Whose, what)
			continue
		}
		if program := behindShell(s); program != "" {
			p.Report(practice.Note{
				At: s.At, Severity: practice.Info,
				Message: fmt.Sprintf("%s: it depends on the shell, which is process 1, whether signals reach %q", form(s), program),
				Leads:   "where they don't, every stop waits out the grace period, ends in SIGKILL and drops the requests in flight",
				Fix:     fixOf(s, program),
				Edits:   asList(s),
			})
		}
	}
}

// managers are programs that start and watch others, by name.
var managers = map[string]bool{
	"supervisord": true, "s6-svscan": true, "s6-init": true, "runsvdir": true, "runsvdir-start": true, "runit": true, "runit-init": true, "my_init": true,
	"systemd": true, "monit": true, "circusd": true, "foreman": true, "honcho": true, "overmind": true, "hivemind": true, "goreman": true,
	"concurrently": true, "npm-run-all": true, "run-p": true, "openrc": true, "upstart": true, "horust": true, "multirun": true, "god": true, "svscan": true,
}

// several says how a start comes to more than one process; "" if it doesn't.
func several(s *practice.Start) string {
	var beside []string // programs in the background
	var services []string
	for _, c := range s.Script.Commands {
		name, args := program(c)
		if (managers[name] || isInit(c.Words)) && !onlyAsks(args) {
			return fmt.Sprintf("runs %s, which starts and watches several processes", name)
		}
		switch service := practice.StartsService(c.Words, name, args); {
		case service != "":
			services = append(services, service)
		case c.Condition || name == "" || strings.HasPrefix(name, "$") || s.Calls(name):
		case practice.LeavesForeground(name, args), c.InBackground() && !practice.IsTool(name):
			beside = append(beside, name)
		}
	}
	if len(services) > 0 {
		return fmt.Sprintf("starts %s as a service of an init system, and is not that process itself", list(services))
	}
	stays := staying(s)
	switch {
	case len(beside) == 0:
		return ""
	case stays != "":
		return fmt.Sprintf("runs %s in the background beside %q", list(beside), stays)
	case len(slices.Compact(slices.Sorted(slices.Values(beside)))) > 1:
		return fmt.Sprintf("runs %s in the background of one shell", list(beside))
	case idlesAfter(s):
		return fmt.Sprintf("runs %s in the background and stays alive by something else", list(beside))
	}
	return ""
}

// isInit says that a command runs the init of a system or of s6-overlay, rather than a program that is called so.
func isInit(words []string) bool {
	return slices.ContainsFunc([]string{"/init", "/sbin/init", "/usr/sbin/init"}, func(file string) bool { return slices.Index(words, file) == 0 })
}

// program of a command, past the runners of npm.
func program(c *shell.Command) (name string, args []string) {
	name, args = c.Program()
	if (name == "npx" || name == "bunx") && len(args) > 0 {
		return path.Base(args[0]), args[1:]
	}
	return name, args
}

func onlyAsks(args []string) bool {
	return slices.Contains(args, "--version") || slices.Contains(args, "--help")
}

// staying is the program that the script waits for at its end.
func staying(s *practice.Start) string {
	last := s.Last()
	if last == nil || last.InBackground() {
		return ""
	}
	name, args := program(last)
	if practice.IsTool(name) || practice.LeavesForeground(name, args) {
		return ""
	}
	return name
}

// idlesAfter says that the script ends in what only keeps it alive: tail, sleep, a loop of them. One that ends in wait is
// the program's nurse: it ends with it.
func idlesAfter(s *practice.Start) bool {
	last := s.Last()
	if last == nil {
		return false
	}
	name, args := last.Program()
	return practice.Idles(name, args) || name == "tail" || name == "sleep" && last.Looped() != nil
}

// behindShell is the program whose signals a shell gets: of ENTRYPOINT and CMD in shell form, and of script files that
// start it other than by exec. In `sh -c` of a manifest it is not reported: the shells of today exec the last command.
func behindShell(s *practice.Start) string {
	written := s.Instruction != nil && s.Instruction.Shell || s.FromFile
	if !written || s.Ends() {
		return ""
	}
	for _, c := range s.Script.Commands {
		if c.Words != nil && (c.Exec() || c.Words[0] == "trap") || c.InBackground() {
			return ""
		}
	}
	last := s.Last()
	if last == nil || last.Looped() != nil {
		return ""
	}
	name, _ := last.Program()
	if practice.IsTool(name) || shell.IsShell(name) || strings.HasPrefix(name, "$") {
		return ""
	}
	return name
}

func form(s *practice.Start) string {
	if s.FromFile {
		return s.Whose + " runs a script that doesn't end in exec"
	}
	return s.Whose + " is in shell form"
}

func fixOf(s *practice.Start, program string) string {
	if s.FromFile {
		return fmt.Sprintf("write exec before %q in the script's last line", program)
	}
	if len(s.Script.Commands) > 1 {
		return fmt.Sprintf(`write exec before %q, or move what comes before it into a script that ends in exec "$@"`, program)
	}
	return fmt.Sprintf(`write it as a list: %s ["%s", …]`, s.Whose, program)
}

// list reads "a" and "b".
func list(names []string) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, " and ")
}
