package source

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

const password = "s3cret/w@rd"

func TestLoginOverHTTP(t *testing.T) {
	h := newHost(t, gitserver.Options{Username: "ada", Password: password})
	h.commit("main", map[string]string{"v": "1"})
	withLogin := func(login string) string { return strings.Replace(h.url, "http://", "http://"+login+"@", 1) }

	for name, tc := range map[string]struct {
		url  string
		auth Auth
		want error
	}{
		"none":                 {h.url, Auth{}, ErrAuthRequired},
		"right":                {h.url, Auth{Username: "ada", Password: password}, nil},
		"wrong password":       {h.url, Auth{Username: "ada", Password: "wrong-" + password}, ErrAuthRefused},
		"wrong name":           {h.url, Auth{Username: "eve", Password: password}, ErrAuthRefused},
		"token":                {h.url, Auth{Username: "ada", Token: password}, nil},
		"token without name":   {h.url, Auth{Token: password}, ErrAuthRefused},
		"in the address":       {withLogin("ada:s3cret%2Fw%40rd"), Auth{}, nil},
		"wrong in the address": {withLogin("ada:wrong-s3cret"), Auth{}, ErrAuthRefused},
		"given beats address":  {withLogin("ada:wrong-s3cret"), Auth{Username: "ada", Password: password}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mustRepo(t, newStore(t), tc.url+"config.git", tc.auth, Limits{}).Fetch(t.Context(), Ref{})
			if !errors.Is(err, tc.want) {
				t.Fatalf("error = %v, want %v", err, tc.want)
			}
			if err == nil {
				return
			}
			if hint.Of(err) == "" {
				t.Errorf("%v: no hint", err)
			}
			for _, secret := range []string{password, "s3cret", "ada:", base64.StdEncoding.EncodeToString([]byte("ada:" + password))} {
				if strings.Contains(fmt.Sprintf("%+v %s", err, hint.Of(err)), secret) {
					t.Errorf("error shows %q: %v", secret, err)
				}
			}
		})
	}
}

func TestTokenIsSentAsPassword(t *testing.T) {
	h := newHost(t, gitserver.Options{Username: "x-access-token", Password: "t0ken"})
	h.commit("main", map[string]string{"v": "1"})
	mustFetch(t, h.repo(Auth{Token: "t0ken"}, Limits{}), Ref{})
}

// A login reads only what the server lets it, even if another login has brought it here.
func TestMirrorIsNoWayAroundTheLogin(t *testing.T) {
	h := newHost(t, gitserver.Options{Username: "ada", Password: password})
	commit := h.commit("main", map[string]string{"v": "1"})
	mustRead(t, mustFetch(t, h.repo(Auth{Username: "ada", Password: password}, Limits{}), Ref{}), "v")

	for _, auth := range []Auth{{}, {Username: "eve", Password: "guess"}} {
		if _, err := h.repo(auth, Limits{}).Fetch(t.Context(), Ref{Commit: commit}); err == nil {
			t.Errorf("%q has read a commit that the server refuses", auth.Username)
		}
	}
}

func TestNoSecretOnAnyCommandLine(t *testing.T) {
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("needs /proc")
	}
	h := newHost(t, gitserver.Options{Username: "ada", Password: password})
	h.commit("main", map[string]string{"v": "1"})
	var seen strings.Builder // one request at a time
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, line := range lines {
			text, _ := os.ReadFile(line) // it may have ended meanwhile
			seen.Write(text)
			seen.WriteByte('\n')
		}
		h.server.ServeHTTP(w, r)
	}))
	defer web.Close()
	url := strings.Replace(web.URL, "http://", "http://ada:s3cret%2Fw%40rd@", 1) + "/config.git"
	mustRead(t, mustFetch(t, mustRepo(t, h.store, url, Auth{}, Limits{}), Ref{}), "v")

	for _, want := range []string{"git\x00ls-remote", "git\x00fetch", "remote-http\x00origin\x00" + web.URL + "/config.git"} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("%q was not seen running: the test looks at the wrong processes", want)
		}
	}
	for _, secret := range []string{password, "s3cret", base64.StdEncoding.EncodeToString([]byte("ada:" + password))} {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("%q is on a command line", secret)
		}
	}
}

func TestRedirect(t *testing.T) {
	h := newHost(t, gitserver.Options{Username: "ada", Password: password})
	h.commit("main", map[string]string{"v": "1"})
	login := Auth{Username: "ada", Password: password}

	// Another port is another host as far as logins go.
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, h.url+strings.TrimPrefix(r.URL.RequestURI(), "/"), http.StatusMovedPermanently)
	}))
	defer elsewhere.Close()
	h.forget()
	_, err := mustRepo(t, newStore(t), elsewhere.URL+"/config.git", login, Limits{}).Fetch(t.Context(), Ref{})
	if !errors.Is(err, errMoved) || !strings.Contains(err.Error(), h.url+"config.git") {
		t.Errorf("error = %v, want one that names where it went", err)
	}
	if got := h.count("", ""); got != 0 {
		t.Errorf("the other host got %d requests", got)
	}

	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, ok := strings.CutPrefix(r.URL.RequestURI(), "/old.git"); ok {
			http.Redirect(w, r, "/config.git"+rest, http.StatusFound)
			return
		}
		h.recorded(h.server).ServeHTTP(w, r)
	}))
	defer web.Close()
	snapshot := mustFetch(t, mustRepo(t, newStore(t), web.URL+"/old.git", login, Limits{}), Ref{})
	if got := mustRead(t, snapshot, "v"); got != "1" {
		t.Errorf("moved on the same host: %q", got)
	}
}

func TestRedirectWithoutLoginIsFollowed(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, h.url+strings.TrimPrefix(r.URL.RequestURI(), "/"), http.StatusMovedPermanently)
	}))
	defer elsewhere.Close()
	mustRead(t, mustFetch(t, mustRepo(t, newStore(t), elsewhere.URL+"/config.git", Auth{}, Limits{}), Ref{}), "v")
}

func TestCertificate(t *testing.T) {
	h := newHost(t, gitserver.Options{Username: "ada", Password: password})
	h.commit("main", map[string]string{"v": "1"})
	web := httptest.NewTLSServer(h.server)
	defer web.Close()
	auth := Auth{Username: "ada", Password: password}

	_, err := mustRepo(t, newStore(t), web.URL+"/config.git", auth, Limits{}).Fetch(t.Context(), Ref{})
	if !errors.Is(err, errCertificate) || hint.Of(err) == "" {
		t.Errorf("unknown authority: %v", err)
	}
	auth.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
	mustRead(t, mustFetch(t, mustRepo(t, newStore(t), web.URL+"/config.git", auth, Limits{}), Ref{}), "v")
}

func TestLocalSettingsAreUsedOnlyIfAskedFor(t *testing.T) {
	h := newHost(t, gitserver.Options{Username: "ada", Password: "fromhelper"})
	h.commit("main", map[string]string{"v": "1"})
	home := t.TempDir()
	write(t, filepath.Join(home, ".gitconfig"), "[credential]\n\thelper = \"!f() { echo username=ada; echo password=fromhelper; }; f\"\n")
	write(t, filepath.Join(home, ".netrc"), "machine 127.0.0.1 login ada password fromhelper\n")
	t.Setenv("HOME", home)
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(home, ".gitconfig"))
	t.Setenv("GIT_DIR", "/nowhere")

	mustRead(t, mustFetch(t, mustRepo(t, newStore(t), h.url+"config.git", Auth{UseLocal: true}, Limits{}), Ref{}), "v")
	if _, err := mustRepo(t, newStore(t), h.url+"config.git", Auth{}, Limits{}).Fetch(t.Context(), Ref{}); !errors.Is(err, ErrAuthRequired) {
		t.Errorf("without UseLocal: %v", err)
	}
}

func TestFileAddresses(t *testing.T) {
	h := newHost(t, gitserver.Options{})
	h.commit("main", map[string]string{"v": "1"})
	url := "file://" + filepath.Join(h.dir, "config.git")

	mustRead(t, mustFetch(t, mustRepo(t, h.store, url, Auth{UseLocal: true}, Limits{}), Ref{}), "v")
	if _, err := h.store.Repo(url, Auth{}, Limits{}); err == nil || hint.Of(err) == "" {
		t.Errorf("on a server: %v", err)
	}
	own := "file://" + h.repo(Auth{}, Limits{}).mirror.dir
	if _, err := h.store.Repo(own, Auth{UseLocal: true}, Limits{}); err == nil {
		t.Error("a mirror of the store itself was taken")
	}
	none := mustRepo(t, h.store, "file:///no/such/repository", Auth{UseLocal: true}, Limits{})
	if _, err := none.Fetch(t.Context(), Ref{}); !errors.Is(err, ErrRepositoryNotFound) {
		t.Errorf("no repository: %v", err)
	}
}
