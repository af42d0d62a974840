package runasnonroot

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// check is the edit that has the kubelet check a container whose user is said and isn't root: beside the user, if that is
// the pod's and holds for all of its containers. Where no user is said only the image knows who it is: nothing is set.
func check(pod *practice.Pod, c *practice.Container, holdsForAll bool) []practice.Edit {
	who := identify(pod, c)
	if who.user == nil || !pod.TakesAll() {
		return nil
	}
	at := place{container: c, field: "runAsNonRoot"}
	if who.userAt.container == nil && holdsForAll {
		at.container = nil
	}
	return []practice.Edit{at.in(pod).Set(true)}
}

// byNumber is the edit that makes the number of a user of its name. The group stays: only the user is checked.
func byNumber(user *dockerfile.Instruction, number string) []practice.Edit {
	if number == "" || user.Line != user.EndLine || strings.Contains(user.Text, "$") {
		return nil
	}
	if _, group, ok := strings.Cut(strings.Join(user.Args, " "), ":"); ok {
		number += ":" + group
	}
	return []practice.Edit{{First: user.Line, Last: user.Line, Text: []string{user.Text[:len("USER")] + " " + number}}}
}

// become is the edit that ends a stage with the user that it makes and never becomes: where there is just one, with a
// number, and nothing says that the image starts as root on purpose. An entrypoint that its base brings may need to.
func become(final *dockerfile.Stage) []practice.Edit {
	var number string
	last := final.Line
	if final.Last("ENTRYPOINT") == nil {
		return nil
	}
	for s := final; s != nil; s = s.Stage {
		for _, in := range s.Instructions {
			switch in.Keyword {
			case "RUN":
				for _, cmd := range in.Commands() {
					name, args := cmd.Program()
					if name != "useradd" && name != "adduser" {
						continue
					}
					made := numberIn(args)
					if made == "" || number != "" {
						return nil
					}
					number = made
				}
			case "VOLUME", "ONBUILD":
				return nil
			case "EXPOSE":
				if slices.ContainsFunc(in.Args, isLow) {
					return nil
				}
			case "CMD", "ENTRYPOINT":
				if in.Shell || slices.ContainsFunc(in.Args, isScript) {
					return nil
				}
			}
			if s == final && slices.Contains([]string{"RUN", "COPY", "ADD", "WORKDIR"}, in.Keyword) {
				last = max(last, in.EndLine)
			}
		}
	}
	if number == "" {
		return nil
	}
	return []practice.Edit{{First: last + 1, Last: last, Text: []string{"USER " + number}}}
}

// numberIn is the number that useradd gives a user, "" if it takes the next one.
func numberIn(args []string) string {
	for i, arg := range args {
		number, isOne := strings.CutPrefix(arg, "--uid=")
		if (arg == "-u" || arg == "--uid") && i+1 < len(args) {
			number, isOne = args[i+1], true
		}
		if n, err := strconv.Atoi(number); isOne && err == nil && n > 0 {
			return number
		}
	}
	return ""
}

// isLow says that a port is one of those that are root's, or that nobody knows which it is.
func isLow(port string) bool {
	number, _, _ := strings.Cut(port, "/")
	n, err := strconv.Atoi(number)
	return err != nil || n < 1024
}

// isScript says that an argument is a script, which may do things as root before it starts the program.
func isScript(arg string) bool {
	return strings.HasSuffix(arg, ".sh") || strings.Contains(arg, "entrypoint")
}
