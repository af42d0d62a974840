package cli

import (
	"charm.land/lipgloss/v2"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// styles are the few colours there are. Each goes with a sign or a word, so nothing is said by colour alone. The
// sixteen terminal colours follow the person's own theme.
type styles struct {
	good, bad, warn, info, dim, bold lipgloss.Style
}

func newStyles() styles {
	color := func(n string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(n)) }
	return styles{
		good: color("2"), bad: color("1"), warn: color("3"), info: color("6"),
		dim: lipgloss.NewStyle().Faint(true), bold: lipgloss.NewStyle().Bold(true),
	}
}

// sign is the one-letter shape of an action.
func sign(a apply.Action) string {
	return map[apply.Action]string{
		apply.ActionCreate: "+", apply.ActionUpdate: "~", apply.ActionPrune: "-",
		apply.ActionUnchanged: "=", apply.ActionUnknown: "?", apply.ActionReplace: "±", apply.ActionBlocked: "✗",
	}[a]
}

func (s styles) action(a apply.Action) lipgloss.Style {
	switch a {
	case apply.ActionCreate:
		return s.good
	case apply.ActionUpdate:
		return s.warn
	case apply.ActionPrune, apply.ActionReplace, apply.ActionBlocked:
		return s.bad
	case apply.ActionUnknown:
		return s.info
	}
	return s.dim
}

// health draws a state as shape and word.
func (s styles) health(state cluster.HealthState) string {
	switch state {
	case cluster.Healthy:
		return s.good.Render("● healthy")
	case cluster.Progressing:
		return s.info.Render("◐ progressing")
	case cluster.Suspended:
		return s.dim.Render("◌ suspended")
	case cluster.Degraded:
		return s.bad.Render("▲ degraded")
	case cluster.Missing:
		return s.bad.Render("✗ missing")
	}
	return s.dim.Render("? unknown")
}
