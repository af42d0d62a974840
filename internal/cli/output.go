package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// addOutput adds -o to a command, with what it can print besides text and JSON.
func (a *app) addOutput(c *cobra.Command, more ...string) {
	known := append([]string{"text", "json"}, more...)
	last := len(known) - 1
	c.Flags().StringVarP(&a.output, "output", "o", "text", wrap(strings.Join(known[:last], ", ")+" or "+known[last], widestUsage, 0))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp))
	before := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if !slices.Contains(known, a.output) {
			return hint.With(fmt.Errorf("no such output: %q", a.output), "use -o "+strings.Join(known[:last], ", -o ")+" or -o "+known[last])
		}
		return before(c, args)
	}
}

// widestUsage is what of 80 columns is left beside the names of flags.
const widestUsage = 36

func (a *app) json() bool { return a.output == "json" }

func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// table prints rows below a header, columns as wide as they need. The last column should be the one that can be cut
// at a terminal's edge.
func (a *app) table(header []string, rows [][]string) {
	widths := make([]int, len(header))
	for _, row := range append([][]string{header}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
	}
	line := func(row []string) string {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-lipgloss.Width(cell)+2))
			}
		}
		return strings.TrimRight(b.String(), " ")
	}
	a.out.line(a.style.dim.Render(line(header)))
	for _, row := range rows {
		a.out.line(line(row))
	}
}

// ago words an age the way kubectl does.
func ago(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	switch d := time.Since(t); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
