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
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/manifest"
)

// watchDrift tells of drift as it comes and goes. The tracker's watches say when to look; nothing is asked in between.
func (a *app) watchDrift(ctx context.Context, s *site, apps []v1alpha1.Application) error {
	ctx, cancel := context.WithCancel(ctx)
	moved := &moved{owners: map[string]bool{}, apps: map[string]*v1alpha1.Application{}, fresh: map[string]bool{}, wake: make(chan struct{}, 1)}
	tracker := cluster.NewTracker(s.Pipeline.Client, cluster.Scope{PerNamespace: true}, func(owner string, _ manifest.ID) { moved.add(owner) })
	defer tracker.Wait()
	defer cancel()
	s.Pipeline.Tracker, s.Pipeline.Lifetime = tracker, ctx

	w := &driftWatch{app: a, site: s, seen: map[string]map[string]seenDrift{}, told: map[string]bool{},
		reverts: reverts{known: map[string]bool{}, since: map[string]time.Time{}, again: moved.addAgain}}
	for i := range apps {
		w.reverts.of(&apps[i], true)
		w.look(ctx, &apps[i])
	}
	api, _, err := a.connection.resources()
	if err != nil {
		return err
	}
	defer followApplications(ctx, api, namespaceOf(apps), moved.addWritten)()
	defer cancel()
	if !a.json() {
		fmt.Fprintln(a.err, a.style.dim.Render("watching "+plural(len(apps), "application")+"; Ctrl-C ends it"))
	}
	for {
		select {
		case <-ctx.Done():
			return nil // as it was told to
		case <-moved.wake:
		}
		owners, written := moved.take()
		for i := range apps {
			name := apps[i].Namespace + "/" + apps[i].Name
			if owners[name] {
				w.look(ctx, &apps[i])
			}
			if now := written[name]; now != nil {
				w.lookBack(now)
			}
		}
	}
}

// namespaceOf is that of all Applications, "" if they are in several.
func namespaceOf(apps []v1alpha1.Application) string {
	for _, app := range apps {
		if app.Namespace != apps[0].Namespace {
			return ""
		}
	}
	if len(apps) == 0 {
		return ""
	}
	return apps[0].Namespace
}

// moved collects the Applications of which something has changed, until somebody looks.
type moved struct {
	mu     sync.Mutex
	owners map[string]bool                  // of which objects have changed
	apps   map[string]*v1alpha1.Application // as their controllers wrote them last
	fresh  map[string]bool                  // those that were written since
	wake   chan struct{}
}

func (m *moved) add(owner string) { m.note(func() { m.owners[owner] = true }) }

func (m *moved) addWritten(app *v1alpha1.Application) {
	name := app.Namespace + "/" + app.Name
	m.note(func() { m.apps[name], m.fresh[name] = app, true })
}

func (m *moved) addAgain(app string) { m.note(func() { m.fresh[app] = true }) }

func (m *moved) note(what func()) {
	m.mu.Lock()
	what()
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *moved) take() (owners map[string]bool, written map[string]*v1alpha1.Application) {
	m.mu.Lock()
	defer m.mu.Unlock()
	owners, written = m.owners, map[string]*v1alpha1.Application{}
	for name := range m.fresh {
		written[name] = m.apps[name]
	}
	m.owners, m.fresh = map[string]bool{}, map[string]bool{}
	return owners, written
}

// driftWatch remembers what was told.
type driftWatch struct {
	*app
	site    *site
	seen    map[string]map[string]seenDrift // by Application
	told    map[string]bool                 // what was told and is over, until it is told that it was put back
	reverts reverts
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
	Over        bool                  `json:"over,omitempty"`     // it is as git has it again
	Reverted    bool                  `json:"reverted,omitempty"` // the controller has put it back, before it could be seen here
	Written     *cluster.Written      `json:"written,omitempty"`  // where git has the object that was deleted
	Error       string                `json:"error,omitempty"`
}

// look compares one Application again and tells what is new, and what is over.
func (w *driftWatch) look(ctx context.Context, app *v1alpha1.Application) {
	name := app.Namespace + "/" + app.Name
	err := w.site.API.Get(ctx, client.ObjectKeyFromObject(app), app) // something else may have been delivered since
	var found *operate.Drifted
	if err == nil {
		found, err = w.site.Drift(ctx, app)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		w.tell(driftEvent{At: time.Now().UTC(), Application: name, Error: err.Error()}, nil)
		return
	}
	now := map[string]seenDrift{}
	for _, d := range found.Drifts {
		at := time.Now().UTC()
		if d.Kind == cluster.Deleted {
			e := driftEvent{At: at, Application: name, ID: d.ID, Kind: d.Kind, By: d.By, Written: d.Written}
			now[e.key()] = seenDrift{event: e}
		}
		for i := range d.Fields {
			f := &d.Fields[i]
			e := driftEvent{At: at, Application: name, ID: d.ID, Kind: d.Kind, Field: f, By: f.By}
			now[e.key()] = seenDrift{value: fmt.Sprint(f.Live, f.By), event: e}
		}
	}
	tracker := w.site.Pipeline.Tracker
	for _, c := range found.Report.Plan.Changes { // of what others have taken the tracker tells only if asked to
		hasDrifted := slices.ContainsFunc(found.Drifts, func(d cluster.Drift) bool { return d.ID == c.ID })
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
			w.told[name+" "+key] = true
			w.tell(event, found)
		}
	}
}

// lookBack tells of what the controller has put back before it could be seen here.
func (w *driftWatch) lookBack(app *v1alpha1.Application) {
	name := app.Namespace + "/" + app.Name
	for _, o := range w.reverts.of(app, false) {
		for _, e := range revertedEvents(name, o) {
			key := name + " " + e.key()
			if !w.told[key] {
				w.tell(e, nil)
			}
			delete(w.told, key)
		}
	}
}

// key tells one field, or object that was deleted, from the others of an Application.
func (e driftEvent) key() string {
	if e.Field == nil {
		return e.ID.String()
	}
	return e.ID.String() + " " + e.Field.Path
}

func (w *driftWatch) tell(e driftEvent, d *operate.Drifted) {
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
		line += w.style.bad.Render("-") + " " + what + " was deleted" + w.style.dim.Render(bySuffix(e.By)+w.writtenAt(d, e.Written))
	default:
		line += w.style.warn.Render("~") + " " + what + " " + harmless(inLine(e.Field.Git)+" → "+inLine(e.Field.Live)) +
			w.style.dim.Render(bySuffix(e.By)+w.writtenAt(d, e.Field.Written))
	}
	if e.Reverted {
		line += w.style.good.Render("  put back")
	}
	w.out.paragraph(len(valueIndent), line)
}
