package controller

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// tell hands what this look has found to the notifiers. It waits for nothing. After a restart everything is told again: they know
// what they have told. last is the Release that this look has written.
func (w *work) tell(last *record) {
	w.tellOf("delivery", v1alpha1.ConditionSynced, last)
	if !isWildcard(Path(w.app)) { // else each Application that it made tells of its own health
		w.tellOf("health", v1alpha1.ConditionHealthy, last)
		w.tellDrift()
	}
	if last != nil && last.release.Status.Result == "Healthy" {
		w.tellDelivered(last.release)
	}
}

// tellOf tells of what a condition says, if it is another than it was.
func (w *work) tellOf(trouble, condition string, last *record) {
	c := w.get(condition)
	if c == nil {
		return
	}
	said := string(c.Status) + c.Reason + c.Message
	if !w.memory.tells(trouble, said) {
		return
	}
	e := w.event(trouble)
	e.When, e.What, e.Resolved = c.LastTransitionTime.Time, c.Message, c.Status == metav1.ConditionTrue
	if !e.Resolved && !isBad(c.Status, c.Reason) { // it waits, or is on its way
		return
	}
	if w.report != nil && w.report.Snapshot != nil {
		r := w.report.Revision()
		e.Who, e.Revision = clip(r.Author, maxValue), r.Commit
	} else if trouble == "delivery" && !e.Resolved {
		e.Revision = "" // nobody knows which: what was delivered last is not to blame
	}
	if last != nil && e.Who == "" {
		e.Who = last.release.Spec.Author
	}
	e.Link = commitPage(e.Repository, e.Revision)
	w.hub.Emit(w.worded(e, c.Reason))
}

// tells notes what is told of a trouble, and whether it is anything else than before.
func (m *remembered) tells(trouble, said string) bool {
	if m.told == nil {
		m.told = map[string]string{}
	}
	was, isKnown := m.told[trouble]
	m.told[trouble] = said
	return !isKnown || was != said
}

// event of this application, with what all have in common.
func (w *work) event(incident string) notify.Event {
	name := w.name.String()
	return notify.Event{
		Application: name, Incident: name + "/" + incident, Next: "fairlead status " + name,
		Repository: w.repository(), Revision: w.app.Status.Revision,
	}
}

// worded says what a condition's reason means.
func (w *work) worded(e notify.Event, reason string) notify.Event {
	name := w.name.Name
	switch reason {
	case "Degraded":
		e.Kind, e.Severity, e.Title = notify.Degraded, notify.Error, name+" is degraded"
	case "Partial":
		e.Kind, e.Severity, e.Title, e.Patience = notify.DeliveryPartial, notify.Error, name+" is delivered in part", mostAreOver
		for _, p := range w.app.Status.Problems {
			if p.Object != "" {
				e.Objects = append(e.Objects, p.Object)
			}
		}
	case "PruneWaiting":
		e.Kind, e.Severity = notify.PruneWaiting, notify.Warning
		e.Title, e.Next = name+" waits for a yes to remove objects", fmt.Sprintf("fairlead sync %s --approve-prune", w.name)
		if p := w.app.Status.PruneWaiting; p != nil {
			e.Title = fmt.Sprintf("%s waits for a yes to remove %s", name, plural(len(p.Objects), "object"))
			for _, id := range fromRefs(p.Objects) {
				e.Objects = append(e.Objects, id.String())
			}
		}
	case reasons[deliver.Check]:
		e.Kind, e.Severity, e.Title = notify.GateClosed, notify.Warning, "the gate holds back what is new of "+name
		if p := w.app.Status.Practices; p != nil && p.Refused != nil {
			for _, f := range p.Refused.Findings {
				if f.Object != "" {
					e.Objects = append(e.Objects, f.Object)
				}
			}
		}
	default:
		e.Kind, e.Severity, e.Title = notify.DeliveryFailed, notify.Error, name+" could not be delivered"
		switch reason {
		case reasons[deliver.Fetch]:
			e.Patience = fetchIsOver
		case reasons[deliver.Plan], reasons[deliver.Apply]:
			e.Patience = mostAreOver
		}
	}
	return e
}

// Most failures to reach a repository, and most of what an API server refuses for the moment, are over by then.
const (
	fetchIsOver = 30 * time.Second
	mostAreOver = 10 * time.Second
)

// tellDelivered tells of what has arrived, if a person has caused it.
func (w *work) tellDelivered(r *v1alpha1.Release) {
	if r.Spec.Reason != firstDelivery && r.Spec.Reason != newRevision && r.Spec.Reason != requested {
		return
	}
	e := w.event(fmt.Sprintf("delivered/%d", r.Spec.Number))
	e.Kind, e.Severity = notify.Delivered, notify.Info
	e.Title = fmt.Sprintf("%s delivered %s", w.name.Name, r.Spec.ShortRevision)
	e.What = r.Spec.Summary
	if r.Spec.Subject != "" {
		e.What = r.Spec.Subject + "\n" + e.What
	}
	e.Who, e.Revision, e.Next = r.Spec.Author, r.Spec.Revision, "fairlead history "+w.name.String()
	e.Link = commitPage(e.Repository, e.Revision)
	w.hub.Emit(e)
}

// tellForgotten ends what was told of an application that is deleted.
func (r *reconciler) tellForgotten(name types.NamespacedName) {
	for incident, kind := range map[string]notify.Kind{"delivery": notify.DeliveryFailed, "health": notify.Degraded, "drift": notify.Drifted} {
		r.hub.Emit(notify.Event{
			Kind: kind, Severity: notify.Info, Application: name.String(), Incident: name.String() + "/" + incident, Resolved: true, What: "the application was deleted",
		})
	}
}

// repository is the web address of the application's git repository; "" if there is none that is known.
func (w *work) repository() string {
	if w.app.Spec.Source.Git == nil {
		return ""
	}
	return webAddress(w.app.Spec.Source.Git.URL)
}

// webAddress of a repository, without a login, from what git is told: https://host/path or git@host:path.
func webAddress(text string) string {
	if !strings.Contains(text, "://") {
		host, path, ok := strings.Cut(text, ":")
		if !ok || strings.Contains(host, "/") {
			return ""
		}
		text = "ssh://" + host + "/" + strings.TrimPrefix(path, "/")
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	web := url.URL{Scheme: "https", Host: u.Hostname(), Path: strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), ".git")}
	switch u.Scheme {
	case "https", "http":
		web.Scheme, web.Host = u.Scheme, u.Host
	case "ssh":
	default:
		return ""
	}
	return web.String()
}

// commitPage is where a forge shows a commit; the repository's address if it isn't known how its forge does.
func commitPage(repository, commit string) string {
	u, err := url.Parse(repository)
	if err != nil || repository == "" || len(commit) != fullHash {
		return repository
	}
	for part, between := range map[string]string{"github": "/commit/", "gitlab": "/-/commit/", "gitea": "/commit/", "forgejo": "/commit/", "codeberg": "/commit/", "bitbucket": "/commits/"} {
		if strings.Contains(u.Hostname(), part) {
			return repository + between + commit
		}
	}
	return repository
}
