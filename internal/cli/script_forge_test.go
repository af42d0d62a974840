package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// forgeServer has one pull request, acme/config/pull/7, and GitHub's API of its comments.
type forgeServer struct {
	url    string
	mu     sync.Mutex
	bodies []string
}

func (s *stage) serveForge(t *testing.T) {
	s.forge = &forgeServer{}
	web := httptest.NewServer(s.forge)
	t.Cleanup(web.Close)
	s.forge.url = web.URL
}

func (f *forgeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer s3cret" {
		http.Error(w, `{"message": "Bad credentials"}`, http.StatusUnauthorized)
		return
	}
	const comments, comment = "/api/v3/repos/acme/config/issues/7/comments", "/api/v3/repos/acme/config/issues/comments/"
	type user struct {
		ID int `json:"id"`
	}
	var sent struct{ Body string }
	_ = json.NewDecoder(r.Body).Decode(&sent)
	switch path := r.URL.Path; {
	case path == "/api/v3/user":
		_ = json.NewEncoder(w).Encode(user{1})
	case path == comments && r.Method == http.MethodPost:
		f.bodies = append(f.bodies, sent.Body)
	case path == comments:
		list := []map[string]any{}
		for i, body := range f.bodies {
			list = append(list, map[string]any{"id": i + 1, "body": body, "user": user{1}})
		}
		_ = json.NewEncoder(w).Encode(list)
	case strings.HasPrefix(path, comment):
		i, _ := strconv.Atoi(strings.TrimPrefix(path, comment))
		f.bodies[i-1] = sent.Body
	default:
		http.NotFound(w, r)
	}
}

// comments prints all comments of the pull request.
func (s *stage) comments(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) > 0, "comments")
	s.forge.mu.Lock()
	defer s.forge.mu.Unlock()
	_, err := ts.Stdout().Write([]byte(strings.Join(s.forge.bodies, "\n")))
	ts.Check(err)
}
