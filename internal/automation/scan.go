package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/internal/update/policy"
)

// scanKey tells scans apart: one question to a registry serves all rules that have the same.
type scanKey struct {
	asked string // see askedFor
	tag   string // of a policy that follows one; "" reads the list of tags
	login [32]byte
}

// scan follows one repository of images, or an index of charts.
type scan struct {
	image, tag string // the repository's name, or the address of that with an index
	auth       source.Auth
	repository *image.Repository
	index      *image.Charts
	ask        chan struct{} // the registry, now
	look       chan struct{} // choose anew by what is known
	stop       context.CancelFunc

	// Guarded by the Engine's lock.
	readers  map[string]bool
	interval time.Duration

	// Of the scan's own goroutine.
	news
	version  int // of what the registry says: one more each time it says something else
	err      error
	failures int
	asked    time.Time
}

// scanOf finds or begins the scan of a rule. The lock is held.
func (e *Engine) scanOf(r Rule, p *policy.Policy) *scan {
	asked := askedFor(r.Image)
	key := scanKey{asked: canonical(asked), login: r.Auth.Fingerprint()}
	if !p.NeedsTags() {
		key.tag = r.Policy.Digest
	}
	s := e.scans[key]
	if s == nil {
		ctx, stop := context.WithCancel(e.lifetime)
		s = &scan{image: asked, tag: key.tag, auth: r.Auth, ask: make(chan struct{}, 1), look: make(chan struct{}, 1), stop: stop, readers: map[string]bool{}, interval: r.Interval}
		e.scans[key] = s
		poke(s.ask)
		e.group.Go(func() { e.follow(ctx, s) })
	}
	return s
}

// hurry has a scan choose anew for a reader that is new or changed, and look as often as that one wants. The lock is held.
func (s *scan) hurry(interval time.Duration) {
	s.interval = min(s.interval, interval)
	poke(s.look)
}

// follow asks the registry again and again, and has the readers choose when it says something new, or time has made a
// version old enough.
func (e *Engine) follow(ctx context.Context, s *scan) {
	wait := time.Duration(0)
	for {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.ask:
			e.scan(ctx, s)
		case <-s.look:
			if s.asked.IsZero() || e.lacks(s) {
				e.scan(ctx, s)
			}
		case <-timer.C:
			if e.untilScan(s) <= 0 {
				e.scan(ctx, s)
			}
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
		wait = e.untilScan(s)
		if at := e.choose(ctx, s); !at.IsZero() {
			wait = min(wait, at.Sub(e.options.Now()))
		}
		wait = max(wait, time.Millisecond)
	}
}

// untilScan is how long to wait before the registry is asked again.
func (e *Engine) untilScan(s *scan) time.Duration {
	if s.asked.IsZero() {
		return 0
	}
	e.mu.Lock()
	pause := s.interval
	e.mu.Unlock()
	if paused, ok := errors.AsType[*image.PauseError](s.err); ok { // the registry has said until when
		return paused.Until.Sub(e.options.Now())
	}
	if s.failures > 0 {
		pause = min(pause, backoff(s.failures))
	}
	return s.asked.Add(pause).Sub(e.options.Now())
}

// backoff is how long to wait after so many failures.
func backoff(failures int) time.Duration {
	const first, last = time.Second, 5 * time.Minute
	return min(first<<min(failures-1, 10), last)
}

// scan asks the registry once, for all who wanted it asked until now.
func (e *Engine) scan(ctx context.Context, s *scan) {
	select {
	case <-s.ask:
	default:
	}
	s.asked = e.options.Now()
	n, err := e.read(ctx, s)
	if ctx.Err() != nil {
		return
	}
	if fmt.Sprint(err) != fmt.Sprint(s.err) || err == nil && !n.is(s.news) {
		s.version++
	}
	if s.err = err; err != nil {
		s.failures++
		return
	}
	s.news, s.failures = n, 0
}

func (e *Engine) read(ctx context.Context, s *scan) (n news, err error) {
	if s.isIndex() {
		return e.readIndex(ctx, s)
	}
	auth := s.auth
	if e.options.Login != nil && auth.Fingerprint() == (source.Auth{}).Fingerprint() {
		if auth, err = e.options.Login(ctx, s.image); err != nil {
			return n, err
		}
	}
	if s.repository, err = e.options.Registries.Repository(s.image, auth); err != nil { // the same one for the same login
		return n, err
	}
	if s.tag != "" {
		n.digest, err = s.repository.Digest(ctx, s.tag)
		return n, err
	}
	if n.tags, err = s.repository.Tags(ctx); err == nil {
		slices.Sort(n.tags)
	}
	return n, err
}

// choose has all readers of a scan choose that haven't since something changed. It returns when one of them is to choose
// again without any news.
func (e *Engine) choose(ctx context.Context, s *scan) (next time.Time) {
	e.mu.Lock()
	var readers []string
	for name := range s.readers {
		readers = append(readers, name)
	}
	e.mu.Unlock()
	slices.Sort(readers)
	for _, name := range readers {
		e.mu.Lock()
		of := e.apps[name]
		e.mu.Unlock()
		if of == nil {
			continue
		}
		for i := range of.found {
			if at := e.chooseOne(ctx, s, of, i); !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next
}

// chooseOne follows one rule of an Application, if it is of the scan.
func (e *Engine) chooseOne(ctx context.Context, s *scan, of *followed, i int) (next time.Time) {
	e.mu.Lock()
	f, app := of.found[i], of.app
	e.mu.Unlock()
	if f.scan != s {
		return time.Time{}
	}
	due := f.status.Decision.Next
	if f.fresh && f.seen == s.version && (due == nil || e.options.Now().Before(due.Until)) {
		return untilOf(due)
	}
	f.seen, f.fresh = s.version, true
	before := f.status
	if f.status.Err = s.err; s.err == nil { // else what was due still is
		f.moves = nil
		f.status.Err = e.decide(ctx, s, app, i, &f)
		f.isKnown = f.status.Err == nil
	}
	f.isFailed = f.status.Err != nil
	if ctx.Err() != nil {
		return time.Time{}
	}
	e.mu.Lock()
	isCurrent := e.apps[app.Name] == of
	if isCurrent {
		of.found[i] = f
	}
	e.mu.Unlock()
	if !isCurrent { // it was set anew meanwhile, and will be looked at again
		return time.Time{}
	}
	if !sameStatus(before, f.status) {
		e.options.Changed(app.Name)
	}
	if git := app.Rules[i].Git; git.Requests != nil || len(f.moves) > 0 && !app.Paused {
		e.write(git)
	}
	if f.status.Err != nil && s.err == nil && !s.isIndex() { // what couldn't be asked of a tag is asked again
		of.forget(e, i)
		return e.options.Now().Add(backoff(3))
	}
	return untilOf(f.status.Decision.Next)
}

func (s *followed) forget(e *Engine, i int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.found[i].fresh = false
}

func untilOf(r *policy.Refusal) time.Time {
	if r == nil {
		return time.Time{}
	}
	return r.Until
}

// decide follows a rule: of several versions that git has of one image each moves for itself, and the oldest is told.
func (e *Engine) decide(ctx context.Context, s *scan, app Application, i int, f *found) error {
	moved := app.Rules[i].Image
	from := s.offer(moved)
	if from.err != nil {
		return from.err
	}
	for n, current := range f.status.Current {
		tag, digest, _ := strings.Cut(current, "@")
		if back, ok := takenBack(moved, current, app.Held); ok {
			f.moves = append(f.moves, back)
			continue
		}
		q := policy.Question{Tags: from.tags, Current: policy.Version{Tag: tag, Digest: digest}, Held: heldOf(moved, app.Held), Now: e.options.Now(), Lookup: from.lookup}
		d, err := f.policy.Choose(ctx, q)
		if err != nil {
			return err
		}
		if n == 0 || f.status.Decision.Chosen == nil || len(d.Refused) > len(f.status.Decision.Refused) {
			f.status.Decision = *d
		}
		if d.Chosen == nil {
			continue
		}
		to, err := s.spelled(ctx, d.Chosen, digest != "")
		if err != nil {
			return err
		}
		if to != current {
			f.moves = append(f.moves, move{from: current, to: to, why: app.Rules[i].Policy.String(), page: from.page(ctx, d.Chosen.Tag)})
		}
	}
	return nil
}

// spelled is how git is to name a version: by its digest, too, where it did so before, or where a tag moves.
func (s *scan) spelled(ctx context.Context, v *policy.Version, isPinned bool) (string, error) {
	if !isPinned && s.tag == "" {
		return v.Tag, nil
	}
	if v.Digest != "" {
		return v.Tag + "@" + v.Digest, nil
	}
	digest, err := s.repository.Digest(ctx, v.Tag)
	return v.Tag + "@" + digest, err
}

func (s *scan) lookup(ctx context.Context, tag string) (policy.Version, error) {
	maxAge := time.Hour // most tags name what they did
	if s.tag != "" {
		maxAge = 0
	}
	d, err := s.repository.Describe(ctx, tag, maxAge)
	return policy.Version{Tag: tag, Digest: d.Digest, Built: d.Built}, err
}

// page of what a version was built from, as its labels say; "" if they don't.
func (s *scan) page(ctx context.Context, tag string) string {
	d, err := s.repository.Describe(ctx, tag, time.Hour)
	return pageIn(d.Labels, err)
}

func pageIn(labels map[string]string, err error) string {
	origin := labels["org.opencontainers.image.source"]
	if err != nil || !strings.HasPrefix(origin, "https://") || strings.ContainsFunc(origin, unicode.IsSpace) {
		return ""
	}
	return origin
}

// takenBack is the way back from a version that is held.
func takenBack(repository, current string, all []Held) (move, bool) {
	for _, h := range all {
		if name, version := cut(h.Reference); h.Back != "" && version == current && SameImage(name, repository) {
			return move{from: current, to: h.Back, why: h.Why, isBack: true}, true
		}
	}
	return move{}, false
}

// heldOf are the versions of one image that were taken back.
func heldOf(repository string, all []Held) []policy.Held {
	var held []policy.Held
	for _, h := range all {
		if name, version := cut(h.Reference); SameImage(name, repository) {
			tag, digest, _ := strings.Cut(version, "@")
			held = append(held, policy.Held{Version: policy.Version{Tag: tag, Digest: digest}, Why: h.Why})
		}
	}
	return held
}

func sameStatus(a, b Status) bool {
	return fmt.Sprint(a.Err) == fmt.Sprint(b.Err) && slices.Equal(a.Current, b.Current) && a.Request == b.Request && told(a.Decision) == told(b.Decision)
}

// told is all of a Decision that people see.
func told(d policy.Decision) string {
	var b strings.Builder
	if d.Chosen != nil {
		b.WriteString(d.Chosen.Tag + "@" + d.Chosen.Digest)
	}
	for _, r := range d.Refused {
		fmt.Fprintf(&b, "\n%s %s %s", r.Tag, r.Why, r.Until)
	}
	fmt.Fprintf(&b, "\n%d %d", d.More, d.Passed)
	return b.String()
}

// cut takes a reference apart: repository, and tag, tag@digest or @digest.
func cut(ref string) (repository, version string) {
	repository, digest, isPinned := strings.Cut(ref, "@")
	if colon := strings.LastIndexByte(repository, ':'); colon > strings.LastIndexByte(repository, '/') {
		repository, version = repository[:colon], repository[colon+1:]
	}
	if isPinned {
		version += "@" + digest
	}
	return repository, version
}

// canonical is a repository with its registry: nginx is index.docker.io/library/nginx.
func canonical(repository string) string {
	r, err := name.NewRepository(repository, name.WeakValidation)
	if err != nil {
		return repository
	}
	return r.Name()
}

// SameImage compares repositories as people write them: nginx is docker.io/library/nginx. Charts are as they are written.
func SameImage(a, b string) bool { return canonical(a) == canonical(b) }
