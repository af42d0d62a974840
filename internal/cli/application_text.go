package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/manifest"
)

// printApplication shows one Application in full.
func (a *app) printApplication(app *v1alpha1.Application) error {
	if a.json() {
		if err := a.printJSON(toApplicationJSON(app)); err != nil {
			return err
		}
		return yesOrNo(isReady(app))
	}
	fmt.Fprintf(a.out, "%s  %s\n", a.style.bold.Render(app.Namespace+"/"+app.Name), a.readySign(app))
	for _, fact := range facts(app) {
		a.out.paragraph(factIndent, fmt.Sprintf("  %-*s%s", factIndent-2, fact.name, harmless(fact.text)))
	}
	problems := make([]problem, 0, len(app.Status.Problems))
	for _, p := range app.Status.Problems {
		problems = append(problems, problem{p.Where, p.Object, p.Message, p.Next})
	}
	a.printProblems(a.out, problems)
	a.printFindings(app)
	a.printWaiting(app)
	return yesOrNo(isReady(app))
}

type fact struct{ name, text string }

// factIndent is where the texts of facts start.
const factIndent = 13

// facts are what is known of an Application, none said twice.
func facts(app *v1alpha1.Application) []fact {
	all := []fact{{"source", sourceText(app.Spec.Source)}}
	if s := app.Spec.Suspend; s != nil {
		all = append(all, fact{"suspended", fmt.Sprintf("%s (%s ago)", suspendedBy(s), ago(s.Since.Time))})
	}
	for _, c := range app.Status.Conditions {
		text := conditionText(app, c.Message)
		said := slices.ContainsFunc(all, func(f fact) bool { return f.text == text })
		name := map[string]string{v1alpha1.ConditionSynced: "synced", v1alpha1.ConditionHealthy: "health"}[c.Type]
		if name == "synced" && isRefused(app) { // the condition speaks of what was not synced
			all = append(all, fact{name, cmp.Or(app.Status.ShortRevision, "nothing yet")})
			name = "held back"
		}
		if name != "" && !said {
			all = append(all, fact{name, text})
		}
	}
	if p := app.Status.Practices; p != nil && p.ContentHash != "" {
		all = append(all, fact{"practices", practicesText(p.Judgement)})
	}
	if at := app.Status.SyncedAt; at != nil {
		all = append(all, fact{"changed", fmt.Sprintf("%s (%s ago)", at.Local().Format(time.DateTime), ago(at.Time))})
	}
	if len(app.Status.Discovered) > 0 {
		return append(all, fact{"found", strings.Join(app.Status.Discovered, ", ")})
	}
	return append(all, fact{"owns", countKinds(app.Status.Inventory)})
}

// sourceText is where an Application comes from, in one line.
func sourceText(s v1alpha1.Source) string {
	var parts []string
	switch {
	case s.Git != nil:
		parts = []string{withoutLogin(s.Git.URL), s.Git.Path, controller.GitRef(s.Git.Ref).String()}
	case s.OCI != nil:
		parts = []string{withoutLogin(s.OCI.URL), s.OCI.Path, cmp.Or(s.OCI.Ref.Digest, s.OCI.Ref.SemVer, s.OCI.Ref.Tag, "latest")}
	case s.Helm != nil:
		parts = []string{withoutLogin(s.Helm.Repo), s.Helm.Chart, cmp.Or(s.Helm.Version, "newest")}
	}
	return strings.Join(parts, "  ")
}

// conditionText leaves out what is told in full below: the first problem, why a prune waits, what the gate holds back.
func conditionText(app *v1alpha1.Application, message string) string {
	if before, _, ok := strings.Cut(message, " held back: "); ok && len(app.Status.Problems) > 0 {
		message = before + " held back"
	}
	if isRefused(app) {
		message, _, _ = strings.Cut(message, "; the gate is closed by ")
	}
	if w := app.Status.PruneWaiting; w != nil && len(w.Reasons) > 0 {
		message, _, _ = strings.Cut(message, "; "+w.Reasons[0])
	}
	return message
}

// mostWaiting is how many objects of a waiting prune are named; people decide by them.
const mostWaiting = 20

func (a *app) printWaiting(app *v1alpha1.Application) {
	w := app.Status.PruneWaiting
	if w == nil {
		return
	}
	a.out.paragraph(2, a.style.warn.Render("! not pruned:")+" "+strings.Join(w.Reasons, "; "))
	names := make([]string, 0, len(w.Objects))
	for _, o := range w.Objects {
		names = append(names, objectName(o))
	}
	for _, name := range shorten(names, mostWaiting) {
		fmt.Fprintln(a.out, "    "+name)
	}
	next := approval(app.Namespace + "/" + app.Name)
	if len(app.Status.Problems) > 0 {
		next = "mend the problems above; what is still gone then can be removed"
	}
	a.printNext(a.out, next)
}

// withoutLogin drops a login that somebody has put into an address.
func withoutLogin(address string) string {
	parsed, err := url.Parse(address)
	if err != nil || parsed.User == nil {
		return address // user@host:path has a name and no secret
	}
	parsed.User = nil
	return parsed.String()
}

func objectName(o v1alpha1.ObjectRef) string { return manifest.ID(o).String() }

// countKinds words an inventory: "6 Deployment, 6 Service, 1 Namespace".
func countKinds(objects []v1alpha1.ObjectRef) string {
	counts := map[string]int{}
	for _, o := range objects {
		counts[o.Kind]++
	}
	kinds := make([]string, 0, len(counts))
	for k := range counts {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	for i, k := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", counts[k], k)
	}
	if len(kinds) == 0 {
		return "nothing yet"
	}
	return strings.Join(kinds, ", ")
}
