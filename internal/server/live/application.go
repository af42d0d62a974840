package live

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/manifest"
)

// States of sync.
const (
	synced    = "synced"
	drifted   = "drifted"
	behind    = "behind"
	held      = "held"
	unmanaged = "unmanaged"
	unknown   = "unknown"
)

// application is what is kept of one: its row, and what it says of its workloads.
type application struct {
	id, namespace string
	round         uint64
	row           *Application
	members       []*workload
	state         string         // of its sync, drift left aside
	partly        bool           // only what has a problem is behind
	drift         map[string]int // fields, by id of object
	broken        map[string]bool
	tallies       map[string]*tally // findings, by "Deployment shop/front"
	judged        bool
	truncated     bool              // not all findings are listed
	newer         map[string]string // version, by repository of the image
	automated     []*Image
	source        sourceKey
	failed        string
	problems      []SourceProblem
	rows          map[string][]string // ids of the rows that come of it, by table
}

// applicationSink takes in Applications.
type applicationSink struct{ m *model }

func (s applicationSink) see(object runtime.Object, round uint64) {
	var app v1alpha1.Application
	if !into(object, &app) {
		return
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	id := app.Namespace + "/" + app.Name
	a := s.m.apps[id]
	if a == nil {
		a = &application{id: id, namespace: app.Namespace, rows: map[string][]string{}}
		s.m.apps[id] = a
	}
	a.round = round
	a.read(&app)
	s.m.setMembers(a, app.Status.Inventory)
	s.m.setSource(a, sourceOf(&app))
	s.m.setRows(a, "drift", driftRows(a.id, app.Status.Drift))
	s.m.setRows(a, "findings", findingRows(a.id, app.Status.Practices))
	s.m.touchedApps[a] = true
	wake(s.m.store.touched)
}

func (s applicationSink) gone(object runtime.Object) {
	o, err := meta.Accessor(object)
	if err != nil {
		return
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if a := s.m.apps[o.GetNamespace()+"/"+o.GetName()]; a != nil {
		s.m.loseApplication(a)
	}
}

func (s applicationSink) sweep(namespace string, round uint64) {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	for _, a := range s.m.apps {
		if (namespace == "" || namespace == a.namespace) && a.round != round {
			s.m.loseApplication(a)
		}
	}
}

// into reads an object as one of Fairlead's own kinds.
func into(object runtime.Object, to any) bool {
	u, ok := object.(*unstructured.Unstructured)
	return ok && runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, to) == nil
}

func (m *model) loseApplication(a *application) {
	m.setMembers(a, nil)
	m.setSource(a, sourceKey{})
	for table := range a.rows {
		m.setRows(a, table, nil)
	}
	delete(m.apps, a.id)
	delete(m.touchedApps, a)
	m.store.remove("applications", a.id)
}

// setMembers notes which workloads an application has; those it has no longer are nobody's.
func (m *model) setMembers(a *application, inventory []v1alpha1.ObjectRef) {
	before := a.members
	a.members = nil
	for _, ref := range inventory {
		id := manifest.ID(ref)
		if listOf(id.Group, id.Kind) == listPods && id.Kind != "Pod" {
			continue // no workload
		}
		w := m.workload(id)
		w.app = a
		a.members = append(a.members, w)
		m.touch(w)
	}
	for _, w := range before {
		if w.app == a && !slices.Contains(a.members, w) {
			w.app = nil
			m.touch(w)
		}
	}
}

// setRows has these be the rows of a table that come of an application.
func (m *model) setRows(a *application, table string, rows []Row) {
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		m.store.set(table, row)
		ids = append(ids, row.key())
	}
	for _, id := range a.rows[table] {
		if !slices.Contains(ids, id) {
			m.store.remove(table, id)
		}
	}
	a.rows[table] = ids
}

// read takes in what an Application says.
func (a *application) read(app *v1alpha1.Application) {
	a.state, a.partly = stateOf(app)
	a.drift, a.broken = map[string]int{}, map[string]bool{}
	if d := app.Status.Drift; d != nil {
		for _, o := range d.Objects {
			a.drift[idOf(o.Group, o.Kind, o.Namespace, o.Name)] = max(1, len(o.Fields)+int(o.More))
		}
	}
	a.problems = nil
	for _, p := range app.Status.Problems {
		a.broken[p.Object] = true
		a.problems = append(a.problems, SourceProblem{cut(p.Where, mostText), cut(p.Object, mostText), cut(p.Message, mostText), cut(p.Next, mostText)})
	}
	a.failed = failure(app)
	a.readPractices(app.Status.Practices)
	a.readAutomation(app)
	a.row = applicationRow(app, a)
}

// stateOf is how an application's sync stands; partly says that it is so only for objects with problems.
func stateOf(app *v1alpha1.Application) (state string, partly bool) {
	c := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionSynced)
	switch {
	case app.Spec.Suspend != nil:
		return held, false
	case c == nil:
		return unknown, false
	case c.Status == metav1.ConditionTrue:
		return synced, false
	}
	switch c.Reason {
	case "GateClosed", "PruneWaiting", "Suspended", "Waiting", "DependencyCycle":
		return held, false
	}
	return behind, c.Reason == "Partial"
}

// failure is why a source can't be read; "" if it can.
func failure(app *v1alpha1.Application) string {
	c := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionSynced)
	if c == nil || c.Status == metav1.ConditionTrue || c.Reason != "FetchFailed" {
		return ""
	}
	return cut(c.Message, mostText)
}

func applicationRow(app *v1alpha1.Application, a *application) *Application {
	status := &app.Status
	r := &Application{
		ID: a.id, Namespace: app.Namespace, Name: app.Name, Revision: status.ShortRevision, Sync: a.state, Health: unknown,
		Policy: string(app.Spec.Drift.Policy), Gate: app.Spec.Practices.Gate, Score: -1,
		Problems: len(status.Problems), Release: status.ReleaseNumber, Synced: unix(status.SyncedAt),
	}
	source := sourceOf(app)
	r.Repo, r.Ref, r.Path = source.url, source.ref, cut(pathOf(app), mostText)
	if r.Policy == "" {
		r.Policy = string(v1alpha1.DriftRevert)
	}
	if c := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady); c != nil {
		if r.Ready = c.Status == metav1.ConditionTrue; !r.Ready {
			r.Message = cut(c.Message, mostText)
		}
	}
	if c := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionHealthy); c != nil {
		r.Health = strings.ToLower(c.Reason)
	}
	if s := app.Spec.Suspend; s != nil {
		r.Suspended, r.SuspendedBy = cut(s.Reason, mostText), cut(s.By, mostText)
	}
	if p := status.Practices; p != nil {
		r.Score, r.Errors, r.Warnings, r.Infos = int(p.Score), int(p.Errors), int(p.Warnings), int(p.Infos)
		if p.Refused != nil {
			r.Refused = p.Refused.ShortRevision
		}
	}
	if d := status.Drift; d != nil {
		r.Drift = len(d.Objects) + int(d.More)
	}
	if r.Drift > 0 {
		r.Sync = drifted
	}
	if w := status.PruneWaiting; w != nil {
		r.PruneWaiting = len(w.Objects)
	}
	return r
}

// judge adds to a workload's row what its application says of it.
func (a *application) judge(row *Workload) {
	row.App, row.Sync = a.id, a.state
	name := manifest.ID{Kind: row.Kind, Namespace: row.Namespace, Name: row.Name}.String()
	if a.partly && !a.broken[name] {
		row.Sync = synced
	}
	if row.Drift = a.drift[row.ID]; row.Drift > 0 {
		row.Sync = drifted
	}
	a.score(row, name)
	for _, ref := range row.Images {
		repository, _ := cutRef(ref)
		if version := a.newer[canonical(repository)]; version != "" {
			row.Newer = version
		}
	}
}

// deriveApplication makes the rows that also come of its workloads and releases.
func (m *model) deriveApplication(a *application) {
	row := *a.row
	row.Workloads = len(a.members)
	for _, r := range m.releases[a.namespace] {
		if r.App == a.id && r.Number == row.Release {
			row.Author, row.Subject, row.Committed = r.Author, r.Subject, r.Committed
		}
	}
	m.store.set("applications", &row)
	m.setRows(a, "images", a.imageRows(m))
}

func unix(t *metav1.Time) int64 {
	if t == nil || t.IsZero() {
		return 0
	}
	return t.Unix()
}
