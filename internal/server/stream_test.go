package server

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/fairlead-dev/fairlead/internal/server/door"
)

// listen opens the stream; next waits for an event of a kind and returns all that was told up to it.
func (w *world) listen(browser *http.Client, since string) (next func(event string) (told string)) {
	w.Helper()
	response, err := browser.Get(w.url + "/api/v1/stream?since=" + since)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	return func(event string) string {
		w.Helper()
		var told strings.Builder
		found := false
		for lines.Scan() {
			told.WriteString(lines.Text() + "\n")
			if found = found || lines.Text() == "event: "+event; found && lines.Text() == "" {
				return told.String()
			}
		}
		w.Fatalf("the stream ended before an event %s: %v\n%s", event, lines.Err(), told.String())
		return ""
	}
}

func (w *world) scale(namespace, deployment string) {
	w.Helper()
	kube := kubernetes.NewForConfigOrDie(w.config)
	if _, err := kube.AppsV1().Deployments(namespace).Patch(w.Context(), deployment, types.MergePatchType, []byte(`{"spec":{"replicas":2}}`), metav1.PatchOptions{}); err != nil {
		w.Fatal(err)
	}
}

func TestTheStreamTellsNothingOfOtherNamespaces(t *testing.T) {
	w := newWorld(t)
	browser := w.serve(w.ofTwo())
	var state struct{ Revision string }
	_, body := w.call(browser, "GET", "/api/v1/state", "")
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatal(err)
	}
	next := w.listen(browser, state.Revision)
	w.scale(w.hidden, hiddenWord+"-front")
	w.scale(w.one, "alpha-front")
	told := next("delta")
	for !strings.Contains(told, "alpha-front") {
		told += next("delta")
	}
	w.tellsNothing(t, told)

	before := time.Now()
	if status, body := w.call(browser, "POST", "/api/v1/sign-out", ""); status != http.StatusNoContent {
		t.Fatalf("sign out: %d %s", status, body)
	}
	if told := next("out"); !strings.Contains(told, "the session has ended") || time.Since(before) > 10*time.Second {
		t.Errorf("after signing out the stream says %s", told)
	}
}

func TestAPersonWithNothingSeesNothing(t *testing.T) {
	w := newWorld(t)
	browser := w.serve(door.Person{Name: "of-none", Groups: []string{"of-two", "nobodys"}})
	_, body := w.call(browser, "GET", "/api/v1/state", "")
	var state struct {
		Tables map[string]struct{ Rows int }
	}
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatal(err)
	}
	for name, table := range state.Tables {
		if table.Rows > 0 {
			t.Errorf("%d rows of %s", table.Rows, name)
		}
	}
	for pattern, visits := range visits {
		method, _, _ := strings.Cut(pattern, " ")
		for _, v := range visits {
			t.Run(method+" "+v.path, func(t *testing.T) {
				if v.isAbout {
					w.isHidden(t, browser, method, v, w.one, "alpha")
					return
				}
				_, body := v.call(w, browser, method, w.one, "alpha")
				for _, word := range []string{w.one, w.two, "alpha-", "beta-"} {
					if strings.Contains(body, word) {
						t.Errorf("%q is told", word)
					}
				}
				w.tellsNothing(t, body)
			})
		}
	}
}
