package source

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestRegistryLogins(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("latest", "a=1")
	d.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if user, password, _ := r.BasicAuth(); user == "ann" && password == "hunter2" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	config := func(address, login string) Auth {
		return Auth{DockerConfig: fmt.Appendf(nil, `{"auths":{%q:%s}}`, address, login)}
	}
	const right = `{"username":"ann","password":"hunter2"}`
	for situation, c := range map[string]struct {
		auth Auth
		want error
	}{
		"user and password":                  {Auth{Username: "ann", Password: "hunter2"}, nil},
		"docker login":                       {config(d.host, right), nil},
		"docker login in base64":             {config("https://"+d.host+"/v1/", `{"auth":"YW5uOmh1bnRlcjI="}`), nil},
		"docker login of the repository":     {config(d.host+"/apps", right), nil},
		"docker login of another path":       {config(d.host+"/app", right), ErrAuthRequired},
		"docker login of another registry":   {config("ghcr.io", right), ErrAuthRequired},
		"docker login of another port":       {config("127.0.0.1", right), ErrAuthRequired},
		"none":                               {Auth{}, ErrAuthRequired},
		"wrong password":                     {Auth{Username: "ann", Password: "hunter3"}, ErrAuthRefused},
		"wrong password in a docker login":   {config(d.host, `{"username":"ann","password":"hunter3"}`), ErrAuthRefused},
		"given ones win over a docker login": {Auth{Username: "ann", Password: "hunter2", DockerConfig: config(d.host, `{"username":"bob"}`).DockerConfig}, nil},
	} {
		t.Run(situation, func(t *testing.T) {
			_, err := d.fetch(Artifact{Auth: c.auth})
			if !errors.Is(err, c.want) || err != nil && strings.Contains(err.Error()+hint.Of(err), "hunter") {
				t.Errorf("err = %v, want %v", err, c.want)
			}
		})
	}
}

func TestAPackIsNoWayAroundTheLogin(t *testing.T) {
	d := newDepot(t)
	digest := d.pushFiles("latest", "a=1")
	d.mustFetch(Artifact{})
	d.answers(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	for _, ref := range []ArtifactRef{{}, {Digest: digest}} {
		if _, err := d.fetch(Artifact{Ref: ref}); !errors.Is(err, ErrAuthRequired) {
			t.Errorf("%s: err = %v, want %v", ref, err, ErrAuthRequired)
		}
	}
}

func TestALoginDoesNotFollowABlobToAnotherHost(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("latest", "a=1")
	var seen []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		_, _ = w.Write(tgz("a=1"))
	}))
	defer elsewhere.Close()
	d.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if _, _, ok := r.BasicAuth(); !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		if strings.Contains(r.URL.Path, "/blobs/") {
			http.Redirect(w, r, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1), http.StatusTemporaryRedirect)
			return true
		}
		return false
	})
	if _, err := d.fetch(Artifact{Auth: Auth{Username: "ann", Password: "hunter2"}}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []string{""}) {
		t.Errorf("the other host got %q", seen)
	}
}

func TestRegistriesInTrouble(t *testing.T) {
	answerTo := func(path string, status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, path) {
				return false
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return true
		}
	}
	answer := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return answerTo("/apps/", status, body)
	}
	for situation, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		want   error
	}{
		"at the door: overloaded":             {answerTo("/v2/", http.StatusTooManyRequests, ""), ErrTooManyRequests},
		"at the door: broken":                 {answerTo("/v2/", http.StatusInternalServerError, ""), ErrUnreachable},
		"at the door: forbidden":              {answerTo("/v2/", http.StatusForbidden, ""), ErrAuthRequired},
		"at the door: none of this":           {answerTo("/v2/", http.StatusNotFound, "no such page"), ErrRepositoryNotFound},
		"rubbish in place of the manifest":    {answerTo("/manifests/", http.StatusOK, `{"layers":"none"}`), errAnswer},
		"another manifest than the tag names": {answerTo("/manifests/sha256:", http.StatusOK, `{}`), errDigest},
		"the layer is gone":                   {answerTo("/blobs/", http.StatusNotFound, `{"errors":[{"code":"BLOB_UNKNOWN"}]}`), ErrRefNotFound},
		"the manifest is gone":                {answerTo("/manifests/sha256:", http.StatusNotFound, ""), ErrRefNotFound},
		"a sign-in page in place of a layer":  {answerTo("/blobs/", http.StatusOK, "<html>sign in</html>"), errDigest},
		"overloaded":                          {answer(http.StatusTooManyRequests, ""), ErrTooManyRequests},
		"broken":                              {answer(http.StatusInternalServerError, ""), ErrUnreachable},
		"a sign-in page":                      {answer(http.StatusOK, "<html>sign in</html>"), errAnswer},
		"forbidden":                           {answer(http.StatusForbidden, ""), ErrAuthRequired},
		"another layer than the manifest names": {func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/blobs/") {
				_, _ = w.Write(tgz("a=evil"))
				return true
			}
			return false
		}, errDigest},
	} {
		t.Run(situation, func(t *testing.T) {
			d := newDepot(t)
			d.pushFiles("latest", "a=1")
			d.answers(c.answer)
			if _, err := d.fetch(Artifact{}); !errors.Is(err, c.want) || hint.Of(err) == "" {
				t.Errorf("err = %v (%s), want %v and a next step", err, hint.Of(err), c.want)
			}
		})
	}
}

// Rubbish in place of the list of tags.
func TestAListOfTagsThatCannotBeRead(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("1.0.0", "a=1")
	for _, rubbish := range []string{`{"tags":"none"}`, `<html>sign in</html>`, `{"tags":`} {
		d.answers(func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/tags/list") {
				return false
			}
			fmt.Fprint(w, rubbish)
			return true
		})
		if _, err := d.fetch(Artifact{Ref: ArtifactRef{SemVer: "^1"}}); err == nil || hint.Of(err) == "" {
			t.Errorf("%s: err = %v (%s), want one with a next step", rubbish, err, hint.Of(err))
		}
	}
}

func TestARegistryThatSaysLittleToHEAD(t *testing.T) {
	d := newDepot(t)
	digest := d.pushFiles("latest", "a=1")
	d.answers(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodHead {
			return false
		}
		w.Header().Set("Content-Type", string(types.OCIManifestSchema1))
		return true
	})
	if got := d.mustFetch(Artifact{}).Revision.Commit; got != digest {
		t.Errorf("commit = %s, want %s", got, digest)
	}
}

func TestASlowRegistry(t *testing.T) {
	d := newDepot(t)
	d.answers(func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	_, err := d.fetch(Artifact{Limits: Limits{Timeout: 50 * time.Millisecond}})
	if !errors.Is(err, context.DeadlineExceeded) || hint.Of(err) == "" {
		t.Errorf("err = %v (%s)", err, hint.Of(err))
	}
}

func TestCertificatesOfRegistriesAndHelmRepositories(t *testing.T) {
	d, h := newDepot(t), newHarbour(t)
	d.pushFiles("latest", "a=1")
	h.publish("1.2.0")
	for kind, handler := range map[string]http.Handler{
		"registry": httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: d.host}), "Helm repository": h,
	} {
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		defer server.Close()
		fetch := func(auth Auth) error {
			if kind == "registry" {
				_, err := d.fetch(Artifact{URL: strings.Replace(server.URL, "https", "oci", 1) + "/apps/shop", Auth: auth})
				return err
			}
			_, err := h.fetch(Chart{Repo: server.URL + "/charts", Auth: auth})
			return err
		}
		ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
		if err := fetch(Auth{CA: ca}); err != nil {
			t.Errorf("%s with its authority: %v", kind, err)
		}
		if err := fetch(Auth{}); !errors.Is(err, errCertificate) || hint.Of(err) == "" {
			t.Errorf("%s without: err = %v (%s), want %v", kind, err, hint.Of(err), errCertificate)
		}
	}
}

func TestPlainHTTPIsForThisMachineOnly(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "localhost": true, "registry.localhost": true,
		"10.0.0.7": false, "192.168.1.2": false, "registry.local": false, "ghcr.io": false,
	} {
		if got := isLoopback(host); got != want {
			t.Errorf("isLoopback(%s) = %t", host, got)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://10.0.0.7/v2/", nil)
	response, err := (encrypted{http.DefaultTransport}).RoundTrip(r)
	if !errors.Is(err, errPlain) {
		response.Body.Close()
		t.Errorf("err = %v, want %v", err, errPlain)
	}
}
