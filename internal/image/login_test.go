package image

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

func TestPullSecrets(t *testing.T) {
	h := newHarbour(t)
	h.tags["acme/front"] = []string{"1.0.0"}
	h.answers(guarded(h.host, "Basic"))
	entry := func(address, password string) string {
		return fmt.Sprintf(`%q:{"auth":%q}`, address, base64.StdEncoding.EncodeToString([]byte("ann:"+password)))
	}
	auths := func(entries ...string) []byte { return []byte(`{"auths":{` + strings.Join(entries, ",") + `}}`) }
	const right, wrong = "hunter2", "hunter3"
	for situation, c := range map[string]struct {
		secrets [][]byte
		want    error
	}{
		"none":                             {nil, source.ErrAuthRequired},
		"of others":                        {[][]byte{auths(entry("ghcr.io", wrong)), auths()}, source.ErrAuthRequired},
		"the second one fits":              {[][]byte{auths(entry("ghcr.io", wrong)), auths(entry(h.host, right))}, nil},
		"the longest address counts":       {[][]byte{auths(entry(h.host, wrong)), auths(entry(h.host+"/acme", right))}, nil},
		"whatever is written around it":    {[][]byte{auths(entry("https://"+h.host+"/v2/", wrong), entry(h.host+"/ac", wrong)), auths(entry(h.host+"/acme", right))}, nil},
		"the first of two equal ones":      {[][]byte{auths(entry(h.host, right)), auths(entry(h.host, wrong))}, nil},
		"the older type":                   {[][]byte{[]byte(`{` + entry(h.host, right) + `}`)}, nil},
		"not JSON":                         {[][]byte{auths(), []byte(`hunter3`)}, errPullSecret},
		"a login that isn't in base64":     {[][]byte{[]byte(`{"auths":{"ghcr.io":{"auth":"hunter3!"}}}`)}, errPullSecret},
		"of a machine with a login helper": {[][]byte{[]byte(`{"credsStore":"desktop"}`)}, errPullSecret},
	} {
		t.Run(situation, func(t *testing.T) {
			auth, err := PullSecrets(c.secrets...)
			if err == nil {
				_, err = h.repository("acme/front", auth).Tags(t.Context())
			}
			if !errors.Is(err, c.want) || err != nil && (hint.Of(err) == "" || strings.Contains(err.Error(), "hunter")) {
				t.Errorf("err = %v (%s), want %v", err, hint.Of(err), c.want)
			}
		})
	}
}

// program puts a shell script where programs are looked for.
func program(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestThePersonsOwnLogin(t *testing.T) {
	h := newHarbour(t)
	h.tags["acme/front"] = []string{"1.0.0"}
	h.answers(guarded(h.host, "Basic"))
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	config := fmt.Sprintf(`{"credHelpers":{%q:"mine"}}`, h.host)
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	program(t, dir, "docker-credential-mine", `echo '{"Username":"ann","Secret":"hunter2"}'`)
	if _, err := h.repository("acme/front", source.Auth{UseLocal: true}).Tags(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := h.repository("acme/front", source.Auth{}).Tags(t.Context()); !errors.Is(err, source.ErrAuthRequired) {
		t.Errorf("for a server: err = %v, want %v", err, source.ErrAuthRequired)
	}
	program(t, dir, "docker-credential-mine", `echo "hunter2 expired" >&2; exit 1`)
	if _, err := h.all.Repository(h.host+"/acme/back", source.Auth{UseLocal: true}); err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), "hunter") {
		t.Errorf("of a helper that fails: err = %v (%s)", err, hint.Of(err))
	}
}

func TestMatchImages(t *testing.T) {
	for pattern, c := range map[string]struct{ fits, not []string }{
		"123456789.dkr.ecr.us-east-1.amazonaws.com": {[]string{"123456789.dkr.ecr.us-east-1.amazonaws.com/x"}, []string{"1.dkr.ecr.us-east-1.amazonaws.com/x"}},
		"*.azurecr.io":          {[]string{"acme.azurecr.io/x"}, []string{"azurecr.io/x", "a.b.azurecr.io/x", "acme.azurecr.io:5000/x"}},
		"*.*.registry.io":       {[]string{"a.b.registry.io/x"}, []string{"b.registry.io/x"}},
		"app*.k8s.*":            {[]string{"apps.k8s.io/x"}, []string{"k8s.io/x", "web.k8s.io/x"}},
		"registry.io:8080/path": {[]string{"registry.io:8080/path", "registry.io:8080/path/x", "registry.io:8080/paths"}, []string{"registry.io/path", "registry.io:8080/x"}},
		"docker.io":             {[]string{"docker.io/library/nginx"}, []string{"index.docker.io/library/nginx"}},
		"*":                     {nil, []string{"ghcr.io/x"}},
		"*.registry.io:*":       {nil, []string{"a.registry.io:8080/x"}},
		"https://registry.io":   {nil, []string{"registry.io/x"}},
		"[":                     {nil, []string{"ghcr.io/x"}},
	} {
		for _, image := range c.fits {
			if !fits(pattern, image) {
				t.Errorf("%s isn't for %s", pattern, image)
			}
		}
		for _, image := range c.not {
			if fits(pattern, image) {
				t.Errorf("%s is for %s", pattern, image)
			}
		}
	}
}

const providersHead = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n"

func providerYAML(name, rest string) string {
	return fmt.Sprintf("- {name: %q, matchImages: ['*.acme.example', docker.io], defaultCacheDuration: 10m, apiVersion: credentialprovider.kubelet.k8s.io/v1%s}\n", name, rest)
}

func TestProvidersThatCannotBeUsed(t *testing.T) {
	for situation, text := range map[string]string{
		"not YAML":                    "\t",
		"something else":              "apiVersion: v1\nkind: Config\n",
		"a name that leads elsewhere": providersHead + providerYAML("../sh", ""),
		"a name of a directory":       providersHead + providerYAML("..", ""),
		"no name":                     providersHead + providerYAML("", ""),
		"no images":                   providersHead + "- {name: a, defaultCacheDuration: 1m, apiVersion: credentialprovider.kubelet.k8s.io/v1}",
		"images that can't be read":   providersHead + "- {name: a, matchImages: ['['], defaultCacheDuration: 1m, apiVersion: credentialprovider.kubelet.k8s.io/v1}",
		"no duration":                 providersHead + "- {name: a, matchImages: [a.io], apiVersion: credentialprovider.kubelet.k8s.io/v1}",
		"another protocol":            providersHead + "- {name: a, matchImages: [a.io], defaultCacheDuration: 1m, apiVersion: v1}",
	} {
		if _, err := ReadProviders([]byte(text), ProviderOptions{}); !errors.Is(err, errProviders) || hint.Of(err) == "" {
			t.Errorf("%s: err = %v (%s), want %v", situation, err, hint.Of(err), errProviders)
		}
	}
}

// answering is a program that counts how often it runs, and keeps what it is asked.
func answering(response string) string {
	return `cat > "$DIR/asked"; echo run >> "$DIR/runs"; echo '` + response + `'`
}

const responseHead = `{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderResponse",`

func TestLoginsOfProviders(t *testing.T) {
	const login = `{"username":"AWS","password":"hunter2"}`
	dir := t.TempDir()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for situation, c := range map[string]struct {
		script string
		rest   string
		images []string // asked for one after the other
		pass   time.Duration
		want   source.Auth
		runs   int
	}{
		"for all images of a registry": {answering(responseHead + `"cacheKeyType":"Registry","auth":{"*.acme.example":` + login + `}}`), "",
			[]string{"eu.acme.example/a", "eu.acme.example/b", "eu.acme.example/a"}, 0, source.Auth{Username: "AWS", Password: "hunter2"}, 1},
		"for one image": {answering(responseHead + `"cacheKeyType":"Image","auth":{"*.acme.example":` + login + `}}`), "",
			[]string{"eu.acme.example/a", "eu.acme.example/b", "eu.acme.example/a"}, 0, source.Auth{Username: "AWS", Password: "hunter2"}, 2},
		"for all": {answering(responseHead + `"cacheKeyType":"Global","auth":{"*.acme.example":` + login + `}}`), "",
			[]string{"eu.acme.example/a", "us.acme.example/b"}, 0, source.Auth{Username: "AWS", Password: "hunter2"}, 1},
		"for a while": {answering(responseHead + `"cacheKeyType":"Registry","cacheDuration":"5m","auth":{"*.acme.example":` + login + `}}`), "",
			[]string{"eu.acme.example/a", "eu.acme.example/a"}, 5 * time.Minute, source.Auth{Username: "AWS", Password: "hunter2"}, 2},
		"for as long as the configuration says": {answering(responseHead + `"cacheKeyType":"Registry","auth":{"*.acme.example":` + login + `}}`), "",
			[]string{"eu.acme.example/a", "eu.acme.example/a"}, 5 * time.Minute, source.Auth{Username: "AWS", Password: "hunter2"}, 1},
		"for once": {answering(responseHead + `"cacheKeyType":"Registry","cacheDuration":"0s","auth":{"*.acme.example":` + login + `}}`), "",
			[]string{"eu.acme.example/a", "eu.acme.example/a"}, 0, source.Auth{Username: "AWS", Password: "hunter2"}, 2},
		"the longest pattern counts": {answering(responseHead + `"cacheKeyType":"Registry","auth":{"*.acme.example":{"username":"x","password":"y"},"eu.acme.example/a":` + login + `}}`), "",
			[]string{"eu.acme.example/a"}, 0, source.Auth{Username: "AWS", Password: "hunter2"}, 1},
		"of others":            {answering(responseHead + `"cacheKeyType":"Registry","auth":{"ghcr.io":` + login + `}}`), "", []string{"eu.acme.example/a"}, 0, source.Auth{}, 1},
		"images of others":     {answering(""), "", []string{"ghcr.io/a"}, 0, source.Auth{}, 0},
		"images of Docker Hub": {`grep -q '"image":"docker.io/library/nginx"' && ` + answering(responseHead+`"cacheKeyType":"Image","auth":{"docker.io":`+login+`}}`), "", []string{"nginx"}, 0, source.Auth{Username: "AWS", Password: "hunter2"}, 1},
		"with arguments and variables": {`[ "$1 $REGION" = "get eu" ] && ` + answering(responseHead+`"cacheKeyType":"Image","auth":{"*.acme.example":`+login+`}}`),
			", args: [get], env: [{name: REGION, value: eu}]", []string{"eu.acme.example/a"}, 0, source.Auth{Username: "AWS", Password: "hunter2"}, 1},
	} {
		t.Run(situation, func(t *testing.T) {
			dir := filepath.Join(dir, strings.ReplaceAll(situation, " ", "-"))
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			program(t, dir, "plugin", c.script)
			now := now
			p, err := ReadProviders([]byte(providersHead+providerYAML("plugin", c.rest)), ProviderOptions{
				Directory: dir, Environment: []string{"DIR=" + dir, "PATH=" + os.Getenv("PATH")}, Now: func() time.Time { return now },
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, image := range c.images {
				got, err := p.Auth(t.Context(), image)
				if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
					t.Errorf("%s: err = %v (-want +got):\n%s", image, err, diff)
				}
				now = now.Add(c.pass)
			}
			runs, _ := os.ReadFile(filepath.Join(dir, "runs"))
			if n := strings.Count(string(runs), "run"); n != c.runs {
				t.Errorf("it ran %d times, want %d", n, c.runs)
			}
		})
	}
}

func TestProvidersThatFail(t *testing.T) {
	for situation, c := range map[string]struct{ script, rest, want string }{
		"says no":                     {"echo hunter2 >&2; exit 3", "", "exit status 3"},
		"answers rubbish":             {"echo hunter2", "", "no JSON"},
		"answers in another version":  {`echo '{"apiVersion":"credentialprovider.kubelet.k8s.io/v2","kind":"CredentialProviderResponse","cacheKeyType":"Image"}'`, "", "no CredentialProviderResponse"},
		"answers for nobody":          {`echo '` + responseHead + `"cacheKeyType":"Everybody"}'`, "", "cacheKeyType"},
		"answers without end":         {"exec yes hunter2", "", "more than 1 MiB"},
		"hangs":                       {"exec sleep 1000", "", "within 500ms"},
		"leaves something that hangs": {"sleep 1000", "", "within 500ms"},
		"wants the kubelet's tokens":  {"", ", tokenAttributes: {serviceAccountTokenAudience: x}", "tokens of service accounts"},
		"isn't there":                 {"", "", "no such file"},
	} {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if situation != "isn't there" {
				program(t, dir, "plugin", "echo run >> \"$DIR/runs\"\n"+c.script)
			}
			o := ProviderOptions{Directory: dir, Environment: []string{"DIR=" + dir, "PATH=" + os.Getenv("PATH")}}
			if strings.HasPrefix(c.want, "within") {
				o.Timeout = 500 * time.Millisecond
			}
			p, err := ReadProviders([]byte(providersHead+providerYAML("plugin", c.rest)), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, image := range []string{"eu.acme.example/a", "eu.acme.example/b"} {
				_, err := p.Auth(t.Context(), image)
				if err == nil || hint.Of(err) == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error()+hint.Of(err), "hunter") {
					t.Errorf("%s: err = %v (%s), want %s", image, err, hint.Of(err), c.want)
				}
			}
			if runs, _ := os.ReadFile(filepath.Join(dir, "runs")); strings.Count(string(runs), "run") > 1 {
				t.Error("it ran again at once")
			}
		})
	}
}
