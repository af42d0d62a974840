package faults

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// holds waits until the applications are what the last commit says, and then checks that nothing was done twice and
// nothing pruned but what is named ("configmaps/d"). It returns when the waiting was over.
func (w *world) holds(apps []string, pruned ...string) time.Time {
	w.Helper()
	last := w.pushed[len(w.pushed)-1]
	for _, app := range apps {
		w.until(app+"'s status", func() error { return w.statusIsTrue(app, last) })
		w.report(app+" says that all is delivered", w.delivered(app, last))
	}
	recovered := time.Now()
	w.until("nothing is written any more", w.quiet)
	for _, app := range apps {
		w.report(app+" is still delivered", w.delivered(app, last))
		w.report(app+": nothing twice", errors.Join(w.appliedOnce(app), w.generations(app)))
		w.until(app+": one release for each change", func() error { return w.releasedOnce(app) })
	}
	w.report("nothing pruned unasked", w.pruned(pruned))
	return recovered
}

// recovers waits until all holds after a fault, and fills a row of the table.
func (w *world) recovers(where string, fault *Active, pruned ...string) {
	w.Helper()
	row := w.row(where, fault.Name)
	start := time.Now()
	at := w.holds(both, pruned...)
	if row.struck = fault.Hits(); row.struck == 0 {
		w.Error("the fault struck nothing: the case shows nothing")
	}
	if ended := fault.Ended(); !ended.IsZero() {
		start = ended
	}
	row.since(start, at)
}

// row is the case's in the table; it is entered when the case is over.
func (w *world) row(where, fault string) *result {
	row := &result{where: where, fault: fault}
	w.Cleanup(func() {
		row.outcome = "held"
		if w.Failed() {
			row.outcome = "BROKEN"
		}
		results.add(*row)
	})
	return row
}

func (r *result) since(start, recovered time.Time) { r.recovery = max(0, recovered.Sub(start)) }

func (w *world) report(what string, err error) {
	w.Helper()
	if err != nil {
		w.Errorf("%s: %v", what, err)
	}
}

// delivered: every object of git is live with all that git says of it.
func (w *world) delivered(app string, c commit) error {
	for _, desired := range w.objects(c.tree, app) {
		live := &unstructured.Unstructured{}
		live.SetGroupVersionKind(desired.GroupVersionKind())
		if err := w.api.Get(w.Context(), client.ObjectKeyFromObject(desired), live); err != nil {
			return err
		}
		if path, ok := covers(desired.Object, live.Object); !ok {
			return fmt.Errorf("%s %s: %s is not what git says", desired.GetKind(), desired.GetName(), path)
		}
	}
	return nil
}

// covers says whether live has everything that desired has, and the path where it hasn't.
func covers(desired, live any) (path string, ok bool) {
	switch d := desired.(type) {
	case map[string]any:
		l, _ := live.(map[string]any)
		for k, v := range d {
			if path, ok := covers(v, l[k]); !ok {
				return "." + k + path, false
			}
		}
		return "", true
	case []any:
		l, _ := live.([]any)
		if len(d) != len(l) {
			return "", false
		}
		for i := range d {
			if path, ok := covers(d[i], l[i]); !ok {
				return fmt.Sprintf("[%d]%s", i, path), false
			}
		}
		return "", true
	}
	return "", reflect.DeepEqual(desired, live)
}

// statusIsTrue: the Application says what is the case.
func (w *world) statusIsTrue(name string, c commit) error {
	app, err := w.get(name)
	if err != nil {
		return err
	}
	s := app.Status
	switch {
	case !meta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionReady):
		return fmt.Errorf("not ready: %+v; problems %+v", meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady), s.Problems)
	case !meta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionSynced):
		return fmt.Errorf("not synced: %+v", meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionSynced))
	case !slices.Contains(w.revisions(name, c), s.Revision):
		return fmt.Errorf("revision %s, want one of %v", s.Revision, w.revisions(name, c))
	case len(s.Problems) > 0 || s.PruneWaiting != nil:
		return fmt.Errorf("problems %+v, prune waiting %+v", s.Problems, s.PruneWaiting)
	}
	var inventory, want []string
	for _, ref := range s.Inventory {
		inventory = append(inventory, ref.Kind+" "+ref.Name)
	}
	for _, o := range w.objects(c.tree, name) {
		want = append(want, o.GetKind()+" "+o.GetName())
	}
	slices.Sort(inventory)
	slices.Sort(want)
	if !slices.Equal(inventory, want) {
		return fmt.Errorf("inventory of %d %v, want %d %v", len(inventory), few(inventory), len(want), few(want))
	}
	return nil
}

// revisions that an Application may name: those at which what it renders is what it is at c. A commit elsewhere leaves it where it is.
func (w *world) revisions(app string, c commit) []string {
	hashes := []string{c.hash}
	for _, earlier := range slices.Backward(w.pushed) {
		if !maps.Equal(earlier.tree.of(app), c.tree.of(app)) {
			break
		}
		hashes = append(hashes, earlier.hash, earlier.formerly)
	}
	return hashes
}

func few(all []string) []string { return all[:min(len(all), 12)] }

const quietFor = time.Second

// quiet: nothing has been written for a while.
func (w *world) quiet() error {
	writes := w.toAPI.Requests(Request.Writes)
	if len(writes) == 0 {
		return nil
	}
	if last := writes[len(writes)-1]; time.Since(last.At) < quietFor {
		return fmt.Errorf("%s %s a moment ago", last.Verb, last.Path)
	}
	return nil
}

// contents counts how many different contents in a row the file of each object had: so often it is to be applied.
func (w *world) contents(app string) map[string]int {
	counts := map[string]int{}
	before := files{}
	for _, c := range w.pushed {
		tree := c.tree.of(app)
		for file, text := range tree {
			if before[file] == text {
				continue
			}
			for _, o := range w.objects(files{file: text}, app) {
				counts[o.GetKind()+" "+o.GetName()]++
			}
		}
		before = tree
	}
	return counts
}

// appliedOnce: the server was told of no object more often than git changed it.
func (w *world) appliedOnce(app string) error {
	applied := map[string]int{}
	for _, r := range w.toAPI.Requests(Verb("apply")) {
		if r.Accepted() {
			applied[r.Resource+" "+r.Name]++
		}
	}
	var twice []string
	for object, most := range w.contents(app) {
		kind, name, _ := strings.Cut(object, " ")
		if n := applied[plural(kind)+" "+name]; n > most {
			twice = append(twice, fmt.Sprintf("%s was applied %d times, and changed %d times", object, n, most))
		}
	}
	return oneError(twice)
}

func plural(kind string) string { return strings.ToLower(kind) + "s" }

// generations: the server has seen no more changes of a Deployment than git has.
func (w *world) generations(app string) error {
	contents := w.contents(app)
	var wrong []string
	for _, o := range w.objects(w.pushed[len(w.pushed)-1].tree, app) {
		if o.GetKind() != "Deployment" {
			continue
		}
		if err := w.api.Get(w.Context(), client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		if want := int64(contents["Deployment "+o.GetName()]); o.GetGeneration() != want {
			wrong = append(wrong, fmt.Sprintf("Deployment %s has generation %d, want %d", o.GetName(), o.GetGeneration(), want))
		}
	}
	return oneError(wrong)
}

// releasedOnce: there is one Release for each commit that changed something of the application, and each is closed.
func (w *world) releasedOnce(app string) error {
	var list v1alpha1.ReleaseList
	if err := w.api.List(w.Context(), &list, client.InNamespace(w.namespace)); err != nil {
		return err
	}
	releases := slices.DeleteFunc(list.Items, func(r v1alpha1.Release) bool { return r.Spec.Application != app })
	slices.SortFunc(releases, func(a, b v1alpha1.Release) int { return int(a.Spec.Number - b.Spec.Number) })
	var got, want []string
	for i, r := range releases {
		got = append(got, r.Spec.Revision)
		if isLast := i == len(releases)-1; r.Status.Result != "Healthy" && (isLast || r.Status.Result != "Superseded" && r.Status.Result != "Partial") {
			return fmt.Errorf("%s says %q: %s", r.Name, r.Status.Result, r.Status.Message)
		}
	}
	before := files{}
	for _, c := range w.pushed {
		if tree := c.tree.of(app); !maps.Equal(tree, before) {
			want, before = append(want, c.hash), tree
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("releases of %v, want %v", got, want)
	}
	return nil
}

// pruned: nothing was deleted but what is named, and the bystanders are as they were.
func (w *world) pruned(want []string) error {
	var got []string
	for _, r := range w.toAPI.Requests(Verb("delete")) {
		if r.Accepted() && r.Resource != "releases" {
			got = append(got, r.Resource+"/"+r.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("deleted %v, want %v", got, want)
	}
	if n := len(w.toAPI.Requests(Verb("deletecollection"))); n > 0 {
		return fmt.Errorf("%d collections deleted", n)
	}
	for _, name := range bystanders {
		if _, err := w.configMap(name); err != nil {
			return err
		}
	}
	return nil
}

func oneError(texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	slices.Sort(texts)
	return errors.New(strings.Join(few(texts), "; "))
}
