package source

import (
	"os"
	"path"
	"sync"
)

// handles keep directories of a root open that were asked for last. A path from the root costs a system call or two for
// each directory in it, and many files lie in few directories, deep down.
type handles struct {
	lock sync.Mutex
	open map[string]*handle // by path
	now  int
}

// handle is an open directory.
type handle struct {
	*os.Root
	users int // of which none may be left when it is closed
	asked int // when, in the order of asking
}

// mostHandles are open at once, beside those that are in use.
const mostHandles = 32

func newHandles(top *os.Root) *handles {
	return &handles{open: map[string]*handle{".": {Root: top, users: 1}}} // always in use
}

// directory returns a directory, given as its path without links; whoever asks leaves it when it is done.
func (h *handles) directory(name string) (*handle, error) {
	if known := h.known(name); known != nil {
		return known, nil
	}
	parent, err := h.directory(path.Dir(name))
	if err != nil {
		return nil, err
	}
	defer h.leave(parent)
	root, err := parent.OpenRoot(path.Base(name))
	if err != nil {
		return nil, inFull(err, name)
	}
	return h.keep(name, root), nil
}

func (h *handles) known(name string) *handle {
	h.lock.Lock()
	defer h.lock.Unlock()
	return h.use(name)
}

func (h *handles) use(name string) *handle {
	known := h.open[name]
	if known != nil {
		h.now++
		known.users, known.asked = known.users+1, h.now
	}
	return known
}

// keep takes in a directory that was just opened, in the place of the one that nobody has asked for the longest.
func (h *handles) keep(name string, root *os.Root) *handle {
	h.lock.Lock()
	defer h.lock.Unlock()
	if other := h.use(name); other != nil { // somebody was quicker
		_ = root.Close() // it was only read
		return other
	}
	if len(h.open) > mostHandles {
		oldest := ""
		for at, one := range h.open {
			if one.users == 0 && (oldest == "" || one.asked < h.open[oldest].asked) {
				oldest = at
			}
		}
		if oldest != "" {
			_ = h.open[oldest].Close() // it was only read
			delete(h.open, oldest)
		}
	}
	h.open[name] = &handle{Root: root}
	return h.use(name)
}

func (h *handles) leave(one *handle) {
	h.lock.Lock()
	defer h.lock.Unlock()
	one.users--
}
