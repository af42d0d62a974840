package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// planPrinter shows a report's plan to a person.
type planPrinter struct {
	*app
	w       io.Writer
	report  *deliver.Report
	context int // lines of YAML around a difference; 0 shows fields alone
}

func (a *app) planPrinter(w io.Writer, report *deliver.Report, context int) planPrinter {
	return planPrinter{app: a, w: w, report: report, context: context}
}

func (p planPrinter) plan() {
	report := p.report
	for _, c := range report.Plan.Changes {
		switch c.Action {
		case apply.ActionUnchanged, apply.ActionBlocked:
			continue // blocked ones are told as problems
		}
		p.change(c)
	}
	p.guard(report.Plan.Guard)
	p.problems(report.Problems())
	p.skipped(report.Rendering.Set.Skipped)
}

func (p planPrinter) change(c *apply.Change) {
	style := p.style.action(c.Action)
	line := style.Render(fmt.Sprintf("%s %-7s", sign(c.Action), c.Action)) + " " + p.style.bold.Render(c.ID.String())
	if c.Origin.Path != "" {
		line += "  " + p.style.dim.Render(p.origin(c.Origin))
	}
	if c.Reason != "" {
		line += "  " + p.style.dim.Render("("+c.Reason+")")
	}
	fmt.Fprintln(p.w, line)
	if len(c.Takes) > 0 {
		fmt.Fprintf(p.w, "    %s\n", p.style.dim.Render("set by: "+strings.Join(c.Takes, ", ")))
	}
	if p.context > 0 {
		p.unified(c)
		return
	}
	for _, f := range c.Fields {
		fmt.Fprintf(p.w, "    %s", f.Path)
		if o := c.Object(); o != nil {
			if at := o.Locate(f.Field...); at != c.Origin && at.Line > 0 {
				fmt.Fprintf(p.w, "  %s", p.style.dim.Render(p.origin(at)))
			}
		}
		fmt.Fprintln(p.w)
		p.side("-", p.style.bad.Render, f.From)
		p.side("+", p.style.good.Render, f.To)
	}
}

// side prints one side of a difference; live is the cluster (-), git is what it becomes (+).
func (p planPrinter) side(sign string, paint func(...string) string, v any) {
	if v == nil {
		return
	}
	for _, line := range strings.Split(strings.TrimRight(valueText(v), "\n"), "\n") {
		fmt.Fprintf(p.w, "      %s\n", paint(sign+" "+line))
	}
}

func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any, []any:
		if b, err := yaml.Marshal(v); err == nil {
			return string(b)
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// unified prints the whole difference as YAML with lines of context around it.
func (p planPrinter) unified(c *apply.Change) {
	diff := difflib.UnifiedDiff{A: yamlLines(c.Live()), B: yamlLines(c.Would()), Context: p.context}
	text, err := difflib.GetUnifiedDiffString(diff)
	if err != nil {
		return
	}
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "@@"):
			line = p.style.info.Render(line)
		case strings.HasPrefix(line, "-"):
			line = p.style.bad.Render(line)
		case strings.HasPrefix(line, "+"):
			line = p.style.good.Render(line)
		}
		fmt.Fprintln(p.w, "    "+line)
	}
}

func yamlLines(u *unstructured.Unstructured) []string {
	if u == nil {
		return nil
	}
	b, err := yaml.Marshal(cluster.Shown(u).Object)
	if err != nil {
		return nil
	}
	return difflib.SplitLines(string(b))
}

func (p planPrinter) origin(o manifest.Origin) string {
	o.Path = p.report.Snapshot.Display(o.Path)
	return o.String()
}

func (p planPrinter) problems(problems []manifest.Problem) {
	for _, problem := range problems {
		fmt.Fprintf(p.w, "%s %s\n", p.style.bad.Render("✗ problem"), p.report.Words(problem.Error()))
		if next := hint.Of(problem.Err); next != "" {
			fmt.Fprintf(p.w, "    %s %s\n", p.style.dim.Render("next:"), p.report.Words(next))
		}
	}
}

func (p planPrinter) guard(g *apply.Guard) {
	if g == nil {
		return
	}
	fmt.Fprintf(p.w, "%s %s\n", p.style.warn.Render("! not pruned:"), strings.Join(g.Reasons, "; "))
	for i, id := range g.Objects {
		if i == 10 {
			fmt.Fprintf(p.w, "    and %d more\n", len(g.Objects)-i)
			break
		}
		fmt.Fprintf(p.w, "    %s\n", id)
	}
}

func (p planPrinter) skipped(skipped []manifest.Skipped) {
	for _, s := range skipped {
		fmt.Fprintf(p.w, "%s\n", p.style.dim.Render("· skipped "+p.report.Words(s.Path+": "+s.Reason)))
	}
}

// summary is one line: "3 to create, 1 to update, 40 unchanged, 2 problems".
func summary(report *deliver.Report) string {
	var parts []string
	for _, count := range []struct {
		action apply.Action
		text   string
	}{
		{apply.ActionCreate, "to create"}, {apply.ActionUpdate, "to update"}, {apply.ActionPrune, "to prune"},
		{apply.ActionUnknown, "unknown"}, {apply.ActionUnchanged, "unchanged"},
	} {
		if n := report.Plan.Count(count.action); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, count.text))
		}
	}
	if n := len(report.Problems()); n > 0 {
		parts = append(parts, plural(n, "problem"))
	}
	if n := len(report.Rendering.Set.Skipped); n > 0 {
		parts = append(parts, fmt.Sprintf("%d skipped", n))
	}
	if len(parts) == 0 {
		return "nothing to compare"
	}
	return strings.Join(parts, ", ")
}
