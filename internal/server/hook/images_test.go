package hook

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImages(t *testing.T) {
	const front = "ghcr.io/acme/front 1.1.0"
	for name, fact := range map[string]struct {
		sender, body string
		header       map[string]string
		status       int
		want         []string
	}{
		"GHCR":                      {"GHCR", senders["GHCR"].push, nil, 200, []string{front}},
		"GHCR, by its older name":   {"GHCR", hubPackage("registry_package", "CONTAINER", "1.1.0"), map[string]string{"X-GitHub-Event": "registry_package"}, 200, []string{front}},
		"GHCR, without an address":  {"GHCR", strings.Replace(senders["GHCR"].push, `"package_url"`, `"other"`, 1), nil, 200, []string{front}},
		"GHCR, without a tag":       {"GHCR", hubPackage("package", "CONTAINER", ""), nil, 202, nil},
		"GitHub, another package":   {"GHCR", hubPackage("package", "npm", "1.1.0"), nil, 202, nil},
		"Docker Hub":                {"Docker Hub", dockerHubPush, nil, 200, []string{"docker.io/acme/front 1.1.0"}},
		"Docker Hub's own":          {"Docker Hub", strings.Replace(dockerHubPush, `"acme/front"`, `"nginx"`, 1), nil, 200, []string{"docker.io/library/nginx 1.1.0"}},
		"Quay, two tags":            {"Quay", quayPush(`["1.1.0", "latest"]`), nil, 200, []string{"quay.io/acme/front 1.1.0", "quay.io/acme/front latest"}},
		"Quay, a build":             {"Quay", strings.Replace(quayPush("null"), "updated_tags", "build_id", 1), nil, 202, nil},
		"Harbor":                    {"Harbor", senders["Harbor"].push, nil, 200, []string{"harbor.example.com:8443/acme/front 1.1.0"}},
		"Harbor, as a CloudEvent":   {"Harbor", harborPush("harbor.artifact.pushed", "data", "1.1.0"), nil, 200, []string{"harbor.example.com:8443/acme/front 1.1.0"}},
		"Harbor, by digest":         {"Harbor", harborPush("PUSH_ARTIFACT", "event_data", "sha256:"+sum), nil, 202, nil},
		"Harbor, something else":    {"Harbor", harborPush("DELETE_ARTIFACT", "event_data", "1.1.0"), nil, 202, nil},
		"generic":                   {"generic image", senders["generic image"].push, nil, 200, []string{front}},
		"a name that is none":       {"generic image", `{"image": "ghcr.io/acme/front\n", "tag": "1.1.0"}`, nil, 400, nil},
		"a name without a registry": {"generic image", `{"image": "front", "tag": "1.1.0"}`, nil, 400, nil},
		"a tag for a shell":         {"generic image", `{"image": "ghcr.io/acme/front", "tag": "$(reboot)"}`, nil, 400, nil},
		"a tag of Quay's that is":   {"Quay", quayPush(`["1.1.0", "a b"]`), nil, 400, nil},
		"both a push and an image":  {"generic image", `{"url": "https://git.example.com/acme/config.git", "image": "ghcr.io/acme/front", "tag": "1.1.0"}`, nil, 400, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e, s := listen(secret), senders[fact.sender]
			r := s.request(fact.body)
			for header, value := range fact.header {
				r.Header.Set(header, value)
			}
			s.sign(r, secret, []byte(fact.body), noon)
			said := e.want(t, r, fact.status, len(fact.want))
			if diff := cmp.Diff(fact.want, e.images); diff != "" {
				t.Errorf("images (-want +got):\n%s", diff)
			}
			if followed := fmt.Sprintf(`"followed":%d`, 2*len(fact.want)); fact.status == 200 && !strings.Contains(said, followed) {
				t.Errorf("said %s, want %s", said, followed)
			}
		})
	}
}

func TestManyTagsAreToldOnce(t *testing.T) {
	e := listen(secret)
	e.want(t, senders["Quay"].signed(quayPush("["+strings.Repeat(`"a",`, 5000)+`"b"]`), noon), 200, mostTags)
}

func TestHarborsSecretMayHaveAPrefix(t *testing.T) {
	e, s := listen(secret), senders["Harbor"]
	r := s.request(s.push)
	r.Header.Set("Authorization", "Bearer "+secret)
	e.want(t, r, 200, 1)
}

// A secret in an address is told of nowhere, and an address that isn't known says which are.
func TestAddressesOfRegistries(t *testing.T) {
	for path, status := range map[string]int{
		"/hooks/dockerhub/" + secret:              400, // the body is empty
		"/hooks/dockerhub/" + secret[:31]:         401,
		"/hooks/dockerhub/" + secret + "/more":    404,
		"/hooks/dockerhub":                        401,
		"/hooks/acr/" + secret:                    404,
		"/hooks/harbor/" + secret:                 401, // its secret is in the header
		"/hooks/push/" + secret:                   404,
		"/hooks/dockerhub?secret=" + secret:       401,
		"/hooks/quay/" + strings.Repeat("a", 999): 401,
	} {
		if got, said := listen(secret).post(t, httptest.NewRequest(http.MethodPost, path, nil)); got != status {
			t.Errorf("%.40s: status %d, want %d: %s", path, got, status, said)
		}
	}
	if _, said := listen(secret).post(t, httptest.NewRequest(http.MethodPost, "/hooks/acr", nil)); !strings.Contains(said, "/hooks/dockerhub, /hooks/harbor, /hooks/quay") {
		t.Errorf("said %s", said)
	}
}

func TestNobodyFollowsImages(t *testing.T) {
	h, s := New(Options{Secrets: [][]byte{[]byte(secret)}}), senders["GHCR"]
	w := httptest.NewRecorder()
	h.ServeHTTP(w, s.signed(s.push, noon))
	if want := "{\"followed\":0,\"reason\":\"nothing here follows images\"}\n"; w.Code != 200 || w.Body.String() != want {
		t.Errorf("status %d, %s", w.Code, w.Body)
	}
}
