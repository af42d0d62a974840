package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// refusing answers the lists of tags with a status and headers, in pairs.
func refusing(status int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/tags/list") {
			return
		}
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
	}
}

func TestARegistryIsLeftAloneForAsLongAsItWants(t *testing.T) {
	at := func(h *harbour, d time.Duration) string { return h.clock().Add(d).Format(http.TimeFormat) }
	h := newHarbour(t)
	for situation, c := range map[string]struct {
		answer http.HandlerFunc
		want   time.Duration
	}{
		"seconds":                        {refusing(http.StatusTooManyRequests, "Retry-After", "120"), 2 * time.Minute},
		"a date":                         {refusing(http.StatusServiceUnavailable, "Retry-After", at(h, 5*time.Minute), "Date", at(h, 0)), 5 * time.Minute},
		"a date, of a clock that is off": {refusing(http.StatusTooManyRequests, "Retry-After", at(h, -time.Hour), "Date", at(h, -61*time.Minute)), time.Minute},
		"a date that is over":            {refusing(http.StatusTooManyRequests, "Retry-After", at(h, -time.Hour), "Date", at(h, 0)), shortestPause},
		"a month":                        {refusing(http.StatusTooManyRequests, "Retry-After", "2592000"), longestPause},
		"rubbish":                        {refusing(http.StatusTooManyRequests, "Retry-After", "-5 apples"), shortestPause},
		"nothing":                        {refusing(http.StatusTooManyRequests), shortestPause},
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			h.tags["acme/front"], h.tags["acme/back"] = []string{"1.0.0"}, []string{"1.0.0"}
			h.answers(c.answer)
			front, back := h.repository("acme/front", source.Auth{}), h.repository("acme/back", ann)
			_, err := front.Tags(t.Context())
			pause, ok := errors.AsType[*PauseError](err)
			if !ok || !errors.Is(err, source.ErrTooManyRequests) || hint.Of(err) == "" {
				t.Fatalf("err = %v (%s)", err, hint.Of(err))
			}
			if diff := cmp.Diff(h.clock().Add(c.want), pause.Until, cmp.Comparer(sameSecond)); diff != "" {
				t.Errorf("until (-want +got):\n%s", diff)
			}
			h.answers(nil)
			h.asked()
			h.pass(c.want - time.Second)
			if _, err := back.Tags(t.Context()); !errors.Is(err, source.ErrTooManyRequests) || len(h.asked()) > 0 {
				t.Errorf("before: err = %v, or it was asked", err)
			}
			h.pass(time.Second)
			for _, r := range []*Repository{front, back} {
				if _, err := r.Tags(t.Context()); err != nil {
					t.Errorf("after: %v", err)
				}
			}
		})
	}
}

func sameSecond(a, b time.Time) bool { return a.Sub(b).Abs() < 2*time.Second }

func TestPausesGrow(t *testing.T) {
	h := newHarbour(t)
	h.tags["acme/front"] = []string{"1.0.0"}
	r := h.repository("acme/front", source.Auth{})
	scan := func() (time.Duration, error) {
		_, err := r.Tags(t.Context())
		pause, ok := errors.AsType[*PauseError](err)
		if !ok {
			return 0, err
		}
		pauses := pause.Until.Sub(h.clock())
		h.pass(pauses)
		return pauses, nil
	}
	h.answers(refusing(http.StatusTooManyRequests))
	var got []time.Duration
	for i := range 13 {
		if i == 11 {
			h.answers(nil)
		}
		if i == 12 {
			h.answers(refusing(http.StatusTooManyRequests))
		}
		pauses, err := scan()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, pauses/time.Second)
	}
	want := []time.Duration{10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 0, 10}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pauses in seconds (-want +got):\n%s", diff)
	}
}

func TestFewRequestsAtOnce(t *testing.T) {
	h := newHarbour(t)
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/tags/list") {
			return
		}
		mu.Lock()
		now++
		if most = max(most, now); now == mostAtOnce {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		<-full // nobody is done before there are as many as may be
		fmt.Fprint(w, `{"tags":[]}`)
		mu.Lock()
		now--
		mu.Unlock()
	})
	var all sync.WaitGroup
	for i := range 40 {
		auth := source.Auth{}
		if i%2 == 0 {
			auth = ann
		}
		r := h.repository(fmt.Sprintf("acme/front%d", i), auth)
		all.Go(func() {
			if _, err := r.Tags(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most > mostAtOnce {
		t.Errorf("%d at once, want %d", most, mostAtOnce)
	}
}

// Those who wait for their turn while others are told to come back later must not all be sent to hear the same.
func TestWhoWaitsIsToldOfAPauseAsWell(t *testing.T) {
	h := newHarbour(t)
	g := newGate(h.host, h.clock)
	for range mostAtOnce {
		if err := g.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	impatient, cancel := context.WithCancel(t.Context())
	left, told := make(chan error), make(chan error)
	go func() { left <- g.enter(impatient) }()
	go func() { told <- g.enter(t.Context()) }()
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who doesn't want to wait any longer: err = %v", err)
	}
	_ = g.shut(time.Minute, "429")
	for range mostAtOnce {
		g.slots.give()
	}
	if err := <-told; !errors.Is(err, source.ErrTooManyRequests) {
		t.Errorf("err = %v, want %v", err, source.ErrTooManyRequests)
	}
	if n := len(g.slots); n > 0 {
		t.Errorf("%d places are taken by nobody", n)
	}
}

func TestOnlyOneWaitsForARegistryThatHangs(t *testing.T) {
	for situation, answer := range map[string]http.HandlerFunc{
		"at once": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"in the middle": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"tags":["1.0`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(situation, func(t *testing.T) {
			h := newHarbour(t)
			h.tags["acme/back"] = []string{"1.0.0"}
			h.all = New(Options{Now: h.clock, Timeout: 300 * time.Millisecond})
			h.answers(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/acme/front/tags/list") {
					answer(w, r)
				}
			})
			if _, err := h.repository("acme/front", source.Auth{}).Tags(t.Context()); !errors.Is(err, source.ErrUnreachable) || hint.Of(err) == "" {
				t.Fatalf("err = %v (%s), want %v", err, hint.Of(err), source.ErrUnreachable)
			}
			h.asked()
			if _, err := h.repository("acme/back", source.Auth{}).Tags(t.Context()); !errors.Is(err, source.ErrTooManyRequests) || len(h.asked()) > 0 {
				t.Errorf("err = %v, or it was asked", err)
			}
			h.pass(shortestPause)
			if _, err := h.repository("acme/back", source.Auth{}).Tags(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestARegistryThatIsNotThere(t *testing.T) {
	all := New(Options{})
	for i, want := range []error{source.ErrUnreachable, source.ErrTooManyRequests} {
		r, err := all.Repository(fmt.Sprintf("127.0.0.1:1/acme/front%d", i), source.Auth{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Tags(t.Context()); !errors.Is(err, want) || hint.Of(err) == "" {
			t.Errorf("err = %v (%s), want %v", err, hint.Of(err), want)
		}
	}
}

// Docker Hub counts manifests; pods have to get theirs.
func TestTheRestOfAQuotaIsLeftToOthers(t *testing.T) {
	h := newHarbour(t)
	left := map[string]int{"": 12, "ann": 5000}
	h.answers(func(w http.ResponseWriter, r *http.Request) {
		user, _, ok := r.BasicAuth()
		if r.URL.Path == "/v2/" && !ok {
			return
		}
		if strings.Contains(r.URL.Path, "/manifests/") {
			if r.Method == http.MethodGet {
				left[user]--
			}
			w.Header().Set("Ratelimit-Limit", "100;w=21600")
			w.Header().Set("Ratelimit-Remaining", fmt.Sprintf("%d;w=21600", left[user]))
		}
	})
	for i := range 4 {
		h.push(fmt.Sprintf("1.%d.0", i), build(t, amd64, h.clock(), map[string]string{"n": fmt.Sprint(i)}))
	}
	describe := func(auth source.Auth, n int) error {
		_, err := h.repository("acme/front", auth).Describe(t.Context(), fmt.Sprintf("1.%d.0", n), 0)
		return err
	}
	left[""] = 11
	for n := range 2 {
		if err := describe(source.Auth{}, n); err != nil {
			t.Fatal(err)
		}
	}
	err := describe(source.Auth{}, 2)
	pause, ok := errors.AsType[*PauseError](err)
	if !ok || !pause.Until.Equal(h.clock().Add(36*time.Minute)) || left[""] != 9 {
		t.Fatalf("err = %v, left are %d", err, left[""])
	}
	if _, err := h.repository("acme/front", source.Auth{}).Tags(t.Context()); err != nil {
		t.Errorf("tags don't count: %v", err)
	}
	if _, err := h.repository("acme/front", source.Auth{}).Digest(t.Context(), "1.3.0"); err != nil {
		t.Errorf("digests don't count: %v", err)
	}
	h.pass(36 * time.Minute)
	left[""] = 100
	if err := describe(source.Auth{}, 2); err != nil {
		t.Errorf("after a tenth of the window: %v", err)
	}
}
