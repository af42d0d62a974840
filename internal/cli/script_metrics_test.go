package cli_test

import (
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// prometheus serves a file as the answer to the query for Istio's requests, and to that which asks for "mine", as $PROMETHEUS:
// to who has the token "s3cret".
func prometheus(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "prometheus FILE")
	answer := ts.ReadFile(args[0])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.FormValue("query")
		switch {
		case r.Header.Get("Authorization") != "Bearer s3cret":
			http.Error(w, "no", http.StatusUnauthorized)
		case strings.Contains(query, "istio_requests_total"), query == "mine":
			_, _ = w.Write([]byte(answer))
		default:
			_, _ = w.Write([]byte(`{"status": "success", "data": {"resultType": "vector", "result": []}}`))
		}
	}))
	ts.Defer(server.Close)
	ts.Setenv("PROMETHEUS", server.URL)
}
