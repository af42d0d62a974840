// Package shell reads shell command lines as far as practices need it: which commands there are, how they are joined, in
// which loops and subshells they stand and where their output goes. In goes a script, out come its commands in the order
// they are written. It expands nothing, runs nothing, knows sh and what of bash people use in images, and takes what is
// broken for something that is merely unusual.
package shell

import (
	"path"
	"slices"
	"strings"
)

// Script is a command line or a whole script.
type Script struct {
	Commands []*Command // simple ones, in the order they are written, those inside of loops and functions too
}

// Join says what joins a command or block to what comes after it.
type Join string

// The joins. A newline is a Seq.
const (
	End        Join = "" // nothing comes after it
	Seq        Join = ";"
	And        Join = "&&"
	Or         Join = "||"
	Pipe       Join = "|"
	Background Join = "&"
)

// Command is one simple command.
type Command struct {
	// Words are the command and its arguments, without quotes; variables and $(…) stay as written.
	Words       []string
	Assignments []string // "NAME=value" before the words
	Redirects   []Redirect
	Next        Join
	Line        int // 0-based, of its first word
	// Block is the innermost loop, subshell, … it stands in, nil for none; Condition says that it is what that asks.
	Block     *Block
	Condition bool

	background bool
}

// Redirect sends output to a file or takes input from one.
type Redirect struct {
	FD     string // the number before it, "&" for both outputs; "" if none is written
	Op     string // ">", ">>", "<", ">&", "<<", …
	Target string // without quotes; of a here-document its text
}

// Kind of a block.
type Kind string

// The kinds of blocks.
const (
	Loop     Kind = "loop" // while, until, for, select
	If       Kind = "if"
	Case     Kind = "case"
	Subshell Kind = "("
	Group    Kind = "{"
	Function Kind = "function"
)

// Block is a compound command: a loop, an if, a subshell, …
type Block struct {
	Kind      Kind
	Keyword   string // of a loop: "while", "until", "for", "select"
	Head      []string
	Test      []*Command // what it asks: of if, while, until
	Redirects []Redirect
	Next      Join
	Outer     *Block
	Condition bool // it stands in the condition of Outer

	background  bool
	inCondition bool    // while it is read
	list        []*bool // the background marks of what is joined so far
}

// Writes says that output goes to Target.
func (r Redirect) Writes() bool {
	return strings.Contains(r.Op, ">") && (r.Op != ">&" || strings.Trim(r.Target, "0123456789-") != "")
}

// Endless says that a loop ends only by a break or with its shell: while true, until false, for ((;;)).
func (b *Block) Endless() bool {
	if b.Kind != Loop {
		return false
	}
	if b.Keyword == "for" {
		return len(b.Head) == 1 && strings.Contains(strings.ReplaceAll(b.Head[0], " ", ""), ";;")
	}
	if len(b.Test) != 1 {
		return false
	}
	words := b.Test[0].Words
	for len(words) > 1 && (words[0] == "[" || words[0] == "[[" || words[0] == "test") {
		words = slices.DeleteFunc(slices.Clone(words[1:]), func(w string) bool { return w == "]" || w == "]]" })
	}
	if len(words) != 1 {
		return false
	}
	if b.Keyword == "until" {
		return path.Base(words[0]) == "false"
	}
	return slices.Contains([]string{"true", ":", "1", "((1))", "((true))"}, path.Base(strings.ReplaceAll(words[0], " ", "")))
}

// InBackground says that the shell does not wait for the command: it, the list it is part of, or a block around it ends
// in &.
func (c *Command) InBackground() bool {
	if c.background {
		return true
	}
	for b := c.Block; b != nil; b = b.Outer {
		if b.background {
			return true
		}
	}
	return false
}

// Looped is the innermost loop that runs the command again and again, or nil. What the loop asks is looped, too.
func (c *Command) Looped() *Block {
	for b := c.Block; b != nil; b = b.Outer {
		if b.Kind == Loop {
			return b
		}
	}
	return nil
}

// Exec says that the command takes the shell's place.
func (c *Command) Exec() bool { return len(c.Words) > 1 && c.Words[0] == "exec" }

// Program is the name of the program that runs in the end, without its directory, and its arguments: past exec, env,
// sudo, gosu, tini and their like. Of what isn't a program (an assignment, a redirect) it is "".
func (c *Command) Program() (name string, args []string) {
	name, args = Unwrap(c.Words)
	return name, args
}

// Inner is the script that `sh -c`, `bash -lc` or eval runs, or nil.
func (c *Command) Inner() *Script {
	if text, ok := Inline(c.Words); ok {
		return Parse(text)
	}
	return nil
}

// Inline is the script in the words of a command that hands one to a shell (`bash -ec SCRIPT`) or to eval.
func Inline(words []string) (script string, ok bool) {
	name, args := Unwrap(words)
	if name == "eval" {
		return strings.Join(args, " "), len(args) > 0
	}
	if !IsShell(name) {
		return "", false
	}
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "--"):
		case strings.HasPrefix(arg, "-") && strings.HasSuffix(arg, "c") && i+1 < len(args):
			return args[i+1], true
		case arg == "-o" || strings.HasPrefix(arg, "-") || strings.HasPrefix(arg, "+"):
		case i > 0 && strings.HasSuffix(args[i-1], "o"): // -o pipefail, -euxo pipefail
		default:
			return "", false // a file
		}
	}
	return "", false
}

// IsShell says whether a program is a shell that this package reads, by its name without directory.
func IsShell(name string) bool {
	return slices.Contains([]string{"sh", "bash", "ash", "dash", "zsh", "ksh"}, name)
}

// wrapper is a program that runs another one.
type wrapper struct {
	values string // its options of one letter that take a value
	first  int    // words of its own before the program
	assign bool   // NAME=value may come before the program
}

var wrappers = map[string]wrapper{
	"exec": {values: "a"}, "command": {}, "builtin": {}, "nohup": {}, "time": {values: "fo"}, "setsid": {}, "unbuffer": {},
	"env": {values: "uCS", assign: true}, "sudo": {values: "ugCDhpRTU", assign: true}, "doas": {values: "uC"},
	"gosu": {first: 1}, "su-exec": {first: 1}, "s6-setuidgid": {first: 1}, "chpst": {values: "uUbemdofcrtp/"},
	"nice": {values: "n"}, "ionice": {values: "cnp"}, "stdbuf": {values: "ioe"}, "timeout": {values: "sk", first: 1},
	"tini": {values: "pe"}, "tini-static": {values: "pe"}, "dumb-init": {values: "r"}, "catatonit": {}, "docker-init": {},
	"setpriv": {}, "chroot": {first: 1}, "eatmydata": {}, "xvfb-run": {values: "efnps"}, "runuser": {values: "ugG"},
}

// Unwrap finds the program that a list of words runs in the end, without its directory, and its arguments.
func Unwrap(words []string) (name string, args []string) {
	for len(words) > 0 {
		name, args = path.Base(strings.ReplaceAll(words[0], `\`, "/")), words[1:]
		w, wraps := wrappers[name]
		if !wraps {
			return name, args
		}
		words = w.past(args)
	}
	return name, args
}

// past skips a wrapper's own words.
func (w wrapper) past(words []string) []string {
	for len(words) > 0 {
		option := words[0]
		switch {
		case option == "--":
			words = words[1:]
			return words[min(w.first, len(words)):]
		case strings.HasPrefix(option, "--"):
			words = words[1:]
		case len(option) > 1 && option[0] == '-':
			words = words[1:]
			if strings.ContainsRune(w.values, rune(option[len(option)-1])) && len(words) > 0 {
				words = words[1:]
			}
		case w.assign && isAssignment(option):
			words = words[1:]
		default:
			words = words[min(w.first, len(words)):]
			if len(words) > 0 && words[0] == "--" {
				words = words[1:]
			}
			return words
		}
	}
	return nil
}

// isAssignment says whether a word is NAME=value (or NAME+=value, NAME[i]=value).
func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	name = strings.TrimSuffix(name, "+")
	if i := strings.IndexByte(name, '['); i > 0 && strings.HasSuffix(name, "]") {
		name = name[:i]
	}
	return ok && isName(name)
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
