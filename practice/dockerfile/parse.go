package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Parse reads a Dockerfile. What is broken in it is in the File; it never fails.
func Parse(path string, text []byte) (f *File) {
	f = &File{Path: path}
	defer func() {
		if broken := recover(); broken != nil { // the builder's parser has met something that it doesn't expect
			f.problem(1, fmt.Errorf("read the file: %v", broken))
		}
	}()
	nodes, escape := f.read(text)
	f.Remarks = remarks(text, nodes)
	b := &builder{file: f, lines: strings.Split(string(text), "\n"), lex: newLex(escape), global: &scope{}}
	for _, n := range nodes {
		b.instruction(n)
	}
	if len(f.Stages) == 0 && len(f.Problems) == 0 {
		f.problem(1, errors.New("the file has no FROM"))
	}
	return f
}

func (f *File) problem(line int, err error) {
	f.Problems = append(f.Problems, Problem{Line: max(line, 1), Err: err})
}

// mostBroken bounds how often a file is read anew: after so many broken lines the rest isn't read.
const mostBroken = 30

// read has the builder's parser read the file. That stops at what it can't read: the lines are noted, taken out, and the
// file is read again.
func (f *File) read(text []byte) (nodes []*parser.Node, escape rune) {
	text = f.withoutLong(text)
	for range mostBroken {
		result, err := parser.Parse(bytes.NewReader(text))
		if err == nil {
			return result.AST.Children, result.EscapeToken
		}
		var at *parser.LocationError
		if !errors.As(err, &at) || len(at.Locations) == 0 || len(at.Locations[0]) == 0 {
			f.problem(1, err)
			break
		}
		lines := at.Locations[0]
		from, to := lines[0].Start.Line, lines[len(lines)-1].Start.Line
		if strings.Contains(err.Error(), "no instructions") {
			if len(f.Problems) == 0 {
				f.problem(1, err)
			}
			break
		}
		if strings.Contains(err.Error(), "parser directive") || strings.Contains(err.Error(), "escape token") {
			from, to = from+1, from+1 // of what is said in comments the parser counts lines from 0
		}
		f.problem(from, err)
		rest, ok := blank(text, from, to)
		if !ok {
			break
		}
		text = rest
	}
	return nil, parser.DefaultEscapeToken
}

// longest line that the builder reads.
const longest = 64*1024 - 2

// withoutLong takes out lines that are too long for the builder: it would say so of the whole file.
func (f *File) withoutLong(text []byte) []byte {
	if len(text) <= longest {
		return text
	}
	for i, line := range bytes.Split(text, []byte("\n")) {
		if len(line) > longest {
			f.problem(i+1, errors.New("the line is longer than the builder reads (64 KiB)"))
			text, _ = blank(text, i+1, i+1)
		}
	}
	return text
}

// blank empties lines, so that those after them keep their number; ok is false if there was nothing to empty.
func blank(text []byte, from, to int) (rest []byte, ok bool) {
	lines := bytes.Split(text, []byte("\n"))
	for i := max(from, 1); i <= to && i <= len(lines); i++ {
		ok = ok || len(lines[i-1]) > 0
		lines[i-1] = nil
	}
	return bytes.Join(lines, []byte("\n")), ok
}

// builder makes stages of what was read.
type builder struct {
	file   *File
	lines  []string
	lex    *lex
	global *scope // of what stands before the first FROM
	stage  *Stage // the current one, or nil
	shell  []string
}

func (b *builder) instruction(n *parser.Node) {
	if _, err := instructions.ParseInstruction(n); err != nil {
		b.file.problem(n.StartLine, plain(err))
		var unknown *instructions.UnknownInstructionError
		if errors.As(err, &unknown) {
			return
		}
	}
	keyword := strings.ToUpper(n.Value)
	switch {
	case keyword == "FROM":
		b.from(n)
	case keyword == "ARG" && b.stage == nil:
		b.lex.declare(b.global, words(n), nil)
	case b.stage == nil:
		b.file.problem(n.StartLine, fmt.Errorf("%s stands before the first FROM", keyword))
	default:
		b.add(n, keyword)
	}
}

// plain is an error without where it is, which the Problem says.
func plain(err error) error {
	var at *parser.LocationError
	if errors.As(err, &at) {
		return errors.New(at.Error())
	}
	return err
}

// from begins a stage.
func (b *builder) from(n *parser.Node) {
	args := words(n)
	if len(args) == 0 {
		return
	}
	s := &Stage{Line: n.StartLine, Platform: flags(n)["platform"]}
	if len(args) >= 3 && strings.EqualFold(args[1], "as") {
		s.Name = strings.ToLower(args[2])
	}
	base, open := b.lex.expand(args[0], b.global)
	s.Base, s.Unresolved = base, open
	if base == "" { // its variable has no value, or an empty one that only the build can fill
		s.Base, s.Unresolved = args[0], true
	}
	s.Stage = b.file.named(s.Base, len(b.file.Stages))
	s.scope = &scope{}
	if s.Stage != nil {
		s.scope = s.Stage.scope.inherit()
	}
	b.file.Stages = append(b.file.Stages, s)
	b.stage, b.shell = s, nil
}

// named is the last of the first n stages that has a name.
func (f *File) named(name string, n int) *Stage {
	for i := n - 1; i >= 0; i-- {
		if s := f.Stages[i]; s.Name != "" && strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// add puts an instruction into the current stage.
func (b *builder) add(n *parser.Node, keyword string) {
	in := &Instruction{Keyword: keyword, Line: n.StartLine, EndLine: n.EndLine, Text: strings.TrimSpace(n.Original), shell: b.shell}
	for _, line := range b.lines[n.StartLine-1 : min(n.EndLine, len(b.lines))] {
		in.Lines = append(in.Lines, strings.TrimSuffix(line, "\r"))
	}
	inner := n
	if keyword == "ONBUILD" {
		if n.Next == nil || len(n.Next.Children) == 0 {
			return
		}
		inner = n.Next.Children[0]
		in.OnBuild, in.Keyword = true, strings.ToUpper(inner.Value)
		inner.Heredocs = n.Heredocs
		if _, err := instructions.ParseInstruction(inner); err != nil {
			b.file.problem(n.StartLine, plain(err))
		}
	}
	in.Flags = flags(inner)
	for _, doc := range inner.Heredocs {
		text := doc.Content
		if doc.Chomp {
			text = parser.ChompHeredocContent(text)
		}
		in.Heredoc += text
	}
	in.Args = b.arguments(in, inner)
	b.stage.Instructions = append(b.stage.Instructions, in)
}

// arguments of an instruction, expanded where the builder does; what it sets is noted.
func (b *builder) arguments(in *Instruction, n *parser.Node) []string {
	args := words(n)
	scope := b.stage.scope
	if in.OnBuild {
		scope = scope.inherit() // what it sets is set elsewhere
	}
	switch in.Keyword {
	case "RUN", "CMD", "ENTRYPOINT":
		in.Shell = !n.Attributes["json"] && len(args) > 0
	case "HEALTHCHECK":
		if len(args) > 0 && strings.EqualFold(args[0], "CMD") {
			args = args[1:]
			in.Shell = !n.Attributes["json"]
		}
	case "SHELL":
		if !in.OnBuild {
			b.shell = args
		}
	case "ARG":
		return b.lex.declare(scope, args, b.global)
	case "ENV":
		return b.lex.set(scope, args)
	case "LABEL":
		return b.lex.pairs(scope, args)
	case "EXPOSE":
		return b.lex.split(scope, args)
	case "ADD", "COPY", "USER", "WORKDIR", "VOLUME", "STOPSIGNAL":
		for i := range args {
			args[i], _ = b.lex.expand(args[i], scope)
		}
		for name, value := range in.Flags {
			in.Flags[name], _ = b.lex.expand(value, scope)
		}
	}
	return args
}

// words of an instruction as the parser has them: of ENV and LABEL name, value and what stands between them, each.
func words(n *parser.Node) []string {
	var list []string
	for n = n.Next; n != nil; n = n.Next {
		list = append(list, n.Value)
	}
	return list
}

// flags of an instruction; several of one name are in one value, each on a line of its own.
func flags(n *parser.Node) map[string]string {
	if len(n.Flags) == 0 {
		return nil
	}
	all := make(map[string]string, len(n.Flags))
	for _, flag := range n.Flags {
		name, value, ok := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		if !ok {
			value = "true"
		}
		if before, twice := all[name]; twice {
			value = before + "\n" + value
		}
		all[name] = value
	}
	return all
}

// From is the stage that a COPY or a mount of RUN takes files from, by name or number, or nil: then it is an image, or
// none is named.
func (f *File) From(in *Instruction) *Stage {
	name := in.Flags["from"]
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(f.Stages) {
		return f.Stages[i]
	}
	return f.named(name, len(f.Stages))
}
