package toleratesdependencyfailure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

// judgeStarts finds containers that ask another service once, give up if it doesn't answer, and only then start.
func judgeStarts(p *practice.Pass, calls map[*practice.Pod][]practice.Call) {
	for s := range p.Starts() {
		if s.Container == nil || s.Container.Role != practice.Main || s.Ends() || !s.Shell || len(calls[s.Container.Pod]) == 0 {
			continue
		}
		if waits(s.Container.Pod) || triesAgain(s.Container) {
			continue
		}
		what, service := asksOnce(p, s, calls[s.Container.Pod])
		if service == nil {
			continue
		}
		name := service.ID().Name
		p.Report(practice.Note{
			At: s.At, Severity: practice.Info,
			Message: fmt.Sprintf("%s runs %q once before it starts, and nothing waits for %s", s.Whose, what, name),
			Leads:   fmt.Sprintf("while %s is not up, the container ends and is restarted at ever longer intervals, up to five minutes: after an outage the two find each other late", name),
			Fix:     fmt.Sprintf("wait for %s in an init container, or let the command try again", name),
		})
	}
}

// asksOnce finds the command without which the program isn't started, and whom it asks.
func asksOnce(p *practice.Pass, s *practice.Start, calls []practice.Call) (what string, service *practice.Object) {
	stopsAtErrors := slices.ContainsFunc(s.Words, func(w string) bool {
		return len(w) < 8 && strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "e")
	})
	for i, c := range s.Script.Commands {
		name, args := c.Program()
		switch {
		case c.Looped() != nil || name == "sleep" || strings.Contains(strings.Join(c.Words, " "), "wait"):
			return "", nil // it waits, however well
		case name == "set" && slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") && strings.Contains(a, "e") }):
			stopsAtErrors = true
		}
		isNeeded := c.Next == shell.And || c.Next == shell.Seq && stopsAtErrors
		if !isNeeded || c.Condition || c.InBackground() || practice.InFunction(c) || !startsAfter(s, i) || slices.ContainsFunc(args, isRetry) {
			continue
		}
		if to := asked(p, s.Container.Pod, name, args, calls); to != nil {
			return title(name, args), to
		}
	}
	return "", nil
}

// title is a command up to the word that says what it does. Other arguments may be passwords: behind a flag nothing is told.
func title(name string, args []string) string {
	i := slices.IndexFunc(args, isMigration)
	if i < 0 || strings.ContainsAny(args[i], "/=@") {
		return name
	}
	before := args[:i]
	if i > 2 || slices.ContainsFunc(before, func(arg string) bool { return strings.HasPrefix(arg, "-") || strings.ContainsAny(arg, ":/=@$") }) {
		before = nil
	}
	return strings.Join(slices.Concat([]string{name}, before, args[i:i+1]), " ")
}

func isRetry(arg string) bool {
	return strings.Contains(arg, "retr") || strings.Contains(arg, "Retr") || strings.HasPrefix(arg, "--tries") || strings.HasPrefix(arg, "--wait")
}

// startsAfter says that a program that is to keep running comes after command i.
func startsAfter(s *practice.Start, i int) bool {
	last := s.Last()
	if last == nil || last == s.Script.Commands[i] {
		return false
	}
	name, _ := last.Program()
	return last.Exec() || !practice.IsTool(name)
}

// asked is the Service that a command asks: the one in its URL, or for what works on a database the database that the pod is
// told of.
func asked(p *practice.Pass, pod *practice.Pod, name string, args []string, calls []practice.Call) *practice.Object {
	switch name {
	case "curl", "wget", "http", "grpcurl":
		for _, arg := range args {
			for h := range reference.Hosts("", arg) {
				if to := p.ServiceNamed(pod.Object.ID().Namespace, h.Name); to != nil && h.By != reference.NoSign {
					return to
				}
			}
		}
		return nil
	case "psql", "mysql", "mariadb", "mongosh", "mongo", "createdb":
	default:
		if !isMigration(name) && !slices.ContainsFunc(args[:min(len(args), 4)], isMigration) {
			return nil
		}
	}
	for _, call := range calls {
		if !call.IsRequest() && isDatabase(call) {
			return call.To
		}
	}
	return nil
}

func isMigration(word string) bool {
	if strings.Contains(word, "migrat") {
		return true
	}
	switch word {
	case "alembic", "flyway", "liquibase", "goose", "dbmate", "db:prepare", "db:setup", "db:schema:load", "upgrade":
		return true
	}
	return false
}

// isDatabase says whether a call is to a database with tables or documents, by its scheme, port or name.
func isDatabase(call practice.Call) bool {
	switch call.Port {
	case 5432, 3306, 1433, 1521, 27017, 26257, 6432, 9042:
		return true
	}
	switch scheme, _, _ := strings.Cut(call.Host.Scheme, "+"); scheme {
	case "postgres", "postgresql", "mysql", "mariadb", "sqlserver", "oracle", "mongodb", "cockroachdb":
		return true
	}
	return false
}

// waits says whether an init container waits for something.
func waits(pod *practice.Pod) bool {
	for c := range pod.Inits() {
		if strings.Contains(c.Name, "wait") || strings.Contains(c.Image, "wait") || strings.Contains(c.Name, "migrat") || strings.Contains(c.Name, "check") {
			return true
		}
		for _, word := range slices.Concat(c.Command, c.Args) {
			for _, sign := range []string{"until ", "while ", "wait", "nc ", "isready", "for i in", "dockerize", "--retry"} {
				if strings.Contains(word, sign) {
					return true
				}
			}
		}
	}
	return false
}

// triesAgain says whether a variable of the container tells what it runs to try again.
func triesAgain(c *practice.Container) bool {
	for _, env := range c.Env {
		if strings.Contains(env.Name, "RETR") || strings.Contains(env.Name, "WAIT") {
			return true
		}
	}
	return false
}
