package cluster

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/fairlead-dev/fairlead/manifest"
)

// DriftKind says in what way an object is out of step.
type DriftKind string

// The kinds of drift.
const (
	Changed DriftKind = "changed" // fields that git sets have other values, or are gone
	Deleted DriftKind = "deleted" // the object is gone
)

// Drift is one object that is not as git has it.
type Drift struct {
	ID     manifest.ID    `json:"id"`
	Kind   DriftKind      `json:"kind"`
	Fields []DriftedField `json:"fields,omitempty"` // by path; none when the object is gone
	By     Actor          `json:"by,omitzero"`      // who deleted the object; of fields each says its own
	// Since is when it began, as far as is known: the earliest time that is told of a field, else when it was noticed.
	Since   time.Time `json:"since,omitzero"`
	Written *Written  `json:"written,omitempty"` // where git has the object that was deleted
}

// DriftedField is one field that is not as git has it. The values of Secrets are masked.
type DriftedField struct {
	Path    string   `json:"path"`              // as in FieldChange: "spec.template.spec.containers[name=web].image"
	Git     any      `json:"git"`               // as the server spells it; nil: git doesn't have it
	Live    any      `json:"live"`              // nil: it is gone
	By      Actor    `json:"by,omitzero"`       // who set it
	Written *Written `json:"written,omitempty"` // where git has the value; nil when that is not known
	// Policy that holds for it; "" when nobody has asked.
	Policy Policy `json:"policy,omitempty"`
	// Field is the path as steps: see FieldChange.
	Field []string `json:"-"`
}

// Actor is who changed something. What is not known is empty: all of it, where nothing was noted.
type Actor struct {
	Manager     string    `json:"manager,omitempty"`     // the program, as it calls itself: "kubectl-edit"
	Operation   string    `json:"operation,omitempty"`   // "Apply" or "Update"
	Subresource string    `json:"subresource,omitempty"` // "scale", when it was written by way of one
	At          time.Time `json:"at,omitzero"`           // in whole seconds, by the API server's clock
	User        string    `json:"user,omitempty"`        // the person or service account
}

// Written is where a value stands in git, and who wrote it there.
type Written struct {
	File    string    `json:"file"`
	Line    int       `json:"line,omitempty"` // from 1; 0 when the file is known and the line is not
	Commit  string    `json:"commit,omitempty"`
	Author  string    `json:"author,omitempty"`
	Subject string    `json:"subject,omitempty"` // the first line of the commit's message
	At      time.Time `json:"at,omitzero"`       // when it was written
}

// DriftOf compares a live object with what applying git would make of it (a dry run: so neither defaults nor the
// server's spelling count as drift) and says who changed what. live is nil when the object is gone; the result is nil
// when nothing has drifted.
func DriftOf(id manifest.ID, live, would *unstructured.Unstructured) *Drift {
	if live == nil {
		return &Drift{ID: id, Kind: Deleted}
	}
	changes := Ours(live, would, Compare(would, live))
	if len(changes) == 0 {
		return nil
	}
	d := &Drift{ID: id, Kind: Changed}
	who := attributionOf(live, would)
	for _, c := range changes {
		f := DriftedField{Path: c.Path, Git: c.From, Live: c.To, Field: c.Field, By: who.of(c)}
		if at := f.By.At; !at.IsZero() && (d.Since.IsZero() || at.Before(d.Since)) {
			d.Since = at
		}
		d.Fields = append(d.Fields, f)
	}
	return d
}

// attribution is who would lose which fields of a live object to git, by the paths that Compare spells: they have set them.
type attribution []holding

type holding struct {
	actor Actor
	paths []string
}

// mostHeld bounds what is read of managedFields, in bytes: what is beyond that is of an unknown actor.
const mostHeld = 1 << 20

// nameless are the managers under which the server keeps what it no longer knows the name for: of more than ten that update
// an object, the eldest are merged.
// Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/555-server-side-apply
var nameless = []string{beforeFirstApply, "ancient-changes"}

func attributionOf(live, would *unstructured.Unstructured) attribution {
	kept := map[Actor]*fieldpath.Set{}
	for _, entry := range would.GetManagedFields() {
		kept[actorOf(entry).timeless()] = fieldsOf(entry)
	}
	var all attribution
	read := 0
	for _, entry := range live.GetManagedFields() {
		if entry.FieldsV1 == nil || entry.Subresource == "status" || slices.Contains(nameless, entry.Manager) {
			continue
		}
		if read += entry.FieldsV1.Size(); read > mostHeld {
			break
		}
		actor, set := actorOf(entry), fieldsOf(entry)
		if still := kept[actor.timeless()]; set != nil && still != nil {
			set = set.Difference(still)
		}
		all = append(all, holding{actor, spellAll(set, live, would)})
	}
	return all
}

func (a Actor) timeless() Actor {
	a.At = time.Time{}
	return a
}

func actorOf(entry metav1.ManagedFieldsEntry) Actor {
	a := Actor{Manager: entry.Manager, Operation: string(entry.Operation), Subresource: entry.Subresource}
	if entry.Time != nil {
		a.At = entry.Time.UTC()
	}
	return a
}

func spellAll(set *fieldpath.Set, live, would *unstructured.Unstructured) []string {
	if set == nil {
		return nil
	}
	var paths []string
	for path := range set.Leaves().All() {
		paths = append(paths, spell(path, live.Object, would.Object))
	}
	return paths
}

// of says who has made a change: of several who hold it, the one who wrote last. A field that is gone is held by nobody.
func (a attribution) of(c FieldChange) Actor {
	var who Actor
	for _, h := range a {
		holds := slices.ContainsFunc(h.paths, func(p string) bool { return contains(c.Path, p) || contains(p, c.Path) })
		if holds && (who == Actor{} || cmp.Or(h.actor.At.Compare(who.At), cmp.Compare(h.actor.Manager, who.Manager)) > 0) {
			who = h.actor
		}
	}
	return who
}
