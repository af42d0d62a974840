package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Drifted is what was found of one Application, compared with what was delivered of it: what git has had since is no drift.
type Drifted struct {
	App    *v1alpha1.Application
	Spec   deliver.Spec
	Report *deliver.Report
	Drifts []cluster.Drift
}

// Drift compares an Application with what was delivered of it last.
func (s *Site) Drift(ctx context.Context, app *v1alpha1.Application) (*Drifted, error) {
	if err := isOne(app); err != nil {
		return nil, err
	}
	if app.Status.Revision == "" {
		return nil, hint.With(fmt.Errorf("nothing of %s was delivered yet", Name(app)), "fairlead status "+Name(app))
	}
	snapshot, err := controller.SnapshotDelivered(ctx, s.Logins, s.Store, app)
	if err != nil {
		return nil, err
	}
	spec, err := controller.Spec(app, deliver.SnapshotSource{Snapshot: snapshot, Path: controller.Path(app)})
	if err != nil {
		return nil, err
	}
	policy, err := controller.DriftPolicy(app)
	if err != nil {
		return nil, err
	}
	spec.Gate, spec.Prune, spec.Drift = deliver.Gate{}, deliver.Prune{}, deliver.Drift{Leave: policy.Leave(cluster.Ignore)}
	report, err := s.Pipeline.Preview(ctx, spec)
	if err != nil {
		return nil, err
	}
	found := &Drifted{App: app, Spec: spec, Report: report}
	found.find()
	return found, nil
}

// isOne refuses an Application that stands for many.
func isOne(app *v1alpha1.Application) error {
	if controller.IsWildcard(app) {
		return hint.With(fmt.Errorf("%s makes applications of directories", Name(app)), "name one of those: fairlead status")
	}
	return nil
}

// find takes what the report says of objects that have been delivered, and adds where git has it and, as far as the
// controller has noted it, who the person was.
func (d *Drifted) find() {
	changes := map[manifest.ID]*apply.Change{}
	for _, c := range d.Report.Plan.Changes {
		changes[c.ID] = c
	}
	for _, one := range d.Report.Drifts() {
		c := changes[one.ID]
		if !slices.Contains(d.Spec.Inventory, one.ID) || c.Problem != nil {
			continue // what can't be compared is told as a problem
		}
		if one.Kind == cluster.Deleted {
			one.Written = written(c.Origin)
		}
		for i := range one.Fields {
			f := &one.Fields[i]
			f.Written = written(c.Sets(cluster.FieldChange{Path: f.Path, From: f.Live, To: f.Git, Field: f.Field}))
			f.By.User = d.person(one.ID, f)
		}
		d.Drifts = append(d.Drifts, one)
	}
}

// person is who has set a field, if the controller saw it.
func (d *Drifted) person(id manifest.ID, f *cluster.DriftedField) string {
	if d.App.Status.Drift == nil {
		return ""
	}
	for _, o := range d.App.Status.Drift.Objects {
		for _, noted := range o.Fields {
			if manifest.ID(o.ObjectRef) == id && noted.Path == f.Path && noted.Manager == f.By.Manager {
				return noted.User
			}
		}
	}
	return ""
}

// mostBlamed bounds the lines of which is asked who wrote them.
const mostBlamed = 10

// Blame adds who wrote what was replaced. What can't be told stays unsaid.
func (d *Drifted) Blame(ctx context.Context) {
	n := 0
	ask := func(w *cluster.Written) {
		if n++; w == nil || w.Line == 0 || n > mostBlamed {
			return
		}
		if by, err := d.Report.Snapshot.Blame(ctx, w.File, w.Line); err == nil {
			w.Commit, w.Author, w.Subject, w.At = by.Commit, by.Author, by.Subject(), by.Time
		}
	}
	for _, one := range d.Drifts {
		ask(one.Written)
		for _, f := range one.Fields {
			ask(f.Written)
		}
	}
}

func written(at manifest.Origin) *cluster.Written {
	if at.Path == "" {
		return nil
	}
	return &cluster.Written{File: at.Path, Line: at.Line}
}

// Selected are the drifts of objects, and of a field ("" for all), that are named as in KIND/NAME, KIND/NAMESPACE/NAME and
// spec.replicas, or by manifest.ID's text. What is named and has not drifted is an error.
func (d *Drifted) Selected(objects []string, field string) ([]cluster.Drift, error) {
	if len(objects) == 0 {
		return d.Drifts, nil
	}
	var all []cluster.Drift
	for _, object := range objects {
		found := false
		for _, one := range d.Drifts {
			if !isNamed(one.ID, object) {
				continue
			}
			if one = withField(one, field); field != "" && len(one.Fields) == 0 {
				continue
			}
			all, found = append(all, one), true
		}
		if !found {
			return nil, d.notDrifted(object, field)
		}
	}
	return all, nil
}

// withField is a drift of one field, or of what is in it, alone.
func withField(d cluster.Drift, field string) cluster.Drift {
	if field == "" {
		return d
	}
	d.Fields = slices.DeleteFunc(slices.Clone(d.Fields), func(f cluster.DriftedField) bool {
		rest, isWithin := strings.CutPrefix(f.Path, strings.TrimPrefix(field, "."))
		return !isWithin || rest != "" && rest[0] != '.' && rest[0] != '['
	})
	return d
}

func isNamed(id manifest.ID, arg string) bool {
	if id.String() == arg || RowID(id) == arg {
		return true
	}
	kind, name, ok := strings.Cut(arg, "/")
	if namespace, rest, both := strings.Cut(name, "/"); both {
		if name = rest; namespace != id.Namespace {
			return false
		}
	}
	return ok && name == id.Name && slices.Contains([]string{strings.ToLower(id.Kind), strings.ToLower(id.Kind + "." + id.Group), strings.ToLower(id.Kind) + "s"}, strings.ToLower(kind))
}

// argument is how an object is named on the command line.
func argument(id manifest.ID) string { return strings.ToLower(id.Kind) + "/" + id.Name }

func (d *Drifted) notDrifted(object, field string) error {
	if !strings.Contains(object, "/") {
		return hint.With(fmt.Errorf("%q names no object", object), "write it as KIND/NAME: deployment/web")
	}
	what := strings.TrimSpace(object + " " + field)
	if len(d.Drifts) == 0 {
		return hint.With(fmt.Errorf("%s of %s has not drifted", what, Name(d.App)), "nothing else of it has, either")
	}
	var names []string
	for _, one := range d.Drifts {
		if names = append(names, argument(one.ID)); !isNamed(one.ID, object) {
			continue
		}
		for _, f := range one.Fields {
			names = append(names, argument(one.ID)+" "+f.Path)
		}
	}
	return hint.With(fmt.Errorf("%s of %s has not drifted", what, Name(d.App)), "there is: "+offer(names))
}

// Unasked says what of an Application could not be compared; nil when all was.
func (d *Drifted) Unasked() error {
	problems := d.Report.Problems()
	if len(problems) == 0 {
		return nil
	}
	return hint.With(fmt.Errorf("%s of %s can't be compared: %w", Plural(len(problems), "object"), Name(d.App), errors.New(d.Report.Words(problems[0].Error()))),
		"see all: fairlead diff "+Name(d.App))
}

// Revert puts back what git says of some drifts: what they were compared with, and nothing else of the plan. The report has the
// outcomes then, and the problems.
func (s *Site) Revert(ctx context.Context, d *Drifted, drifts []cluster.Drift) {
	d.Report.Plan = &apply.Plan{Changes: slices.DeleteFunc(slices.Clone(d.Report.Plan.Changes), func(c *apply.Change) bool {
		return !slices.ContainsFunc(drifts, func(one cluster.Drift) bool { return one.ID == c.ID })
	})}
	d.Report.Rendering.Set.Problems = nil // those of others don't hold it back
	s.Pipeline.Run(ctx, d.Report)
}

// RowID names an object as the page does: "KIND.GROUP NAMESPACE/NAME", without ".GROUP" for core kinds and without "NAMESPACE/"
// for cluster-wide ones.
func RowID(id manifest.ID) string {
	text := id.Kind
	if id.Group != "" {
		text += "." + id.Group
	}
	text += " "
	if id.Namespace != "" {
		text += id.Namespace + "/"
	}
	return text + id.Name
}
