package practice

import (
	"cmp"
	"fmt"
	"iter"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

// Start is what a container is told to start, by its command and args, or the image of a Dockerfile by its ENTRYPOINT
// and CMD.
type Start struct {
	Words []string // all of them, in a row
	// Script is what a shell is told to run, in the words or in a file that is at hand; of anything else it is one command.
	Script *shell.Script
	Text   string // of the script, as written; "" if no shell runs it
	// Shell says that a shell runs the script; FromFile that the script is a file's.
	Shell, FromFile bool
	Container       *Container              // nil of a Dockerfile
	Stage           *dockerfile.Stage       // nil of a container
	Instruction     *dockerfile.Instruction // that says what is started; nil of a container
	// Whose is the subject of a message: `container "web"`, `CMD`.
	Whose string
	At    Place

	functions map[string]bool // that the script defines; once somebody has asked: a script may have as many commands as names
}

// Ends says that it is to run to its end: an init container, a Job.
func (s *Start) Ends() bool {
	return s.Container != nil && (s.Container.Role == Init || s.Container.Pod.Ends())
}

// Starts iterates over what containers and the final stages of Dockerfiles are told to start. Containers that say
// nothing start what their image does, and are not among them; nor are ephemeral ones, by which people look at others,
// and those of a cluster's pods that a controller made.
func (p *Pass) Starts() iter.Seq[*Start] {
	return func(yield func(*Start) bool) {
		for pod := range p.Pods() {
			if metav1.GetControllerOf(pod.Object) != nil {
				continue // it is judged where it is made
			}
			for c := range pod.Containers() {
				if s := p.startOf(c); s != nil && !yield(s) {
					return
				}
			}
		}
		for f := range p.Files() {
			if s := startOf(f); s != nil && !yield(s) {
				return
			}
		}
	}
}

func (p *Pass) startOf(c *Container) *Start {
	words := slices.Concat(c.Command, c.Args)
	if len(words) == 0 || c.Role == Ephemeral {
		return nil
	}
	// at is the place of a word.
	at := func(i int) Place {
		if i < len(c.Command) {
			return c.At("command", strconv.Itoa(i))
		}
		return c.At("args", strconv.Itoa(i-len(c.Command)))
	}
	s := &Start{Words: words, Container: c, Whose: fmt.Sprintf("%s %q", c.Role, c.Name), At: at(0)}
	if text, ok := shell.Inline(words); ok {
		s.Shell, s.Text, s.Script = true, text, shell.Parse(text)
		if i := slices.Index(words, text); i >= 0 {
			s.At = at(i)
		}
		return s
	}
	if text, where, ok := p.mountedScript(c, scriptFile(words)); ok {
		s.Shell, s.FromFile, s.Text, s.Script, s.At = true, true, text, shell.Parse(text), where
		return s
	}
	s.Script = oneCommand(words)
	return s
}

// oneCommand is a script of it, past an entrypoint script that prepares something and starts the rest of its words.
func oneCommand(words []string) *shell.Script {
	if len(words) > 1 && strings.Contains(path.Base(words[0]), "entrypoint") && !strings.HasPrefix(words[1], "-") {
		words = words[1:]
	}
	return &shell.Script{Commands: []*shell.Command{{Words: words}}}
}

// scriptFile is the file that a command runs: the word after a shell's options, or the program itself.
func scriptFile(words []string) string {
	name, args := shell.Unwrap(words)
	if shell.IsShell(name) {
		for _, arg := range args {
			if !strings.HasPrefix(arg, "-") {
				return arg
			}
		}
		return ""
	}
	if i := len(words) - len(args) - 1; i >= 0 && i < len(words) {
		return words[i]
	}
	return ""
}

// mountedScript is the text of a file that the container mounts from a ConfigMap of the scope.
func (p *Pass) mountedScript(c *Container, file string) (text string, at Place, ok bool) {
	if !path.IsAbs(file) {
		return "", Place{}, false
	}
	for _, mount := range c.VolumeMounts {
		for _, volume := range c.Pod.Spec.Volumes {
			if volume.Name != mount.Name || volume.ConfigMap == nil {
				continue
			}
			key, inside := strings.CutPrefix(path.Clean(file), path.Clean(mount.MountPath)+"/")
			if mount.SubPath != "" {
				key, inside = mount.SubPath, path.Clean(file) == path.Clean(mount.MountPath)
			}
			for _, item := range volume.ConfigMap.Items {
				if item.Path == key {
					key = item.Key
				}
			}
			config := p.Find(manifest.ID{Kind: "ConfigMap", Namespace: c.Pod.Object.ID().Namespace, Name: volume.ConfigMap.Name})
			if !inside || config == nil {
				continue
			}
			if text := config.Text("data", key); text != "" && isShellScript(text) {
				return text, config.At("data", key), true
			}
		}
	}
	return "", Place{}, false
}

// isShellScript goes by the first line: without a #! a shell runs it.
func isShellScript(text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	interpreter, isMarked := strings.CutPrefix(first, "#!")
	if !isMarked {
		return true
	}
	name, _ := shell.Unwrap(strings.Fields(interpreter))
	return shell.IsShell(name)
}

// startOf is what a Dockerfile's image starts, nil if it doesn't say (its base does), or if no shell that is read here
// runs it.
func startOf(f *dockerfile.File) *Start {
	stage := f.Final()
	if stage == nil {
		return nil
	}
	entry, cmd := stage.Last("ENTRYPOINT"), stage.Last("CMD")
	if in := stage.Last("SHELL"); in != nil && len(in.Args) > 0 && !shell.IsShell(path.Base(in.Args[0])) {
		return nil
	}
	words, says := wordsOf(entry), entry
	if entry == nil || !entry.Shell {
		words = append(words, wordsOf(cmd)...)
		if cmd != nil && handsOver(wordsOf(entry)) {
			says = cmd
		}
	}
	if len(words) == 0 {
		return nil
	}
	s := &Start{Words: words, Stage: stage, Instruction: says, Whose: says.Keyword, At: Line(f, says.Line)}
	if text, ok := shell.Inline(words); ok {
		s.Shell, s.Text, s.Script = true, text, shell.Parse(text)
		return s
	}
	if in := hereScript(stage, scriptFile(words)); in != nil {
		s.Shell, s.FromFile, s.Text, s.Script, s.At = true, true, in.Heredoc, shell.Parse(in.Heredoc), Line(f, in.Line)
		return s
	}
	s.Script = oneCommand(words)
	return s
}

// handsOver says that an entrypoint only starts what CMD says: there is none, or it is tini or a script that prepares
// something.
func handsOver(entry []string) bool {
	const program = "program"
	name, _ := shell.Unwrap(append(entry, program))
	return name == program || strings.Contains(name, "entrypoint")
}

func wordsOf(in *dockerfile.Instruction) []string {
	switch {
	case in == nil:
		return nil
	case in.Shell:
		return append([]string{"/bin/sh", "-c"}, in.Args...)
	}
	return slices.Clone(in.Args)
}

// hereScript is the COPY that writes a script from a here-document.
func hereScript(stage *dockerfile.Stage, file string) *dockerfile.Instruction {
	for ; stage != nil && file != ""; stage = stage.Stage {
		for _, in := range slices.Backward(stage.Instructions) {
			if in.Heredoc == "" || in.Keyword != "COPY" && in.Keyword != "ADD" || len(in.Args) == 0 {
				continue
			}
			to := in.Args[len(in.Args)-1]
			if path.Clean(to) == path.Clean(file) && isShellScript(in.Heredoc) {
				return in
			}
		}
	}
	return nil
}

// Last is the command that the script ends in, and with that the process, nil if there is none; those of functions don't
// count.
func (s *Start) Last() *shell.Command {
	for _, c := range slices.Backward(s.Script.Commands) {
		if len(c.Words) > 0 && !InFunction(c) {
			return c
		}
	}
	return nil
}

// InFunction says that a command stands in a function: whether and when it runs is told elsewhere.
func InFunction(c *shell.Command) bool {
	for b := c.Block; b != nil; b = b.Outer {
		if b.Kind == shell.Function {
			return true
		}
	}
	return false
}

// Calls says that a command of that name is a function of the script, not a program.
func (s *Start) Calls(name string) bool {
	if s.functions == nil {
		s.functions = map[string]bool{}
		for _, m := range function.FindAllStringSubmatch(s.Text, -1) {
			s.functions[cmp.Or(m[1], m[2])] = true
		}
	}
	return s.functions[name]
}

// function is how a shell's function begins.
var function = regexp.MustCompile(`([^\s;&|(){}<>"'$]+) ?\(\)|function\s+([^\s;&|(){}<>"'$]+)`)
