package shell

import (
	"slices"
	"strings"
)

// reader puts tokens together to commands.
type reader struct {
	lexer
	script *Script
	top    *Block   // stands for the script itself, so that each command has a list it is part of
	block  *Block   // the innermost open one
	cmd    *Command // the one being read, or nil
	closed *Block   // the one that ended just now: redirects and joins are its own
	named  bool     // name() came just now: the block that comes is a function
	// unclosed says that there is no )) in what is yet to be read.
	unclosed bool
}

// Parse reads a script. It never fails: what is broken is read as something.
func Parse(text string) *Script {
	top := &Block{}
	r := &reader{lexer: lexer{src: text}, script: &Script{}, top: top, block: top}
	for {
		t := r.next()
		switch {
		case t.word:
			r.word(t)
		case t.text == "":
			r.end(End)
			r.resolve()
			return r.script
		default:
			r.operator(t)
		}
	}
}

// resolve takes away the block that stands for the script.
func (r *reader) resolve() {
	for _, c := range r.script.Commands {
		if c.Block == r.top {
			c.Block = nil
		}
		for b := c.Block; b != nil; b = b.Outer {
			if b.Outer == r.top {
				b.Outer = nil
			}
		}
	}
}

// command is the one being read, begun if there is none.
func (r *reader) command(line int) *Command {
	if r.cmd == nil {
		r.cmd = &Command{Line: line, Block: r.block, Condition: r.block.inCondition}
		r.script.Commands = append(r.script.Commands, r.cmd)
		r.block.list = append(r.block.list, &r.cmd.background)
		if r.block.inCondition {
			r.block.Test = append(r.block.Test, r.cmd)
		}
		r.closed, r.named = nil, false
	}
	return r.cmd
}

// end ends the command or block before a join.
func (r *reader) end(next Join) {
	switch {
	case r.cmd != nil:
		r.cmd.Next = next
	case r.closed != nil:
		r.closed.Next = next
	}
	r.cmd, r.closed = nil, nil
	switch next {
	case Background:
		for _, mark := range r.block.list {
			*mark = true
		}
		fallthrough
	case Seq, End:
		r.block.list = nil
	}
}

// open begins a block.
func (r *reader) open(kind Kind, keyword string) *Block {
	if r.named && kind != Loop && kind != If && kind != Case {
		kind = Function
	}
	b := &Block{Kind: kind, Keyword: keyword, Outer: r.block, Condition: r.block.inCondition}
	r.block.list = append(r.block.list, &b.background)
	r.block, r.closed, r.named = b, nil, false
	return b
}

// close ends the innermost block of such kinds, and all that were left open in it.
func (r *reader) close(kinds ...Kind) {
	r.end(End)
	for b := r.block; b != r.top; b = b.Outer {
		if slices.Contains(kinds, b.Kind) {
			r.block, r.closed = b.Outer, b
			return
		}
	}
}

func (r *reader) word(t token) {
	if r.cmd != nil && len(r.cmd.Words) > 0 || t.quoted || !r.keyword(t) {
		c := r.command(t.line)
		if len(c.Words) == 0 && isAssignment(t.text) {
			c.Assignments = append(c.Assignments, t.text)
			return
		}
		c.Words = append(c.Words, t.text)
	}
}

// keyword reads a word that means something to the shell itself where a command begins.
func (r *reader) keyword(t token) bool {
	if r.cmd != nil {
		return false // assignments or redirects came before it
	}
	switch t.text {
	case "if":
		r.open(If, t.text).inCondition = true
	case "elif":
		r.end(End)
		r.block.inCondition = r.block.Kind == If
	case "then", "else", "do":
		r.end(End)
		r.block.inCondition, r.block.list = false, nil
	case "fi":
		r.close(If)
	case "while", "until":
		r.open(Loop, t.text).inCondition = true
	case "for", "select":
		r.head(r.open(Loop, t.text), "do")
	case "done":
		r.close(Loop)
	case "case":
		r.head(r.open(Case, t.text), "in")
		r.pattern()
	case "esac":
		r.close(Case)
	case "{":
		r.open(Group, t.text)
	case "}":
		r.close(Group, Function)
	case "function":
		r.function()
	case "!":
	case "[[":
		r.command(t.line).Words = slices.Concat([]string{"[["}, strings.Fields(r.until("]]")), []string{"]]"})
	default:
		return false
	}
	return true
}

// head reads the words of a for or case up to its do or in.
func (r *reader) head(b *Block, to string) {
	for {
		before := r.lexer
		switch t := r.next(); {
		case t.text == "" && !t.word, t.text == to && t.word && (to == "do" || len(b.Head) > 0):
			return
		case t.text == "(" && strings.HasPrefix(r.src[r.at:], "("):
			r.at++
			b.Head = append(b.Head, r.until("))"))
		case t.word:
			b.Head = append(b.Head, t.text)
		case t.text == "\n" || t.text == ";":
		default: // no head at all: what comes is read as commands
			r.lexer = before
			return
		}
	}
}

// pattern passes over the pattern of a case.
func (r *reader) pattern() {
	for {
		before := r.lexer
		switch t := r.next(); {
		case t.text == ")" && !t.word, t.text == "" && !t.word:
			return
		case t.text == "esac" && t.word && !t.quoted:
			r.lexer = before
			return
		}
	}
}

// function reads what follows the word function up to its block.
func (r *reader) function() {
	if name := r.next(); !name.word {
		return
	}
	before := r.lexer
	if r.next().text == "(" {
		if r.next().text == ")" {
			before = r.lexer
		}
	}
	r.lexer, r.named = before, true
}

func (r *reader) operator(t token) {
	switch t.text {
	case "\n":
		if r.cmd != nil || r.closed != nil {
			r.end(Seq)
		}
	case ";":
		r.end(Seq)
	case ";;", ";&", ";;&":
		r.end(Seq)
		r.pattern()
	case "&&", "||", "|", "&":
		r.end(Join(t.text))
	case "|&":
		r.end(Pipe)
	case "(":
		r.parenthesis(t)
	case ")":
		r.close(Subshell, Function)
	default:
		r.redirect(t)
	}
}

// parenthesis begins a subshell, a function's () or an arithmetic ((…)).
func (r *reader) parenthesis(t token) {
	if r.cmd == nil {
		isArithmetic := strings.HasPrefix(r.src[r.at:], "(") && !r.unclosed
		if isArithmetic && !strings.Contains(r.src[r.at:], "))") {
			isArithmetic, r.unclosed = false, true // nor is there one further on
		}
		if isArithmetic {
			r.at++
			r.command(t.line).Words = []string{"((" + r.until("))") + "))"}
			return
		}
		r.open(Subshell, t.text)
		return
	}
	before := r.lexer
	if r.next().text == ")" && len(r.cmd.Words) == 1 {
		r.drop()
		r.named = true
		return
	}
	r.lexer = before
	r.end(Seq)
	r.open(Subshell, t.text)
}

// drop forgets the command being read: it was a function's name.
func (r *reader) drop() {
	r.script.Commands = r.script.Commands[:len(r.script.Commands)-1]
	if n := len(r.block.list); n > 0 {
		r.block.list = r.block.list[:n-1]
	}
	if n := len(r.block.Test); n > 0 && r.block.Test[n-1] == r.cmd {
		r.block.Test = r.block.Test[:n-1]
	}
	r.cmd = nil
}

// redirect reads where to or from.
func (r *reader) redirect(t token) {
	redirect := Redirect{FD: t.fd, Op: t.text}
	if rest, both := strings.CutPrefix(t.text, "&"); both {
		redirect.FD, redirect.Op = "&", rest
	}
	before := r.lexer
	target := r.next()
	switch {
	case target.word:
		redirect.Target = target.text
	case target.text == "(": // <(…), >(…): a process in place of a file
		r.at--
		redirect.Target = r.balanced('(', ')')
	case (target.text == "<" || target.text == ">") && strings.HasPrefix(r.src[r.at:], "("): // > >(…)
		redirect.Target = r.balanced('(', ')')
	default:
		r.lexer = before
	}
	into := r.redirects(t.line)
	*into = append(*into, redirect)
	if doc := redirect.Op == "<<" || redirect.Op == "<<-"; doc && target.word {
		i := len(*into) - 1
		r.docs = append(r.docs, heredoc{end: target.text, tabs: redirect.Op == "<<-", store: func(text string) { (*into)[i].Target = text }})
	}
}

// redirects of the block that ended just now, or of the command.
func (r *reader) redirects(line int) *[]Redirect {
	if r.cmd == nil && r.closed != nil {
		return &r.closed.Redirects
	}
	return &r.command(line).Redirects
}
