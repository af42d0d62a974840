package forge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRepositoryOf(t *testing.T) {
	for address, want := range map[string]string{
		"https://github.com/acme/config.git":                "GitHub https://api.github.com/repos/acme/config",
		"git@github.com:acme/config.git":                    "GitHub https://api.github.com/repos/acme/config",
		"ssh://git@gitlab.acme.example:2222/a/b/config":     "GitLab https://gitlab.acme.example/api/v4/projects/a%2Fb%2Fconfig",
		"https://acme.example/git/acme/config":              "Gitea https://acme.example/git/api/v1/repos/acme/config",
		"https://codeberg.org/acme/config":                  "Gitea https://codeberg.org/api/v1/repos/acme/config",
		"http://git.acme.example/acme/config":               "", // a token would travel in the clear
		"/srv/git/config":                                   "",
		"https://github.com/config":                         "",
		"https://ada:hunter2@gitea.acme.example/acme/conf":  "Gitea https://gitea.acme.example/api/v1/repos/acme/conf",
		"https://ada@bitbucket.org/acme/config.git":         "Bitbucket https://api.bitbucket.org/2.0/repositories/acme/config",
		"git@bitbucket.org:acme/config.git":                 "Bitbucket https://api.bitbucket.org/2.0/repositories/acme/config",
		"https://bitbucket.acme.example/scm/acme/conf.git":  "BitbucketDataCenter https://bitbucket.acme.example/rest/api/1.0/projects/acme/repos/conf",
		"https://acme.example/bitbucket/scm/~ada/conf.git":  "Gitea https://acme.example/bitbucket/scm/api/v1/repos/~ada/conf", // the host doesn't say
		"https://stash.acme.example/x/scm/~ada/conf.git":    "BitbucketDataCenter https://stash.acme.example/x/rest/api/1.0/projects/~ada/repos/conf",
		"ssh://git@bitbucket.acme.example:7999/acme/config": "BitbucketDataCenter https://bitbucket.acme.example/rest/api/1.0/projects/acme/repos/config",
	} {
		got := ""
		if r, ok := RepositoryOf(address, Gitea); ok {
			got = string(r.Kind) + " " + r.root()
		}
		if got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
	if r, ok := RepositoryOf("https://git.acme.example/acme/config", ""); ok {
		t.Errorf("an unknown forge is %v", r)
	}
}

func TestRepositoryByAKindThatTheHostsNameContradicts(t *testing.T) {
	for address, want := range map[string]string{
		"git@gitlab.github.example:a/b/config.git": "https://gitlab.github.example/api/v4/projects/a%2Fb%2Fconfig",
		"http://git.acme.example/acme/config":      "",
	} {
		got := ""
		if r, ok := RepositoryBy(GitLab, address); ok {
			got = r.root()
		}
		if got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}

func TestRepositoryAtBitbucketDataCenter(t *testing.T) {
	const base = "https://git.acme.example/stash"
	for path, want := range map[string]string{
		"/scm/acme/config.git":                 "acme/config /projects/acme/repos/config",
		"/projects/ACME/repos/config/browse":   "ACME/config /projects/ACME/repos/config",
		"/users/ada/repos/config/browse":       "~ada/config /users/ada/repos/config",
		"/scm/~ada/config.git":                 "~ada/config /users/ada/repos/config",
		"/scm/acme/../../x/config.git?a=b#c%d": "",
	} {
		got := ""
		if r, err := RepositoryAt(BitbucketDataCenter, base, base+path); err == nil {
			got = r.repo + " " + strings.TrimPrefix(r.page(), base)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	p := Proposal{From: "bot", Into: "main", Title: "Update", Body: "web: 1.0 → 1.1", Content: "web=1.1", Commit: strings.Repeat("a", 40)}
	other := func(change func(*Proposal)) Proposal {
		q := p
		change(&q)
		return q
	}
	for name, tt := range map[string]struct {
		q             Proposal
		same, content bool // in all, in content
	}{
		"the same":       {p, true, true},
		"another commit": {other(func(q *Proposal) { q.Commit = strings.Repeat("b", 40) }), false, true},
		"other words":    {other(func(q *Proposal) { q.Body += "." }), false, true},
		"other content":  {other(func(q *Proposal) { q.Content = "web=1.2" }), false, false},
		"another branch": {other(func(q *Proposal) { q.Into = "next" }), false, false},
	} {
		m := markOf(tt.q.body())
		if diff := cmp.Diff([2]bool{tt.same, tt.content}, [2]bool{m == p.mark(), m.content == p.mark().content}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	written := strings.ReplaceAll(p.body(), "\n", "\r\n") + "\r\nplease wait for Ada"
	if markOf(written) != p.mark() {
		t.Errorf("what a person writes below hides the mark: %+v", markOf(written))
	}
	if twice := p.mark().on(written); strings.Count(twice, "(fairlead ") != 1 || !strings.Contains(twice, "wait for Ada") {
		t.Errorf("marked again: %q", twice)
	}
}

func TestWhatIsWrittenIsTrimmed(t *testing.T) {
	p := Proposal{Title: strings.Repeat("ä ", 300), Body: "/approve\n  /merge now\n" + strings.Repeat("ü", 40_000)}.trimmed()
	if n := len([]rune(p.Title)); n != mostTitle {
		t.Errorf("the title has %d letters", n)
	}
	if n := len([]rune(p.Body)); n != mostBody {
		t.Errorf("the body has %d letters", n)
	}
	if !strings.HasPrefix(p.Body, "\\/approve\n  \\/merge now\n") {
		t.Errorf("GitLab would obey: %.40q", p.Body)
	}
}
