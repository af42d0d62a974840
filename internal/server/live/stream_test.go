package live

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestChangesWithinATenthOfASecondAreOneDelta(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.store.set("workloads", workloadRow("shop", "front", nil))
		soon()
		page := w.state("admin")
		s := w.open("admin", page.Revision)
		synctest.Wait()
		for i := range 5 {
			w.store.set("workloads", workloadRow("shop", "front", ready(i)))
			w.store.set("workloads", workloadRow("shop", "cart", ready(i)))
			time.Sleep(10 * time.Millisecond)
		}
		soon()
		events := s.events()
		if got := names(events); got != "[delta]" {
			t.Fatalf("events %s, want one delta", got)
		}
		page.apply(t, events[0])
		if diff := cmp.Diff(w.state("admin").rows, page.rows); diff != "" {
			t.Errorf("state and delta differ from the state (-want +got):\n%s", diff)
		}
	})
}

func TestWhatIsAsItWasIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.store.set("workloads", workloadRow("shop", "front", nil))
		soon()
		s := w.open("admin", "")
		synctest.Wait()
		w.store.set("workloads", workloadRow("shop", "front", nil)) // the same
		w.store.set("workloads", workloadRow("shop", "front", ready(1)))
		w.store.set("workloads", workloadRow("shop", "front", nil)) // and back
		w.store.set("workloads", workloadRow("shop", "gone", nil))
		w.store.remove("workloads", "Deployment.apps shop/gone")
		soon()
		if got := names(s.events()); got != "[]" {
			t.Errorf("events %s, want none", got)
		}
	})
}

func TestAStreamThatIsCutGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.store.set("workloads", workloadRow("shop", "front", nil))
		soon()
		page := w.state("admin")
		first := w.open("admin", page.Revision)
		w.store.set("workloads", workloadRow("shop", "front", ready(1)))
		soon()
		for _, e := range first.events() {
			page.apply(t, e)
		}
		first.cancel(nil)
		for i := range 3 {
			w.store.set("workloads", workloadRow("shop", "front", ready(2+i)))
			soon()
		}
		second := w.open("admin", page.Revision)
		synctest.Wait()
		events := second.events()
		if got := names(events); got != "[delta delta delta]" {
			t.Fatalf("events %s, want the three that were missed", got)
		}
		for _, e := range events {
			page.apply(t, e)
		}
		if diff := cmp.Diff(w.state("admin").rows, page.rows); diff != "" {
			t.Errorf("after resuming (-want +got):\n%s", diff)
		}
	})
}

func TestUnknownRevisionsAreReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.store.set("workloads", workloadRow("shop", "front", nil))
		soon()
		mine := w.state("admin").Revision
		epoch, _, _ := strings.Cut(mine, "-")
		for name, since := range map[string]string{
			"of another person's rights": w.state("dev").Revision,
			"of another run":             "abcdefgh-1",
			"of the future":              epoch + "-99",
			"broken":                     epoch + "-x",
			"not a revision":             "<script>",
		} {
			s := w.open("admin", since)
			synctest.Wait()
			if got := names(s.events()); got != "[reset]" || !s.ended() {
				t.Errorf("a revision %s: events %s, ended %t; want a reset and the end", name, got, s.ended())
			}
		}
	})
}

func TestASlowReaderIsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		slow, quick := w.open("admin", ""), w.open("admin", "")
		synctest.Wait()
		release := slow.hold()
		for i := range mostDeltas + 2 {
			w.store.set("workloads", workloadRow("shop", "front", ready(i+1)))
			soon()
		}
		release()
		soon()
		events := slow.events()
		if last := events[len(events)-1]; last.name != "reset" || !slow.ended() {
			t.Errorf("the slow reader's last event is %+v, ended %t; want a reset", last, slow.ended())
		}
		if n := len(quick.events()); n != mostDeltas+2 {
			t.Errorf("the quick reader got %d deltas, want %d", n, mostDeltas+2)
		}
	})
}

func TestADeltaLargerThanTheBufferIsAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		s := w.open("admin", "")
		synctest.Wait()
		for i := range 5000 {
			w.store.set("workloads", workloadRow("shop", fmt.Sprint("w", i), func(w *Workload) { w.Why = strings.Repeat("x", 1000) }))
		}
		soon()
		if got := names(s.events()); got != "[reset]" {
			t.Errorf("events %s, want a reset", got)
		}
	})
}

func TestBeatsComeWhileNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		s := w.open("admin", "")
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if n := strings.Count(s.text.String(), "event: beat\ndata: {\"time\":"); n != 5 { // one at the beginning
			t.Errorf("%d beats in a minute, want 5", n)
		}
	})
}

func TestStaleAndFreshAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		s := w.open("admin", "")
		synctest.Wait()
		w.mu.Lock()
		w.silent, w.why = time.Now(), fmt.Errorf("ask for its version: %w", errors.New("connection refused"))
		w.mu.Unlock()
		time.Sleep(graceFor + 2*time.Second)
		synctest.Wait()
		if diff := cmp.Diff(&Stale{Since: 946684800, Why: "the API server does not answer: connection refused"}, w.state("admin").Stale); diff != "" {
			t.Errorf("stale in the state (-want +got):\n%s", diff)
		}
		late := w.open("admin", "")
		w.mu.Lock()
		w.silent, w.why = time.Time{}, nil
		w.mu.Unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for name, s := range map[string]*stream{"one that was open": s, "one that came then": late} {
			if got := names(s.events()); got != "[stale fresh]" {
				t.Errorf("%s: events %s, want stale and fresh", name, got)
			}
		}
	})
}

func TestChangedRightsAreAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		s := w.open("dev", "")
		synctest.Wait()
		w.people["dev"].change(func(r *rights) { r.in = []string{"shop"} })
		time.Sleep(askAgain + time.Second)
		synctest.Wait()
		if got := names(s.events()); got != "[reset]" || !s.ended() {
			t.Errorf("events %s, ended %t; want a reset", got, s.ended())
		}
	})
}

func TestRightsThatCanNotBeAskedShowNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.store.set("workloads", workloadRow("shop", "front", nil))
		s := w.open("dev", "")
		synctest.Wait()
		w.people["dev"].change(func(r *rights) { r.err = errors.New("connection refused") })
		if status, body := w.get("dev", "/api/v1/state"); status != 503 || strings.Contains(body, "front") || !strings.Contains(body, `"next":"try again`) {
			t.Errorf("state: %d %s, want 503 with a next step and no row", status, body)
		}
		time.Sleep(mostErrors*askAgain + time.Second)
		synctest.Wait()
		events := s.events()
		if last := events[len(events)-1]; last.name != "reset" {
			t.Errorf("the stream's last event is %+v, want a reset", last)
		}
	})
}

func TestNobodySeesNothing(t *testing.T) {
	w := newWorld(t)
	w.people[""] = &rights{all: true}
	if status, body := w.get("", "/api/v1/state"); status != 401 {
		t.Errorf("state: %d %s, want 401", status, body)
	}
}

func TestTheEndOfASessionIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		s := w.open("dev", "")
		synctest.Wait()
		s.cancel(hint.With(errors.New("the session has ended"), "sign in again"))
		synctest.Wait()
		if diff := cmp.Diff([]event{{name: "out", data: `{"why":"the session has ended: sign in again"}`}}, s.events(), cmp.AllowUnexported(event{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestPeopleWithTheSameRightsShareAView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.people["other"] = &rights{all: true}
		w.run()
		for range 10 {
			w.open("admin", "")
			w.open("other", "")
		}
		synctest.Wait()
		if n := len(w.store.views); n != 1 {
			t.Errorf("%d views, want one: each delta is encoded once", n)
		}
	})
}

func TestViewsThatNobodyReadsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.run()
		w.state("admin")
		time.Sleep(idleViewFor + time.Second)
		w.store.set("workloads", workloadRow("shop", "front", nil))
		soon()
		if n := len(w.store.views); n != 0 {
			t.Errorf("%d views, want none", n)
		}
	})
}
