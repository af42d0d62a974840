package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wall is a sink that keeps what is put up, in this process. It is what the engine is tested against; package sink has those
// that speak to others.
type wall struct {
	mu    sync.Mutex
	said  []string
	tried []time.Time
	up    map[string]Message // by ref
	fails func(what string) error
	after func() // something was put up, and nobody was told of it yet
}

func (w *wall) do(what string, m Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tried = append(w.tried, time.Now())
	if w.fails != nil {
		if err := w.fails(what); err != nil {
			return err
		}
	}
	w.said = append(w.said, what+" "+m.Title())
	return nil
}

func (w *wall) Post(_ context.Context, m Message) (string, error) {
	if err := w.do("post", m); err != nil {
		return "", err
	}
	ref := fmt.Sprintf("%s-%d", m.ID, m.Number)
	w.mu.Lock()
	w.up[ref] = m
	after := w.after
	w.mu.Unlock()
	if after != nil {
		after()
	}
	return ref, nil
}

func (w *wall) Edit(_ context.Context, ref string, m Message) error {
	err := w.do("edit", m)
	if err == nil {
		w.mu.Lock()
		w.up[ref] = m
		w.mu.Unlock()
	}
	return err
}

func (w *wall) Reply(_ context.Context, _ string, m Message) error { return w.do("reply", m) }

// searched is a wall that can be looked through.
type searched struct{ *wall }

func (s searched) Find(_ context.Context, m Message, _ time.Time) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ref := fmt.Sprintf("%s-%d", m.ID, m.Number); s.up[ref].ID != "" {
		return ref, nil
	}
	return "", nil
}

func (w *wall) heard() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.said)
}

func (w *wall) attempts() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.tried)
}

func (w *wall) count(what string) (n int) {
	for _, s := range w.heard() {
		if strings.HasPrefix(s, what+" ") {
			n++
		}
	}
	return n
}

// shelf is a store in this process.
type shelf struct {
	mu    sync.Mutex
	kept  map[string]string
	saves int
	fails error
}

func (s *shelf) Load(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []byte(s.kept[name]), s.fails
}

func (s *shelf) Save(_ context.Context, name string, state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return s.fails
	}
	s.kept[name], s.saves = string(state), s.saves+1
	return nil
}

// office is a hub with one Notifier, in a bubble whose time is its own.
type office struct {
	*testing.T
	*Hub
	wall  *wall
	shelf *shelf
	gone  map[string]bool // applications
	close func()
}

var chat = Traits{Edits: true, Replies: true, Gap: 1200 * time.Millisecond}

func opened(w *wall) func(context.Context) (Sink, error) {
	return func(context.Context) (Sink, error) { return w, nil }
}

func newOffice(t *testing.T, traits Traits, edits ...func(*Config)) *office {
	o := &office{T: t, wall: &wall{up: map[string]Message{}}, shelf: &shelf{kept: map[string]string{}}}
	o.open(traits, edits...)
	return o
}

func (o *office) open(traits Traits, edits ...func(*Config)) {
	c := Config{Sink: "wall", Traits: traits, Grouping: Grouping{Wait: 500 * time.Millisecond, Window: 5 * time.Minute}, Open: opened(o.wall)}
	for _, edit := range edits {
		edit(&c)
	}
	o.Hub = NewHub(Surroundings{Store: o.shelf, Log: slog.New(slog.DiscardHandler), Changed: func(string) {}, Exists: func(app string) bool { return !o.gone[app] }})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		o.Hub.Run(ctx)
		close(done)
	}()
	synctest.Wait()
	o.Set("team/chat", c)
	o.Complete()
	o.close = func() {
		cancel()
		<-done
	}
}

func (o *office) pass(d time.Duration) {
	time.Sleep(d) // in a bubble: nobody waits
	synctest.Wait()
}

func (o *office) wantHeard(want ...string) {
	o.Helper()
	if diff := cmp.Diff(want, o.wall.heard()); diff != "" {
		o.Errorf("heard (-want +got):\n%s", diff)
	}
}

func degraded(app string) Event {
	return Event{Kind: Degraded, Severity: Error, Application: "team/" + app, Incident: "team/" + app + "/health", Title: app + " is degraded", What: "0 of 1 pods run"}
}

func resolved(e Event) Event {
	return Event{Kind: e.Kind, Severity: e.Severity, Application: e.Application, Incident: e.Incident, Resolved: true, What: "all is well"}
}

// bubble runs a test in a bubble.
func bubble(t *testing.T, traits Traits, test func(*office), edits ...func(*Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, traits, edits...)
		defer func() { o.close() }()
		test(o)
	})
}

func TestAnIncidentIsOneMessage(t *testing.T) {
	bubble(t, chat, func(o *office) {
		e := degraded("shop")
		o.Emit(e)
		o.pass(time.Second)
		o.wantHeard("post shop is degraded")
		o.Emit(e) // no news
		e.What = "0 of 2 pods run"
		o.Emit(e)
		o.pass(2 * time.Second)
		o.wantHeard("post shop is degraded", "edit shop is degraded")
		o.Emit(resolved(e))
		o.Emit(resolved(e))
		o.pass(time.Minute)
		o.wantHeard("post shop is degraded", "edit shop is degraded", "edit Recovered: shop is degraded", "reply Recovered: shop is degraded")
		o.pass(2 * time.Hour)
		if state := o.shelf.kept["team/chat"]; strings.Contains(state, "shop") {
			o.Errorf("still remembered: %s", state)
		}
	})
}

func TestWhatIsOverBeforeItIsToldIsNotTold(t *testing.T) {
	bubble(t, chat, func(o *office) {
		e := degraded("shop")
		o.Emit(e)
		o.pass(100 * time.Millisecond)
		o.Emit(resolved(e))
		o.pass(time.Minute)
		o.wantHeard()
		e.Patience = 30 * time.Second
		o.Emit(e)
		o.pass(20 * time.Second)
		o.wantHeard()
		o.pass(11 * time.Second)
		o.wantHeard("post shop is degraded")
	})
}

// One incident, one message: 200 failures in 10 s are one new message, whether the sink can edit or not.
func TestAStormIsOneMessage(t *testing.T) {
	for name, traits := range map[string]Traits{"that edits": chat, "that can't edit": {Gap: time.Second}} {
		t.Run("to a sink "+name, func(t *testing.T) {
			bubble(t, traits, func(o *office) {
				for i := range 200 {
					o.Emit(degraded(fmt.Sprintf("app-%03d", i)))
					o.pass(50 * time.Millisecond)
				}
				o.pass(20 * time.Second)
				if n := o.wall.count("post"); n != 1 {
					o.Errorf("%d messages: %v", n, o.wall.heard())
				}
				if n := o.wall.count("edit"); n > 10 {
					o.Errorf("%d edits in 10 s: %v", n, o.wall.heard())
				}
				last := o.wall.heard()[len(o.wall.heard())-1]
				if !strings.HasSuffix(last, " 200 incidents") {
					o.Errorf("last heard is %q", last)
				}
				for i := range 200 {
					o.Emit(resolved(degraded(fmt.Sprintf("app-%03d", i))))
				}
				o.pass(time.Minute)
				if last := o.wall.heard()[len(o.wall.heard())-1]; !strings.HasSuffix(last, "Recovered: all 200 incidents") {
					o.Errorf("last heard is %q", last)
				}
			})
		})
	}
}

func TestGroups(t *testing.T) {
	bubble(t, chat, func(o *office) {
		for i := range 100 {
			e := degraded(fmt.Sprintf("app-%d", i))
			e.Application = fmt.Sprintf("team-%d/app", i%3)
			o.Emit(e)
		}
		o.pass(time.Minute)
		if n := o.wall.count("post"); n != 3 {
			o.Errorf("%d messages: %v", n, o.wall.heard())
		}
	}, func(c *Config) { c.Grouping.ByNamespace = true })
}

func TestFollowUpsOfSinksThatCannotEdit(t *testing.T) {
	bubble(t, Traits{}, func(o *office) {
		e := degraded("shop")
		o.Emit(e)
		o.pass(20 * time.Second)
		e.What = "0 of 2 pods run" // not worth a message
		o.Emit(e)
		o.pass(10 * time.Minute)
		o.wantHeard("post shop is degraded")
		o.Emit(resolved(e))
		o.pass(time.Second)
		o.wantHeard("post shop is degraded", "post Recovered: shop is degraded")
	})
}

func TestDeliveriesAreNews(t *testing.T) {
	delivered := func(app string, n int) Event {
		return Event{Kind: Delivered, Severity: Info, Application: "team/" + app, Incident: fmt.Sprintf("team/%s/delivered/%d", app, n), Title: app + " delivered"}
	}
	bubble(t, chat, func(o *office) {
		o.Emit(delivered("shop", 1))
		o.pass(time.Minute)
		o.Emit(delivered("shop", 1))
		o.pass(time.Minute)
		o.wantHeard("post shop delivered")
		o.Emit(delivered("shop", 2))
		o.Emit(delivered("pay", 1))
		o.pass(time.Minute)
		o.wantHeard("post shop delivered", "post 2 applications delivered")
	})
	bubble(t, Traits{Lasting: true}, func(o *office) {
		o.Emit(delivered("shop", 1))
		o.pass(time.Minute)
		o.wantHeard()
	})
}

func TestWhatIsOverMakesRoom(t *testing.T) {
	bubble(t, chat, func(o *office) {
		for i := range mostIncidents + 100 {
			o.Emit(Event{Kind: Delivered, Severity: Info, Application: "team/shop", Incident: fmt.Sprintf("team/shop/delivered/%d", i), Title: "shop delivered"})
			if i%100 == 99 {
				o.pass(20 * time.Second)
			}
		}
		o.Emit(degraded("shop"))
		o.pass(2 * time.Second)
		if heard := o.wall.heard(); len(heard) != mostIncidents/100+2 || heard[len(heard)-1] != "post shop is degraded" {
			o.Errorf("heard %v", heard)
		}
	})
}

// A controller is killed when the sink has a message, and the record of it isn't written.
func TestARestartDoublesNothing(t *testing.T) {
	const degradedPosted, over, overAgain, said = "post shop is degraded", "edit Recovered: shop is degraded", "post Recovered: shop is degraded", "reply Recovered: shop is degraded"
	for name, tt := range map[string]struct {
		traits      Traits
		searches    bool
		later, down []string // what is heard if it is over after the restart, or before
	}{
		"a sink that can be looked through": {traits: chat, searches: true, later: []string{degradedPosted, over, said}, down: []string{degradedPosted, over, said}},
		"a sink that can't be asked":        {traits: chat, later: []string{degradedPosted, overAgain}, down: []string{degradedPosted, overAgain}},
		"a sink that can't edit":            {traits: Traits{}, later: []string{degradedPosted, overAgain}, down: []string{degradedPosted, overAgain}},
		"a sink that knows what it has":     {traits: Traits{Edits: true, Repeatable: true}, later: []string{degradedPosted, degradedPosted, over}, down: []string{degradedPosted, overAgain}},
	} {
		for _, isDown := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, over meanwhile: %v", name, isDown), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o := newOffice(t, tt.traits)
					var stolen string
					o.wall.after = func() { // the sink has it, and that is the last that this controller does
						o.shelf.mu.Lock()
						defer o.shelf.mu.Unlock()
						stolen = o.shelf.kept["team/chat"]
					}
					o.Emit(degraded("shop"))
					o.pass(20 * time.Second)
					o.close()
					o.wall.after = nil
					o.shelf.kept["team/chat"] = stolen

					o.open(tt.traits, func(c *Config) {
						if tt.searches {
							c.Open = func(context.Context) (Sink, error) { return searched{o.wall}, nil }
						}
					})
					defer func() { o.close() }()
					want := tt.down
					if !isDown {
						want = tt.later
						o.Emit(degraded("shop")) // the application is looked at again
						o.pass(time.Minute)
					}
					o.Emit(resolved(degraded("shop")))
					o.pass(time.Minute)
					o.wantHeard(want...)
				})
			})
		}
	}
}

func TestWhatCouldNotBeSentSurvivesARestart(t *testing.T) {
	bubble(t, chat, func(o *office) {
		o.wall.fails = func(string) error { return errors.New("500") }
		o.Emit(degraded("shop"))
		o.pass(10 * time.Second)
		o.close()
		o.wall.fails = nil
		o.open(chat)
		o.pass(time.Minute)
		o.wantHeard("post shop is degraded")
		if o.Health("team/chat").Err != nil {
			o.Errorf("health is %v", o.Health("team/chat"))
		}
	})
}

func TestAnApplicationThatIsDeletedMeanwhile(t *testing.T) {
	bubble(t, chat, func(o *office) {
		o.Emit(degraded("shop"))
		o.Emit(degraded("pay"))
		o.pass(time.Minute)
		o.close()
		o.gone = map[string]bool{"team/shop": true}
		o.open(chat)
		o.pass(time.Minute)
		o.wantHeard("post 2 incidents", "edit 1 of 2 incidents")
	})
}

func TestRetriesBackOff(t *testing.T) {
	bubble(t, chat, func(o *office) {
		o.wall.fails = func(string) error { return errors.New("500") }
		o.Emit(degraded("shop"))
		o.pass(time.Hour)
		at := o.wall.attempts()
		if len(at) < 10 || len(at) > 25 {
			o.Errorf("tried %d times in an hour", len(at))
		}
		if gap := at[1].Sub(at[0]); gap > 3*time.Second {
			o.Errorf("tried again after %s", gap)
		}
		o.pass(24 * time.Hour)
		before := len(o.wall.attempts())
		o.pass(24 * time.Hour)
		if len(o.wall.attempts()) != before {
			o.Errorf("still tried after two days")
		}
	})
	bubble(t, chat, func(o *office) {
		tries := 0
		o.wall.fails = func(string) error {
			if tries++; tries == 1 {
				return &LaterError{After: 42 * time.Second, Err: errors.New("429")}
			}
			return nil
		}
		o.Emit(degraded("shop"))
		o.pass(41 * time.Second)
		o.wantHeard()
		o.pass(3 * time.Second)
		o.wantHeard("post shop is degraded")
	})
}

func TestUnansweredMessages(t *testing.T) {
	for name, searches := range map[string]bool{"are looked for": true, "are sent again": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &office{T: t, wall: &wall{up: map[string]Message{}}, shelf: &shelf{kept: map[string]string{}}}
				first := true
				o.open(chat, func(c *Config) {
					c.Open = func(context.Context) (Sink, error) {
						h := hanging{o.wall, &first}
						if searches {
							return struct {
								hanging
								Finder
							}{h, searched{o.wall}}, nil
						}
						return h, nil
					}
				})
				defer func() { o.close() }()
				o.Emit(degraded("shop"))
				o.pass(time.Minute)
				want := 2
				if searches {
					want = 1
				}
				if n := o.wall.count("post"); n != want {
					o.Errorf("%d messages: %v", n, o.wall.heard())
				}
			})
		})
	}
}

// hanging takes the first message and doesn't answer.
type hanging struct {
	*wall
	first *bool
}

func (h hanging) Post(ctx context.Context, m Message) (string, error) {
	ref, err := h.wall.Post(ctx, m)
	if *h.first {
		*h.first = false
		return "", fmt.Errorf("%w within 15s", ErrUnanswered)
	}
	return ref, err
}

func TestAMessageThatIsGone(t *testing.T) {
	bubble(t, chat, func(o *office) {
		e := degraded("shop")
		o.Emit(e)
		o.pass(time.Second)
		o.wall.fails = func(what string) error {
			if what == "edit" {
				return ErrGone
			}
			return nil
		}
		e.What = "worse"
		o.Emit(e)
		o.pass(10 * time.Minute) // somebody has deleted it: it does not come back
		o.wantHeard("post shop is degraded")
		o.Emit(resolved(e))
		o.pass(time.Minute)
		o.wantHeard("post shop is degraded", "post Recovered: shop is degraded")
	})
}

func TestAPanickingSinkHarmsNobody(t *testing.T) {
	bubble(t, chat, func(o *office) {
		other := &wall{up: map[string]Message{}}
		o.Set("team/other", Config{Sink: "wall", Traits: chat, Open: opened(other)})
		o.wall.fails = func(string) error { panic("boom") }
		o.Emit(degraded("shop"))
		o.pass(10 * time.Second)
		if n := other.count("post"); n != 1 {
			o.Errorf("the other has %v", other.heard())
		}
		if err := o.Health("team/chat").Err; err == nil || !strings.Contains(err.Error(), "boom") {
			o.Errorf("health is %v", err)
		}
	})
}

func TestNobodyWaitsForASinkThatHangs(t *testing.T) {
	bubble(t, chat, func(o *office) {
		stuck := make(chan struct{})
		o.Set("team/stuck", Config{Sink: "stuck", Traits: chat, Open: func(ctx context.Context) (Sink, error) {
			<-ctx.Done()
			close(stuck)
			return nil, fmt.Errorf("%w within 20s", ErrUnanswered)
		}})
		begin := time.Now()
		for i := range 100 {
			o.Emit(degraded(fmt.Sprintf("app-%d", i)))
		}
		if d := time.Since(begin); d > 0 {
			o.Errorf("waited %s", d)
		}
		o.pass(10 * time.Second)
		begin = time.Now()
		o.Emit(degraded("one-more"))
		if d := time.Since(begin); d > 0 {
			o.Errorf("waited %s while a sink hangs", d)
		}
		o.wantHeard("post 100 incidents")
		o.pass(11 * time.Second)
		select {
		case <-stuck:
		default:
			o.Error("a sink may hang for ever")
		}
		if err := o.Health("team/stuck").Err; !errors.Is(err, ErrUnanswered) {
			o.Errorf("health is %v", err)
		}
	})
}

func TestRateLimit(t *testing.T) {
	bubble(t, chat, func(o *office) {
		for i := range 10 {
			o.Emit(degraded(fmt.Sprintf("app-%d", i)))
			o.pass(time.Minute)
		}
		if n := o.wall.count("post"); n != 3 {
			o.Errorf("%d messages: %v", n, o.wall.heard())
		}
		o.pass(time.Hour)
		if heard := o.wall.heard(); len(heard) == 0 || !slices.Contains(heard, "post 7 incidents") {
			o.Errorf("heard %v", heard)
		}
	}, func(c *Config) {
		c.Grouping.Window = time.Second
		c.Rate = Rate{Messages: 3, Per: time.Hour}
	})
}

func TestQuietHoursHoldBack(t *testing.T) {
	bubble(t, chat, func(o *office) { // midnight, on a Saturday
		o.Emit(degraded("shop"))
		warning := degraded("pay")
		warning.Severity = Warning
		o.Emit(warning)
		over := degraded("cart")
		o.Emit(over)
		o.pass(time.Hour)
		o.wantHeard()
		o.Emit(resolved(over))
		o.Emit(resolved(warning))
		o.pass(6*time.Hour - 2*time.Minute)
		o.wantHeard()
		o.pass(2 * time.Minute)
		o.wantHeard("post 1 of 3 incidents")
	}, func(c *Config) {
		q, err := NewQuiet("22:00", "07:00", nil, "UTC", "")
		if err != nil {
			t.Fatal(err)
		}
		c.Quiet = []Quiet{q}
	})
}

func TestAnotherSinkIsToldWhatIsOpen(t *testing.T) {
	bubble(t, chat, func(o *office) {
		o.Emit(degraded("shop"))
		o.Emit(degraded("pay"))
		o.pass(time.Minute)
		o.Emit(resolved(degraded("pay")))
		o.pass(time.Minute)
		other := &wall{up: map[string]Message{}}
		o.Set("team/chat", Config{Sink: "another wall", Traits: chat, Open: opened(other)})
		late := &wall{up: map[string]Message{}}
		o.Set("team/late", Config{Sink: "wall", Traits: chat, Open: opened(late)})
		o.pass(time.Minute)
		for _, w := range []*wall{other, late} {
			if diff := cmp.Diff([]string{"post shop is degraded"}, w.heard()); diff != "" {
				o.Errorf("heard (-want +got):\n%s", diff)
			}
		}
	})
}

func TestWithoutItsStoreNothingIsSent(t *testing.T) {
	bubble(t, chat, func(o *office) {
		o.pass(time.Second)
		o.shelf.mu.Lock()
		o.shelf.fails = errors.New("forbidden")
		o.shelf.mu.Unlock()
		o.Emit(degraded("shop"))
		o.pass(time.Minute)
		o.wantHeard()
		if err := o.Health("team/chat").Err; err == nil || !strings.Contains(err.Error(), "forbidden") {
			o.Errorf("health is %v", err)
		}
		o.shelf.mu.Lock()
		o.shelf.fails = nil
		o.shelf.mu.Unlock()
		o.pass(2 * time.Minute)
		o.wantHeard("post shop is degraded")
		if err := o.Health("team/chat").Err; err != nil {
			o.Errorf("health is %v", err)
		}
	})
}

func TestAStormIsStoredOnceASecond(t *testing.T) {
	bubble(t, chat, func(o *office) {
		for i := range 200 {
			o.Emit(degraded(fmt.Sprintf("app-%d", i)))
			o.pass(50 * time.Millisecond)
		}
		o.pass(5 * time.Second)
		if o.shelf.saves > 20 {
			o.Errorf("stored %d times", o.shelf.saves)
		}
		if !strings.Contains(o.shelf.kept["team/chat"], "team/app-199/health") {
			o.Error("the last is not stored")
		}
	})
}

func TestSuspended(t *testing.T) {
	bubble(t, chat, func(o *office) {
		o.Emit(degraded("shop"))
		o.pass(time.Hour)
		o.wantHeard()
		o.Set("team/chat", Config{Sink: "wall", Traits: chat, Open: opened(o.wall)})
		o.pass(time.Minute)
		o.wantHeard("post shop is degraded")
	}, func(c *Config) { c.Suspended = true })
}

func TestHugeEventsAndManyOfThem(t *testing.T) {
	bubble(t, chat, func(o *office) {
		huge := degraded("")
		huge.What, huge.Title, huge.Next, huge.Link = strings.Repeat("w\x00\xff", 1<<15), strings.Repeat("t\n", 1<<15), strings.Repeat("n", 1<<15), strings.Repeat("l", 1<<15)
		huge.Objects = slices.Repeat([]string{strings.Repeat("o", 1000)}, 1000)
		for i := range 2000 {
			huge.Application = fmt.Sprintf("team/app-%d", i)
			huge.Incident = huge.Application + "/health"
			o.Emit(huge)
		}
		o.pass(time.Minute)
		if n := len(o.shelf.kept["team/chat"]); n == 0 || n > mostState {
			o.Errorf("%d bytes are kept", n)
		}
		if n := o.wall.count("post"); n != 1 {
			o.Errorf("%d messages", n)
		}
		for _, m := range o.wall.up {
			if n := len(m.Text()); n > 60_000 {
				o.Errorf("a message of %d bytes", n)
			}
		}
	})
}
