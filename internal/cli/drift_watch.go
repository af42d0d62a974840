package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// watchDrift tells of drift as it comes and goes. The tracker's watches say when to look; nothing is asked in between.
func (a *app) watchDrift(ctx context.Context, d *drifter, apps []v1alpha1.Application) error {
	ctx, cancel := context.WithCancel(ctx)
	moved := &moved{owners: map[string]bool{}, wake: make(chan struct{}, 1)}
	tracker := cluster.NewTracker(d.pipeline.Client, cluster.Scope{PerNamespace: true}, func(owner string, _ manifest.ID) { moved.add(owner) })
	defer tracker.Wait()
	defer cancel()
	d.pipeline.Tracker, d.pipeline.Lifetime = tracker, ctx

	w := &driftWatch{app: a, drifter: d, seen: map[string]map[string]seenDrift{}}
	for i := range apps {
		w.look(ctx, &apps[i])
	}
	if !a.json() {
		fmt.Fprintln(a.err, a.style.dim.Render("watching "+plural(len(apps), "application")+"; Ctrl-C ends it"))
	}
	for {
		select {
		case <-ctx.Done():
			return nil // as it was told to
		case <-moved.wake:
		}
		owners := moved.take()
		for i := range apps {
			if owners[apps[i].Namespace+"/"+apps[i].Name] {
				w.look(ctx, &apps[i])
			}
		}
	}
}

// moved collects the Applications of which something has changed, until somebody looks.
type moved struct {
	mu     sync.Mutex
	owners map[string]bool
	wake   chan struct{}
}

func (m *moved) add(owner string) {
	m.mu.Lock()
	m.owners[owner] = true
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *moved) take() map[string]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	owners := m.owners
	m.owners = map[string]bool{}
	return owners
}

// driftWatch remembers what was told.
type driftWatch struct {
	*app
	drifter *drifter
	seen    map[string]map[string]seenDrift // by Application
}

// seenDrift is a field, or an object that was deleted.
type seenDrift struct {
	value string
	event driftEvent
}

// driftEvent is one line of --watch -o json (docs/cli.md).
type driftEvent struct {
	At          time.Time             `json:"at"`
	Application string                `json:"application"`
	ID          manifest.ID           `json:"id"`
	Kind        cluster.DriftKind     `json:"kind"`
	Field       *cluster.DriftedField `json:"field,omitempty"`
	By          cluster.Actor         `json:"by,omitzero"`
	Over        bool                  `json:"over,omitempty"` // it is as git has it again
	Error       string                `json:"error,omitempty"`
}

// look compares one Application again and tells what is new, and what is over.
func (w *driftWatch) look(ctx context.Context, app *v1alpha1.Application) {
	name := app.Namespace + "/" + app.Name
	err := w.drifter.reader.Get(ctx, client.ObjectKeyFromObject(app), app) // something else may have been delivered since
	var found *drifted
	if err == nil {
		found, err = w.drifter.of(ctx, app)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		w.tell(driftEvent{At: time.Now().UTC(), Application: name, Error: err.Error()}, nil)
		return
	}
	now := map[string]seenDrift{}
	for _, d := range found.drifts {
		at := time.Now().UTC()
		if d.Kind == cluster.Deleted {
			now[d.ID.String()] = seenDrift{event: driftEvent{At: at, Application: name, ID: d.ID, Kind: d.Kind, By: d.By}}
		}
		for i := range d.Fields {
			f := &d.Fields[i]
			now[d.ID.String()+" "+f.Path] = seenDrift{value: fmt.Sprint(f.Live, f.By), event: driftEvent{At: at, Application: name, ID: d.ID, Kind: d.Kind, Field: f, By: f.By}}
		}
	}
	tracker := w.drifter.pipeline.Tracker
	for _, c := range found.report.Plan.Changes { // of what others have taken the tracker tells only if asked to
		hasDrifted := isAmong(found.drifts, c.ID)
		tracker.Follow(c.ID, hasDrifted)
		if _, known := tracker.State(c.ID); hasDrifted && !known {
			tracker.Observe(c.ID, c.Live()) // that it comes back is news
		}
	}
	before := w.seen[name]
	w.seen[name] = now
	for _, key := range slices.Sorted(maps.Keys(now)) {
		if was, known := before[key]; !known || was.value != now[key].value {
			w.tell(now[key].event, found)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, still := now[key]; !still {
			event := before[key].event
			event.At, event.Over = time.Now().UTC(), true
			w.tell(event, found)
		}
	}
}

func (w *driftWatch) tell(e driftEvent, d *drifted) {
	if w.json() {
		text, err := json.Marshal(e)
		if err == nil {
			fmt.Fprintln(w.out, string(text))
		}
		return
	}
	line := w.style.dim.Render(e.At.Local().Format(time.TimeOnly)) + " " + w.style.bold.Render(harmless(e.Application)) + " "
	what := harmless(e.ID.String())
	if e.Field != nil {
		what += " " + harmless(e.Field.Path)
	}
	switch {
	case e.Error != "":
		line += w.style.bad.Render("error:") + " " + harmless(e.Error)
	case e.Over:
		line += w.style.good.Render("✓") + " " + what + w.style.dim.Render("  as git has it again")
	case e.Field == nil:
		line += w.style.bad.Render("-") + " " + what + " was deleted" + w.style.dim.Render(bySuffix(e.By))
	default:
		line += w.style.warn.Render("~") + " " + what + " " + harmless(inLine(e.Field.Git)+" → "+inLine(e.Field.Live)) +
			w.style.dim.Render(bySuffix(e.By)+w.writtenAt(d, e.Field.Written))
	}
	w.out.paragraph(len(valueIndent), line)
}
