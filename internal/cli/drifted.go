package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// drifter compares Applications with what was delivered of them: what git has had since is no drift.
type drifter struct {
	reader    client.WithWatch
	namespace string // for names without one
	store     *source.Store
	pipeline  *deliver.Pipeline
}

func (a *app) drifter() (*drifter, error) {
	api, _, err := a.connection.cluster()
	if err != nil {
		return nil, err
	}
	resources, namespace, err := a.connection.resources()
	if err != nil {
		return nil, err
	}
	dir, err := mirrorDir()
	if err != nil {
		return nil, err
	}
	return &drifter{reader: resources, namespace: namespace, store: source.NewStore(dir), pipeline: &deliver.Pipeline{Client: api}}, nil
}

func (d *drifter) close() { _ = d.store.Close() }

func (d *drifter) find(ctx context.Context, arg string) (*v1alpha1.Application, error) {
	return findApplication(ctx, d.reader, arg, d.namespace)
}

// drifted is what was found of one Application.
type drifted struct {
	app    *v1alpha1.Application
	spec   deliver.Spec
	report *deliver.Report
	drifts []cluster.Drift
}

func (d *drifted) name() string { return d.app.Namespace + "/" + d.app.Name }

// of compares one Application.
func (d *drifter) of(ctx context.Context, app *v1alpha1.Application) (*drifted, error) {
	name := app.Namespace + "/" + app.Name
	switch {
	case controller.IsWildcard(app):
		return nil, hint.With(fmt.Errorf("%s makes applications of directories", name), "name one of those: fairlead status")
	case app.Status.Revision == "":
		return nil, hint.With(fmt.Errorf("nothing of %s was delivered yet", name), "fairlead status "+name)
	}
	snapshot, err := controller.SnapshotDelivered(ctx, d.reader, d.store, app)
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
	report, err := d.pipeline.Preview(ctx, spec)
	if err != nil {
		return nil, inWords(report, err)
	}
	found := &drifted{app: app, spec: spec, report: report}
	found.find()
	return found, nil
}

// find takes what the report says of objects that have been delivered, and adds where git has it and, as far as the
// controller has noted it, who the person was.
func (d *drifted) find() {
	changes := map[manifest.ID]*apply.Change{}
	for _, c := range d.report.Plan.Changes {
		changes[c.ID] = c
	}
	for _, one := range d.report.Drifts() {
		c := changes[one.ID]
		if !slices.Contains(d.spec.Inventory, one.ID) || c.Problem != nil {
			continue // what can't be compared is told as a problem
		}
		if one.Kind == cluster.Deleted {
			one.Written = written(c.Origin)
		}
		for i := range one.Fields {
			f := &one.Fields[i]
			f.Written = written(fieldOrigin(c, cluster.FieldChange{Path: f.Path, From: f.Live, To: f.Git, Field: f.Field}))
			f.By.User = d.person(one.ID, f)
		}
		d.drifts = append(d.drifts, one)
	}
}

// person is who has set a field, if the controller saw it.
func (d *drifted) person(id manifest.ID, f *cluster.DriftedField) string {
	if d.app.Status.Drift == nil {
		return ""
	}
	for _, o := range d.app.Status.Drift.Objects {
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

// blame adds who wrote what was replaced. What can't be told stays unsaid.
func (d *drifted) blame(ctx context.Context) {
	n := 0
	ask := func(w *cluster.Written) {
		if n++; w == nil || w.Line == 0 || n > mostBlamed {
			return
		}
		if by, err := d.report.Snapshot.Blame(ctx, w.File, w.Line); err == nil {
			w.Commit, w.Author, w.Subject, w.At = by.Commit, by.Author, by.Subject(), by.Time
		}
	}
	for _, one := range d.drifts {
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

// one finds an Application by what was typed, and compares it.
func (a *app) driftOne(ctx context.Context, d *drifter, arg string) (*drifted, error) {
	api, namespace, err := a.connection.resources()
	if err != nil {
		return nil, err
	}
	app, err := findApplication(ctx, api, arg, namespace)
	if err != nil {
		return nil, err
	}
	return d.of(ctx, app)
}

// selected are the drifts of objects, and of a field ("" for all), that are named as in KIND/NAME, KIND/NAMESPACE/NAME and
// spec.replicas. What is named and has not drifted is an error.
func (d *drifted) selected(objects []string, field string) ([]cluster.Drift, error) {
	if len(objects) == 0 {
		return d.drifts, nil
	}
	var all []cluster.Drift
	for _, object := range objects {
		found := false
		for _, one := range d.drifts {
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

func (d *drifted) notDrifted(object, field string) error {
	if !strings.Contains(object, "/") {
		return hint.With(fmt.Errorf("%q names no object", object), "write it as KIND/NAME: deployment/web")
	}
	what := strings.TrimSpace(object + " " + field)
	if len(d.drifts) == 0 {
		return hint.With(fmt.Errorf("%s of %s has not drifted", what, d.name()), "nothing else of it has, either")
	}
	var names []string
	for _, one := range d.drifts {
		if names = append(names, argument(one.ID)); !isNamed(one.ID, object) {
			continue
		}
		for _, f := range one.Fields {
			names = append(names, argument(one.ID)+" "+f.Path)
		}
	}
	return hint.With(fmt.Errorf("%s of %s has not drifted", what, d.name()), "there is: "+strings.Join(shorten(names, mostOffered), ", "))
}

// unasked says what of an Application could not be compared.
func (d *drifted) unasked() error {
	if n := len(d.report.Problems()); n > 0 {
		return hint.With(fmt.Errorf("%s of %s can't be compared: %w", plural(n, "object"), d.name(), errors.New(d.report.Words(d.report.Problems()[0].Error()))),
			"see all: fairlead diff "+d.name())
	}
	return nil
}
