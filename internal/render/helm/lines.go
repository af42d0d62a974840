package helm

import (
	"regexp"
	"strconv"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/engine"
)

// Where the lines of a rendered text come from is found by rendering once more, with the number of the line at the end
// of each line of the templates. What the numbers themselves change (checksums of other templates) doesn't matter, as
// only the lines of that text are looked at.

const markBegin, markEnd = "\uf8f0", "\uf8f1" // private use: no manifest has them

var mark = regexp.MustCompile(markBegin + `(\d+)` + markEnd)

// lines renders the chart with numbered lines and returns, for each rendered text, the line of the template that each
// of its lines comes from; none for a text that can't be told.
func lines(e engine.Engine, c *chart.Chart, top common.Values, rendered map[string]string) map[string][]int {
	numbered, err := e.Render(withNumbers(c), top)
	if err != nil {
		return nil // a template reads what another one rendered, and doesn't understand the numbers
	}
	all := map[string][]int{}
	for name, text := range rendered {
		found := origins(numbered[name])
		if len(found) == strings.Count(text, "\n")+1 {
			all[name] = found
		}
	}
	return all
}

// origins reads the numbers: a line without one was made by the action that ends on the next line that has one.
func origins(text string) []int {
	rows := strings.Split(text, "\n")
	out := make([]int, len(rows))
	next := 0
	for i := len(rows) - 1; i >= 0; i-- {
		if found := mark.FindAllStringSubmatch(rows[i], -1); found != nil {
			next, _ = strconv.Atoi(found[0][1])
		}
		out[i] = next
	}
	return out
}

// withNumbers copies a chart and numbers the lines of its templates.
func withNumbers(c *chart.Chart) *chart.Chart {
	out := *c
	out.Templates = nil
	for _, f := range c.Templates {
		numbered := *f
		numbered.Data = []byte(number(string(f.Data)))
		out.Templates = append(out.Templates, &numbered)
	}
	var dependencies []*chart.Chart
	for _, dep := range c.Dependencies() {
		dependencies = append(dependencies, withNumbers(dep))
	}
	out.SetDependencies(dependencies...)
	return &out
}

// action is anything between {{ and }}.
var action = regexp.MustCompile("(?s)\\{\\{(-\\s)?\\s*(?:(/\\*.*?\\*/)|((?:[^\"`}]|\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|\\}[^}])*?))\\s*(-)?\\}\\}")

// number puts the number of each line before its end, where that makes no difference to the template: not in named
// templates, whose text goes through functions, and not in white space that an action trims away.
func number(text string) string {
	var out strings.Builder
	line, depth, defined := 1, 0, 0 // defined is the depth at which a named template began
	rest, trimmed := text, false
	for rest != "" {
		at := action.FindStringSubmatchIndex(rest)
		if at == nil {
			out.WriteString(numberText(rest, line, trimmed, false, defined > 0))
			break
		}
		trimsLeft := at[2] >= 0
		out.WriteString(numberText(rest[:at[0]], line, trimmed, trimsLeft, defined > 0))
		out.WriteString(rest[at[0]:at[1]])
		line += strings.Count(rest[:at[1]], "\n")
		if at[6] >= 0 {
			switch keyword, _, _ := strings.Cut(strings.TrimSpace(rest[at[6]:at[7]])+" ", " "); keyword {
			case "define", "block":
				if depth++; defined == 0 {
					defined = depth
				}
			case "if", "range", "with":
				depth++
			case "end":
				if depth == defined {
					defined = 0
				}
				depth--
			}
		}
		trimmed = at[8] >= 0
		rest = rest[at[1]:]
	}
	return out.String()
}

const white = " \t\r\n"

// numberText numbers the lines of a piece of text between two actions; from is the line it begins on.
func numberText(text string, from int, trimmedLeft, trimmedRight, named bool) string {
	if named || text == "" {
		return text
	}
	head, core, tail := "", text, ""
	if trimmedLeft {
		core = strings.TrimLeft(text, white)
		head = text[:len(text)-len(core)]
	}
	if trimmedRight {
		kept := strings.TrimRight(core, white)
		core, tail = kept, core[len(kept):]
	}
	var out strings.Builder
	out.WriteString(head)
	line := from + strings.Count(head, "\n")
	if core == "" && head == "" && strings.Contains(tail, "\n") { // what stands before is what an action made
		out.WriteString(markBegin + strconv.Itoa(line) + markEnd)
	}
	for core != "" {
		end := strings.IndexByte(core, '\n')
		if end < 0 {
			out.WriteString(core)
			if tail != "" && strings.Contains(tail, "\n") {
				out.WriteString(markBegin + strconv.Itoa(line) + markEnd)
			}
			break
		}
		stop := end
		if end > 0 && core[end-1] == '\r' {
			stop--
		}
		out.WriteString(core[:stop] + markBegin + strconv.Itoa(line) + markEnd + core[stop:end+1])
		core = core[end+1:]
		line++
	}
	out.WriteString(tail)
	return out.String()
}
