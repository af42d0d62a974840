package update

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// WishOf is what git has to say for a field not to have drifted any more. ok is false where no value can: of Secrets, and
// of the order of a list.
func WishOf(d cluster.Drift, f cluster.DriftedField) (w Wish, ok bool) {
	isSecret := d.ID.Kind == "Secret" && d.ID.Group == ""
	return Wish{ID: d.ID, Path: f.Path, Field: f.Field, Value: f.Live}, !isSecret && !strings.HasSuffix(f.Path, "[order]")
}

// Story is the message of a commit that adopts drift: what has changed in the cluster, who did it and when.
func Story(application string, drifts []cluster.Drift) string {
	fields, gone := 0, 0
	var body strings.Builder
	for _, d := range drifts {
		fmt.Fprintf(&body, "\n%s\n", d.ID)
		if d.Kind == cluster.Deleted {
			gone++
			fmt.Fprintf(&body, "  deleted%s\n", by(d.By))
		}
		for _, f := range d.Fields {
			fields++
			fmt.Fprintf(&body, "  %s: %s → %s%s\n", f.Path, brief(f.Git), brief(f.Live), by(f.By))
		}
	}
	subject := fmt.Sprintf("Adopt what was changed in the cluster: %s", application)
	switch {
	case len(drifts) == 1 && fields == 1:
		subject = fmt.Sprintf("Adopt %s of %s", drifts[0].Fields[0].Path, drifts[0].ID)
	case len(drifts) == 1 && gone == 1:
		subject = fmt.Sprintf("Adopt that %s was deleted", drifts[0].ID)
	case len(drifts) == 1:
		subject = fmt.Sprintf("Adopt %d fields of %s", fields, drifts[0].ID)
	}
	return fmt.Sprintf("%s\n\nChanged in the cluster, not in git (application %s):\n%s", subject, application, body.String())
}

// by is who did it, and when, in words.
func by(a cluster.Actor) string {
	if said := Who(a); said != "" {
		return ", by " + said
	}
	return ""
}

// Who reads "ada with kubectl-edit at 2026-11-02 10:03:12 UTC"; "" if nothing is known.
func Who(a cluster.Actor) string {
	parts := []string{a.User, a.Manager}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	said := strings.Join(parts, " with ")
	if said != "" && !a.At.IsZero() {
		said += " at " + a.At.UTC().Format(time.DateTime) + " UTC"
	}
	return said
}

// brief is a value in a line.
func brief(v any) string {
	const most = 100 // characters
	if v == nil {
		return "nothing"
	}
	text, err := yaml.Marshal(v)
	said := strings.TrimSpace(string(text))
	if _, isText := v.(string); err != nil || isText && strings.Count(said, "\n") > 0 {
		said = fmt.Sprint(v)
	}
	said = strings.Join(strings.Fields(said), " ")
	if runes := []rune(said); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return said
}
