package hook

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"time"
)

const (
	// rememberFor covers a signed timestamp for as long as it is fresh: five minutes ahead and five behind.
	rememberFor = 2 * staleAfter
	// remembered deliveries: more than pushRate lets through in that time, so none is forgotten early.
	remembered = 8192
	// strangersKnown are addresses that were wrong; beyond that some are forgiven.
	strangersKnown = 1024
)

var (
	pushRate     = rate{perSecond: 10, burst: 100}      // every push is a question to a git server
	strangerRate = rate{perSecond: 10. / 60, burst: 20} // 10 a minute
)

type rate struct{ perSecond, burst float64 }

// bucket is a token bucket; the zero value is full.
type bucket struct {
	used float64
	at   time.Time
}

// take takes one token, or says how long until there is one.
func (b *bucket) take(r rate, now time.Time) (wait time.Duration) {
	if elapsed := now.Sub(b.at).Seconds(); elapsed > 0 { // clocks are set back now and then
		b.used, b.at = max(0, b.used-elapsed*r.perSecond), now
	}
	if missing := b.used + 1 - r.burst; missing > 0 {
		return max(1, time.Duration(missing/r.perSecond*float64(time.Second)))
	}
	b.used++
	return 0
}

// strangers counts what came without a right signature, by address.
type strangers struct {
	most    int
	buckets map[netip.Prefix]bucket
}

func newStrangers(most int) *strangers {
	return &strangers{most: most, buckets: map[netip.Prefix]bucket{}}
}

func (s *strangers) take(from netip.Prefix, now time.Time) (wait time.Duration) {
	b, seen := s.buckets[from]
	wait = b.take(strangerRate, now)
	if !seen && len(s.buckets) >= s.most {
		for other := range s.buckets { // any
			delete(s.buckets, other)
			break
		}
	}
	s.buckets[from] = b
	return wait
}

func (s *strangers) spent(from netip.Prefix, now time.Time) bool {
	b := s.buckets[from]
	return b.take(strangerRate, now) > 0 // of a copy
}

// origin is the sender's address, of IPv6 its network: one machine has a whole /64. The proxy's, behind a proxy: what
// a header says of the sender is the sender's own word.
func origin(r *http.Request) netip.Prefix {
	port, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := port.Addr().Unmap(), 32
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.WithZone("").Prefix(bits)
	return prefix
}

// memory knows the last deliveries: no more than it has slots, none for longer than rememberFor.
type memory struct {
	slots  []remembrance
	next   int
	slotOf map[[sha256.Size]byte]int
}

type remembrance struct {
	key [sha256.Size]byte
	at  time.Time
}

func newMemory(slots int) *memory {
	return &memory{slots: make([]remembrance, slots), slotOf: map[[sha256.Size]byte]int{}}
}

func (m *memory) has(key [sha256.Size]byte, now time.Time) bool {
	slot, ok := m.slotOf[key]
	return ok && now.Sub(m.slots[slot].at) < rememberFor
}

// add takes the oldest slot.
func (m *memory) add(key [sha256.Size]byte, now time.Time) {
	if old := m.slots[m.next]; m.slotOf[old.key] == m.next {
		delete(m.slotOf, old.key)
	}
	m.slots[m.next] = remembrance{key, now}
	m.slotOf[key] = m.next
	m.next = (m.next + 1) % len(m.slots)
}
