package cluster

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/manifest"
)

// auditPage is how many objects the audit reads at once: some hundred KiB.
const auditPage = 100

// Audit reads all owned objects anew, a page at a time and spread over an interval, until ctx ends: should a watch have lost
// an event, what it was about is found all the same. lost is told of each, before its owner is.
func (t *Tracker) Audit(ctx context.Context, interval time.Duration, lost func(manifest.ID)) {
	for ctx.Err() == nil {
		rest := func(done, all int) {
			pause(ctx, interval/time.Duration(max(all, done, 1)))
		}
		if !t.audit(ctx, rest, lost) {
			pause(ctx, interval)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// audit is one round; rest is called after each page, with how many were read and how many there will be, about. It says
// whether there was anything to read.
func (t *Tracker) audit(ctx context.Context, rest func(done, all int), lost func(manifest.ID)) bool {
	t.mu.Lock()
	keys, counts, pages := make([]watchKey, 0, len(t.watches)), map[watchKey]int{}, 0
	for key := range t.watches {
		keys = append(keys, key)
	}
	for _, o := range t.objects {
		counts[o.key.Value()]++
	}
	t.mu.Unlock()
	for _, n := range counts {
		pages += (n + auditPage - 1) / auditPage
	}
	done := 0
	for _, key := range keys {
		a := &auditing{kindStore: kindStore{t, key}, lost: lost, seen: map[manifest.ID]bool{}, known: t.knownOf(key)}
		for more := true; more && ctx.Err() == nil; rest(done, pages) {
			more = a.page(ctx)
			done++
		}
	}
	return done > 0
}

// auditing is the audit of one kind.
type auditing struct {
	kindStore
	lost  func(manifest.ID)
	known map[manifest.ID]uint64 // as of which version, when it began
	seen  map[manifest.ID]bool
	next  string
	at    string
}

func (t *Tracker) knownOf(key watchKey) map[manifest.ID]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := map[manifest.ID]uint64{}
	for id, o := range t.objects {
		if o.key.Value() == key && o.fingerprint != 0 {
			known[id] = o.version
		}
	}
	return known
}

// page reads the next objects and says whether there are more. What can't be read is left to the watch, which says so.
func (a *auditing) page(ctx context.Context) (more bool) {
	list, err := a.t.client.Dynamic.Resource(a.key.resource).Namespace(a.key.namespace).List(ctx, metav1.ListOptions{
		Limit: auditPage, Continue: a.next, LabelSelector: a.t.scope.Selector,
	})
	if err != nil {
		return false
	}
	for i := range list.Items {
		u := &list.Items[i]
		id := IDOf(u)
		a.seen[id] = true
		if a.tells(id) && a.t.isLost(id, u) {
			a.lost(id)
			a.see(u)
		}
	}
	a.at = list.GetResourceVersion() // of the first page: they show one moment
	if a.next = list.GetContinue(); a.next != "" {
		return true
	}
	for id, at := range a.known {
		if s, _ := a.t.State(id); !a.seen[id] && s.version == at { // nothing was heard of it since, and it isn't there
			a.lost(id)
			a.t.observe(id, nil, version(a.at))
		}
	}
	return false
}
