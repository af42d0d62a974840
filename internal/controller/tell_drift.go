package controller

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/manifest"
)

// tellDrift tells of what is not as the source has it and stays so: one incident for all that an application has of it. What is
// put back is told by itself: see tellReverted.
func (w *work) tellDrift() {
	c := w.get(v1alpha1.ConditionDrifted)
	if c != nil && c.Status == metav1.ConditionUnknown {
		return // what was told before may still be so
	}
	e := w.event("drift")
	e.Kind, e.Severity = notify.Drifted, notify.Warning
	var objects []v1alpha1.DriftedObject
	if d := w.app.Status.Drift; d != nil {
		objects = slices.DeleteFunc(slices.Clone(d.Objects), func(o v1alpha1.DriftedObject) bool { return o.Next == "" }) // on its way back
	}
	if len(objects) == 0 {
		e.When, e.Resolved, e.What = time.Now(), true, "all is as the source has it"
	} else {
		w.wordDrift(&e, objects)
	}
	said := fmt.Sprint(e.Kind, e.Resolved, e.What)
	if w.memory.tells("drift", said) {
		w.hub.Emit(e)
	}
}

func (w *work) wordDrift(e *notify.Event, objects []v1alpha1.DriftedObject) {
	name := w.name.Name
	e.Title = fmt.Sprintf("1 object of %s is not as git has it", name)
	if n := len(objects) + int(w.app.Status.Drift.More); n > 1 {
		e.Title = fmt.Sprintf("%d objects of %s are not as git has them", n, name)
	}
	e.Next = fmt.Sprintf("fairlead drift %[1]s; then fairlead revert %[1]s or fairlead adopt %[1]s", w.name)
	var what, who []string
	e.When = objects[0].Since.Time
	for _, o := range objects {
		if o.Contested && e.Kind != notify.Contested {
			e.Kind, e.Severity, e.Next = notify.Contested, notify.Error, o.Next
			e.Title = fmt.Sprintf("something fights over %s of %s", manifest.ID(o.ObjectRef), name)
		}
		what, who = append(what, driftLines(manifest.ID(o.ObjectRef).String(), o)), append(who, byOf(o)...)
		e.Objects = append(e.Objects, manifest.ID(o.ObjectRef).String())
	}
	e.What, e.Who = strings.Join(what, "\n"), strings.Join(unique(who), ", ")
}

// tellReverted tells that something was changed by hand and put back: what, who, when, and where git has it.
func (d *drifts) tellReverted(ctx context.Context, name types.NamespacedName, drift cluster.Drift) {
	app := &v1alpha1.Application{}
	if err := d.Get(ctx, name, app); err != nil {
		return
	}
	w := &work{reconciler: d.reconciler, app: app, name: name}
	o := driftedObject(drift, &driftRecord{})
	e := w.event(fmt.Sprintf("reverted/%s/%d", drift.ID, time.Now().UnixNano()))
	e.Kind, e.Severity, e.When = notify.Reverted, notify.Warning, drift.Since
	e.Title = fmt.Sprintf("%s was %s in the cluster and put back", drift.ID, drift.Kind)
	e.What, e.Who, e.Objects = driftLines("", o), strings.Join(unique(byOf(o)), ", "), []string{drift.ID.String()}
	e.Next = "change it in git"
	if at := cmp.Or(o.Where, firstWhere(o.Fields)); at != "" {
		e.Next += ", in " + at
	}
	e.Link = commitPage(e.Repository, e.Revision)
	d.hub.Emit(e)
}

func firstWhere(fields []v1alpha1.DriftedField) string {
	for _, f := range fields {
		if f.Where != "" {
			return f.Where
		}
	}
	return ""
}

// driftLines says what is other than in the source, a field a line, of an object that is named or, with "", was named before:
// "Deployment shop/web: spec.replicas is 7, in git 2 (shop/web.yaml:9, by Ann Lee)".
func driftLines(name string, o v1alpha1.DriftedObject) string {
	if len(o.Fields) == 0 {
		return strings.TrimSpace(name + " was " + o.Change + inGit(o.Where, ""))
	}
	if name != "" {
		name += ": "
	}
	var lines []string
	for _, f := range o.Fields {
		line := fmt.Sprintf("%s%s is %s, in git %s", name, f.Path, cmp.Or(f.Live, "gone"), cmp.Or(f.Git, "not there"))
		lines = append(lines, line+inGit(f.Where, f.Author))
	}
	if o.More > 0 {
		lines = append(lines, fmt.Sprintf("%sand %s more", name, plural(int(o.More), "field")))
	}
	return strings.Join(lines, "\n")
}

func inGit(where, author string) string {
	if where == "" {
		return ""
	}
	if author != "" {
		author = ", by " + author
	}
	return " (" + where + author + ")"
}

// byOf names who has drifted an object: people where they are known, programs otherwise.
func byOf(o v1alpha1.DriftedObject) []string {
	all := []string{o.By}
	for _, f := range o.Fields {
		by := f.Manager
		if f.User != "" {
			by = strings.TrimSuffix(f.User+" with "+f.Manager, " with ")
		}
		all = append(all, by)
	}
	return all
}

// unique are the texts without repetitions and empty ones, in their order.
func unique(texts []string) []string {
	var all []string
	for _, t := range texts {
		if t != "" && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}
