// Package nobootstrapsidecar is the practice that one-time work runs before the program, not beside it for ever.
package nobootstrapsidecar

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

// Practice is no-bootstrap-sidecar.
var Practice = &practice.Practice{
	ID:       "no-bootstrap-sidecar",
	Title:    "One-time work runs in an init container; a sidecar is for what always runs",
	Category: practice.Deployments,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "the program starts without knowing whether the work before it is done, and what did it holds its memory and credentials for as long as the pod lives",
	Fix:      "move the work into an init container: the pod's other containers start when it has ended well",
	Mends:    practice.Suggests,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for s := range p.Starts() {
		if s.Container == nil || s.Ends() {
			continue
		}
		if work := thenIdles(s); work != "" {
			p.Reportf(s.At, "%s runs %q once and then only sleeps", s.Whose, work)
			continue
		}
		if what := waitsFor(s); what != "" {
			p.Report(practice.Note{
				At: s.At, Message: fmt.Sprintf("%s waits for another service before it starts: %s", s.Whose, what),
				Leads: "while it waits it is Running to everybody: a liveness probe may kill it, and nothing tells waiting from hanging",
				Fix:   "wait in an init container, whose state (Init:0/1) says what the pod is waiting for; or let the program try again by itself",
			})
			continue
		}
		migrates(p, s)
	}
}

// thenIdles is the work that a script does before it idles for ever; "" if it does not. What runs in the background or
// in a loop is no one-time work.
func thenIdles(s *practice.Start) (work string) {
	last := s.Last()
	if last == nil || !idle(s, last) {
		return ""
	}
	for _, c := range s.Script.Commands {
		name, args := c.Program()
		switch {
		case c == last:
			return work
		case c.Looped() != nil && c.Looped() == last.Looped(): // the loop that idles
		case c.InBackground() || practice.LeavesForeground(name, args) || practice.StartsService(c.Words, name, args) != "":
			return ""
		case !isTrifle(name) && work == "":
			work = strings.Join(append([]string{name}, firstWord(args)...), " ")
		}
	}
	return work
}

func firstWord(args []string) []string {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") && !strings.ContainsAny(args[0], "$:=@/ \n\"'") {
		return args[:1]
	}
	return nil
}

// idle says that a script's last command does nothing from then on: a long sleep, or a loop of nothing but sleeps.
func idle(s *practice.Start, last *shell.Command) bool {
	name, args := last.Program()
	loop := last.Looped()
	if loop == nil {
		return practice.Idles(name, args)
	}
	return loop.Endless() && !slices.ContainsFunc(s.Script.Commands, func(c *shell.Command) bool {
		name, _ := c.Program()
		return c.Looped() == loop && !c.Condition && !slices.Contains([]string{"sleep", "wait", ":", "true", "echo", "date"}, name)
	})
}

// trifles are commands that are no work worth an init container.
var trifles = []string{"", "echo", "printf", "set", "export", "cd", "trap", "date", "true", ":", "umask", "ulimit", "id", "whoami", "hostname", "env", "sleep",
	"[", "[[", "test", "mkdir", "touch", "exit", "return", "break", "continue", ".", "source", "ls", "cat", "wait", "unset", "local", "sysctl", "iptables", "ip"}

func isTrifle(name string) bool {
	return slices.Contains(trifles, name) || strings.HasPrefix(name, "((")
}

// waiters are programs that wait for a service and then start what is left of their words.
var waiters = []string{"wait-for-it", "wait-for", "wait-for-it.sh", "wait-for.sh", "wait4x", "wait-port", "wait-on", "dockerize", "wait_for_it.sh", "wait-for-postgres.sh", "wait-for-db.sh"}

// asks are programs that ask whether something answers.
var asks = []string{"nc", "ncat", "netcat", "pg_isready", "mysqladmin", "redis-cli", "curl", "wget", "nslookup", "getent", "dig", "host", "ping", "telnet", "psql", "mysql",
	"mongosh", "mongo", "rabbitmq-diagnostics", "cqlsh", "etcdctl", "kubectl"}

// waitsFor is what a start asks before it goes on to its program; "" if it waits for nothing. What is on its own host is
// a sidecar: no init container could wait for that.
func waitsFor(s *practice.Start) string {
	for i, c := range s.Script.Commands {
		name, args := c.Program()
		isLast := !followed(s, i)
		switch {
		case isLocal(args) || practice.InFunction(c):
		case slices.Contains(waiters, name) && (!isLast || runsOn(args)):
			if name == "dockerize" && !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-wait") }) {
				continue
			}
			return name
		case name == "kubectl" && len(args) > 0 && (args[0] == "wait" || args[0] == "rollout") && !isLast:
			return "kubectl " + args[0]
		case slices.Contains(asks, name) && !isLast && isWaitLoop(s, c):
			return fmt.Sprintf("a loop of %s", name)
		case strings.HasPrefix(lastArg(c.Words), "/dev/tcp/") && !isLast && isWaitLoop(s, c):
			return "a loop of connections"
		}
	}
	return ""
}

func lastArg(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// runsOn says that a waiter is given the program to start: after "--", or as a command of its own.
func runsOn(args []string) bool {
	return slices.Contains(args, "--") || slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-wait") })
}

func isLocal(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		return strings.Contains(a, "localhost") || strings.Contains(a, "127.0.0.1") || strings.Contains(a, "[::1]")
	})
}

// isWaitLoop says that a command is what a loop goes round for: its condition, or in a loop without end what leads to a
// break.
func isWaitLoop(s *practice.Start, c *shell.Command) bool {
	loop := c.Looped()
	if loop == nil || c.InBackground() {
		return false
	}
	if !loop.Endless() && loop.Keyword != "for" {
		return c.Condition
	}
	return slices.ContainsFunc(s.Script.Commands, func(other *shell.Command) bool {
		return other.Looped() == loop && len(other.Words) > 0 && other.Words[0] == "break"
	})
}

// followed says that after command i, past the loop it is in, comes a program.
func followed(s *practice.Start, i int) bool {
	loop := s.Script.Commands[i].Looped()
	for _, c := range s.Script.Commands[i+1:] {
		name, _ := c.Program()
		if (loop == nil || c.Looped() != loop) && len(c.Words) > 0 && (!practice.IsTool(name) || c.Exec()) {
			return true
		}
	}
	return false
}

// migrates reports what brings a database's schema up to date in a container that is to keep running.
func migrates(p *practice.Pass, s *practice.Start) {
	for i, c := range s.Script.Commands {
		name, args := c.Program()
		what := migration(name, args)
		if what == "" || c.InBackground() {
			continue
		}
		if followed(s, i) {
			p.Report(practice.Note{
				At: s.At, Severity: practice.Info,
				Message: fmt.Sprintf("%s migrates its database before each start: %s", s.Whose, what),
				Leads:   "replicas that start together migrate at once, a slow migration is killed by the liveness probe, and each restart migrates again",
				Fix:     "run the migration in a Job that the rollout waits for, or in an init container if it takes a lock",
			})
			return
		}
		if c == s.Last() {
			p.Reportf(s.At, "%s runs %s, which ends, in a pod that restarts it for ever", s.Whose, what)
		}
		return
	}
}

// migrations are programs that migrate, and the word that makes them.
var migrations = map[string][]string{
	"flyway": {"migrate"}, "liquibase": {"update"}, "alembic": {"upgrade"}, "goose": {"up"}, "dbmate": {"up"}, "atlas": {"apply"}, "migrate": {"up"},
	"prisma": {"migrate", "db"}, "knex": {"migrate:latest"}, "sequelize": {"db:migrate"}, "sequelize-cli": {"db:migrate"}, "typeorm": {"migration:run"},
	"rails": {"db:migrate", "db:prepare"}, "rake": {"db:migrate"}, "artisan": {"migrate"}, "manage.py": {"migrate"}, "diesel": {"migration"}, "sqlx": {"migrate"}, "sql-migrate": {"up"},
	"flask": {"upgrade"}, "airflow": {"migrate"},
}

// migration is what of a command migrates, past interpreters and runners: "rails db:migrate"; "" if nothing does. The
// other arguments are left out: addresses with passwords are among them.
func migration(name string, args []string) string {
	if slices.Contains([]string{"python", "python3", "php", "ruby", "npx", "bundle", "yarn", "pnpm", "poetry", "pipenv", "uv", "node"}, name) {
		for len(args) > 0 && (args[0] == "exec" || args[0] == "run" || strings.HasPrefix(args[0], "-")) {
			args = args[1:]
		}
		if len(args) == 0 {
			return ""
		}
		name, args = path.Base(args[0]), args[1:]
	}
	if name == "npm" && len(args) > 1 && args[0] == "run" && strings.Contains(args[1], "migrat") {
		return "npm run " + args[1]
	}
	words := migrations[name]
	if i := slices.IndexFunc(args, func(a string) bool { return slices.Contains(words, a) }); i >= 0 {
		return name + " " + args[i]
	}
	return ""
}
