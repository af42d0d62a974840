package action

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practices"
)

func planIgnore(ctx context.Context, j *job) (*plan, error) {
	if len(j.Objects) != 1 || j.Field == "" {
		return nil, reply.Bad("one object and one of its fields are to be named", "such as Deployment.apps shop/web and spec.replicas")
	}
	id, err := j.owned(j.Objects[0])
	if err != nil {
		return nil, err
	}
	rule := ignoring(id, j.Field)
	probe := j.app.DeepCopy()
	probe.Spec.Drift.Fields = append([]v1alpha1.DriftRule{rule}, probe.Spec.Drift.Fields...)
	if _, err := controller.DriftPolicy(probe); err != nil {
		return nil, err
	}
	p := &plan{Preview: Preview{Title: fmt.Sprintf("Leave %s of %s alone", j.Field, id), Effects: []string{
		"whoever changes it in the cluster may: it is neither told nor put back, and a sync leaves it",
		"the rule comes first in spec.drift.fields of " + operate.Name(j.app) + ": " + asJSON(rule),
	}}}
	if id.Kind == "Secret" {
		p.Warnings = append(p.Warnings, "it is a Secret: what git says of it is no longer made so")
	}
	return j.configure(ctx, p, setting{
		subject: fmt.Sprintf("%s: leave %s of %s alone", j.app.Name, j.Field, id), path: []string{"spec", "drift", "fields"}, first: true, value: asValue(rule),
		edit: func(app *v1alpha1.Application) {
			app.Spec.Drift.Fields = append([]v1alpha1.DriftRule{rule}, app.Spec.Drift.Fields...)
		},
	})
}

// owned finds an object of the Application by its id.
func (j *job) owned(id string) (manifest.ID, error) {
	for _, ref := range j.app.Status.Inventory {
		if one := manifest.ID(ref); operate.RowID(one) == id || one.String() == id {
			return one, nil
		}
	}
	return manifest.ID{}, reply.NotFound("no object of "+operate.Name(j.app)+" is called so", "look at which it has")
}

// ignoring is the rule that leaves a field of one object alone.
func ignoring(id manifest.ID, field string) v1alpha1.DriftRule {
	rule := v1alpha1.DriftRule{Kind: id.Kind, Policy: v1alpha1.DriftIgnore}
	is := fmt.Sprintf("self.metadata.name == %q", id.Name)
	if id.Namespace != "" {
		is += fmt.Sprintf(" && self.metadata.namespace == %q", id.Namespace)
	}
	if field = strings.TrimPrefix(field, "."); strings.ContainsAny(field, `[]"`) { // items have no place of their own
		rule.CEL = is + fmt.Sprintf(" && path.startsWith(%q)", field)
		return rule
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for _, step := range manifest.FieldPath(field) {
		rule.Pointer += "/" + escape.Replace(step)
	}
	rule.CEL = is
	return rule
}

func planException(ctx context.Context, j *job) (*plan, error) {
	known := slices.ContainsFunc(practices.All, func(p *practice.Practice) bool { return p.ID == j.To })
	if !known {
		return nil, reply.NotFound("there is no such practice", "name one by its id, such as probes-set")
	}
	sentence := "allow " + j.To
	if j.Field != "" {
		sentence += " at " + strings.TrimPrefix(j.Field, ".")
	}
	if j.Until != "" {
		sentence += " until " + j.Until
	}
	reason := strings.Join(strings.Fields(j.Reason), " ")
	sentence += " because " + reason
	if reason != "" { // a preview may do without
		said, err := practice.ParseException(sentence)
		if err == nil && !said.Until.IsZero() && time.Now().After(said.Until.AddDate(0, 0, 1)) {
			err = hint.With(fmt.Errorf("%s is over", j.Until), "name a day to come")
		}
		if err != nil {
			return nil, reply.With(http.StatusBadRequest, err)
		}
	}
	p := &plan{Preview: Preview{Title: fmt.Sprintf("Let %s be in %s", j.To, operate.Name(j.app)), Effects: []string{
		"spec.practices.exceptions of " + operate.Name(j.app) + " says: " + sentence,
	}}}
	n := 0
	if told := j.app.Status.Practices; told != nil {
		for _, f := range told.Findings {
			if f.Practice == j.To && strings.Contains(f.Field, j.Field) {
				n++
				p.Effects = append(p.Effects, fmt.Sprintf("let be: %s: %s", f.Object, f.Message))
			}
		}
	}
	p.Warnings = append(p.Warnings, fmt.Sprintf("it holds for the whole application: %s now, and whatever of it comes", operate.Plural(n, "finding")))
	return j.configure(ctx, p, setting{
		subject: fmt.Sprintf("%s: let %s be", j.app.Name, j.To), path: []string{"spec", "practices", "exceptions"}, value: sentence,
		edit: func(app *v1alpha1.Application) {
			app.Spec.Practices.Exceptions = append(app.Spec.Practices.Exceptions, sentence)
		},
	})
}

// setting is one more item of a list in an Application's spec.
type setting struct {
	subject string // of the commit
	path    []string
	value   any
	first   bool // it comes before the others
	edit    func(*v1alpha1.Application)
}

// configure has an Application say it: by a commit, where another Application delivers it, else in the cluster.
func (j *job) configure(ctx context.Context, p *plan, s setting) (*plan, error) {
	if finder := j.app.Labels[v1alpha1.DiscoveredByLabel]; finder != "" {
		return nil, reply.With(http.StatusConflict, hint.With(fmt.Errorf("%s was made for a directory of %s/%s, and says what that one says", operate.Name(j.app), j.app.Namespace, finder), "do it there: it holds for all of its applications, then"))
	}
	parent, err := j.Parent(ctx, j.app.Labels)
	if err != nil {
		return nil, err
	}
	if parent == nil {
		return j.configureHere(p, s), nil
	}
	proposal, err := j.Append(ctx, parent, j.app, operate.Item{Path: s.path, Value: s.value, First: s.first})
	if err != nil {
		return nil, fmt.Errorf("change %s in git: %w", operate.Name(j.app), err)
	}
	proposal.Message = withReason(s.subject, j.Reason)
	p.Effects = append(p.Effects, fmt.Sprintf("the Application is itself in git, delivered by %s: it is changed there, by a commit", operate.Name(parent)))
	of := *j
	of.app = parent
	if err := p.proposed(ctx, &of, proposal); err != nil {
		return nil, err
	}
	p.do = func(ctx context.Context, author operate.Author) (*Done, error) { return of.push(ctx, proposal, author) }
	return p, nil
}

// configureHere changes the Application in the cluster.
func (j *job) configureHere(p *plan, s setting) *plan {
	p.Effects = append(p.Effects, "the Application itself is changed in the cluster")
	if by := deliveredBy(j.app); by != "" {
		p.Warnings = append(p.Warnings, "the Application seems to be delivered by "+by+", which may take this back: change it in its source, too")
	}
	p.do = func(ctx context.Context, _ operate.Author) (*Done, error) {
		if err := j.edit(ctx, s.edit, client.FieldOwner("fairlead-page")); err != nil {
			return nil, err
		}
		return &Done{Done: s.subject}, nil
	}
	return p
}

// deliveredBy names what else than Fairlead keeps the Application as its source has it; "" for nothing.
func deliveredBy(app *v1alpha1.Application) string {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(app)
	if err != nil {
		return ""
	}
	live := unstructured.Unstructured{Object: fields}
	live.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("Application"))
	for o := range practice.Look(&practice.Scope{Live: true, Objects: []*manifest.Object{{Unstructured: live}}}).All() {
		if d, ok := o.Delivery(); ok {
			return d.String()
		}
	}
	return ""
}

func asJSON(v any) string {
	text, _ := json.Marshal(v) // strings
	return string(text)
}

// asValue is v as manifests have it.
func asValue(v any) any {
	var out any
	_ = json.Unmarshal([]byte(asJSON(v)), &out)
	return out
}
