package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/guide"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

func (a *app) explain() *cobra.Command {
	var named []string
	var export string
	cmd := &cobra.Command{
		Use:   "explain [PRACTICE]",
		Short: "List the best practices, or explain one",
		Long: `Without an argument, list the practices that check judges by. With one, say
why it matters, show bad and good examples with what is found in them, and how
to mend it. The examples are the tests of the practice.

With --export-policy, print one of your own as a ValidatingAdmissionPolicy with
its binding: YAML, or JSON with -o json.

Exit codes: 0 explained · 2 there is no such practice.`,
		Example: "  fairlead explain\n  fairlead explain run-as-non-root\n  fairlead explain -o json\n" +
			"  fairlead explain --export-policy team-label | kubectl apply -f -",
		Args:              atMost(1),
		ValidArgsFunction: completePractices,
		RunE: func(cmd *cobra.Command, args []string) error {
			own, err := check.FindOwn(cmd.Context(), check.Input{Targets: []string{"."}}, named, practices.All)
			switch {
			case err != nil:
				return err
			case export != "":
				return a.exportPolicy(own, export)
			case a.output == "yaml":
				return hint.With(errors.New("-o yaml is for --export-policy"), "use -o json")
			}
			all := own.All(practices.All)
			if len(args) == 0 {
				a.tellBroken(own)
				return a.listPractices(all)
			}
			p, err := findPractice(args[0], all)
			if err != nil {
				return cmp.Or(whyBroken(own, args[0]), err)
			}
			return a.explainPractice(p)
		},
	}
	cmd.Flags().StringSliceVar(&named, "practices", nil, "also own practices in `PATHS`")
	cmd.Flags().StringVar(&export, "export-policy", "", "print own practice `ID` as a policy")
	_ = cmd.RegisterFlagCompletionFunc("export-policy", completePractices)
	a.addOutput(cmd, "yaml")
	return cmd
}

// findPractice finds a practice by its id.
func findPractice(id string, all []*practice.Practice) (*practice.Practice, error) {
	var ids []string
	for _, p := range all {
		if p.ID == strings.ToLower(id) {
			return p, nil
		}
		ids = append(ids, p.ID)
	}
	return nil, hint.With(fmt.Errorf("there is no practice %q", id), "did you mean: "+strings.Join(hint.Nearest(id, ids), ", "))
}

// completePractices offers ids with their titles.
func completePractices(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	var ids []string
	for _, p := range here() {
		if len(args) == 0 && strings.HasPrefix(p.ID, prefix) {
			ids = append(ids, p.ID+"\t"+p.Title)
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) listPractices(all []*practice.Practice) error {
	if a.json() {
		list := []guide.Page{}
		for _, p := range all {
			list = append(list, guide.Summary(p))
		}
		return a.printJSON(list)
	}
	widestID, widestInputs, widestTitle := 0, 0, 0
	for _, p := range all {
		widestID, widestInputs, widestTitle = max(widestID, len(p.ID)), max(widestInputs, len(p.Inputs.String())), max(widestTitle, len(p.Title))
	}
	indent := 2 + widestID + 2 + len("! warning") + 2
	// What is judged is said where there is room for it beside the titles.
	hasRoom := a.out.width == 0 || a.out.width >= indent+widestInputs+2+widestTitle
	for i, chapter := range practices.Chapters(all) {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		a.out.line(a.style.bold.Render(string(chapter[0].Category)))
		for _, p := range chapter {
			text := "  " + pad(p.ID, widestID) + "  " + pad(a.style.severity(p.Severity), len("! warning")) + "  "
			if hasRoom {
				text += a.style.dim.Render(pad(p.Inputs.String(), widestInputs)) + "  "
			}
			a.out.paragraph(indent, text+p.Title)
		}
	}
	a.err.paragraph(0, a.style.dim.Render("More on one: fairlead explain PRACTICE"))
	return nil
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-lipgloss.Width(text)))
}

// severity draws one as shape and word.
func (s styles) severity(v practice.Severity) string {
	mark, style := s.mark(v)
	return style.Render(mark + " " + v.String())
}

// mark is the shape of a severity, and its colour.
func (s styles) mark(v practice.Severity) (string, lipgloss.Style) {
	switch v {
	case practice.Error:
		return "✗", s.bad
	case practice.Warning:
		return "!", s.warn
	}
	return "·", s.info
}

func (a *app) explainPractice(p *practice.Practice) error {
	examples := guide.Examples(p)
	if a.json() {
		return a.printJSON(guide.Whole(p))
	}
	pager := explainer{app: a, width: a.out.width}
	if pager.width == 0 || pager.width > widestText {
		pager.width = widestText
	}
	pager.heading(p)
	pager.text(guide.Text(p))
	best := guide.Best(examples)
	for _, e := range best {
		pager.example(e)
	}
	if more := len(examples) - len(best); more > 0 {
		fmt.Fprintf(a.out, "\n%s\n", a.style.dim.Render(fmt.Sprintf("%s: fairlead explain %s -o json", plural(more, "more example"), p.ID)))
	}
	return nil
}
