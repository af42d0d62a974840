package detail

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/manifest"
)

// An address that a repository gives is never one that a browser would run.
func TestPagesOfFiles(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for repository, want := range map[string]string{
		"https://github.com/acme/config.git":          "https://github.com/acme/config/blob/" + commit + "/apps/a%20b.yaml#L7",
		"git@github.com:acme/config.git":              "https://github.com/acme/config/blob/" + commit + "/apps/a%20b.yaml#L7",
		"https://token:x@gitlab.com/acme/config":      "https://gitlab.com/acme/config/-/blob/" + commit + "/apps/a%20b.yaml#L7",
		"https://git.example.com/acme/config.git":     "",
		"javascript:alert(1)//github.com/acme/config": "",
		"file:///srv/config":                          "",
	} {
		if got := pageOf(repository, commit, manifest.Origin{Path: "apps/a b.yaml", Line: 7}); got != want {
			t.Errorf("%s: %q, want %q", repository, got, want)
		}
	}
}

func TestWhatIsNotAsGitHasItInWords(t *testing.T) {
	field := func(manager, user string) []v1alpha1.DriftedField {
		return []v1alpha1.DriftedField{{Path: "spec.replicas", Manager: manager, User: user}}
	}
	for want, rows := range map[string][]driftRow{
		"":                          {{Change: "changed", Fields: field("kubectl-edit", ""), Reverted: true}},
		"1 field edited by hand":    {{Change: "changed", Fields: field("kubectl-edit", "")}},
		"3 fields edited by hand":   {{Change: "changed", Fields: field("custom", "ada"), More: 2}},
		"1 field not as git has it": {{Change: "changed", Fields: field("some-operator", "")}},
		"deleted in the cluster":    {{Change: "deleted"}},
	} {
		if diff := cmp.Diff(want, drifted(rows)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for want, d := range map[string]time.Duration{"just now": -time.Hour, "59 min ago": 59 * time.Minute, "2 h ago": 2*time.Hour + time.Minute, "3 days ago": 80 * time.Hour} { // a clock may be an hour off
		if got := ago(now.Add(-d), now); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	if got := ago(time.Time{}, now); got != "" {
		t.Errorf("never: %q", got)
	}
}

func TestEventsOfWhatControllersMake(t *testing.T) {
	deployment, job := manifest.ID{Kind: "Deployment", Name: "web"}, manifest.ID{Kind: "Job", Name: "web"}
	for name, want := range map[string][2]bool{"web-55b56957f": {true, true}, "web-55b56957f-rnpfb": {true, false}, "webber-1": {}, "web": {}, "web-a-b-c": {}} {
		if diff := cmp.Diff(want, [2]bool{isMadeBy(name, deployment), isMadeBy(name, job)}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
