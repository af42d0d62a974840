package cli

import (
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check/guide"
	"github.com/fairlead-dev/fairlead/practice"
)

// widestText is how wide a text may get to be read with ease.
const widestText = 96

// explainer prints what there is to read of a practice.
type explainer struct {
	*app
	width int
}

func (x explainer) heading(p *practice.Practice) {
	x.out.line(x.style.bold.Render(p.Title))
	x.out.line(p.ID + "  " + x.style.severity(p.Severity) + "  " + x.style.dim.Render(string(p.Category)+" · judges: "+p.Inputs.String()))
	fmt.Fprintln(x.out)
	x.paragraph(11, x.style.dim.Render("otherwise: ")+p.Leads)
	x.paragraph(11, x.style.dim.Render("   mended: ")+p.Fix)
	x.paragraph(11, x.style.dim.Render("   let be: ")+"# fairlead: allow "+p.ID+" because REASON, in the line above,")
	x.paragraph(11, "           or for many places in "+practice.PolicyFile+" (docs/exceptions.md, docs/settings.md)")
	for _, one := range p.Parameters {
		x.paragraph(11, x.style.dim.Render("parameter: ")+one.Name+": "+one.DefaultText()+"  "+x.style.dim.Render(one.About+"; "+one.Kind()))
	}
}

func (x explainer) paragraph(indent int, text string) {
	fmt.Fprintln(x.out, wrap(text, x.width, indent))
}

func (x explainer) text(blocks []guide.Block) {
	for i, b := range blocks {
		if b.Kind != guide.Item || i == 0 || blocks[i-1].Kind != guide.Item {
			fmt.Fprintln(x.out)
		}
		switch b.Kind {
		case guide.Heading:
			x.out.line(x.style.bold.Render(b.Text))
		case guide.Code:
			for line := range strings.SplitSeq(b.Text, "\n") {
				fmt.Fprintln(x.out, "    "+line)
			}
		case guide.Item:
			x.paragraph(4, "  - "+x.spans(b.Text))
		default:
			x.paragraph(0, x.spans(b.Text))
		}
	}
}

// spans colours code word by word, since a text is wrapped between words.
func (x explainer) spans(text string) string {
	var b strings.Builder
	for _, s := range guide.Spans(text) {
		style := x.style.info
		switch {
		case s.Strong:
			style = x.style.bold
		case !s.Code:
			b.WriteString(s.Text)
			continue
		}
		words := strings.Split(s.Text, " ")
		for i, word := range words {
			words[i] = style.Render(word)
		}
		b.WriteString(strings.Join(words, " "))
	}
	return b.String()
}

func (x explainer) example(e *guide.Example) {
	word := x.style.good.Render("● good:")
	if e.IsBad {
		word = x.style.bad.Render("✗ bad:")
	}
	fmt.Fprintf(x.out, "\n%s %s\n", word, e.Title())
	for _, f := range e.Files {
		if len(e.Files) > 1 {
			fmt.Fprintf(x.out, "\n      %s\n", x.style.dim.Render(f.Path))
		}
		for i, line := range f.Lines {
			fmt.Fprintln(x.out, strings.TrimRight(x.style.dim.Render(fmt.Sprintf("%4d  ", i+1))+line, " "))
			for _, found := range e.Findings {
				if found.Origin.Path == f.Path && found.Origin.Line == i+1 {
					x.caret(line, found)
				}
			}
		}
	}
}

// caret points at the column of a finding.
func (x explainer) caret(line string, found practice.Finding) {
	column := found.Origin.Column - 1
	if column < 0 {
		column = len(line) - len(strings.TrimLeft(line, " "))
	}
	style := x.style.bad
	if found.Severity < practice.Error {
		style = x.style.warn
	}
	indent := 6 + column
	x.paragraph(indent+2, strings.Repeat(" ", indent)+style.Render("^")+" "+found.Message)
}
