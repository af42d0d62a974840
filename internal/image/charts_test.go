package image

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

const index = `apiVersion: v1
entries:
  api:
  - created: "2026-02-01T10:00:00Z"
    name: api
    version: 2.0.0
  web:
  - created: "2026-02-28T13:00:00+01:00"
    home: https://example.com/web
    name: web
    sources: ["ssh://git.example.com/web", "https://git.example.com/web"]
    version: 1.1.0
  - name: web
    version: 1.0.0
`

// indexed answers with an index that has an ETag.
func indexed(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/index.yaml") {
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(index))
	}
}

func (h *harbour) charts(auth source.Auth) *Charts {
	h.t.Helper()
	c, err := h.all.Charts("http://"+h.host+"/charts/", auth)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func TestAnIndexIsOneRequestForAllItsCharts(t *testing.T) {
	h := newHarbour(t)
	sent := 0
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == "" {
			sent++
		}
		indexed(w, r)
	})
	c := h.charts(source.Auth{})
	want := map[string]source.ChartList{
		"api": {Versions: []source.ChartVersion{{Version: "2.0.0", Built: time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC)}}},
		"web": {Versions: []source.ChartVersion{
			{Version: "1.1.0", Built: time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC), Page: "https://git.example.com/web"}, {Version: "1.0.0"},
		}},
	}
	for range 3 {
		got, err := c.Versions(t.Context(), []string{"api", "web"})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("err = %v, lists (-want +got):\n%s", err, diff)
		}
	}
	if n := len(h.asked()); n != 3 || sent != 1 {
		t.Errorf("%d requests and %d times the index, want 3 and 1", n, sent)
	}
	got, err := c.Versions(t.Context(), []string{"api", "wed"})
	if err != nil || !errors.Is(got["wed"].Err, source.ErrRefNotFound) || !strings.HasPrefix(hint.Of(got["wed"].Err), "did you mean: web") {
		t.Errorf("err = %v, of a chart that isn't there: %v → %s", err, got["wed"].Err, hint.Of(got["wed"].Err))
	}
	if sent != 2 {
		t.Errorf("the index was sent %d times, want 2: of the new chart nothing was known", sent)
	}
}

func TestAnIndexThatIsRubbish(t *testing.T) {
	for situation, text := range map[string]string{
		"a page": "<html>sign in</html>", "nothing": "", "no YAML": "\x00\x01", "other shapes": "entries: [web]", "versions that are none": "entries:\n  web:\n  - {version: [1]}\n",
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			h.answers(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
			got, err := h.charts(source.Auth{}).Versions(t.Context(), []string{"web"})
			if err != nil || got["web"].Err == nil || !strings.Contains(got["web"].Err.Error(), "index.yaml cannot be used") || len(got["web"].Versions) > 0 {
				t.Errorf("err = %v, list = %+v", err, got["web"])
			}
		})
	}
}

func TestARepositoryOfChartsThatWantsToBeLeftAlone(t *testing.T) {
	h := newHarbour(t)
	h.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	c := h.charts(source.Auth{})
	until := h.clock().Add(10 * time.Minute)
	for range 3 {
		_, err := c.Versions(t.Context(), []string{"web"})
		if pause, ok := errors.AsType[*PauseError](err); !ok || !pause.Until.Equal(until) || hint.Of(err) == "" {
			t.Fatalf("err = %v → %s", err, hint.Of(err))
		}
	}
	if n := len(h.asked()); n != 1 {
		t.Errorf("%d requests, not 1", n)
	}
	h.answers(indexed)
	h.pass(10 * time.Minute)
	if _, err := c.Versions(t.Context(), []string{"web"}); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestTheLoginOfAnIndexStaysWithItsHost(t *testing.T) {
	logins := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logins <- r.Header.Get("Authorization")
		indexed(w, r)
	}))
	t.Cleanup(other.Close)
	h := newHarbour(t)
	at := strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/moved/index.yaml"
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != ann.Password {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, at, http.StatusFound)
	})
	got, err := h.charts(ann).Versions(t.Context(), []string{"web"})
	if err != nil || len(got["web"].Versions) != 2 {
		t.Errorf("err = %v, list = %+v", err, got["web"])
	}
	if login := <-logins; login != "" {
		t.Errorf("the other host got the login")
	}
	_, err = h.charts(source.Auth{Username: "ann", Password: "wrong-word"}).Versions(t.Context(), []string{"web"})
	if !errors.Is(err, source.ErrAuthRefused) || strings.Contains(fmt.Sprint(err), "wrong-word") {
		t.Errorf("err = %v", err)
	}
}

func TestAChartInARegistryTellsWhenItWasMade(t *testing.T) {
	h := newHarbour(t)
	chart := mutate.Annotations(artifact(t, "application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip"), map[string]string{
		"org.opencontainers.image.created": "2026-02-28T12:00:00Z", "org.opencontainers.image.source": "https://git.example.com/web",
	})
	h.push("1.0.0", chart.(v1.Image))
	h.push("2.0.0", build(t, amd64, h.clock(), nil))
	r := h.repository("acme/front", source.Auth{})
	d, err := r.DescribeChart(t.Context(), "1.0.0", time.Hour)
	if err != nil || !d.Built.Equal(time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)) || d.Labels["org.opencontainers.image.source"] != "https://git.example.com/web" {
		t.Errorf("err = %v, description = %+v", err, d)
	}
	if _, err := r.DescribeChart(t.Context(), "2.0.0", time.Hour); !errors.Is(err, ErrUnusable) {
		t.Errorf("an image is no chart: %v", err)
	}
}
