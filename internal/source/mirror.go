package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mirror is a bare repository on disk that holds what has been fetched of one remote repository: shallow (no history)
// and, if the server can leave them out, without the content of files until they are read.
//
// It is written to only under lock. Reads need none: git's objects never change and are put in place whole.
type mirror struct {
	dir     string
	objects *objects
	fetches flights[fetchKey, *Snapshot]
	movedTo atomic.Pointer[address]
	busy    chan struct{} // holds one token while this process writes

	mu       sync.Mutex
	admitted map[key]bool
	trees    []*tree // the latest used first

	annals annals
}

type fetchKey struct {
	key key
	ref Ref
}

func newMirror(dir string) *mirror {
	return &mirror{dir: dir, objects: &objects{dir: dir}, busy: make(chan struct{}, 1), admitted: map[key]bool{}}
}

// admit remembers that the server has let the login in: it may have what is here already.
func (m *mirror) admit(k key) {
	const many = 1000 // logins that change every hour must not add up
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.admitted) >= many {
		clear(m.admitted)
	}
	m.admitted[k] = true
}

func (m *mirror) isAdmitted(k key) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.admitted[k]
}

// recall returns the tree of a commit if it was used lately, or nil.
func (m *mirror) recall(commit string) *tree {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.trees, func(t *tree) bool { return t.commit == commit })
	if i < 0 {
		return nil
	}
	found := m.trees[i]
	m.trees = slices.Insert(slices.Delete(m.trees, i, i+1), 0, found)
	return found
}

func (m *mirror) remember(t *tree) {
	const few = 4 // about 10 MB each for 50,000 files
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trees = slices.Insert(m.trees, 0, t)
	m.trees = slices.Delete(m.trees, min(few, len(m.trees)), len(m.trees))
}

// address is where the repository at is now.
func (m *mirror) address(at address) address {
	if moved := m.movedTo.Load(); moved != nil {
		return *moved
	}
	return at
}

// writing is the right to write to a mirror.
type writing struct {
	file *os.File
	end  func()
}

// lock waits until neither this nor another process writes to the mirror.
func (m *mirror) lock(ctx context.Context) (writing, error) {
	select {
	case m.busy <- struct{}{}:
	case <-ctx.Done():
		return writing{}, context.Cause(ctx)
	}
	if err := os.MkdirAll(filepath.Dir(m.dir), 0o700); err != nil {
		<-m.busy
		return writing{}, err
	}
	file, err := lockFile(ctx, m.dir+".lock")
	if err != nil {
		<-m.busy
		return writing{}, err
	}
	return writing{file: file, end: func() {
		file.Close()
		<-m.busy
	}}, nil
}

func (m *mirror) isMade() bool {
	for _, part := range []string{"HEAD", "config", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(m.dir, part)); err != nil {
			return false
		}
	}
	return true
}

// makeLocked sees that the repository is there.
func (m *mirror) makeLocked(ctx context.Context) error {
	if m.isMade() {
		return nil
	}
	if err := m.remove(); err != nil {
		return err
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	_, err := command{repo: m.dir, env: cleanEnv(m.dir), args: []string{"init", "--quiet", "--bare", "--template="}}.run(ctx)
	return err
}

// remove throws away all that is here. What is still read of it is fetched again.
func (m *mirror) remove() error {
	m.objects.stop()
	return os.RemoveAll(m.dir)
}

// isOverweight: a mirror only ever grows, so one far larger than what it mirrors may be is started afresh.
func (m *mirror) isOverweight(l Limits) bool {
	return sizeOf(filepath.Join(m.dir, "objects", "pack", "*.pack")) > 2*l.MaxTreeSize
}

// sweep removes what a killed git has left behind. The lock is held, so nobody else needs it.
func (m *mirror) sweep() error {
	return filepath.WalkDir(m.dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && entry.IsDir() {
			return nil
		}
		name := filepath.Base(path)
		if err == nil && (strings.HasSuffix(name, ".lock") || strings.HasPrefix(name, "tmp_") || strings.HasPrefix(name, "shallow_")) {
			err = os.Remove(path)
		}
		return err
	})
}

// has tells whether a commit has been fetched.
func (m *mirror) has(commit string) bool {
	found, err := m.objects.info(commit)
	return err == nil && found.kind == "commit"
}

// missing returns those of the objects that are not here.
func (m *mirror) missing(ctx context.Context, hashes []string) ([]string, error) {
	const few = 20 // asking the process that serves reads costs less than starting one that is quicker
	if len(hashes) <= few {
		return m.missingOneByOne(hashes)
	}
	out, err := command{
		repo:  m.dir,
		env:   cleanEnv(m.dir),
		args:  []string{"cat-file", "--batch-check", "--buffer"},
		stdin: strings.NewReader(strings.Join(hashes, "\n") + "\n"),
	}.run(ctx)
	if err != nil {
		return nil, err
	}
	var missing []string
	for line := range bytes.Lines(out) {
		if hash, ok := strings.CutSuffix(strings.TrimSpace(string(line)), " missing"); ok {
			missing = append(missing, hash)
		}
	}
	return missing, nil
}

func (m *mirror) missingOneByOne(hashes []string) (missing []string, err error) {
	for _, hash := range hashes {
		_, err := m.objects.info(hash)
		if errors.Is(err, errMissing) {
			missing = append(missing, hash)
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// guard ends what runs under the returned context when a fetch brings more than most bytes. Git itself has no bound on
// what a fetch may bring, and the sizes of files are not known before.
func (m *mirror) guard(ctx context.Context, most int64) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			if m.arriving() > most {
				cancel(fmt.Errorf("%w: a fetch brings more than %s", ErrTooLarge, byteSize(most)))
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return ctx, func() {
		cancel(nil)
		watch.Wait()
	}
}

// arriving is how many bytes a running fetch has written.
func (m *mirror) arriving() int64 { return sizeOf(filepath.Join(m.dir, "objects", "pack", "tmp_*")) }

func sizeOf(pattern string) (bytes int64) {
	files, _ := filepath.Glob(pattern)
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// tidy joins the packs that fetches leave behind, one or more each, before lookups get slow. A failure is no harm
// done: if the mirror is broken, the next read of it finds out.
func (m *mirror) tidy(ctx context.Context) {
	const many = 50
	packs, _ := filepath.Glob(filepath.Join(m.dir, "objects", "pack", "*.pack"))
	if len(packs) < many {
		return
	}
	_, _ = command{repo: m.dir, env: cleanEnv(m.dir), settings: partial, args: []string{"repack", "-a", "-d", "-q"}}.run(ctx)
}
