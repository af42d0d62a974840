package hook

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestWrongSignaturesAreCounted(t *testing.T) {
	s := senders["GitHub"]
	wrong := func(from string) *http.Request {
		r := s.signed(s.push, noon)
		r.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
		r.RemoteAddr = from
		return r
	}
	e := listen(secret)
	for range int(strangerRate.burst) {
		e.want(t, wrong("192.0.2.1:4711"), 401, 0)
	}
	e.want(t, wrong("192.0.2.1:4712"), 429, 0)
	lines := strings.Count(e.log.String(), "\n")
	e.want(t, wrong("192.0.2.1:4713"), 429, 0)
	if n := strings.Count(e.log.String(), "\n"); n != lines {
		t.Error("a stranger fills the log")
	}
	e.want(t, wrong("192.0.2.2:4711"), 401, 0) // another address
	right := s.signed(s.push, noon)
	right.RemoteAddr = "192.0.2.1:4711"
	e.want(t, right, 200, 1) // the forge behind the same proxy
	large := s.signed(s.push+strings.Repeat(" ", smallBody), noon)
	large.RemoteAddr = "192.0.2.1:4711"
	e.want(t, large, 429, 0) // but nothing large is held for that address
	e.now = e.now.Add(6 * time.Second)
	e.want(t, wrong("192.0.2.1:4714"), 401, 0)
	e.want(t, wrong("192.0.2.1:4715"), 429, 0)
}

func TestOneNetworkIsOneStranger(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:1":                "192.0.2.1/32",
		"[::ffff:192.0.2.1]:1":       "192.0.2.1/32",
		"[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:443":         "fe80::/64",
		"@":                          "invalid Prefix",
		"":                           "invalid Prefix",
	} {
		if got := origin(&http.Request{RemoteAddr: remote}).String(); got != want {
			t.Errorf("%q is %s, want %s", remote, got, want)
		}
	}
}

func TestPushesAreCounted(t *testing.T) {
	e, s := listen(secret), senders["GitHub"]
	push := func(n int) *http.Request { return s.signed(hubPush(fmt.Sprintf("refs/heads/%d", n), fresh1), noon) }
	burst := int(pushRate.burst)
	for n := range burst {
		e.want(t, push(n), 200, 1)
	}
	e.want(t, push(burst), 429, 0)
	e.want(t, push(0), 200, 0) // known ones cost nothing
	ping := s.request("{}")
	ping.Header.Set("X-GitHub-Event", "ping")
	s.sign(ping, secret, []byte("{}"), noon)
	e.want(t, ping, 200, 0)
	e.now = e.now.Add(100 * time.Millisecond)
	e.want(t, push(burst), 200, 1) // what had to wait is not taken for a replay
	e.want(t, push(burst+1), 429, 0)
}

func TestBucket(t *testing.T) {
	r := rate{perSecond: 2, burst: 3}
	for name, fact := range map[string]struct {
		at   []time.Duration // of each take
		want []time.Duration // wait after each
	}{
		"a burst, then the rate":  {[]time.Duration{0, 0, 0, 0, 250 * time.Millisecond, 500 * time.Millisecond}, []time.Duration{0, 0, 0, 500 * time.Millisecond, 250 * time.Millisecond, 0}},
		"never more than a burst": {[]time.Duration{0, time.Hour, time.Hour, time.Hour, time.Hour}, []time.Duration{0, 0, 0, 0, 500 * time.Millisecond}},
		"the clock is set back":   {[]time.Duration{0, -time.Hour, -time.Hour, -time.Hour}, []time.Duration{0, 0, 0, 500 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			var b bucket
			for i, at := range fact.at {
				if got := b.take(r, noon.Add(at)); got != fact.want[i] {
					t.Errorf("take %d waits %s, want %s", i, got, fact.want[i])
				}
			}
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory(remembered)
	key := func(n int) (k [sha256.Size]byte) {
		binary.BigEndian.PutUint64(k[:], uint64(n))
		return k
	}
	const deliveries = 4 * remembered
	for n := range deliveries {
		m.add(key(n), noon)
	}
	if len(m.slotOf) != remembered || len(m.slots) != remembered {
		t.Errorf("remembers %d in %d slots, want %d", len(m.slotOf), len(m.slots), remembered)
	}
	for n, want := range map[int]bool{0: false, deliveries - remembered - 1: false, deliveries - remembered: true, deliveries - 1: true, deliveries: false} {
		if got := m.has(key(n), noon); got != want {
			t.Errorf("delivery %d known: %v, want %v", n, got, want)
		}
	}
	if pushRate.perSecond*rememberFor.Seconds()+pushRate.burst > remembered {
		t.Error("more can be delivered within the window than is remembered")
	}
}

func TestMemoryRenews(t *testing.T) {
	m, a, b := newMemory(2), [sha256.Size]byte{1}, [sha256.Size]byte{2}
	m.add(a, noon)
	if m.has(a, noon.Add(rememberFor)) {
		t.Error("known for longer than the window")
	}
	m.add(a, noon.Add(rememberFor)) // again, while its first slot is still there
	m.add(b, noon.Add(rememberFor)) // takes the first slot, must not forget a
	if !m.has(a, noon.Add(rememberFor)) || !m.has(b, noon.Add(rememberFor)) || len(m.slotOf) != 2 {
		t.Error("forgot what was renewed")
	}
}

func TestStrangersAreBounded(t *testing.T) {
	s := newStrangers(strangersKnown)
	for n := range uint32(4 * strangersKnown) {
		var ip [4]byte
		binary.BigEndian.PutUint32(ip[:], n)
		s.take(netip.PrefixFrom(netip.AddrFrom4(ip), 32), noon)
	}
	if len(s.buckets) != strangersKnown {
		t.Errorf("knows %d addresses, want %d", len(s.buckets), strangersKnown)
	}
}
