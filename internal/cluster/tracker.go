package cluster

import (
	"context"
	"strconv"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/fairlead-dev/fairlead/internal/cluster/health"
	"github.com/fairlead-dev/fairlead/manifest"
)

// State is what the tracker keeps of an owned object instead of the object.
type State struct {
	Health      Health
	Fingerprint uint64 // see Fingerprint; 0 when the object is missing
	version     uint64 // as of which this is known, also that the object is missing
	// What was applied (a hash of the desired object) and the fingerprint that made: while both still hold, there is
	// nothing to send and nothing to ask.
	applied, settled uint64
	sent             []byte // what was applied, as JSON: see Sent
	alone            bool   // nobody else has set a field of it
}

// mostSent bounds what is kept of an object that was applied, in bytes: a thousand applications stay at a few MiB.
const mostSent = 4 << 10

// Tracker watches the kinds that applications own and keeps a State per owned object. Its watches select objects
// by label on the server, so what Fairlead doesn't own is never sent.
type Tracker struct {
	client  *Client
	scope   Scope
	changed func(owner string, id manifest.ID)

	mu      sync.Mutex
	owners  map[manifest.ID]ownership
	owned   map[string]map[manifest.ID]watchKey // the same, by owner
	rules   map[string]*health.Rules            // by owner; of those that have some
	states  map[manifest.ID]State
	watches map[watchKey]*kindWatch
	first   *firstLists // nil unless Scope.KeepFirst
	group   sync.WaitGroup
}

// ownership is whose an object is and which watch tells of it.
type ownership struct {
	owner string
	key   watchKey
}

// watchKey is what one watch covers: a kind in one version, everywhere or in one namespace. Another version of the
// same object has other fields, and so another fingerprint.
type watchKey struct {
	resource  schema.GroupVersionResource
	namespace string
}

type kindWatch struct {
	stop  context.CancelFunc
	users map[string]bool // owners that have objects of the kind
}

// Scope narrows what the tracker's watches are sent.
type Scope struct {
	Selector     string // label selector that every owned object meets; "" for all
	PerNamespace bool   // one watch for each namespace with owned objects: for people without rights to the whole cluster
	// KeepFirst keeps what the first lists bring of objects whose owner has not been told yet: see First.
	KeepFirst bool
}

// NewTracker makes a tracker. changed is called, without locks held, whenever health or fingerprint of an owned
// object changes.
func NewTracker(client *Client, scope Scope, changed func(owner string, id manifest.ID)) *Tracker {
	t := &Tracker{
		client: client, scope: scope, changed: changed,
		owners: map[manifest.ID]ownership{}, owned: map[string]map[manifest.ID]watchKey{},
		rules: map[string]*health.Rules{}, states: map[manifest.ID]State{}, watches: map[watchKey]*kindWatch{},
	}
	if scope.KeepFirst {
		t.first = &firstLists{objects: map[manifest.ID]firstSeen{}}
	}
	return t
}

// Own says which objects an owner has from now on, and watches their kinds until ctx ends or nobody has any.
func (t *Tracker) Own(ctx context.Context, owner string, objects map[manifest.ID]*meta.RESTMapping) {
	if len(objects) > 0 {
		t.first.begin()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before, now := t.owned[owner], make(map[manifest.ID]watchKey, len(objects))
	for id, mapping := range objects {
		key := watchKey{resource: mapping.Resource}
		if t.scope.PerNamespace {
			key.namespace = id.Namespace
		}
		now[id] = key
		t.owners[id] = ownership{owner, key}
		w := t.watches[key]
		if w == nil {
			w = t.watch(ctx, mapping, key)
			t.watches[key] = w
		}
		w.users[owner] = true
	}
	if t.owned[owner] = now; len(now) == 0 {
		delete(t.owned, owner)
	}
	used := make(map[watchKey]bool, len(t.watches))
	for _, key := range now {
		used[key] = true
	}
	for id, key := range before {
		if _, kept := now[id]; !kept && t.owners[id].owner == owner { // not if another application has taken it over
			delete(t.owners, id)
			delete(t.states, id)
		}
		if !used[key] {
			t.leave(key, owner)
		}
	}
}

// JudgeBy has an owner's objects judged by rules of its own before all others; nil ends that. What was judged by others
// is forgotten, so that it is looked at again.
func (t *Tracker) JudgeBy(owner string, rules *health.Rules) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rules[owner] == rules {
		return
	}
	if t.rules[owner] = rules; rules == nil {
		delete(t.rules, owner)
	}
	for id := range t.owned[owner] {
		delete(t.states, id)
	}
}

// leave ends a watch that nobody uses any more.
func (t *Tracker) leave(key watchKey, owner string) {
	w := t.watches[key]
	if w == nil {
		return
	}
	if delete(w.users, owner); len(w.users) == 0 {
		w.stop()
		delete(t.watches, key)
	}
}

// Wait blocks until all watches have ended, after the ctx given to Own is done.
func (t *Tracker) Wait() { t.group.Wait() }

// State returns what is known of an owned object; ok is false before anything was seen of it.
func (t *Tracker) State(id manifest.ID) (s State, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok = t.states[id]
	return s, ok
}

// Observe takes in a live object that somebody just read or wrote; nil says that id is not there.
func (t *Tracker) Observe(id manifest.ID, live *unstructured.Unstructured) {
	at := uint64(0)
	if live != nil {
		at = version(live.GetResourceVersion())
	}
	t.observe(id, live, at)
}

// observe takes in what was there as of a version; 0 when the version isn't known. It returns the fingerprint.
func (t *Tracker) observe(id manifest.ID, live *unstructured.Unstructured, at uint64) (fingerprint uint64) {
	if live != nil {
		fingerprint = Fingerprint(live)
	}
	t.mu.Lock()
	rules := t.rules[t.owners[id].owner]
	t.mu.Unlock()
	health := t.client.Judge(rules).Of(live) // without the lock: it may ask the server whether the kind has a status
	t.mu.Lock()
	o, owned := t.owners[id]
	last, known := t.states[id]
	if !owned || known && at != 0 && at < last.version { // a watch was quicker
		t.mu.Unlock()
		return fingerprint
	}
	next := State{Health: health, Fingerprint: fingerprint, version: max(at, last.version), alone: isAlone(live),
		applied: last.applied, settled: last.settled, sent: last.sent}
	t.states[id] = next
	t.mu.Unlock()
	if known && (last.Health.State != health.State || last.Health.Reason != health.Reason || last.Fingerprint != next.Fingerprint) {
		t.changed(o.owner, id)
	}
	return fingerprint
}

// Settle notes that live is what applying the desired object makes: by its hash, and as the JSON that was sent.
func (t *Tracker) Settle(id manifest.ID, desired uint64, sent []byte, live *unstructured.Unstructured) {
	if len(sent) > mostSent || isSecret(live) {
		sent = nil
	}
	fingerprint := t.observe(id, live, version(live.GetResourceVersion()))
	t.mu.Lock()
	s, ok := t.states[id]
	if ok {
		s.applied, s.settled, s.sent = desired, fingerprint, sent
		t.states[id] = s
	}
	owner := t.owners[id].owner
	t.mu.Unlock()
	if ok && s.settled != s.Fingerprint { // the watch knows a newer one, and may have told it before anything was settled
		t.changed(owner, id)
	}
}

// Sent is what was applied last, as JSON, if that is all that anybody has set on the live object: what another apply
// will change can then be told without reading it. It is nil for Secrets and for what is large.
func (t *Tracker) Sent(id manifest.ID) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.states[id]; s.alone && s.settled == s.Fingerprint {
		return s.sent
	}
	return nil
}

// Settled says whether the desired object is live already, without asking the server.
func (t *Tracker) Settled(id manifest.ID, desired uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.states[id]
	return ok && s.applied == desired && s.settled != 0 && s.settled == s.Fingerprint
}

// version orders what was read: resource versions are comparable numbers (KEP-5504).
func version(resourceVersion string) uint64 {
	n, _ := strconv.ParseUint(resourceVersion, 10, 64)
	return n
}

func (t *Tracker) watch(ctx context.Context, mapping *meta.RESTMapping, key watchKey) *kindWatch {
	ctx, stop := context.WithCancel(ctx)
	resource := t.client.Resource(mapping, key.namespace)
	listWatch := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.LabelSelector = t.scope.Selector
			return resource.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.LabelSelector = t.scope.Selector
			return resource.Watch(ctx, o)
		},
	}
	reflector := cache.NewReflectorWithOptions(listWatch, &unstructured.Unstructured{}, &kindStore{t, key},
		cache.ReflectorOptions{Name: mapping.Resource.String(), TypeDescription: mapping.GroupVersionKind.String()})
	t.group.Go(func() { reflector.RunWithContext(ctx) })
	return &kindWatch{stop: stop, users: map[string]bool{}}
}

// kindStore is what a reflector fills: it turns each object into a State and lets go of it.
type kindStore struct {
	t   *Tracker
	key watchKey
}

func (s *kindStore) Add(obj any) error { return s.Update(obj) }

func (s *kindStore) Update(obj any) error {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		s.t.first.forget(IDOf(u))
		s.see(u)
	}
	return nil
}

func (s *kindStore) Delete(obj any) error {
	u, ok := obj.(*unstructured.Unstructured)
	if !ok {
		return nil
	}
	id := IDOf(u)
	s.t.first.forget(id)
	if s.tells(id) {
		s.t.observe(id, nil, version(u.GetResourceVersion())) // the version of the deletion
	}
	return nil
}

// Replace takes in a full list: owned objects that are not in it are gone.
func (s *kindStore) Replace(list []any, resourceVersion string) error {
	present := make(map[manifest.ID]bool, len(list))
	for _, obj := range list {
		if u, ok := obj.(*unstructured.Unstructured); ok {
			present[IDOf(u)] = true
			if !s.see(u) {
				s.t.first.keep(u, s.key)
			}
		}
	}
	s.t.mu.Lock()
	var gone []manifest.ID
	for id := range s.t.states {
		if s.t.owners[id].key == s.key && !present[id] {
			gone = append(gone, id)
		}
	}
	s.t.mu.Unlock()
	for _, id := range gone {
		s.t.observe(id, nil, version(resourceVersion))
	}
	return nil
}

func (s *kindStore) Resync() error { return nil }

// see takes in an object if it is an owned one that this watch tells of.
func (s *kindStore) see(u *unstructured.Unstructured) bool {
	id, at := IDOf(u), version(u.GetResourceVersion())
	if !s.tells(id) {
		return false
	}
	if !s.t.knows(id, at) {
		s.t.observe(id, u, at)
	}
	return true
}

// tells says whether this is the watch that tells of an object.
func (s *kindStore) tells(id manifest.ID) bool {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	o, owned := s.t.owners[id]
	return owned && o.key == s.key
}

// knows says whether an object was seen as of this very version: the watch repeats what a sync was answered.
func (t *Tracker) knows(id manifest.ID, at uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, known := t.states[id]
	return known && s.Fingerprint != 0 && s.version == at
}

// Drifted says whether one of the objects no longer is what applying it made: edited, taken over, or deleted.
func (t *Tracker) Drifted(ids []manifest.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		if s, ok := t.states[id]; ok && s.settled != s.Fingerprint {
			return true
		}
	}
	return false
}
