package detail

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/internal/server/pagetest"
)

// quick looks around all the time.
var quick = pace{look: 20 * time.Millisecond, rights: 20 * time.Millisecond, beat: time.Hour}

// listener reads a stream.
type listener struct {
	testing.TB
	body  io.Closer
	lines *bufio.Scanner
}

// listen opens a stream.
func listen(t testing.TB, handler http.HandlerFunc, query string) *listener {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	response, err := http.Get(server.URL + "/?" + query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("%d %s", response.StatusCode, text)
	}
	return &listener{t, response.Body, bufio.NewScanner(response.Body)}
}

// next event, and its data.
func (l *listener) next(into any) (event string) {
	l.Helper()
	for l.lines.Scan() {
		text := l.lines.Text()
		if name, ok := strings.CutPrefix(text, "event: "); ok {
			event = name
		}
		if data, ok := strings.CutPrefix(text, "data: "); ok {
			if err := json.Unmarshal([]byte(data), into); err != nil {
				l.Fatal(err)
			}
			return event
		}
	}
	l.Fatal("the stream has ended")
	return ""
}

// said is one event of any kind.
type said struct {
	logLine
	Why string `json:"why"`
}

// kubelet answers for the logs of pods as a kubelet does, below an API server that is real: what it doesn't know goes there.
func kubelet(t *testing.T, config *rest.Config, log func(w http.ResponseWriter, r *http.Request)) *rest.Config {
	t.Helper()
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	api, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/log") {
			log(w, r)
			return
		}
		r.URL.Scheme, r.URL.Host, r.RequestURI = api.Scheme, api.Host, ""
		response, err := transport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		for key, values := range response.Header {
			w.Header()[key] = values
		}
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	}))
	t.Cleanup(server.Close)
	return &rest.Config{Host: server.URL}
}

// follower serves logs from a kubelet that log is.
func follower(t *testing.T, w *pagetest.World, person string, log func(http.ResponseWriter, *http.Request)) Handlers {
	t.Helper()
	config, err := w.As(person)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	config = kubelet(t, config, log)
	return New(Options{Sites: w.Sites, Config: func(context.Context) (*rest.Config, error) { return config, nil }, pace: quick})
}

func untilPodsRun(t *testing.T, w *pagetest.World, n int) {
	sandboxtest.Eventually(t, "pods run", func() bool {
		var got workload
		getWorkload(t, w, pagetest.Admin, "Deployment.apps "+w.Namespace+"/web").Into(t, &got)
		return got.Workload.Ready == int64(n)
	})
}

func TestLogsOfAllPodsOfAWorkload(t *testing.T) {
	w, _ := shop(t)
	untilPodsRun(t, w, 2)
	h := follower(t, w, pagetest.Admin, func(out http.ResponseWriter, r *http.Request) {
		pod := strings.Split(r.URL.Path, "/")[6]
		fmt.Fprintf(out, "2026-11-23T23:00:00.5Z hello of %s, %s lines\n", pod[:3], r.URL.Query().Get("tailLines"))
		fmt.Fprintf(out, "2026-11-23T23:00:01Z %s\n", strings.Repeat("x", 3*mostLogLine))
		fmt.Fprint(out, "no time\xff")
	})
	l := listen(t, h.Logs, "tail=7&object="+url.QueryEscape("Deployment.apps "+w.Namespace+"/web"))
	counts := map[string]int{}
	for {
		var line said
		if l.next(&line) == "end" {
			if line.Why != "that is all" {
				t.Errorf("why %q", line.Why)
			}
			break
		}
		text := line.Text
		if len(text) > 100 {
			text = fmt.Sprintf("%d bytes, %q", len(text), text[len(text)-len("x…"):])
		}
		counts[line.Container+" "+line.Time+" "+text]++
	}
	want := map[string]int{"web 2026-11-23T23:00:00.5Z hello of web, 7 lines": 2, fmt.Sprintf("web 2026-11-23T23:00:01Z %d bytes, %q", mostLogLine-len("2026-11-23T23:00:01Z ")+len("…"), "x…"): 2, "web  no time\ufffd": 2}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
}

// A log that is followed goes on with pods that come, and ends with the person's right.
func TestAFollowedLog(t *testing.T) {
	w, _ := shop(t)
	untilPodsRun(t, w, 2)
	w.Allow("dev", "get,list pods", "get deployments.apps", "get pods/log")
	h := follower(t, w, "dev", func(out http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("follow") != "true" {
			t.Errorf("query %s", r.URL.RawQuery)
		}
		fmt.Fprintln(out, "2026-11-23T23:00:00Z one of "+strings.Split(r.URL.Path, "/")[6])
		out.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	l := listen(t, h.Logs, "follow=1&object="+url.QueryEscape("Deployment.apps "+w.Namespace+"/web"))
	seen := map[string]bool{}
	for len(seen) < 2 {
		var line said
		l.next(&line)
		seen[line.Pod] = true
	}
	extra := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "extra", Labels: map[string]string{"app": "web"}}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "ghcr.io/acme/web:1.0.0"}}}}
	_ = w.API.Create(t.Context(), extra) // the ReplicaSet may remove it, or one of its own
	if err := w.API.Delete(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: first(seen)}}); err != nil {
		t.Fatal(err)
	}
	for len(seen) < 3 {
		var line said
		l.next(&line)
		seen[line.Pod] = true
	}
	w.Forbid()
	for {
		var line said
		if l.next(&line) == "end" {
			if line.Why != "you may no longer read this" && !strings.HasPrefix(line.Why, "you may not ") {
				t.Errorf("why %q", line.Why)
			}
			return
		}
	}
}

// A kubelet that restarts ends the log of a container that runs on: it is taken up where it was.
func TestALogThatBreaksOffGoesOn(t *testing.T) {
	w, _ := shop(t)
	untilPodsRun(t, w, 2)
	var asked atomic.Int32
	h := follower(t, w, pagetest.Admin, func(out http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(out, "2026-11-23T23:00:00Z one")
		if asked.Add(1) == 1 {
			return
		}
		if since := r.URL.Query().Get("sinceTime"); since != "2026-11-23T23:00:00Z" {
			t.Errorf("since %q", since)
		}
		fmt.Fprintln(out, "no time\n2026-11-23T23:00:00.5Z two")
		out.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	var pods corev1.PodList
	if err := w.API.List(t.Context(), &pods, client.InNamespace(w.Namespace), client.MatchingLabels{"app": "web"}); err != nil {
		t.Fatal(err)
	}
	l := listen(t, h.Logs, "follow=1&namespace="+w.Namespace+"&pod="+pods.Items[0].Name)
	var got []string
	for range 2 {
		var line said
		l.next(&line)
		got = append(got, line.Text)
	}
	if diff := cmp.Diff([]string{"one", "two"}, got); diff != "" {
		t.Error(diff)
	}
}

// A reader that reads nothing makes the kubelet wait, and one that goes ends what was read for it.
func TestASlowReaderIsWaitedFor(t *testing.T) {
	w, _ := shop(t)
	untilPodsRun(t, w, 2)
	var written atomic.Int64
	ended := make(chan struct{}, 2)
	h := follower(t, w, pagetest.Admin, func(out http.ResponseWriter, r *http.Request) {
		defer func() { ended <- struct{}{} }()
		line := "2026-11-23T23:00:00Z " + strings.Repeat("x", 1000) + "\n"
		for r.Context().Err() == nil {
			n, err := io.WriteString(out, line)
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	})
	l := listen(t, h.Logs, "follow=1&object="+url.QueryEscape("Deployment.apps "+w.Namespace+"/web"))
	var line said
	l.next(&line)
	last, since := int64(0), time.Now()
	sandboxtest.Eventually(t, "nothing more is read", func() bool {
		if now := written.Load(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 300*time.Millisecond
	})
	if last > 64<<20 { // what the systems buffer of two connections each
		t.Errorf("%d bytes were read for nobody", last)
	}
	l.body.Close()
	for range 2 {
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Fatal("a log is read on")
		}
	}
}

// A session that ends in the middle of it is what the stream says last.
func TestAStreamEndsWithTheSession(t *testing.T) {
	w, _ := shop(t)
	h := New(Options{Sites: w.Sites, Config: w.As(pagetest.Admin), pace: quick})
	ctx, out := context.WithCancelCause(t.Context())
	l := listen(t, func(w http.ResponseWriter, r *http.Request) { h.Events(w, r.WithContext(ctx)) }, "follow=1&object="+url.QueryEscape("Deployment.apps "+w.Namespace+"/web"))
	var one eventLine
	l.next(&one)
	out(errors.New("the session has ended"))
	for {
		var line end
		if l.next(&line) == "end" {
			if line.Why != "the session has ended" {
				t.Errorf("why %q", line.Why)
			}
			return
		}
	}
}

func first(names map[string]bool) (least string) {
	for name := range names {
		if least == "" || name < least {
			least = name
		}
	}
	return least
}

func TestLogsThatMayNotBeRead(t *testing.T) {
	w, _ := shop(t)
	untilPodsRun(t, w, 2)
	w.Allow("dev", "get,list pods", "get deployments.apps")
	object := "object=" + url.QueryEscape("Deployment.apps "+w.Namespace+"/web")
	a := pagetest.Call(t, "GET /logs", handlers(w, "dev").Logs, "GET", "/logs?"+object, nil)
	if a.Status != http.StatusForbidden || !strings.Contains(a.Body, "you may not get pods/log in the namespace "+w.Namespace) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for query, status := range map[string]int{"": 400, "namespace=x": 400, object + "&tail=many": 400, object + "&since=yesterday": 400, "namespace=" + w.Namespace + "&pod=nobody": 404} {
		if a := pagetest.Call(t, "GET /logs", handlers(w, pagetest.Admin).Logs, "GET", "/logs?"+query, nil); a.Status != status || !strings.Contains(a.Body, `"next":`) {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
}

// The nodes of the sandbox are simulated; what stands in for their kubelets says so. A real one may not answer.
func TestLogsOfNodesThatHaveNone(t *testing.T) {
	w, _ := shop(t)
	untilPodsRun(t, w, 2)
	down := follower(t, w, pagetest.Admin, func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(out, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Get \"https://10.0.0.7:10250/…\": connection refused","code":500}`)
	})
	for name, tt := range map[string]struct {
		handlers Handlers
		want     logLine
	}{
		"simulated": {handlers(w, pagetest.Admin), logLine{Container: "web", Text: "container web is simulated: the sandbox runs no images, so there are no logs"}},
		"down":      {down, logLine{Container: "web", Note: true, Text: "the kubelet of its node doesn't serve its log: Get \"https://10.0.0.7:10250/…\": connection refused"}},
	} {
		var line said
		event := listen(t, tt.handlers.Logs, "object="+url.QueryEscape("Deployment.apps "+w.Namespace+"/web")).next(&line)
		line.Pod = ""
		if diff := cmp.Diff(tt.want, line.logLine); diff != "" || event != "line" {
			t.Errorf("%s: %s %s", name, event, diff)
		}
	}
}

func TestEventsAreFollowed(t *testing.T) {
	w, _ := shop(t)
	untilPodsRun(t, w, 2)
	h := New(Options{Sites: w.Sites, Config: w.As(pagetest.Admin), pace: quick})
	l := listen(t, h.Events, "follow=1&object="+url.QueryEscape("Deployment.apps "+w.Namespace+"/web"))
	for {
		var line eventLine
		if l.next(&line); line.Reason == "ScalingReplicaSet" {
			break
		}
	}
	for _, name := range []string{"webber-1", "web-6f-x2"} { // the first is another's
		event := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, GenerateName: "e-"}, Reason: "Made" + name, Type: "Warning", Message: "<b>it</b>",
			InvolvedObject: corev1.ObjectReference{Kind: "Pod", Namespace: w.Namespace, Name: name}, LastTimestamp: metav1.Now()}
		if err := w.API.Create(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	for {
		var line eventLine
		l.next(&line)
		if line.Object == "Pod webber-1" {
			t.Error("another's event")
		}
		if line.Reason == "Madeweb-6f-x2" {
			return
		}
	}
}
