package live

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestColumnsAreTheRows(t *testing.T) {
	w := newWorld(t)
	want := map[string]map[string]any{}
	for i := range 100 {
		row := workloadRow([]string{"shop", "users"}[i%2], fmt.Sprint("w-", i), func(w *Workload) {
			w.Why, w.Labels, w.Changed, w.Images = []string{"", `"<b>" \ ` + "\x01é\u2028😀", "x"}[i%3], []string{"a=1", fmt.Sprint("i=", i)}, 1795388400, []string{"nginx:1"}
		})
		w.store.set("workloads", row)
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := json.Unmarshal(text, &values); err != nil {
			t.Fatal(err)
		}
		want[row.ID] = values
	}
	if diff := cmp.Diff(want, w.state("admin").rows["workloads"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEveryTableHasItsColumns(t *testing.T) {
	w := newWorld(t)
	_, body := w.get("admin", "/api/v1/state")
	for _, want := range []string{`"workloads":{"rows":0,"columns":{"id":[],"group":[]`, `"edges":{"rows":0,"columns":{"id":[],"from":[]`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	for _, table := range tables {
		w.store.set(table.name, everyOf(table.row))
	}
	if _, body := w.get("admin", "/api/v1/state"); strings.Contains(body, "null,") && !strings.Contains(body, `"stale":null,`) || strings.Contains(body, "[null") {
		t.Errorf("a list is null: %s", body)
	}
}

// everyOf is a row of a table's type.
func everyOf(row Row) Row {
	for _, one := range everyRow("shop", 1) {
		if fmt.Sprintf("%T", one) == fmt.Sprintf("%T", row) {
			return one
		}
	}
	return &Node{ID: "node"}
}

func TestAStateIsPackedAndTagged(t *testing.T) {
	w := newWorld(t)
	w.people["other"] = &rights{all: true}
	w.store.set("workloads", workloadRow("shop", "front", nil))
	ask := func(name, tag string) *httptest.ResponseRecorder {
		r := request(name, "/api/v1/state")
		r.Header.Set("Accept-Encoding", "br, gzip")
		r.Header.Set("If-None-Match", tag)
		answer := httptest.NewRecorder()
		w.Handlers().State(answer, r)
		return answer
	}
	first := ask("admin", "")
	unpacked, err := gzip.NewReader(first.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	if len(readState(t, body).rows["workloads"]) != 1 {
		t.Errorf("want one workload in %s", body)
	}
	tag := first.Header().Get("ETag")
	if again := ask("admin", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("the same again: %d with %d bytes, want 304", again.Code, again.Body.Len())
	}
	if other := ask("other", tag); other.Code != http.StatusOK {
		t.Errorf("somebody else: %d, want 200: the state names the person", other.Code)
	}
	w.store.set("workloads", workloadRow("shop", "cart", nil))
	if changed := ask("admin", tag); changed.Code != http.StatusOK || changed.Header().Get("ETag") == tag {
		t.Errorf("changed: %d with tag %s, want 200 and another tag", changed.Code, changed.Header().Get("ETag"))
	}
}

func TestAStateHasTheNewestReleases(t *testing.T) {
	w := newWorld(t)
	for i := range mostReleases + 10 {
		w.store.set("releases", &Release{ID: fmt.Sprintf("shop/app-%d", i), App: "shop/app", Started: int64(1000 + i), Images: []string{}, Durations: map[string]int64{}})
	}
	page := w.state("admin")
	if n := len(page.rows["releases"]); n != mostReleases || page.rows["releases"]["shop/app-9"] != nil {
		t.Errorf("%d releases, the tenth among them: %t; want the newest %d", n, page.rows["releases"]["shop/app-9"] != nil, mostReleases)
	}
}

func TestCompletionOffersOnlyWhatIsSeen(t *testing.T) {
	w := newWorld(t)
	w.store.set("workloads", workloadRow("shop", "front", nil))
	w.store.set("workloads", workloadRow("secret", "front", nil))
	answer := httptest.NewRecorder()
	w.Handlers().Complete(answer, request("dev", "/api/v1/query/complete?q=ns:s&at=4"))
	if got, want := strings.TrimSpace(answer.Body.String()), `{"at":4,"from":3,"to":4,"options":["shop"]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
