package cluster

import (
	"cmp"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/fairlead-dev/fairlead/manifest"
)

// IsDrifted says whether an object is no longer what applying it made. What was never applied, or not yet, has not drifted.
func (t *Tracker) IsDrifted(id manifest.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.objects[id]
	return o != nil && o.applied != 0 && o.settled != o.fingerprint
}

// IsGone says whether an object was applied and is not there any more.
func (t *Tracker) IsGone(id manifest.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.objects[id]
	return o != nil && o.applied != 0 && o.fingerprint == 0
}

// Follow has every change of an object told, also of what Fairlead doesn't hold: what is left to others may come back in
// step.
func (t *Tracker) Follow(id manifest.ID, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o := t.objects[id]; o != nil {
		o.followed = on
	}
}

// Doubt forgets that an object is known to be live as desired.
func (t *Tracker) Doubt(id manifest.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if o := t.objects[id]; o != nil {
		o.settled = 0
	}
}

// Applied is what was applied last, as JSON; nil when that isn't kept: see Sent.
func (t *Tracker) Applied(id manifest.ID) []byte {
	t.mu.Lock()
	text := ""
	if o := t.objects[id]; o != nil {
		text = o.sent
	}
	t.mu.Unlock()
	return unpack(text)
}

// Unwatched lists the kinds of an owner of which no news comes, with the reason; each as the watch that failed has it.
func (t *Tracker) Unwatched(owner string) []Unread {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Unread
	for key, w := range t.watches {
		if w.users[owner] && w.failure != "" {
			all = append(all, Unread{Kind: key.String(), Reason: w.failure})
		}
	}
	slices.SortFunc(all, func(a, b Unread) int { return cmp.Compare(a.Kind, b.Kind) })
	return all
}

func (k watchKey) String() string {
	text := k.resource.GroupResource().String()
	if k.namespace != "" {
		text += " in " + k.namespace
	}
	return text
}

// heard notes how a watch fares: nil that it gets news again. Who has objects of the kind is told when that changes.
func (t *Tracker) heard(key watchKey, err error) {
	reason := ""
	switch {
	case err == nil:
	case apierrors.IsForbidden(err):
		reason = "not allowed to list and watch them"
	case apierrors.IsNotFound(err):
		reason = "the server doesn't serve them any more"
	default:
		reason = err.Error()
	}
	t.mu.Lock()
	w := t.watches[key]
	if w == nil || w.failure == reason {
		t.mu.Unlock()
		return
	}
	w.failure = reason
	var users []string
	for owner := range w.users {
		users = append(users, owner)
	}
	t.mu.Unlock()
	for _, owner := range users {
		t.changed(owner, manifest.ID{})
	}
}

// listened passes a watch on and notes the errors that it brings.
func (t *Tracker) listened(key watchKey, w watch.Interface) watch.Interface {
	return watch.Filter(w, func(e watch.Event) (watch.Event, bool) {
		if err := apierrors.FromObject(e.Object); e.Type == watch.Error && !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
			t.heard(key, err)
		}
		return e, true
	})
}

// isLost says whether what a watch has told last of an object is older than what a list shows, and other: news was lost.
func (t *Tracker) isLost(id manifest.ID, live *unstructured.Unstructured) bool {
	s, known := t.State(id)
	return known && version(live.GetResourceVersion()) > s.version && Fingerprint(live) != s.Fingerprint
}
