package cluster

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"
	"unique"

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

// State is what is known of an owned object.
type State struct {
	Health      Health
	Fingerprint uint64 // see Fingerprint; 0 when the object is missing
	version     uint64 // as of which this is known, also that the object is missing
}

// tracked is what the tracker keeps of an owned object instead of the object: some 100 bytes, and what was sent.
type tracked struct {
	owner       string
	key         unique.Handle[watchKey] // of the watch that tells of it
	health      unique.Handle[Health]   // without Since
	since       int64                   // its Since, in seconds of Unix time; 0 for none
	fingerprint uint64
	version     uint64
	// What was applied (a hash of the desired object) and the fingerprint that made: while both still hold, there is
	// nothing to send and nothing to ask.
	applied, settled uint64
	sent             string // what was applied, as JSON, packed: see Sent and Applied
	cause            string // what a workload says of its last change
	known            bool   // something was seen of it
	alone            bool   // nobody else has set a field of it
	followed         bool   // see Follow
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
	objects map[manifest.ID]*tracked
	owned   map[string][]manifest.ID // the same, by owner
	rules   map[string]*health.Rules // by owner; of those that have some
	watches map[watchKey]*kindWatch
	first   *firstLists // nil unless Scope.KeepFirst
	group   sync.WaitGroup
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
	// failure is why no news comes; "" while it does, or has failed to but once: see heard.
	failure  string
	failures int
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
		objects: map[manifest.ID]*tracked{}, owned: map[string][]manifest.ID{},
		rules: map[string]*health.Rules{}, watches: map[watchKey]*kindWatch{},
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
	before, now := t.owned[owner], make([]manifest.ID, 0, len(objects))
	used := map[watchKey]bool{}
	for id, mapping := range objects {
		key := watchKey{resource: mapping.Resource}
		if t.scope.PerNamespace {
			key.namespace = id.Namespace
		}
		used[key] = true
		now = append(now, t.own(owner, id, key))
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
	for _, id := range before {
		if o := t.objects[id]; o != nil && o.owner == owner { // not if another application has taken it over
			if _, kept := objects[id]; !kept {
				delete(t.objects, id)
			}
		}
	}
	for key, w := range t.watches {
		if w.users[owner] && !used[key] {
			t.leave(key, owner)
		}
	}
}

// own notes whose an object is, by an ID that shares its words with others.
func (t *Tracker) own(owner string, id manifest.ID, key watchKey) manifest.ID {
	word := func(s string) string { return unique.Make(s).Value() }
	id = manifest.ID{Group: word(id.Group), Kind: word(id.Kind), Namespace: word(id.Namespace), Name: strings.Clone(id.Name)}
	o := t.objects[id]
	if o == nil {
		o = &tracked{}
		t.objects[id] = o
	}
	o.owner, o.key = word(owner), unique.Make(key)
	return id
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
	for _, id := range t.owned[owner] {
		if o := t.objects[id]; o != nil && o.owner == owner {
			*o = tracked{owner: o.owner, key: o.key}
		}
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
	o := t.objects[id]
	if o == nil || !o.known {
		return State{}, false
	}
	s = State{Health: o.health.Value(), Fingerprint: o.fingerprint, version: o.version}
	if o.since != 0 {
		s.Health.Since = time.Unix(o.since, 0)
	}
	return s, true
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
	var rules *health.Rules
	if o := t.objects[id]; o != nil {
		rules = t.rules[o.owner]
	}
	t.mu.Unlock()
	verdict := t.client.Judge(rules).Of(live) // without the lock: it may ask the server whether the kind has a status
	since := int64(0)
	if !verdict.Since.IsZero() {
		since = verdict.Since.Unix()
	}
	verdict.Since = time.Time{}
	judged := unique.Make(verdict)
	t.mu.Lock()
	o := t.objects[id]
	if o == nil || o.known && at != 0 && at < o.version { // a watch was quicker
		t.mu.Unlock()
		return fingerprint
	}
	isNews := o.known && (o.health != judged || o.fingerprint != fingerprint || o.followed && at > o.version)
	o.known, o.health, o.since, o.fingerprint, o.version, o.alone = true, judged, since, fingerprint, max(at, o.version), isAlone(live)
	o.cause = said(live)
	owner := o.owner
	t.mu.Unlock()
	if isNews {
		t.changed(owner, id)
	}
	return fingerprint
}

// Settle notes that live is what applying the desired object makes: by its hash, and as the JSON that was sent.
func (t *Tracker) Settle(id manifest.ID, desired uint64, sent []byte, live *unstructured.Unstructured) {
	if len(sent) > mostSent || isSecret(live) {
		sent = nil
	}
	packed, at := t.packed(id, desired, sent), version(live.GetResourceVersion())
	fingerprint := t.fingerprint(id, at)
	if fingerprint == 0 {
		fingerprint = t.observe(id, live, at)
	}
	t.mu.Lock()
	o, owner, isNews := t.objects[id], "", false
	if o != nil && o.known {
		o.applied, o.settled, o.sent = desired, fingerprint, packed
		owner, isNews = o.owner, fingerprint != o.fingerprint // the watch knows a newer one, and may have told it before anything was settled
	}
	t.mu.Unlock()
	if isNews {
		t.changed(owner, id)
	}
}

// packed is what is kept of what was sent; what is kept already isn't packed again.
func (t *Tracker) packed(id manifest.ID, desired uint64, sent []byte) string {
	t.mu.Lock()
	o := t.objects[id]
	if o != nil && o.applied == desired && o.sent != "" && sent != nil {
		defer t.mu.Unlock()
		return o.sent
	}
	t.mu.Unlock()
	return pack(sent)
}

// Sent is what was applied last, as JSON, if that is all that anybody has set on the live object: what another apply
// will change can then be told without reading it. It is nil for Secrets and for what is large. With it comes what a
// workload says of its last change: see Cause.
func (t *Tracker) Sent(id manifest.ID) (body []byte, cause string) {
	t.mu.Lock()
	text := ""
	if o := t.objects[id]; o != nil && o.alone && o.settled == o.fingerprint {
		text, cause = o.sent, o.cause
	}
	t.mu.Unlock()
	return unpack(text), cause
}

// Settled says whether the desired object is live already, without asking the server.
func (t *Tracker) Settled(id manifest.ID, desired uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.objects[id]
	return o != nil && o.known && o.applied == desired && o.settled != 0 && o.settled == o.fingerprint
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
			list, err := resource.List(ctx, o)
			if ctx.Err() == nil {
				t.heard(key, err)
			}
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.LabelSelector = t.scope.Selector
			w, err := resource.Watch(ctx, o)
			if err != nil {
				if ctx.Err() == nil {
					t.heard(key, err)
				}
				return nil, err
			}
			return t.listened(key, w), nil
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
	s.t.heard(s.key, nil)
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
	key := unique.Make(s.key)
	for id, o := range s.t.objects {
		if o.known && o.key == key && !present[id] {
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
	if s.t.fingerprint(id, at) == 0 {
		s.t.observe(id, u, at)
	}
	return true
}

// tells says whether this is the watch that tells of an object.
func (s *kindStore) tells(id manifest.ID) bool {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	o := s.t.objects[id]
	return o != nil && o.key.Value() == s.key
}

// fingerprint of an object that was seen as of this very version, else 0: the watch repeats what a sync was answered, or is quicker.
func (t *Tracker) fingerprint(id manifest.ID, at uint64) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o := t.objects[id]; o != nil && o.known && o.version == at {
		return o.fingerprint
	}
	return 0
}

// Drifted says whether one of the objects no longer is what applying it made: edited, taken over, or deleted.
func (t *Tracker) Drifted(ids []manifest.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		if o := t.objects[id]; o != nil && o.known && o.settled != o.fingerprint {
			return true
		}
	}
	return false
}
