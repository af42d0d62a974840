package cluster

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/manifest"
)

// firstLists is what the watches of a tracker that has just started bring of objects that nobody has claimed yet: their
// owners are looked at one after the other, and each would ask for its own once more. A nil one keeps nothing.
type firstLists struct {
	once sync.Once

	mu      sync.Mutex
	objects map[manifest.ID]firstSeen // nil when their time is over
	size    int
}

// firstSeen is an object as JSON, which takes a tenth of what it takes decoded.
type firstSeen struct {
	key  watchKey
	body []byte
}

const (
	mostFirst = 32 << 20    // bytes that are kept
	firstKept = time.Minute // by then, most owners have been looked at
)

// begin lets go of what nobody has asked for after a while.
func (f *firstLists) begin() {
	if f == nil {
		return
	}
	f.once.Do(func() {
		time.AfterFunc(firstKept, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.objects = nil
		})
	})
}

func (f *firstLists) keep(u *unstructured.Unstructured, key watchKey) {
	if f == nil || isSecret(u) {
		return
	}
	body, err := u.MarshalJSON()
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.objects != nil && f.size+len(body) <= mostFirst {
		f.objects[IDOf(u)] = firstSeen{key, body}
		f.size += len(body)
	}
}

// forget drops an object of which there is news.
func (f *firstLists) forget(id manifest.ID) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.size -= len(f.objects[id].body)
	delete(f.objects, id)
}

// First returns a live object as the first list of its kind in a version has brought it, once; nil when that isn't known
// or there has been news of it since. It may be some seconds old: the watch tells of what happens meanwhile.
func (t *Tracker) First(id manifest.ID, resource schema.GroupVersionResource) *unstructured.Unstructured {
	f := t.first
	if f == nil {
		return nil
	}
	f.mu.Lock()
	seen := f.objects[id]
	f.mu.Unlock()
	f.forget(id)
	if seen.key.resource != resource {
		return nil
	}
	live := &unstructured.Unstructured{}
	if live.UnmarshalJSON(seen.body) != nil {
		return nil
	}
	return live
}
