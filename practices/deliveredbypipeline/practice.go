// Package deliveredbypipeline is the practice that changes come through git.
package deliveredbypipeline

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is delivered-by-pipeline.
var Practice = &practice.Practice{
	ID:       "delivered-by-pipeline",
	Title:    "Changes come through git, not by hand",
	Category: practice.Lessons,
	Severity: practice.Warning,
	Inputs:   practice.Cluster,
	Leads:    "nobody has reviewed it, the history of the repository doesn't show it, and the next delivery takes it back or leaves it for good, by chance",
	Fix:      "commit the change to the config repository, or take it back; give people the right to read there and the pipeline the right to write",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for o := range p.All() {
		from, ok := o.Delivery()
		if !ok || p.Complete && strings.HasPrefix(o.GetNamespace(), "kube-") {
			continue
		}
		for _, w := range o.Writers() {
			if isByHand(w) && w.Subresource != "status" && !isBeforeDelivery(o, w) {
				judge(p, o, w, from)
			}
		}
	}
}

// isByHand says that a person has written. Helm is a person's on what something else delivers.
func isByHand(w practice.Writer) bool { return w.IsByHand() || w.Manager == "helm" }

// whole are the managers that write whole objects: what they have left on an object that is delivered since is how it was
// before it was taken over.
var whole = []string{"kubectl", "kubectl-client-side-apply", "kubectl-create", "kubectl-replace", "kubectl-run", "kubectl-expose", "helm"}

// isBeforeDelivery says that a writer made the object which a tool delivers since.
func isBeforeDelivery(o *practice.Object, w practice.Writer) bool {
	return slices.Contains(whole, w.Manager) && w.Subresource == "" && slices.ContainsFunc(o.Writers(), func(other practice.Writer) bool {
		return isPipeline(other) && !other.At.Before(w.At)
	})
}

func isPipeline(w practice.Writer) bool { return w.Tool() != "" || w.Manager == "fairlead" }

// mostNamed are the fields that a finding names; the others are counted.
const mostNamed = 3

func judge(p *practice.Pass, o *practice.Object, w practice.Writer, from practice.Delivery) {
	var fields [][]string
	isRestarted := false
	for _, path := range w.Paths() {
		switch last := path[len(path)-1]; {
		case last == "kubectl.kubernetes.io/restartedAt":
			isRestarted = true
		case path[0] == "status", isNote(path), isDelivered(o, path):
		default:
			if added := addition(o, path); len(fields) == 0 || !slices.Equal(fields[len(fields)-1], added) {
				fields = append(fields, added)
			}
		}
	}
	switch {
	case len(fields) > 0:
		reportEdit(p, o, w, from, fields)
	case isRestarted:
		p.Report(practice.Note{
			At:       o.At("spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"),
			Severity: practice.Info,
			Message:  fmt.Sprintf("restarted by hand: %s", w),
			Leads:    "no configuration has changed, but what the restart was for is in nobody's record, and will be needed again",
			Fix:      "mend what made it necessary; where a changed ConfigMap was, put a hash of it into its name or into an annotation of the pods",
		})
	}
}

func reportEdit(p *practice.Pass, o *practice.Object, w practice.Writer, from practice.Delivery, fields [][]string) {
	var names []string
	for _, path := range fields[:min(mostNamed, len(fields))] {
		names = append(names, o.Spell(path...))
	}
	text := strings.Join(names, ", ")
	if n := len(fields) - len(names); n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	verb := "written"
	if w.Subresource == "scale" {
		verb = "scaled"
	}
	p.Report(practice.Note{
		At:      o.At(fields[0]...),
		Message: fmt.Sprintf("%s by hand, with %s (%s): %s; the rest comes from %s", verb, w, means(w), text, from),
		Cause:   o.ID().String(),
	})
}

// means is how somebody has written: "Update", "Update of scale".
func means(w practice.Writer) string {
	if w.Subresource == "" {
		return w.Operation
	}
	return w.Operation + " of " + w.Subresource
}

// addition is the item of a list that somebody has added as a whole, or else the field itself.
func addition(o *practice.Object, path []string) []string {
	for n := 1; n < len(path); n++ {
		if _, isList := o.Get(path[:n]...).([]any); isList && !isDelivered(o, path[:n+1]) {
			return path[:n+1]
		}
	}
	return path
}

// isDelivered says that a tool has set the field to the same.
func isDelivered(o *practice.Object, path []string) bool {
	return slices.ContainsFunc(o.Writers(), func(w practice.Writer) bool { return isPipeline(w) && w.Holds(path...) })
}

// notes are annotations, or the domains of some, that ask a tool to do something or say why: no configuration.
var notes = []string{
	practice.AppliedAnnotation, "kubernetes.io/change-cause", "deployment.kubernetes.io/", "reconcile.fluxcd.io/", "argocd.argoproj.io/refresh", "argocd.argoproj.io/hydrate",
	"fairlead.dev/", "force-sync", "external-secrets.io/force-sync",
}

func isNote(path []string) bool {
	return len(path) >= 3 && path[0] == "metadata" && path[1] == "annotations" &&
		slices.ContainsFunc(notes, func(note string) bool { return strings.HasPrefix(path[2], note) })
}
