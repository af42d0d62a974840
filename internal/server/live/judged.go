package live

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

// tally is what practices have found in one object.
type tally struct {
	errors, warnings int
	findings         []practice.Finding
}

// ofManifests are the practices that judge workloads.
var ofManifests = func() []*practice.Practice {
	return slices.DeleteFunc(slices.Clone(practices.All), func(p *practice.Practice) bool { return !p.Inputs.Has(practice.Manifests) })
}()

var categories = func() map[string]string {
	out := map[string]string{}
	for _, p := range practices.All {
		out[p.ID] = string(p.Category)
	}
	return out
}()

func (a *application) readPractices(p *v1alpha1.PracticesStatus) {
	a.tallies, a.judged, a.truncated = map[string]*tally{}, p != nil, p != nil && p.More > 0
	if p == nil {
		return
	}
	for _, f := range p.Findings {
		t := a.tallies[f.Object]
		if t == nil {
			t = &tally{}
			a.tallies[f.Object] = t
		}
		severity, _ := practice.ParseSeverity(f.Severity)
		switch severity {
		case practice.Error:
			t.errors++
		case practice.Warning:
			t.warnings++
		}
		t.findings = append(t.findings, practice.Finding{Practice: f.Practice, Severity: severity})
	}
}

// score weighs a workload's findings as those of an application are weighed. Where not all findings are listed, a workload
// that has none among them may have some: then nobody knows.
func (a *application) score(row *Workload, name string) {
	t := a.tallies[name]
	if !a.judged || a.truncated && t == nil {
		return
	}
	if t == nil {
		row.Score = 100
		return
	}
	row.Score, row.Errors, row.Warnings = practice.Weigh(ofManifests, t.findings).Score, t.errors, t.warnings
}

func findingRows(app string, p *v1alpha1.PracticesStatus) []Row {
	if p == nil {
		return nil
	}
	var out []Row
	count := map[string]int{}
	for _, f := range p.Findings {
		id := cut(strings.Join([]string{app, f.Practice, f.Object, f.Where, f.Field}, " "), 3*mostText)
		if count[id]++; count[id] > 1 {
			id += fmt.Sprint(" ", count[id])
		}
		row := &Finding{
			ID: id, App: app, Practice: f.Practice, Severity: f.Severity, Category: categories[f.Practice], Object: cut(f.Object, mostText),
			Where: cut(f.Where, mostText), Field: cut(f.Field, mostText), Message: cut(f.Message, mostText), Fix: cut(f.Fix, mostText),
		}
		_, place, _ := strings.Cut(f.Object, " ")
		if row.Namespace, row.Name, _ = strings.Cut(place, "/"); row.Name == "" {
			row.Namespace, row.Name = "", place
		}
		out = append(out, row)
	}
	return out
}

func driftRows(app string, d *v1alpha1.DriftStatus) []Row {
	if d == nil {
		return nil
	}
	var out []Row
	has := map[string]bool{}
	add := func(o *v1alpha1.DriftedObject, reverted bool) {
		row := driftRow(app, o)
		if row.Reverted = reverted; reverted {
			row.ID += fmt.Sprintf(" reverted %d", row.Since)
		}
		if !has[row.ID] {
			has[row.ID] = true
			out = append(out, row)
		}
	}
	for i := range d.Objects {
		add(&d.Objects[i], false)
	}
	for i := range d.Reverted {
		add(&d.Reverted[i], true)
	}
	return out
}

const mostFields = 20

func driftRow(app string, o *v1alpha1.DriftedObject) *Drift {
	object := idOf(o.Group, o.Kind, o.Namespace, o.Name)
	row := &Drift{
		ID: app + " " + object, App: app, Object: object, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, Change: o.Change,
		Who: cut(o.By, mostText), Since: unix(&o.Since), More: int(o.More), Contested: o.Contested, Reverts: int(o.Reverts), Next: cut(o.Next, mostText),
		Fields: []DriftField{},
	}
	for _, f := range o.Fields {
		if len(row.Fields) == mostFields {
			row.More++
			continue
		}
		row.Fields = append(row.Fields, DriftField{
			Path: cut(f.Path, mostText), Git: cut(f.Git, mostText), Live: cut(f.Live, mostText), Who: cut(f.User, mostText), Manager: cut(f.Manager, mostText),
			At: unix(&f.At), Where: cut(f.Where, mostText), Commit: f.Commit, Author: cut(f.Author, mostText),
		})
	}
	if len(row.Fields) > 0 {
		row.Who, row.Manager = cmp.Or(row.Fields[0].Who, row.Who), row.Fields[0].Manager
	}
	row.Cause = causeOf(row)
	return row
}

// causeOf says what kind of actor it was: people edit with kubectl and the like, and are seen by name; controllers have
// managers and service accounts of their own. Of what was deleted the name of either is all there is.
func causeOf(d *Drift) string {
	isProgram := func(name string) bool {
		return strings.Contains(name, "controller") || strings.Contains(name, "operator") || strings.HasSuffix(name, "manager")
	}
	switch {
	case d.Who == "" && d.Manager == "":
		return "unknown"
	case strings.HasPrefix(d.Who, "system:serviceaccount:"), strings.HasPrefix(d.Who, "system:kube-"), strings.HasPrefix(d.Who, "system:node:"):
		return "controller"
	case d.Who != "" && d.Who != d.Manager && !isProgram(d.Who):
		return "person"
	}
	for _, tool := range []string{"kubectl", "k9s", "Lens", "Mozilla", "helm", "octant"} { // browsers: dashboards
		if strings.HasPrefix(d.Manager, tool) {
			return "person"
		}
	}
	return "controller"
}
