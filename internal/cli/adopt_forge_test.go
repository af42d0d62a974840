package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/forge/forgetest"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// With a token, adopt --pull-request opens one of the branch that it has pushed; the second time it is there.
func TestAdoptionIsProposed(t *testing.T) {
	git := gitserver.New(t.TempDir(), gitserver.Options{})
	if err := git.Create("acme/config"); err != nil {
		t.Fatal(err)
	}
	for branch, replicas := range map[string]string{"main": "2", "fairlead/adopt-shop-1a2b": "5"} {
		if _, err := git.Commit(t.Context(), "acme/config", gitserver.Commit{Branch: branch, Files: map[string][]byte{"replicas": []byte(replicas)}}); err != nil {
			t.Fatal(err)
		}
	}
	forge := forgetest.New(t, "Gitea", git)
	store := source.NewStore(t.TempDir())
	t.Cleanup(func() { _ = store.Close() })
	repo, err := store.Repo(forge.Address("acme/config"), source.Auth{}, source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p := &operate.Proposal{Repo: repo, Followed: "main", To: "fairlead/adopt-shop-1a2b", Message: "Adopt spec.replicas\n\n  spec.replicas: 2 → 5, by kubectl-scale\n"}
	for _, variable := range []string{"FAIRLEAD_FORGE_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "BITBUCKET_TOKEN"} {
		t.Setenv(variable, "") // a build job may have one
	}
	run := func() string {
		var out bytes.Buffer
		a := &app{out: newScreen(&out, nil), style: newStyles()}
		if err := a.openRequest(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(out.String(), forge.URL, "")
	}
	if got := run(); !strings.Contains(got, "open a pull request of it: /acme/config/compare/main...fairlead/adopt-shop-1a2b") {
		t.Errorf("without a token: %q", got)
	}
	t.Setenv("GITEA_TOKEN", forgetest.Writer)
	got := []string{run(), run()}
	p.Message += "  again\n"
	got = append(got, run())
	want := []string{"✓ opened /acme/config/pulls/1\n", "✓ open: /acme/config/pulls/1\n", "✓ updated /acme/config/pulls/1\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if body := forge.Requests()[0].Body; !strings.HasPrefix(body, "~~~~text\nspec.replicas: 2 → 5, by kubectl-scale\n  again\n~~~~\n") {
		t.Errorf("body %q", body)
	}
}
