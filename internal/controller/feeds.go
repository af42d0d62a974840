package controller

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/source"
)

// feeds follow the refs that applications deliver from: one question to the repository serves them all, however
// many there are, and only news wakes them.
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
	head source.Head
	poke chan struct{}
	stop context.CancelFunc

	mu       sync.Mutex
	snapshot *source.Snapshot
	err      error // of the last look; the last good snapshot stays
	readers  map[types.NamespacedName]time.Duration
}

func newFeeds(store *source.Store, log *slog.Logger, wake func(types.NamespacedName)) *feeds {
	return &feeds{store: store, log: log, wake: wake, byKey: map[source.Identity]*feed{}}
}

// follow returns the feed of a Head with the application as its reader, and takes the application off others.
func (f *feeds) follow(ctx context.Context, app types.NamespacedName, head source.Head, interval time.Duration) *feed {
	key := head.Identity()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leave(app, key)
	fd := f.byKey[key]
	if fd == nil {
		ctx, stop := context.WithCancel(ctx)
		fd = &feed{head: head, poke: make(chan struct{}, 1), stop: stop, readers: map[types.NamespacedName]time.Duration{}}
		f.byKey[key] = fd
		f.group.Go(func() { f.poll(ctx, fd) })
	}
	fd.mu.Lock()
	fd.readers[app] = interval
	fd.mu.Unlock()
	return fd
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
		select {
		case fd.poke <- struct{}{}:
		default: // a look is already due
		}
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

// poll looks at the ref at the shortest interval of its readers, or when poked.
func (f *feeds) poll(ctx context.Context, fd *feed) {
	for {
		timer := time.NewTimer(fd.interval())
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

// refresh looks at the ref now and wakes its readers if there is news.
func (f *feeds) refresh(ctx context.Context, fd *feed) {
	if fd.look(ctx) {
		for _, app := range fd.apps() {
			f.wake(app)
		}
	}
}

// look fetches the ref and says whether there is something new for its readers.
func (fd *feed) look(ctx context.Context) (news bool) {
	snapshot, err := fd.head.Fetch(ctx)
	if ctx.Err() != nil {
		return false
	}
	fd.mu.Lock()
	defer fd.mu.Unlock()
	before, failedBefore := fd.snapshot, fd.err != nil
	fd.err = err
	if err != nil {
		return !failedBefore
	}
	fd.snapshot = snapshot
	return failedBefore || before == nil || before.Revision.Commit != snapshot.Revision.Commit
}

// latest returns the newest snapshot that could be had; the first reader waits for the first look. The error is that
// of the last look, even if there is an older snapshot to work with.
func (fd *feed) latest(ctx context.Context) (*source.Snapshot, error) {
	fd.mu.Lock()
	snapshot, err := fd.snapshot, fd.err
	fd.mu.Unlock()
	if snapshot == nil {
		fd.look(ctx) // the repository joins concurrent fetches into one
		fd.mu.Lock()
		snapshot, err = fd.snapshot, fd.err
		fd.mu.Unlock()
	}
	return snapshot, err
}

const defaultInterval = time.Minute

func (fd *feed) interval() time.Duration {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	shortest := time.Duration(0)
	for _, d := range fd.readers {
		if shortest == 0 || d < shortest {
			shortest = d
		}
	}
	if shortest <= 0 {
		return defaultInterval
	}
	return shortest
}

func (fd *feed) apps() []types.NamespacedName {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	apps := make([]types.NamespacedName, 0, len(fd.readers))
	for app := range fd.readers {
		apps = append(apps, app)
	}
	return apps
}

// stateOf returns the commit that the application's feed has, "" before the first look, and whether its last look failed.
func (f *feeds) stateOf(app types.NamespacedName) (revision string, failing bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fd := range f.byKey {
		fd.mu.Lock()
		_, reads := fd.readers[app]
		snapshot, err := fd.snapshot, fd.err
		fd.mu.Unlock()
		if reads && snapshot != nil {
			return snapshot.Revision.Commit, err != nil
		}
	}
	return "", false
}
