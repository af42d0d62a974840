package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Each finding is told by its message; a group is told by its first and by how many it holds.
func TestGrouped(t *testing.T) {
	at := func(scope, name, message, cause string, line int) practice.Finding {
		return practice.Finding{
			Practice: "p", Severity: practice.Warning, Scope: scope, Object: manifest.ID{Kind: "Deployment", Name: name}, Message: message, Cause: cause,
			Origin: manifest.Origin{Path: "base/" + name + ".yaml", Line: line},
		}
	}
	rendered := at("dev", "shop", `container "shop" runs as root`, "", 7)
	rendered.Origin.Rendered = true
	live := at("cluster", "web", "seen", "", 0)
	live.Origin = manifest.Origin{}
	other := live
	other.Object.Name = "api"
	findings := []practice.Finding{
		rendered,
		at("dev", "web", `container "web" runs as root`, "user", 3),
		at("dev", "web", "no seccomp profile", "user", 9),
		at("prod", "web", `container "web" runs as root`, "user", 3), // the base, in another overlay
		live, other,
	}
	type group struct {
		Message string
		Places  int
		Scopes  []string
	}
	dev, both := []string{"dev"}, []string{"dev", "prod"}
	web, shop, seccomp := findings[1].Message, rendered.Message, findings[2].Message
	for name, tc := range map[string]struct {
		by   By
		want []group
	}{
		"a place in several scopes": {Places, []group{{shop, 1, dev}, {web, 1, both}, {seccomp, 1, dev}, {"seen", 1, []string{"cluster"}}, {"seen", 1, []string{"cluster"}}}},
		"one change":                {Changes, []group{{shop, 1, dev}, {web, 2, both}, {"seen", 1, []string{"cluster"}}, {"seen", 1, []string{"cluster"}}}},
		"what says the same, the one whose line can be shown before others": {Likeness, []group{{web, 3, both}, {"seen", 2, []string{"cluster"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []group
			for _, g := range Grouped(findings, tc.by) {
				got = append(got, group{g.Message, 1 + len(g.More), g.Scopes})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
