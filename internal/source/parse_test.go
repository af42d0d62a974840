package source

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAddresses(t *testing.T) {
	type parts struct{ URL, Scheme, Host, Path, Login string }
	for text, want := range map[string]parts{
		"https://git.example.com/acme/config.git":   {"https://git.example.com/acme/config.git", "https", "git.example.com", "/acme/config.git", ":"},
		"https://ada:p%40ss@git.example.com:8443/c": {"https://git.example.com:8443/c", "https", "git.example.com:8443", "/c", "ada:p@ss"},
		"http://[::1]:3000/c.git":                   {"http://[::1]:3000/c.git", "http", "[::1]:3000", "/c.git", ":"},
		"ssh://git@git.example.com:2222/acme/c.git": {"ssh://git@git.example.com:2222/acme/c.git", "ssh", "git.example.com:2222", "/acme/c.git", ":"},
		"git@git.example.com:acme/config.git":       {"git@git.example.com:acme/config.git", "ssh", "git.example.com", "acme/config.git", ":"},
		"file:///srv/config.git":                    {"file:///srv/config.git", "file", "", "/srv/config.git", ":"},
		"/srv/with space/50%.git":                   {"file:///srv/with%20space/50%25.git", "file", "", "/srv/with space/50%.git", ":"},
	} {
		at, err := parseAddress(text)
		got := parts{at.url, at.scheme, at.host, at.path, at.login.Username + ":" + at.login.Password}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "config", "./config", "-uwhatever", "--upload-pack=evil", "ext::sh -c evil", "fd::3", "ssh://-oProxyCommand=evil/x",
		"ssh://-oProxyCommand=evil@host/x", "-oProxyCommand=evil:x", "git://host/x", "ftp://host/x", "https://", "https://host", "https://host/",
		"https://host/x#y", "https://host/x\ny", "https://host\x00/x", "file://elsewhere/x", "https://user:pa/ss@host/x", "http:/x",
	} {
		at, err := parseAddress(text)
		if err == nil {
			t.Errorf("%q is taken for %+v", text, at)
		} else if strings.Contains(err.Error(), "ss@host") {
			t.Errorf("%v quotes the password", err)
		}
	}
}

func TestRefsThatAreRefused(t *testing.T) {
	for name, ref := range map[string]Ref{
		"two":            {Branch: "main", Tag: "v1"},
		"option":         {Branch: "--upload-pack=evil"},
		"refspec":        {Branch: "main:refs/heads/x"},
		"glob":           {Tag: "v*"},
		"parent":         {Branch: "a..b"},
		"reflog":         {Branch: "main@{1}"},
		"newline":        {Branch: "main\nx"},
		"slash at start": {Branch: "/main"},
		"lock":           {Branch: "main.lock"},
		"revision":       {Branch: "main~1"},
		"commit":         {Commit: "main"},
		"short commit":   {Commit: "abc"},
		"range":          {SemVer: "newest"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := ref.check(); !errors.Is(err, errRef) {
				t.Errorf("%+v: %v", ref, err)
			}
		})
	}
	for _, ref := range []Ref{{}, {Branch: "feature/ä-1.2_x"}, {Tag: "v1.0.0+build"}, {SemVer: "^1.2 || ~3"}, {Commit: "abcdef0"}} {
		if err := ref.check(); err != nil {
			t.Errorf("%+v: %v", ref, err)
		}
	}
}

func TestHighestVersion(t *testing.T) {
	tags := []string{"v1.0.0", "1.1.0", "v1.2", "v1.10.0", "v2.0.0-rc.1", "v2.0.0-rc.2", "3.0.0", "v3.0.0+build", "latest", "app/v9.0.0", "v4.0.0.1"}
	var refs []remoteRef
	for _, tag := range tags {
		refs = append(refs, remoteRef{name: "refs/tags/" + tag})
	}
	got := map[string]string{}
	want := map[string]string{
		"*": "3.0.0", ">=1 <2": "v1.10.0", "~1.1": "1.1.0", "1.2.x": "v1.2", "^1": "v1.10.0", ">=2.0.0-0 <2.0.0": "v2.0.0-rc.2",
		"2.x": "", "=1.0.0": "v1.0.0", ">9": "",
	}
	for wanted := range want {
		found, err := highest(refs, Ref{SemVer: wanted})
		if err != nil && !errors.Is(err, ErrRefNotFound) {
			t.Error(err)
		}
		got[wanted] = found.short()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseCommit(t *testing.T) {
	const tree = "tree 0123456789012345678901234567890123456789\n"
	at := time.Unix(1_700_000_000, 0)
	for name, tc := range map[string]struct {
		text string
		want Revision
	}{
		"plain": {
			tree + "author A B <a@b> 1 +0000\ncommitter C <c@d> 1700000000 -0730\n\nsubject\n",
			Revision{Author: "A B", Email: "a@b", Message: "subject\n", Time: at},
		},
		"signed": {
			tree + "author A <a@b> 1 +0000\ncommitter C <c@d> 1700000000 +0000\ngpgsig -----BEGIN\n author Evil <e@e>\n -----END\n\nm",
			Revision{Author: "A", Email: "a@b", Message: "m", Time: at},
		},
		"headers in the message": {
			tree + "author A <a@b> 1 +0000\ncommitter C <c@d> 1700000000 +0000\n\nauthor Evil <e@e> 9 +0000\n",
			Revision{Author: "A", Email: "a@b", Message: "author Evil <e@e> 9 +0000\n", Time: at},
		},
		"nobody":        {tree + "author  <> 1 +0000\n\nm", Revision{Message: "m"}},
		"broken author": {tree + "author A\ncommitter B <x> soon\n\nm", Revision{Author: "A", Message: "m"}},
		"no message":    {tree, Revision{}},
		"latin-1":       {tree + "author Zo\xeb <z@z> 1 +0000\n\n\xe4", Revision{Author: "Zo\uFFFD", Email: "z@z", Message: "\uFFFD"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseCommit(tc.text)
			if diff := cmp.Diff(tc.want, got.revision, cmp.Comparer(time.Time.Equal)); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

func TestComplaintsThatNoTestServerMakes(t *testing.T) {
	https, _ := parseAddress("https://git.example.com/acme/config.git")
	byKey, _ := parseAddress("git@git.example.com:acme/config.git")
	for complaint, tc := range map[string]struct {
		at   address
		auth Auth
		want error
	}{
		"fatal: write error: No space left on device":                                                       {https, Auth{}, errDiskFull},
		"ssh: Could not resolve hostname git.example.com: Name or service not known":                        {byKey, Auth{}, ErrUnreachable},
		"ssh: connect to host git.example.com port 22: Connection timed out":                                {byKey, Auth{}, ErrUnreachable},
		"ERROR: Repository not found.\nfatal: Could not read from remote repository.":                       {byKey, Auth{}, ErrRepositoryNotFound},
		"remote: The project you were looking for could not be found or you don't have permission to":       {byKey, Auth{}, ErrRepositoryNotFound},
		"remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://git.example.com/'":    {https, Auth{UseLocal: true}, ErrAuthRefused},
		"No user exists for uid 1000720000\nfatal: Could not read from remote repository.":                  {byKey, Auth{}, errNoUser},
		"fatal: unable to access 'https://x/': The requested URL returned error: 403":                       {https, Auth{Token: "x"}, ErrAuthRefused},
		"fatal: detected dubious ownership in repository at '/srv/x'":                                       {https, Auth{}, errOwner},
		"error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfatal: early EOF": {https, Auth{}, ErrUnreachable},
	} {
		err := explain(&gitError{verb: "fetch", complaint: complaint, err: errors.New("exit status 128")}, tc.at, tc.auth)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s\nis taken for %v, want %v", complaint, err, tc.want)
		}
	}
}

func TestScrub(t *testing.T) {
	secrets := Auth{Username: "ada", Password: "p@ss/word"}.secrets()
	for text, want := range map[string]string{
		"unable to access 'https://ada:p%40ss%2Fword@host/x'": "unable to access 'https://host/x'",
		"https://token@host/x":                                "https://host/x",
		"ssh://git:secret@host/x and ssh://git@host/x":        "ssh://git@host/x and ssh://git@host/x",
		"remote: your password is p@ss/word":                  "remote: your password is ***",
		"Authorization: Basic YWRhOnBAc3Mvd29yZA==":           "Authorization: Basic ***",
		"remote: \x1b]0;title\x07\x1b[31mred\rover\n":         "remote: ]0;title[31mredover\n",
	} {
		if got := scrub(text, secrets); got != want {
			t.Errorf("scrub(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"https://u:p@h/x", "git@h:x", "ssh://git@h:1/x", "file:///x", "/x", "ext::x", "-x", "https://h/%2e%2e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseAddress(text)
		if err != nil {
			return
		}
		if strings.HasPrefix(at.url, "-") || strings.HasPrefix(at.host, "-") || strings.ContainsAny(at.url, "\n\x00") {
			t.Errorf("%q gives %q", text, at.url)
		}
		again, err := parseAddress(at.url)
		if err != nil || again.url != at.url {
			t.Errorf("%q gives %q, which gives %q, %v", text, at.url, again.url, err)
		}
		if again.login.Password != "" {
			t.Errorf("%q keeps its password in %q", text, at.url)
		}
	})
}

func FuzzParseRemoteRefs(f *testing.F) {
	hash := strings.Repeat("ab", 20)
	f.Add(hash + "\tHEAD\n" + hash + "\trefs/tags/v1\n" + hash + "\trefs/tags/v1^{}\n")
	f.Add("ref: refs/heads/main\tHEAD\n" + hash + "\tHEAD\n")
	f.Fuzz(func(t *testing.T, out string) {
		refs, err := parseRemoteRefs(out)
		if err != nil && !errors.Is(err, errNotGit) {
			t.Error(err)
		}
		for _, ref := range refs {
			if !fullHash().MatchString(ref.object) || !fullHash().MatchString(ref.commit) || ref.name == "" {
				t.Errorf("%q gives %+v", out, ref)
			}
		}
	})
}

func FuzzParseTree(f *testing.F) {
	hash := strings.Repeat("ab", 20)
	f.Add("100644 blob " + hash + "\ta\x00" + "040000 tree " + hash + "\td\x00" + "120000 blob " + hash + "\td/l\x00")
	f.Add("160000 commit " + hash + "\t..\x00")
	f.Add("100644 blob " + hash + "\td/.git/config\x00")
	f.Fuzz(func(t *testing.T, out string) {
		root, err := parseTree(out)
		if err != nil {
			return
		}
		var walk func(at string, e *entry)
		walk = func(at string, e *entry) {
			for _, c := range e.children {
				name := path.Join(at, c.name)
				if c.name == "" || strings.Contains(c.name, "/") || c.name == ".." || strings.EqualFold(c.name, ".git") || name != at+"/"+c.name && at != "." {
					t.Errorf("%q is at %q", c.name, at)
				}
				if fs.ValidPath(name) && (&tree{root: root}).find(name) != c {
					t.Errorf("%q cannot be found", name)
				}
				walk(name, c)
			}
		}
		walk(".", root)
	})
}

func FuzzParseCommit(f *testing.F) {
	f.Add("tree 0123456789012345678901234567890123456789\nauthor A <a@b> 1 +0000\ncommitter C <c@d> 2 -0100\n\nm")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseCommit(text); err == nil && !fullHash().MatchString(c.tree) {
			t.Errorf("tree = %q", c.tree)
		}
	})
}
