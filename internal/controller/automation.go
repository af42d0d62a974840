package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/automation"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/hours"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/internal/update/policy"
)

// automate tells the automation what the source names, and the status what the automation has found.
func (w *work) automate(ctx context.Context) {
	if len(w.app.Spec.Automation) == 0 {
		if w.memory.automated = ""; len(w.app.Status.Automation) > 0 {
			w.app.Status.Automation = nil
			w.automation.Forget(w.name.String())
		}
		return
	}
	m := w.memory
	isNew := w.report != nil && w.report.Rendering != nil
	if isNew {
		m.images, m.charts, m.pullers = update.References(w.report.Rendering.Set), nil, map[string][]puller{}
		for _, rule := range w.app.Spec.Automation {
			if rule.Chart != "" && m.charts == nil {
				m.charts = update.Charts(w.report.Snapshot.FS(), w.report.Rendering)
			}
			if rule.Image != "" && rule.SecretRef == nil {
				m.pullers[rule.Image] = pullersOf(w.report.Rendering.Set, rule.Image, w.app.Spec.Destination.Namespace)
			}
		}
		w.recoverUpdate()
		w.tookBack(ctx)
	}
	if told := automationInput(w.app, w.holds); isNew || told != m.automated {
		m.automated = told
		w.automation.Set(w.automated(ctx))
	}
	w.app.Status.Automation = automationStatus(w.automation.Status(w.name.String()))
	if w.app.Labels[v1alpha1.DiscoveredByLabel] != "" { // the rules are for all of the path: each names a few of their images
		w.app.Status.Automation = slices.DeleteFunc(w.app.Status.Automation, func(s v1alpha1.AutomationStatus) bool { return len(s.Current) == 0 })
	}
}

// automationInput is all that the automation is told of beside what the source names, in one text.
func automationInput(app *v1alpha1.Application, holds []v1alpha1.Hold) string {
	return fmt.Sprint(app.Generation, isPaused(app), len(holds), slices.Collect(func(yield func(string) bool) {
		for i := range holds {
			yield(string(holds[i].UID) + holds[i].ResourceVersion)
		}
	}))
}

func isPaused(app *v1alpha1.Application) bool {
	p := app.Spec.AutomationPause
	return p != nil && (p.Until == nil || time.Now().Before(p.Until.Time))
}

// automated is the Application as the automation takes it.
func (w *work) automated(ctx context.Context) automation.Application {
	a := automation.Application{
		Name: w.name.String(), Path: Path(w.app), Namespace: w.app.Spec.Destination.Namespace,
		References: w.memory.images, Charts: w.memory.charts, Paused: isPaused(w.app) || w.pinned != nil,
		Options: w.renderOptions(),
	}
	for _, h := range w.holds {
		for _, ref := range h.Spec.Images {
			a.Held = append(a.Held, automation.Held{Reference: ref, Why: h.Spec.Reason, Back: h.Spec.Back})
		}
	}
	for i := range w.app.Spec.Automation {
		rule := &w.app.Spec.Automation[i]
		r := automation.Rule{Image: cmp.Or(rule.Image, rule.Chart), Interval: defaultScan}
		if r.Policy, r.Err = policyRule(rule.Policy); r.Err != nil {
			a.Rules = append(a.Rules, r)
			continue
		}
		if rule.Interval != nil && rule.Interval.Duration > 0 {
			r.Interval = rule.Interval.Duration
		}
		if r.Git, r.Err = w.writesTo(ctx, rule.Write); r.Err == nil {
			r.Auth, r.Err = w.registryLogin(ctx, rule)
		}
		a.Rules = append(a.Rules, r)
	}
	return a
}

// registryLogin is the one that is named, or else the one that pods have.
func (w *work) registryLogin(ctx context.Context, rule *v1alpha1.Automation) (source.Auth, error) {
	if rule.SecretRef != nil {
		return readLogin(ctx, w.Client, w.app.Namespace, rule.SecretRef)
	}
	if rule.Chart != "" { // no pod pulls it
		return source.Auth{}, nil
	}
	pipeline, err := w.pipeline()
	if err != nil {
		return source.Auth{}, err
	}
	return pullLogin(ctx, pipeline.Client, w.memory.pullers[rule.Image])
}

const defaultScan = 5 * time.Minute

// renderOptions are those of the Application with what the server can do, asked when it is needed.
func (w *work) renderOptions() func(context.Context) (render.Options, error) {
	app, api := w.app.DeepCopy(), w.api
	return func(context.Context) (render.Options, error) {
		spec, err := Spec(app, nil)
		if err != nil {
			return render.Options{}, err
		}
		server, err := api.Capabilities()
		spec.Render.KubeVersion, spec.Render.APIVersions = server.Version, server.APIVersions
		return spec.Render, err
	}
}

// writesTo is the branch that new versions are committed to.
func (w *work) writesTo(ctx context.Context, to v1alpha1.AutomationWrite) (g automation.Git, err error) {
	git := w.app.Spec.Source.Git
	if git == nil {
		return g, hint.With(errors.New("its source is no git repository: no version can be written to it"), "move the version where the artifact or the chart is made")
	}
	if ref := git.Ref; ref.Tag+ref.SemVer+ref.Commit != "" {
		return g, hint.With(errors.New("it follows no branch: no version can be committed to it"), "follow a branch: spec.source.git.ref.branch")
	}
	auth, err := readLogin(ctx, w.Client, w.app.Namespace, cmp.Or(to.SecretRef, git.SecretRef))
	if err != nil {
		return g, err
	}
	g = automation.Git{Branch: git.Ref.Branch, Author: "Fairlead", Email: "fairlead@noreply.invalid"}
	if a := to.Author; a != nil {
		g.Author, g.Email = cmp.Or(a.Name, g.Author), cmp.Or(a.Email, g.Email)
	}
	if to.SigningKeyRef != nil {
		key, err := readLogin(ctx, w.Client, w.app.Namespace, to.SigningKeyRef)
		if err != nil {
			return g, err
		}
		g.SigningKey = key.SSHKey
	}
	if g.Requests, err = w.requestsOf(ctx, to.PullRequest, auth); err != nil {
		return automation.Git{}, err
	}
	if g.Repo, err = w.feeds.store.Repo(git.URL, auth, source.Limits{}); err != nil {
		return automation.Git{}, err
	}
	return g, nil
}

func policyRule(p v1alpha1.VersionPolicy) (policy.Rule, error) {
	r := policy.Rule{
		SemVer: p.SemVer, CalVer: p.CalVer, Numerical: policy.Direction(p.Numerical), Alphabetical: policy.Direction(p.Alphabetical), Newest: p.Newest, Digest: p.Digest,
		Include: p.Include, Exclude: p.Exclude, Extract: p.Extract,
	}
	if p.CoolDown != nil {
		r.CoolDown = p.CoolDown.Duration
	}
	for i, said := range p.Windows {
		window, err := hours.New(said.From, said.To, weekdays(said.Days), cmp.Or(said.TimeZone, "UTC"))
		if err != nil {
			return r, hint.With(fmt.Errorf("policy.windows[%d]: %w", i, err), "write times as 09:00 and the zone as Europe/Berlin")
		}
		r.Windows = append(r.Windows, window)
	}
	return r, nil
}

// automationStatus words what the automation has found.
func automationStatus(all []automation.Status) []v1alpha1.AutomationStatus {
	var out []v1alpha1.AutomationStatus
	for _, s := range all {
		one := v1alpha1.AutomationStatus{Image: s.Image, Current: s.Current, More: int32(s.Decision.More), PullRequest: s.Request}
		if s.IsChart() {
			one.Image, one.Chart = "", s.Image
		}
		if s.Err != nil {
			one.Message = clip(withHint(s.Err), maxMessage)
		}
		if c := s.Decision.Chosen; c != nil {
			one.Chosen = c.Tag
		}
		for _, r := range s.Decision.Refused {
			one.Refused = append(one.Refused, refusedVersion(r))
		}
		if n := s.Decision.Next; n != nil {
			next := refusedVersion(*n)
			one.Next = &next
		}
		out = append(out, one)
	}
	return out
}

func refusedVersion(r policy.Refusal) v1alpha1.RefusedVersion {
	v := v1alpha1.RefusedVersion{Version: r.Tag, Why: clip(r.Why, maxValue)}
	if !r.Until.IsZero() {
		until := metav1.NewTime(r.Until)
		v.Until = &until
	}
	return v
}

// pushedVersions has what the automation has committed delivered at once, and told.
func (r *reconciler) pushedVersions(c automation.Commit) {
	r.feeds.poke(c.Repository)
	byApplication := map[string][]automation.Update{}
	for _, u := range c.Updates {
		byApplication[u.Application] = append(byApplication[u.Application], u)
	}
	for name, all := range byApplication {
		if before := r.memory.of(parseName(name)).updating.Swap(&updates{c.Revision.Commit, all}); before != nil {
			r.hub.Emit(before.end(name, "a newer version took over"))
		}
		e := updateEvent(name, c.Revision.Commit, all)
		e.Repository, e.Revision = webAddress(c.Repository), c.Revision.Commit
		e.Link = commitPage(e.Repository, e.Revision)
		r.hub.Emit(e)
	}
}

// updateEvent tells of versions that were moved. What follows, until they run, is the same incident.
func updateEvent(name, commit string, updates []automation.Update) notify.Event {
	_, application, _ := strings.Cut(name, "/")
	e := notify.Event{
		Kind: notify.Updated, Severity: notify.Info, Application: name, Incident: updateIncident(name, commit),
		Title: application + ": " + moved(updates), Who: "Fairlead", When: time.Now(), Next: "fairlead history " + name,
	}
	if updates[0].IsBack {
		e.Kind, e.Severity = notify.RolledBack, notify.Warning
	}
	var why []string
	for _, u := range updates {
		why = append(why, u.Why)
	}
	e.What = strings.Join(slices.Compact(why), "; ")
	return e
}

func updateIncident(name, commit string) string {
	return name + "/update/" + commit[:min(len(commit), 12)]
}

// moved reads "front 1.0.0 → 1.1.0".
func moved(updates []automation.Update) string {
	var parts []string
	for _, u := range updates {
		parts = append(parts, fmt.Sprintf("%s %s → %s", path.Base(u.Image), u.From, u.To))
	}
	return strings.Join(parts, ", ")
}

// updates are the versions that the automation has moved with a commit.
type updates struct {
	commit string
	all    []automation.Update
}

// end of its story.
func (u *updates) end(application, how string) notify.Event {
	e := updateEvent(application, u.commit, u.all)
	e.Resolved, e.What = true, how+": "+e.What
	return e
}

// arrived ends the story of an update: it runs, or it doesn't and is taken back.
func (w *work) arrived(result string) {
	u := w.memory.updating.Load()
	if u == nil || result == superseded || w.names(u.all) != nil {
		return
	}
	switch result {
	case "Healthy":
		w.memory.updating.CompareAndSwap(u, nil)
		w.hub.Emit(u.end(w.name.String(), "it runs"))
	case "Degraded":
		w.memory.updating.CompareAndSwap(u, nil)
		w.hub.Emit(u.end(w.name.String(), "it was not healthy in its time"))
		w.takeBack(u)
	}
}

// tookBack notes of what was taken back that it was: whoever commits that version again means it.
func (w *work) tookBack(ctx context.Context) {
	for i := range w.holds {
		h := &w.holds[i]
		if h.Spec.Back == "" || len(h.Spec.Images) == 0 || automation.Has(h.Spec.Images[0], w.memory.images, w.memory.charts) {
			continue
		}
		before := h.DeepCopy()
		h.Spec.Back = ""
		if err := w.Patch(ctx, h, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
			w.log.Error("a hold could not be changed", "hold", h.Name, "error", err) // tried again with the next commit
		}
	}
}

// recoverUpdate finds after a start which versions the commit that is rolling out has moved: its message says so.
func (w *work) recoverUpdate() {
	r, revision := w.memory.release, w.report.Revision()
	if r == nil || w.memory.updating.Load() != nil || r.release.Spec.Revision != revision.Commit {
		return
	}
	var all []automation.Update
	for _, u := range automation.Updates(revision.Message) {
		if u.Application == w.name.String() {
			all = append(all, u)
		}
	}
	if len(all) > 0 {
		w.memory.updating.CompareAndSwap(nil, &updates{revision.Commit, all})
	}
}

// names says which updates are not what the source has now: nil if it has them all.
func (w *work) names(all []automation.Update) []automation.Update {
	var not []automation.Update
	for _, u := range all {
		if !automation.Has(u.Image+":"+u.To, w.memory.images, w.memory.charts) {
			not = append(not, u)
		}
	}
	return not
}

// takeBack holds the versions of an update that doesn't run. The automation then gives the source those that it had before.
func (w *work) takeBack(u *updates) {
	for _, one := range u.all {
		i := slices.IndexFunc(w.app.Spec.Automation, func(a v1alpha1.Automation) bool { return cmp.Or(a.Image, a.Chart) == one.Image })
		if i < 0 || one.IsBack || w.app.Spec.Automation[i].OnUnhealthy == "Keep" {
			continue
		}
		hold := &v1alpha1.Hold{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.name.Namespace, GenerateName: clip(w.name.Name, 200) + "-"},
			Spec: v1alpha1.HoldSpec{
				Application: w.name.Name, Images: []string{one.Image + ":" + one.To}, Back: one.From, By: "Fairlead",
				Reason: fmt.Sprintf("it was not healthy %s after commit %s", timeout(w.app), u.commit[:min(8, len(u.commit))]),
			},
		}
		if err := w.Create(w.lifetime, hold); err != nil {
			w.log.Error("an update that doesn't run could not be held", "application", w.name, "image", one.Image, "error", err)
			w.memory.updating.CompareAndSwap(nil, u) // tried again with the next look
		}
	}
}
