package automation

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/source/signature"
	"github.com/fairlead-dev/fairlead/internal/update"
)

// writerKey tells apart what can't be in one commit.
type writerKey struct {
	head          source.Identity
	author, email string
	signing       [sha256.Size]byte

	request string // of one that proposes: whatever its login is, there is one of its branch
}

func (g Git) key() writerKey {
	if r := g.Requests; r != nil {
		return writerKey{request: fmt.Sprintf("%q %q %q %q", r.Forge, g.Branch, r.Branch, r.Owner)}
	}
	return writerKey{head: g.Repo.Head(g.ref()).Identity(), author: g.Author, email: g.Email, signing: sha256.Sum256(g.SigningKey)}
}

func (g Git) ref() source.Ref { return source.Ref{Branch: g.Branch} }

// writer makes the commits of one branch.
type writer struct {
	git Git
	ask chan struct{}

	// Of one that proposes.
	since  time.Time // when a proposal was found of which not all was known
	closed string    // the commit whose request was closed
}

// gather is how long to wait for what else is due: scans of many images end at nearly the same time.
const gather = 300 * time.Millisecond

// write has a branch written soon.
func (e *Engine) write(git Git) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wake(git)
}

// wake is write with the lock held.
func (e *Engine) wake(git Git) {
	key := git.key()
	w := e.writers[key]
	if w == nil {
		w = &writer{git: git, ask: make(chan struct{}, 1)}
		e.writers[key] = w
		work := e.writeBranch
		if git.Requests != nil {
			work = e.proposeBranch
		}
		e.group.Go(func() { work(e.lifetime, key, w) })
	}
	poke(w.ask)
}

// writeBranch commits what is due, until nothing is.
func (e *Engine) writeBranch(ctx context.Context, key writerKey, w *writer) {
	failures := 0
	for {
		pause := gather
		if failures > 0 {
			pause = backoff(failures)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		select {
		case <-w.ask:
		default:
		}
		err := e.commit(ctx, key, w)
		if ctx.Err() != nil {
			return
		}
		if failures++; err == nil {
			failures = 0
			if e.isIdle(key, w) {
				return
			}
			continue
		}
		e.options.Log.Warn("new versions could not be written", "repository", w.git.Repo.URL(), "branch", w.git.Branch, "error", err)
	}
}

// isIdle ends a writer that nobody has asked for anything since.
func (e *Engine) isIdle(key writerKey, w *writer) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-w.ask:
		poke(w.ask)
		return false
	default:
		delete(e.writers, key)
		return true
	}
}

// due are an Application and what of it is to be moved.
type due struct {
	app   Application
	moves []dueMove
}

type dueMove struct {
	rule  int
	image string
	move
}

// due lists what a branch is to be given, by application.
func (e *Engine) due(key writerKey) []due {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.dueLocked(key)
}

func (e *Engine) dueLocked(key writerKey) []due {
	var all []due
	for _, name := range slices.Sorted(maps.Keys(e.apps)) {
		s := e.apps[name]
		if s.app.Paused {
			continue
		}
		d := due{app: s.app}
		for i, f := range s.found {
			for _, m := range f.moves {
				if s.app.Rules[i].Git.key() == key {
					d.moves = append(d.moves, dueMove{rule: i, image: f.status.Image, move: m})
				}
			}
		}
		if len(d.moves) > 0 {
			all = append(all, d)
		}
	}
	return all
}

// errOvertaken says that somebody has pushed since it was planned: it is planned anew upon that.
var errOvertaken = errors.New("the branch has moved on")

// commit writes all that is due for a branch as one commit.
func (e *Engine) commit(ctx context.Context, key writerKey, w *writer) error {
	all := e.due(key)
	if len(all) == 0 {
		return nil
	}
	const attempts = 5
	var err error
	for range attempts {
		if err = e.commitOnce(ctx, w, all); !errors.Is(err, errOvertaken) {
			break
		}
	}
	e.note(all, err)
	return err
}

func (e *Engine) commitOnce(ctx context.Context, w *writer, all []due) error {
	tip, err := w.git.Repo.Fetch(ctx, w.git.ref())
	if err != nil {
		return err
	}
	plan, err := e.plan(ctx, tip, all)
	if err != nil || len(plan.made) == 0 {
		e.settle(all, plan)
		return err
	}
	draft, err := w.git.draft(tip, plan, message(plan.made, trailer))
	if err != nil {
		return err
	}
	revision, err := w.git.Repo.Commit(ctx, draft)
	switch {
	case errors.Is(err, source.ErrBranchProtected):
		return hint.With(err, "have new versions proposed instead, by a pull request: set write.pullRequest: {} (docs/automation.md)")
	case err != nil && !errors.Is(err, source.ErrNothingToCommit):
		return err
	}
	e.settle(all, plan)
	if err == nil {
		e.options.Pushed(Commit{Repository: w.git.Repo.URL(), Revision: revision, Updates: plan.made})
	}
	return nil
}

// draft is the commit of a plan upon the tip that it was made for.
func (g Git) draft(tip *source.Snapshot, plan *plan, message string) (d source.Draft, err error) {
	d = source.Draft{Branch: g.Branch, Author: g.Author, Email: g.Email, Message: message}
	if len(g.SigningKey) > 0 {
		if d.Signer, err = signature.ParseSigner(g.SigningKey); err != nil {
			return d, fmt.Errorf("the key that signs commits: %w", err)
		}
	}
	d.Files = func(_ context.Context, at *source.Snapshot) (map[string][]byte, error) {
		if at.Revision.Commit != tip.Revision.Commit {
			return nil, errOvertaken
		}
		return plan.files, nil
	}
	return d, nil
}

// plan is what one commit changes.
type plan struct {
	files    map[string][]byte
	made     []Update
	declined map[string]map[int]error // by application and rule
}

// plan makes all that is due upon a Snapshot, one application after the other: they may share files.
func (e *Engine) plan(ctx context.Context, tip *source.Snapshot, all []due) (*plan, error) {
	p := &plan{files: map[string][]byte{}, declined: map[string]map[int]error{}}
	var paths []string
	for _, d := range all {
		paths = append(paths, d.app.Path)
	}
	if err := tip.Prefetch(ctx, paths...); err != nil {
		return p, err
	}
	for _, d := range all {
		options, err := d.app.Options(ctx)
		if err != nil {
			return p, err
		}
		src := update.Source{FS: source.Overlay{FS: tip.FS(), Texts: p.files}, Path: d.app.Path, Options: options, Namespace: d.app.Namespace}
		if err := p.add(ctx, src, d); err != nil {
			return p, err
		}
	}
	return p, nil
}

// add plans what is due of one application, all at once: a chart may have one tag for several images. What can't be done of it stops
// nothing else; the error is that of ctx.
func (p *plan) add(ctx context.Context, src update.Source, d due) error {
	isChart := func(m dueMove) bool { _, _, is := chartOf(m.image); return is }
	images := slices.DeleteFunc(slices.Clone(d.moves), isChart)
	charts := slices.DeleteFunc(slices.Clone(d.moves), func(m dueMove) bool { return !isChart(m) })
	err := p.addMoves(ctx, d.app.Name, images, func(ctx context.Context, due []dueMove) (*update.ImagePlan, error) {
		var moves []update.Move
		for _, m := range due {
			moves = append(moves, update.Move{Image: m.image, From: []string{m.from}, To: m.to})
		}
		return update.Images(ctx, src, moves)
	})
	if err != nil {
		return err
	}
	return p.addMoves(ctx, d.app.Name, charts, func(ctx context.Context, due []dueMove) (*update.ImagePlan, error) {
		return planCharts(ctx, src, due)
	})
}

// addMoves takes into a plan what an update.ImagePlan, which is made upon it, says of each move in turn.
func (p *plan) addMoves(ctx context.Context, application string, due []dueMove, ask func(context.Context, []dueMove) (*update.ImagePlan, error)) error {
	if len(due) == 0 {
		return nil
	}
	done, err := ask(ctx, due)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		for _, m := range due {
			p.decline(application, m.rule, err)
		}
		return nil
	}
	maps.Copy(p.files, done.Files())
	for _, m := range due {
		image := m.image
		if _, name, isChart := chartOf(m.image); isChart {
			image = name
		}
		is := func(o update.Move) bool { return o.Image == image && o.From[0] == m.from && o.To == m.to }
		if i := slices.IndexFunc(done.Declined, func(o update.DeclinedMove) bool { return is(o.Move) }); i >= 0 {
			p.decline(application, m.rule, done.Declined[i].Err)
		} else if i := slices.IndexFunc(done.Moved, func(o update.Moved) bool { return is(o.Move) }); i >= 0 && len(done.Moved[i].Fields) > 0 { // else somebody was quicker
			p.made = append(p.made, Update{Application: application, Image: m.image, From: m.from, To: m.to, Why: m.why, IsBack: m.isBack, Page: m.page})
		}
	}
	return nil
}

// planCharts declines what would leave a chart's dependencies behind its Chart.yaml: they are what is delivered, and helm's to fetch.
func planCharts(ctx context.Context, src update.Source, due []dueMove) (*update.ImagePlan, error) {
	var moves []update.ChartMove
	for _, m := range due {
		repo, name, _ := chartOf(m.image)
		moves = append(moves, update.ChartMove{Chart: name, Repo: repo, From: []string{m.from}, To: m.to})
	}
	var declined []update.DeclinedMove
	for {
		done, err := update.ChartVersions(ctx, src, moves)
		if err != nil {
			return nil, err
		}
		n := len(declined)
		for _, m := range done.Moved {
			if len(m.Stale) == 0 {
				continue
			}
			err := hint.With(fmt.Errorf("%s lies in git, too, and would stay as it is: %s", m.Image, strings.Join(m.Stale, ", ")),
				"write the version into Chart.yaml by hand, and commit that with what this makes: helm dependency update")
			declined = append(declined, update.DeclinedMove{Move: m.Move, Err: err})
			moves = slices.DeleteFunc(moves, func(o update.ChartMove) bool { return o.Chart == m.Image && o.From[0] == m.From[0] && o.To == m.To })
		}
		if len(declined) == n {
			done.Declined = append(done.Declined, declined...)
			return done, nil
		}
	}
}

func (p *plan) decline(application string, rule int, err error) {
	if p.declined[application] == nil {
		p.declined[application] = map[int]error{}
	}
	p.declined[application][rule] = err
}

// settle notes that what was due has been seen to: it is git's now, or can't be.
func (e *Engine) settle(all []due, p *plan) {
	if p == nil {
		return
	}
	e.mu.Lock()
	var changed []string
	for _, d := range all {
		s := e.apps[d.app.Name]
		if s == nil {
			continue
		}
		for _, m := range d.moves {
			if m.rule >= len(s.found) || s.found[m.rule].status.Image != m.image {
				continue
			}
			f := &s.found[m.rule]
			f.moves = slices.DeleteFunc(f.moves, func(o move) bool { return o == m.move })
			if err := p.declined[d.app.Name][m.rule]; err != nil {
				f.status.Err = err
				changed = append(changed, d.app.Name)
			}
		}
	}
	e.mu.Unlock()
	for _, name := range slices.Compact(changed) {
		e.options.Changed(name)
	}
}

// note has the Applications of a commit that failed say so.
func (e *Engine) note(all []due, err error) {
	e.mu.Lock()
	var changed []string
	for _, d := range all {
		s := e.apps[d.app.Name]
		if s == nil {
			continue
		}
		for i := range s.found {
			f := &s.found[i]
			if len(f.moves) > 0 && fmt.Sprint(f.status.Err) != fmt.Sprint(err) {
				f.status.Err = err
				changed = append(changed, d.app.Name)
			}
		}
	}
	e.mu.Unlock()
	for _, name := range slices.Compact(changed) {
		e.options.Changed(name)
	}
}
