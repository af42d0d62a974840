package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// comparison is what diff has found.
type comparison struct {
	name     string // NAMESPACE/NAME of the Application, or the path as typed
	from, to string // revisions as typed; from "" compares with what runs
	many     bool   // the Application's path has a wildcard
	sections []section
}

// section is one application of a comparison.
type section struct {
	name   string // as the command line takes it
	path   string // in the source
	report *deliver.Report
	note   string // what is to be known besides
	err    error  // nothing could be compared; the report holds what was reached
}

// answer is yes when each application's report is a yes.
func (c *comparison) answer(yes func(*deliver.Report) bool) error {
	for _, s := range c.sections {
		if s.err != nil || s.report != nil && !yes(s.report) {
			return errNo
		}
	}
	return nil
}

// unanswered says why there is no answer: the one thing that was asked about could not be compared.
func (c *comparison) unanswered() error {
	if c.many || c.sections[0].err == nil {
		return nil
	}
	return inWords(c.sections[0].report, c.sections[0].err)
}

// compare runs the pipeline without its writes for a path, an Application, or all that an Application's path matches.
func (a *app) compare(ctx context.Context, target string, flags diffFlags) (*comparison, error) {
	if isPath(target) {
		pipeline, spec, err := a.pathPipeline(target)
		if err != nil {
			return nil, err
		}
		report, err := pipeline.Preview(ctx, spec)
		return &comparison{name: target, sections: []section{{name: target, report: report, err: err}}}, nil
	}
	c, err := a.comparer(ctx, target, flags)
	if err != nil {
		return nil, err
	}
	defer c.close()
	out := &comparison{name: c.app.Namespace + "/" + c.app.Name, from: flags.from, to: flags.to + flags.ref, many: controller.IsWildcard(c.app)}
	if flags.to != "" && flags.from == "" {
		out.from = c.from.Revision.Short()
	}
	if out.many {
		out.sections, err = c.all(ctx)
		return out, err
	}
	s := c.one(ctx, c.app)
	s.name = target
	out.sections = []section{s}
	return out, nil
}

// comparer compares the revisions of an Application's source.
type comparer struct {
	*site
	app      *v1alpha1.Application
	from, to *source.Snapshot // from is nil to compare with what runs
}

func (a *app) comparer(ctx context.Context, target string, flags diffFlags) (_ *comparer, err error) {
	s, err := a.site()
	if err != nil {
		return nil, err
	}
	c := &comparer{site: s}
	if c.app, err = s.find(ctx, target); err != nil {
		s.close()
		return nil, norPath(target, err)
	}
	if c.to, err = controller.SnapshotAt(ctx, s.Logins, s.Store, c.app, flags.to+flags.ref); err == nil && flags.to != "" {
		c.from, err = controller.SnapshotAt(ctx, s.Logins, s.Store, c.app, flags.from)
	}
	if err != nil {
		s.close()
		return nil, inWords(nil, err)
	}
	return c, nil
}

// one compares a single Application.
func (c *comparer) one(ctx context.Context, app *v1alpha1.Application) section {
	s := section{name: operate.Name(app), path: controller.Path(app)}
	s.report, s.note, s.err = c.Compare(ctx, app, c.from, c.to)
	return s
}

// noteGone says what becomes of an application whose directory goes.
const noteGone = "its directory goes: the application stays as it is until it is deleted"

// all compares every directory that the Application's wildcard path matches, in either revision. An error of one stops
// nothing else.
func (c *comparer) all(ctx context.Context) ([]section, error) {
	dirs, err := controller.Directories(c.app, c.to.FS())
	if err != nil {
		return nil, err
	}
	var before []string
	if c.from != nil {
		before, _ = controller.Directories(c.app, c.from.FS()) // none matches: all are new
	}
	both := slices.Concat(dirs, before)
	slices.Sort(both)
	var sections []section
	for _, dir := range slices.Compact(both) {
		child, err := controller.Child(ctx, c.API, c.app, dir)
		switch {
		case err != nil:
			sections = append(sections, section{name: dir, path: dir, err: err})
		case !slices.Contains(dirs, dir):
			sections = append(sections, section{name: child.Namespace + "/" + child.Name, path: dir, note: noteGone})
		default:
			s := c.one(ctx, child)
			if c.from != nil && !slices.Contains(before, dir) {
				s.note = "a new application"
			}
			sections = append(sections, s)
		}
		if ctx.Err() != nil {
			return nil, errors.New("interrupted")
		}
	}
	return sections, nil
}
