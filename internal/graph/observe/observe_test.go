package observe_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/graph/observe"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

// prometheus answers queries that hold a word, as its API is documented, and all others with no series.
func prometheus(t *testing.T, answers map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prom/api/v1/query" || r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer token" {
			http.Error(w, "not so", http.StatusUnauthorized)
			return
		}
		series := ""
		for word, answer := range answers {
			if strings.Contains(r.FormValue("query"), word) {
				series = answer
			}
		}
		fmt.Fprintf(w, `{"status": "success", "data": {"resultType": "vector", "result": [%s]}, "warnings": ["x"]}`, series)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/prom/"
}

func TestTraffic(t *testing.T) {
	one := func(labels, value string) string {
		return fmt.Sprintf(`{"metric": {%s}, "value": [1795388400.1, %q]}`, labels, value)
	}
	for name, test := range map[string]struct {
		answers map[string]string
		want    []graph.Traffic
	}{
		"nothing": {nil, []graph.Traffic{}},
		"Istio": {map[string]string{"istio_requests_total": strings.Join([]string{
			one(`"source_workload": "front", "source_workload_namespace": "shop", "destination_workload": "cart", "destination_workload_namespace": "shop", "destination_service_name": "cart", "destination_service": "cart.shop.svc.cluster.local"`, "2.5"),
			one(`"source_workload": "front", "source_workload_namespace": "shop", "destination_workload": "cart", "destination_workload_namespace": "shop", "destination_service_name": "cart-2"`, "0.5"),
			one(`"source_workload": "front", "source_workload_namespace": "shop", "destination_workload": "unknown", "destination_service_name": "PassthroughCluster", "destination_service": "api.example.com"`, "1"),
			one(`"source_workload": "unknown", "destination_workload": "front", "destination_workload_namespace": "shop"`, "9"),
			one(`"source_workload": "front", "source_workload_namespace": "shop", "destination_service_name": "BlackHoleCluster", "destination_service": "evil.example.com"`, "9"),
			one(`"source_workload": "front", "destination_workload": "x"`, "NaN"), one(`"source_workload": "front", "destination_workload": "x"`, "much"),
		}, ",")}, []graph.Traffic{
			{From: graph.End{Namespace: "shop", Workload: "front"}, To: graph.End{Host: "api.example.com"}, Rate: 1, By: "Istio"},
			{From: graph.End{Namespace: "shop", Workload: "front"}, To: graph.End{Namespace: "shop", Workload: "cart"}, Rate: 3, By: "Istio"},
		}},
		"Linkerd": {map[string]string{"request_total{direction": one(`"namespace": "shop", "deployment": "front", "dst_namespace": "data", "dst_statefulset": "db", "dst_service": "db", "authority": "db.data:5432"`, "4")}, []graph.Traffic{
			{From: graph.End{Namespace: "shop", Kind: "deployment", Workload: "front"}, To: graph.End{Namespace: "data", Kind: "statefulset", Workload: "db"}, Rate: 4, By: "Linkerd"},
		}},
		"Hubble, whose flows count answers": {map[string]string{
			"hubble_flows_processed_total": one(`"source": "shop/front", "destination": "shop/cart"`, "8") + "," + one(`"source": "shop/cart", "destination": "shop/front"`, "8"),
			"hubble_http_requests_total":   one(`"source_workload": "front", "source_namespace": "shop", "destination_workload": "cart", "destination_namespace": "shop"`, "2"),
		}, []graph.Traffic{
			{From: graph.End{Namespace: "shop", Workload: "front"}, To: graph.End{Namespace: "shop", Workload: "cart"}, Rate: 2, By: "Hubble"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			token := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(token, []byte("token\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			client, err := observe.New(observe.Settings{URL: prometheus(t, test.answers), TokenFile: token})
			if err != nil {
				t.Fatal(err)
			}
			got, err := client.Traffic(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(got, func(a, b graph.Traffic) int { return cmp.Compare(a.Rate, b.Rate) })
			if d := gocmp.Diff(test.want, got); d != "" {
				t.Error("-want +got\n", d)
			}
		})
	}
}

// TestAnswersThatAreNone are errors that say what to do, without what is secret.
func TestAnswersThatAreNone(t *testing.T) {
	for name, test := range map[string]struct {
		status     int
		body, want string
	}{
		"a page":             {200, "<html>Grafana</html>", "is no answer of Prometheus"},
		"nothing":            {200, "", "is no answer of Prometheus"},
		"other JSON":         {200, `{"status": 3, "data": []}`, "is no answer of Prometheus"},
		"a bad query":        {400, `{"status": "error", "errorType": "bad_data", "error": "parse error at char 3"}`, "says: parse error at char 3"},
		"a matrix":           {200, `{"status": "success", "data": {"resultType": "matrix", "result": []}}`, `the answer is a "matrix"`},
		"no rights":          {403, `no`, "refuses: 403 Forbidden"},
		"not there":          {404, `404 page not found`, "answers 404 Not Found"},
		"somewhere else":     {302, ``, "answers 302 Found"},
		"a broken gateway":   {502, `<html>`, "answers 502 Bad Gateway"},
		"more than can be":   {200, strings.Repeat(" ", 33<<20), "more than 32 MB"},
		"an error of a book": {400, `{"status": "error", "error": "` + strings.Repeat("é", 9000) + `"}`, "éé…"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "http://elsewhere.example.com")
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			client, err := observe.New(observe.Settings{URL: strings.Replace(server.URL, "http://", "http://ann:secret@", 1), Queries: []string{"up"}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Traffic(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") || len(err.Error()) > 1000 {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
	for _, address := range []string{"", "prometheus:9090", "ftp://x", "http://", "http://a b:secret@x"} {
		if _, err := observe.New(observe.Settings{URL: address}); err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
	client, err := observe.New(observe.Settings{URL: "http://ann:secret@127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Traffic(t.Context()); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "127.0.0.1:1 does not answer") {
		t.Error(err)
	}
}
