package source

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

// harbour is a Helm repository.
type harbour struct {
	t      *testing.T
	server *httptest.Server
	store  *Store

	mu       sync.Mutex
	index    string
	files    map[string][]byte
	password string // wanted of ann, if not ""
	requests []string
}

func newHarbour(t *testing.T) *harbour {
	t.Helper()
	h := &harbour{t: t, store: newStore(t), files: map[string][]byte{}}
	h.server = httptest.NewServer(h)
	t.Cleanup(h.server.Close)
	return h
}

func (h *harbour) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	user, password, _ := r.BasicAuth()
	h.requests = append(h.requests, strings.TrimSpace(r.URL.Path+" "+user))
	if h.password != "" && (user != "ann" || password != h.password) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.URL.Path == "/charts/index.yaml" && h.index != "" {
		w.Header().Set("ETag", fmt.Sprintf(`"%s"`, sha256Of([]byte(h.index))))
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(h.index))
		return
	}
	if content, ok := h.files[r.URL.Path]; ok {
		_, _ = w.Write(content)
		return
	}
	http.NotFound(w, r)
}

// add puts a version of the chart web into the index, as Helm writes it.
func (h *harbour) add(version, url, digest string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.index == "" {
		h.index = "apiVersion: v1\nentries:\n  alpine:\n  - name: alpine\n    version: 9.9.9\n    urls:\n    - alpine-9.9.9.tgz\n  web:\n"
	}
	h.index += fmt.Sprintf("  - apiVersion: v2\n    appVersion: \"2.0\"\n    created: \"2026-03-01T12:00:00Z\"\n    description: |\n      entries:\n      none\n"+
		"    digest: %s\n    maintainers:\n    - name: Ann Lee\n    - name: Bob\n    name: web\n    urls:\n    - %s\n    version: %s\n", digest, url, version)
}

// publish adds a version with its archive.
func (h *harbour) publish(version string) string {
	archive := tgz("web/Chart.yaml=name: web\nversion: "+version+"\n", "web/templates/a.yaml="+version)
	h.add(version, "web-"+version+".tgz", sha256Of(archive))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files["/charts/web-"+version+".tgz"] = archive
	return "sha256:" + sha256Of(archive)
}

func (h *harbour) head(c Chart) Head {
	h.t.Helper()
	if c.Repo == "" {
		c.Repo = h.server.URL + "/charts"
	}
	if c.Name == "" {
		c.Name = "web"
	}
	head, err := h.store.Chart(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return head
}

func (h *harbour) fetch(c Chart) (*Snapshot, error) {
	h.t.Helper()
	return h.head(c).Fetch(h.t.Context())
}

var chartVersions = []string{"1.2.0", "1.10.0", "v1.9.0", "2.0.0-rc.1", "0.9.0+up1.2"}

func TestChartByVersionRange(t *testing.T) {
	h, d := newHarbour(t), newDepot(t)
	d.url = "oci://" + d.host + "/charts/web"
	for _, version := range chartVersions {
		h.publish(version)
		chart := layerOf(tgz("web/Chart.yaml=name: web\nversion: "+version+"\n", "web/templates/a.yaml="+version), chartLayer, nil)
		d.push(versionTag(version), pushed{layers: []mutate.Addendum{chart}})
	}
	h.publish("not a version")
	for kind, fetch := range map[string]func(Chart) (*Snapshot, error){
		"https": h.fetch,
		"oci": func(c Chart) (*Snapshot, error) {
			c.Repo, c.Name = "oci://"+d.host+"/charts/", "web"
			head, err := d.store.Chart(c)
			if err != nil {
				return nil, err
			}
			return head.Fetch(t.Context())
		},
	} {
		for wanted, want := range map[string]string{
			"": "1.10.0", "*": "1.10.0", "~1.2": "1.2.0", ">=1 <1.10": "v1.9.0", "1.10.0": "1.10.0", "^1": "1.10.0",
			"2.0.0-rc.1": "2.0.0-rc.1", ">=2.0.0-0": "2.0.0-rc.1", "0.9.0+up1.2": "0.9.0+up1.2", "0.x": "0.9.0+up1.2",
		} {
			t.Run(kind+" "+wanted, func(t *testing.T) {
				got, err := fetch(Chart{Version: wanted})
				if err != nil {
					t.Fatal(err)
				}
				if text := mustRead(t, got, "templates/a.yaml"); text != want {
					t.Errorf("got %s, want %s", text, want)
				}
				r := got.Revision
				if r.Version != want || r.Short() != want || r.Ref != "chart web "+want || !digestShape().MatchString(r.Commit) {
					t.Errorf("revision = %+v", r)
				}
			})
		}
	}
}

func TestAChartComesOnceAndItsIndexWhenItChanges(t *testing.T) {
	h := newHarbour(t)
	h.publish("1.2.0")
	head := h.head(Chart{})
	for range 3 {
		if _, err := head.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h.publish("1.3.0")
	got, err := head.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Revision.Version != "1.3.0" {
		t.Errorf("version = %s", got.Revision.Version)
	}
	want := []string{"/charts/index.yaml", "/charts/web-1.2.0.tgz", "/charts/index.yaml", "/charts/index.yaml", "/charts/index.yaml", "/charts/web-1.3.0.tgz"}
	if diff := cmp.Diff(want, h.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestChartThatCannotBeHad(t *testing.T) {
	good := strings.Repeat("a", 64)
	for situation, c := range map[string]struct {
		prepare    func(*harbour)
		chart      Chart
		want       error
		text, next string
	}{
		"no such chart":     {func(h *harbour) { h.publish("1.2.0") }, Chart{Name: "wep"}, ErrRefNotFound, "chart wep: not in the repository", "did you mean: web, alpine"},
		"nothing in range":  {func(h *harbour) { h.publish("1.2.0") }, Chart{Version: ">=2"}, ErrRefNotFound, "version >=2: not in the repository: none of its 1 versions is in the range", ">=1.0.0-0"},
		"only pre-releases": {func(h *harbour) { h.publish("1.2.0-rc.1") }, Chart{}, ErrRefNotFound, "none of its 1 versions", ">=1.0.0-0"},
		"no repository":     {func(*harbour) {}, Chart{}, ErrRepositoryNotFound, "no Helm repository there", "/index.yaml"},
		"nobody listens":    {func(h *harbour) { h.server.Close() }, Chart{}, ErrUnreachable, "the server does not answer", "the server runs"},
		"a page":            {func(h *harbour) { h.index = "<html>\n  <body>: sign in\n" }, Chart{}, errIndex, "index.yaml cannot be used", "Helm repository"},
		"an empty index":    {func(h *harbour) { h.index = "apiVersion: v1\n" }, Chart{}, errIndex, "it has no entries", "Helm repository"},
		"rubbish entries":   {func(h *harbour) { h.index = "entries:\n  web: [1, 2]\n" }, Chart{}, errIndex, "index.yaml cannot be used", ""},
		"a rubbish digest":  {func(h *harbour) { h.add("1.2.0", "web.tgz", "xyz") }, Chart{}, errIndex, `version 1.2.0 has the digest "xyz"`, ""},
		"no archive":        {func(h *harbour) { h.add("1.2.0", "web.tgz", good) }, Chart{}, ErrRefNotFound, "chart web 1.2.0: its archive: not in the repository", "ask its owner"},
		"another digest": {func(h *harbour) {
			h.add("1.2.0", "web.tgz", good)
			h.files["/charts/web.tgz"] = tgz("web/Chart.yaml=")
		}, Chart{}, errDigest, "the index says sha256:" + good, "helm repo index"},
		"a page as archive": {func(h *harbour) {
			page := []byte("<html>sign in</html>")
			h.add("1.2.0", "web.tgz", sha256Of(page))
			h.files["/charts/web.tgz"] = page
		}, Chart{}, errArchive, "chart web 1.2.0: not an archive", "push it again"},
		"no Chart.yaml": {func(h *harbour) {
			archive := tgz("web/values.yaml=")
			h.add("1.2.0", "web.tgz", sha256Of(archive))
			h.files["/charts/web.tgz"] = archive
		}, Chart{}, errArchive, "it has no Chart.yaml", "helm package"},
		"an archive that is too large": {func(h *harbour) { h.publish("1.2.0") }, Chart{Limits: Limits{MaxTreeSize: 20}}, ErrTooLarge, "more than 20 bytes", "raise the limit"},
		"in a registry":                {func(h *harbour) { h.add("1.2.0", "oci://ghcr.io/acme/charts/web:1.2.0", good) }, Chart{}, nil, "in a registry", "set repo to oci://ghcr.io/acme/charts"},
		"a file of this machine":       {func(h *harbour) { h.add("1.2.0", "file:///etc/passwd", good) }, Chart{}, errIndex, `the scheme "file"`, ""},
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			c.prepare(h)
			_, err := h.fetch(c.chart)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || !strings.Contains(hint.Of(err), c.next) {
				t.Errorf("err = %v\nhint: %s\nwant %v, %q, hint %q", err, hint.Of(err), c.want, c.text, c.next)
			}
		})
	}
}

func TestChartsThatAreRefused(t *testing.T) {
	store := newStore(t)
	for situation, c := range map[string]Chart{
		"no name":                   {Repo: "https://charts.example.com"},
		"a name that goes up":       {Repo: "oci://ghcr.io/charts", Name: "../web"},
		"a name with a tag":         {Repo: "oci://ghcr.io/charts", Name: "web:1"},
		"a scheme nobody knows":     {Repo: "ftp://ann:hunter2@charts.example.com", Name: "web"},
		"no host":                   {Repo: "https:///charts", Name: "web"},
		"a query":                   {Repo: "https://charts.example.com?token=hunter2", Name: "web"},
		"a range that is none":      {Repo: "https://charts.example.com", Name: "web", Version: "newest"},
		"an oci range that is none": {Repo: "oci://ghcr.io/charts", Name: "web", Version: "newest"},
		"a docker login":            {Repo: "https://charts.example.com", Name: "web", Auth: Auth{DockerConfig: []byte(`{"auths":{}}`)}},
	} {
		t.Run(situation, func(t *testing.T) {
			_, err := store.Chart(c)
			if err == nil || strings.Contains(err.Error()+hint.Of(err), "hunter2") {
				t.Errorf("err = %v, want a refusal without the secret", err)
			}
		})
	}
}

func TestAnArtifactThatIsNoChart(t *testing.T) {
	d := newDepot(t)
	d.pushFiles("1.0.0", "a=1")
	head, err := d.store.Chart(Chart{Repo: "oci://" + d.host + "/apps", Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := head.Fetch(t.Context()); err == nil || !strings.Contains(err.Error(), "chart shop 1.0.0 is not a Helm chart") {
		t.Errorf("err = %v", err)
	}
}

func TestChartLogins(t *testing.T) {
	right := Auth{Username: "ann", Password: "hunter2"}
	for situation, c := range map[string]struct {
		auth Auth
		want error
	}{
		"right":          {right, nil},
		"none":           {Auth{}, ErrAuthRequired},
		"wrong password": {Auth{Username: "ann", Password: "hunter3"}, ErrAuthRefused},
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			h.password = right.Password
			h.publish("1.2.0")
			_, err := h.fetch(Chart{Auth: c.auth})
			if !errors.Is(err, c.want) || err != nil && strings.Contains(err.Error()+hint.Of(err), "hunter") {
				t.Errorf("err = %v, want %v", err, c.want)
			}
		})
	}
}

func TestALoginStaysAtTheRepositorysHost(t *testing.T) {
	h, other := newHarbour(t), newHarbour(t)
	h.publish("1.0.0")
	other.files["/elsewhere.tgz"] = h.files["/charts/web-1.0.0.tgz"]
	h.password = "hunter2"
	digest := sha256Of(other.files["/elsewhere.tgz"])
	elsewhere := other.server.URL + "/elsewhere.tgz"
	h.add("2.0.0", elsewhere, digest)
	moved := httptest.NewServer(http.RedirectHandler(elsewhere, http.StatusFound))
	defer moved.Close()
	h.add("3.0.0", moved.URL+"/web.tgz", digest)
	h.add("4.0.0", strings.Replace(elsewhere, "http://", "http://eve:secret@", 1), digest)
	for _, version := range []string{"2.0.0", "3.0.0", "4.0.0"} {
		h.store = newStore(t)
		if _, err := h.fetch(Chart{Version: version, Auth: Auth{Username: "ann", Password: "hunter2"}}); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
	if diff := cmp.Diff([]string{"/elsewhere.tgz", "/elsewhere.tgz", "/elsewhere.tgz"}, other.requests); diff != "" {
		t.Errorf("the other host got (-want +got):\n%s", diff)
	}
}

func TestAnIndexMovedToAnotherHostGetsNoLogin(t *testing.T) {
	h := newHarbour(t)
	h.publish("1.0.0")
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, h.server.URL+r.URL.Path, http.StatusFound)
	}))
	defer front.Close()
	if _, err := h.fetch(Chart{Repo: front.URL + "/charts", Auth: Auth{Username: "ann", Password: "hunter2"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/charts/index.yaml", "/charts/web-1.0.0.tgz"}, h.requests); diff != "" {
		t.Errorf("the other host got (-want +got):\n%s", diff)
	}
}
