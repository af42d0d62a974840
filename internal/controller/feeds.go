package controller

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// feeds follow the Heads that applications deliver from: one question to the repository serves them all, however many
// there are, and only those are woken whose own rendering the news touches.
type feeds struct {
	store *source.Store
	log   *slog.Logger
	wake  func(types.NamespacedName)

	mu    sync.Mutex
	byKey map[source.Identity]*feed
	group sync.WaitGroup
}

// feed is one Head: a ref of a repository, say.
type feed struct {
	head     source.Head
	expected []string // paths of the applications that are going to read it, as known when it was made
	poke     chan struct{}
	stop     context.CancelFunc

	looking sync.Mutex

	mu       sync.Mutex
	failures int           // in a row
	waits    time.Duration // between the last look and the next: see pause
	snapshot *source.Snapshot
	fetched  time.Time // when the source last answered
	err      error     // of the last look; the last good snapshot stays
	readers  map[types.NamespacedName]*reader
}

// reader is an application and what it has seen of its feed.
type reader struct {
	path     string
	interval time.Duration
	commit   string         // that it has taken in
	failure  string         // and what was wrong with the feed then
	inputs   *render.Inputs // what it rendered there; nil if that has to be done again at any news
}

func newFeeds(store *source.Store, log *slog.Logger, wake func(types.NamespacedName)) *feeds {
	return &feeds{store: store, log: log, wake: wake, byKey: map[source.Identity]*feed{}}
}

// follow returns the feed of a Head with the application as its reader, and takes the application off others.
// expected lists the paths that will be read, if it is new.
func (f *feeds) follow(ctx context.Context, app types.NamespacedName, head source.Head, r reader, expected func() []string) *feed {
	key := head.Identity()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leave(app, key)
	fd := f.byKey[key]
	if fd == nil {
		ctx, stop := context.WithCancel(ctx)
		fd = &feed{head: head, expected: expected(), poke: make(chan struct{}, 1), stop: stop, readers: map[types.NamespacedName]*reader{app: &r}}
		f.byKey[key] = fd
		f.group.Go(func() { f.poll(ctx, fd) }) // with its reader: whose interval is the one to wait
		return fd
	}
	fd.mu.Lock()
	if old := fd.readers[app]; old != nil {
		r.commit, r.failure, r.inputs = old.commit, old.failure, old.inputs
	}
	fd.readers[app] = &r
	isSooner := r.interval > 0 && r.interval < fd.waits
	fd.mu.Unlock()
	if isSooner { // the wait that is under way is too long
		fd.lookSoon()
	}
	return fd
}

// lookSoon has the feed look now, unless a look is due already.
func (fd *feed) lookSoon() {
	select {
	case fd.poke <- struct{}{}:
	default:
	}
}

// forget takes an application off all feeds.
func (f *feeds) forget(app types.NamespacedName) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leave(app, source.Identity{})
}

// leave ends feeds that nobody reads any more.
func (f *feeds) leave(app types.NamespacedName, except source.Identity) {
	for key, fd := range f.byKey {
		if key == except {
			continue
		}
		fd.mu.Lock()
		delete(fd.readers, app)
		unread := len(fd.readers) == 0
		fd.mu.Unlock()
		if unread {
			fd.stop()
			delete(f.byKey, key)
		}
	}
}

func (f *feeds) wait() { f.group.Wait() }

// poke makes the feeds of a repository look now. The addresses are spellings of one repository.
func (f *feeds) poke(addresses ...string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, fd := range f.byKey {
		if !slices.ContainsFunc(addresses, func(a string) bool { return sameRepository(fd.head.URL(), a) }) {
			continue
		}
		n++
		fd.lookSoon()
	}
	return n
}

// sameRepository compares addresses as people write them: with or without .git, a slash, a login or a scheme.
func sameRepository(a, b string) bool { return normalize(a) == normalize(b) }

func normalize(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	} else {
		url = strings.Replace(url, ":", "/", 1) // user@host:path
	}
	if i := strings.IndexByte(url, '@'); i >= 0 && i < strings.IndexByte(url+"/", '/') {
		url = url[i+1:]
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(url, "/"), ".git"))
}

// fetched is when the source of an application last answered; zero if it hasn't yet.
func (f *feeds) fetched(app types.NamespacedName) (last time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fd := range f.byKey {
		fd.mu.Lock()
		if fd.readers[app] != nil && fd.fetched.After(last) {
			last = fd.fetched
		}
		fd.mu.Unlock()
	}
	return last
}

// poll looks at the ref at the shortest interval of its readers, or when poked.
func (f *feeds) poll(ctx context.Context, fd *feed) {
	for {
		timer := time.NewTimer(fd.pause())
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-fd.poke:
			timer.Stop()
		}
		f.refresh(ctx, fd)
	}
}

// refresh looks at the source now and wakes those of its readers that the news concerns.
func (f *feeds) refresh(ctx context.Context, fd *feed) {
	for _, app := range fd.look(ctx) {
		f.wake(app)
	}
}

// look fetches the newest snapshot and says whom it concerns.
func (fd *feed) look(ctx context.Context) (concerned []types.NamespacedName) {
	fd.looking.Lock()
	defer fd.looking.Unlock()
	return fd.lookLocked(ctx)
}

func (fd *feed) lookLocked(ctx context.Context) (concerned []types.NamespacedName) {
	snapshot, err := fd.head.Fetch(ctx)
	if ctx.Err() != nil {
		return nil
	}
	var same map[types.NamespacedName]*render.Inputs
	if err == nil {
		same = fd.bring(ctx, snapshot)
	}
	fd.mu.Lock()
	defer fd.mu.Unlock()
	if fd.err = err; err == nil {
		fd.snapshot, fd.failures, fd.fetched = snapshot, 0, time.Now()
	} else {
		fd.failures++
	}
	for app, inputs := range same {
		if r := fd.readers[app]; r != nil && r.inputs == inputs { // it has not been delivered meanwhile
			r.commit = snapshot.Revision.Commit
		}
	}
	for app, r := range fd.readers {
		if fd.isNews(r) {
			concerned = append(concerned, app)
		}
	}
	return concerned
}

// bring fetches, in one round trip, what the readers are going to read of a new snapshot, and returns those for whom it
// renders the same. What can't be brought is told to the reader that needs it.
func (fd *feed) bring(ctx context.Context, snapshot *source.Snapshot) (same map[types.NamespacedName]*render.Inputs) {
	fd.mu.Lock()
	if fd.snapshot != nil && fd.snapshot.Revision.Commit == snapshot.Revision.Commit {
		fd.mu.Unlock()
		return nil
	}
	paths, readers := fd.expected, make(map[types.NamespacedName]reader, len(fd.readers))
	fd.expected = nil
	for app, r := range fd.readers {
		readers[app] = *r
	}
	fd.mu.Unlock()
	same = map[types.NamespacedName]*render.Inputs{}
	for app, r := range readers { // without the lock: a link has to be read to be followed
		switch {
		case r.inputs.Same(snapshot):
			same[app] = r.inputs
		case !isWildcard(r.path):
			paths = append(append(paths, r.path), r.inputs.Files()...)
		}
	}
	_ = snapshot.Prefetch(ctx, paths...)
	return same
}

// isNews says whether there is something that the reader has not taken in.
func (fd *feed) isNews(r *reader) bool {
	return fd.snapshot == nil || r.commit != fd.snapshot.Revision.Commit || r.failure != failureOf(fd.err)
}

func failureOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// latest returns the newest snapshot that could be had; the first reader waits for the first look. The error is that
// of the last look, even if there is an older snapshot to work with.
func (fd *feed) latest(ctx context.Context) (*source.Snapshot, error) {
	if snapshot, err := fd.current(); snapshot != nil || err != nil {
		return snapshot, err
	}
	fd.looking.Lock() // of those who wait for the first look, one has it done
	defer fd.looking.Unlock()
	if snapshot, err := fd.current(); snapshot != nil || err != nil {
		return snapshot, err
	}
	fd.lookLocked(ctx)
	return fd.current()
}

func (fd *feed) current() (*source.Snapshot, error) {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	return fd.snapshot, fd.err
}

// isUnseen says that the reader has taken in nothing of the feed yet.
func (fd *feed) isUnseen(app types.NamespacedName) bool {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	r := fd.readers[app]
	return r == nil || r.commit == ""
}

// taken notes what a reader has made of a snapshot; nil if it could not get one.
func (fd *feed) taken(app types.NamespacedName, snapshot *source.Snapshot, failure error, inputs *render.Inputs) {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	r := fd.readers[app]
	if r == nil {
		return
	}
	if r.failure, r.inputs = failureOf(failure), inputs; snapshot != nil {
		r.commit = snapshot.Revision.Commit
	}
}

const defaultInterval = time.Minute

// pause is how long to wait before the next look: the shortest interval of the readers, and less after a failure, unless
// that was for asking too often.
func (fd *feed) pause() time.Duration {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	fd.waits = fd.interval()
	if fd.failures > 0 && !errors.Is(fd.err, source.ErrTooManyRequests) {
		fd.waits = min(fd.waits, backoff(fd.failures-1))
	}
	return fd.waits
}

func (fd *feed) interval() time.Duration {
	shortest := time.Duration(0)
	for _, r := range fd.readers {
		if shortest == 0 || r.interval < shortest {
			shortest = r.interval
		}
	}
	if shortest <= 0 {
		return defaultInterval
	}
	return shortest
}

// hasNews says whether the application's feed has something that it hasn't taken in.
func (f *feeds) hasNews(app types.NamespacedName) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fd := range f.byKey {
		fd.mu.Lock()
		r := fd.readers[app]
		news := r != nil && fd.isNews(r)
		fd.mu.Unlock()
		if r != nil {
			return news
		}
	}
	return true
}
