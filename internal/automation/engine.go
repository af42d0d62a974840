// Package automation keeps versions of images and charts at what policies choose. In go Applications: what each names, and by which
// rules that moves; out come commits to their repositories, and for each image what was chosen and why nothing newer. It
// asks registries and pushes to git; the cluster it never touches.
package automation

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/internal/update/policy"
)

// Application is what the Engine has to know of one. It isn't changed once it is handed over.
type Application struct {
	Name      string // namespace/name
	Path      string
	Namespace string // for objects that name none
	// Options are those it is rendered with.
	Options func(context.Context) (render.Options, error)
	Rules   []Rule
	// References to images that its objects have in git, each once: ghcr.io/acme/front:1.0.0.
	References []string
	Charts     []update.NamedChart // that it names in git
	Held       []Held
	Paused     bool // nothing is written; what would be is told all the same
}

// Git is where a Rule writes.
type Git struct {
	Repo          *source.Repo
	Branch        string // "" is the default one
	Author, Email string
	SigningKey    []byte // a private key without a passphrase; nil leaves commits unsigned
	// Requests has them proposed there; nil has them committed to the branch.
	Requests *Requests
}

// Rule moves one image, or one chart.
type Rule struct {
	Image    string // a repository without a tag; of a chart https://REPOSITORY/NAME or oci://REPOSITORY/NAME
	Policy   policy.Rule
	Interval time.Duration // between two questions to the registry
	Auth     source.Auth
	Git      Git
	Err      error // why it can't be followed, as its Secret isn't there: told, and nothing else
}

// Held is a version that was taken back.
type Held struct {
	Reference string // ghcr.io/acme/front:1.1.0, with @sha256:… only what that names; https://charts.example.com/web:1.1.0
	Why       string
	Back      string // the version that git is given instead, if it has the one that is held
}

// Status is what is known of one Rule.
type Status struct {
	Image    string
	Current  []string // versions that git has
	Decision policy.Decision
	Request  string // the page of the request that is to be merged; "" if nothing waits for one
	Err      error
}

// IsChart says whether it is of a chart.
func (s Status) IsChart() bool {
	_, _, isChart := chartOf(s.Image)
	return isChart
}

// Update is one image of one Application that was moved.
type Update struct {
	Application string
	Image       string // or chart, as the rule names it
	From, To    string // versions
	Why         string // the policy, in words, or why it was taken back
	IsBack      bool   // it was taken back
	Page        string // of what it was built from; "" if that isn't known
}

// Commit is one that was pushed.
type Commit struct {
	Repository string // its address
	Revision   source.Revision
	Updates    []Update
}

// Options of an Engine.
type Options struct {
	Registries *image.Registries
	// Login is that of images for which a Rule has none, asked before each use; nil: nobody's.
	Login func(ctx context.Context, image string) (source.Auth, error)
	Log   *slog.Logger
	// Changed is told of an Application whose Status is another than it was; Pushed of each Commit. Neither may wait.
	Changed func(application string)
	Pushed  func(Commit)
	Now     func() time.Time // nil is the clock
}

// Engine follows registries and writes to repositories, each in a goroutine of its own.
type Engine struct {
	options  Options
	lifetime context.Context
	group    sync.WaitGroup

	mu      sync.Mutex
	apps    map[string]*followed
	scans   map[scanKey]*scan
	writers map[writerKey]*writer
	// forgotten are Applications that were followed: what is proposed for others may be of some that are about to come.
	forgotten map[string]bool
}

// followed is an Application and what was found for each of its rules.
type followed struct {
	app   Application
	found []found
}

// found is what is known of one rule.
type found struct {
	scan   *scan
	policy *policy.Policy
	status Status
	moves  []move
	seen   int  // the scan's version that was looked at
	fresh  bool // so it was, and nothing else has changed since

	isKnown  bool // what is due: moves
	isFailed bool // the last time that it was to be found out
}

// move is a reference that is to name another version.
type move struct {
	from, to  string // tag, or tag@digest
	why, page string
	isBack    bool
}

// New makes an Engine, which works from Start on.
func New(options Options) *Engine {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Engine{options: options, apps: map[string]*followed{}, scans: map[scanKey]*scan{}, writers: map[writerKey]*writer{}, forgotten: map[string]bool{}}
}

// Start comes before the first Set. When ctx ends so does all work, for which Wait waits.
func (e *Engine) Start(ctx context.Context) { e.lifetime = ctx }

// Wait returns when the Engine has let go of everything.
func (e *Engine) Wait() { e.group.Wait() }

// Set has an Application followed, as it is now. Without rules it is forgotten.
func (e *Engine) Set(app Application) {
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.apps[app.Name]
	if len(app.Rules) == 0 {
		e.drop(app.Name, nil)
		delete(e.apps, app.Name)
		if old != nil {
			e.forgotten[app.Name] = true
			e.rouse(old)
		}
		return
	}
	delete(e.forgotten, app.Name)
	s := &followed{app: app, found: make([]found, len(app.Rules))}
	e.apps[app.Name] = s
	wanted := map[*scan]bool{}
	for i, rule := range app.Rules {
		f := &s.found[i]
		f.status.Image = rule.Image
		var err error
		f.policy, f.status.Err = rule.compile()
		f.status.Current, err = app.current(rule)
		f.status.Err = cmp.Or(f.status.Err, rule.Err, err)
		if old != nil && i < len(old.found) && old.found[i].status.Image == rule.Image {
			f.status.Decision = old.found[i].status.Decision // until it is chosen anew
			if rule.Git.Requests != nil {
				f.status.Request = old.found[i].status.Request
			}
		}
		if f.status.Err == nil && len(f.status.Current) > 0 {
			f.scan = e.scanOf(rule, f.policy)
			wanted[f.scan] = true
			f.scan.readers[app.Name] = true
			f.scan.hurry(rule.Interval)
		}
	}
	e.drop(app.Name, wanted)
	if old != nil {
		e.rouse(old)
	}
	e.rouse(s)
}

// rouse has the requests of an Application looked at: what it has no more is in them no longer. The lock is held.
func (e *Engine) rouse(s *followed) {
	for _, rule := range s.app.Rules {
		if rule.Git.Requests != nil {
			e.wake(rule.Git)
		}
	}
}

// Forget ends what is done for an Application.
func (e *Engine) Forget(name string) { e.Set(Application{Name: name}) }

// drop takes an Application off all scans but some; those that nobody reads any more end.
func (e *Engine) drop(name string, except map[*scan]bool) {
	for key, s := range e.scans {
		if except[s] || !s.readers[name] {
			continue
		}
		if delete(s.readers, name); len(s.readers) == 0 {
			s.stop()
			delete(e.scans, key)
		}
	}
}

// Status tells what is known of an Application's rules, in their order.
func (e *Engine) Status(name string) []Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.apps[name]
	if s == nil {
		return nil
	}
	all := make([]Status, len(s.found))
	for i := range s.found {
		all[i] = s.found[i].status
	}
	return all
}

// Arrived says that an image was pushed: whoever follows its repository looks now. It returns how many scans that are.
func (e *Engine) Arrived(repository string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for key, s := range e.scans {
		if SameImage(key.asked, repository) {
			n++
			poke(s.ask)
		}
	}
	return n
}

// poke wakes a goroutine, unless it is about to be woken.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// versionsOf are those that references to an image have, sorted, each once.
func versionsOf(repository string, references []string) []string {
	var all []string
	for _, ref := range references {
		if name, version := cut(ref); SameImage(name, repository) && version != "" {
			all = append(all, version)
		}
	}
	slices.SortFunc(all, cmp.Compare[string])
	return slices.Compact(all)
}
