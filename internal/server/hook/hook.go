// Package hook turns the webhook of a forge into a Push, and that of a registry into an image: a request goes in, a call of Pushed
// or Images or a refusal in words comes out. Nothing looks into a body before its signature is checked; no body and no secret is ever repeated in an
// answer or the log. It fetches nothing: whoever is told decides what to look at.
package hook

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// Push is news of a repository.
type Push struct {
	Forge string // "GitHub", "GitLab", … as in the documentation
	// Repositories are all addresses that the forge gives the repository: https, ssh, the page. They are different
	// spellings of one repository, at least one.
	Repositories []string
	Ref          string // "refs/heads/main"; "" if the push moved several or the forge does not say
	Commit       string // where the ref is now; "" if it was deleted, or there is no single one
	Delivery     string // the forge's id of this message, for the log; "" if it has none
}

// Options of the webhook.
type Options struct {
	// Secrets are all that are good now: two while one replaces the other. None: the webhook is off, since a stranger
	// could make Fairlead fetch at will.
	Secrets [][]byte
	// Pushed is told of every push, once, while the forge waits for its answer; of several at the same time.
	Pushed func(Push) (followed int)
	// Images is told in the same way of each tag that was pushed to a registry: "ghcr.io/acme/front", of Docker Hub
	// "docker.io/acme/front" and "docker.io/library/nginx", "1.1.0". nil: nobody follows images.
	Images func(repository, tag string) (followed int)
	Log    *slog.Logger
	Now    func() time.Time // nil: time.Now
}

// Patterns are where the endpoint is to be.
var Patterns = []string{"POST /hooks/push", "POST /hooks/{registry}", "POST /hooks/{registry}/{secret}"}

// New returns the endpoint that forges and registries post to, under Patterns.
func New(o Options) http.Handler {
	h := &handler{
		pushed: o.Pushed, images: o.Images, log: o.Log, now: o.Now,
		large: make(chan struct{}, largeAtOnce), known: newMemory(remembered), strangers: newStrangers(strangersKnown),
	}
	for _, secret := range o.Secrets {
		if len(secret) > 0 { // an empty one would be the same as an empty token
			h.secrets = append(h.secrets, secret)
		}
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.now == nil {
		h.now = time.Now
	}
	return h
}

type handler struct {
	secrets secrets
	pushed  func(Push) int
	images  func(repository, tag string) int
	log     *slog.Logger
	now     func() time.Time
	large   chan struct{} // a place for each large body that is being read

	mu        sync.Mutex
	known     *memory
	pushes    bucket
	strangers *strangers
}

// answer is what a sender with a right signature reads.
type answer struct {
	status   int
	Followed int    `json:"followed"`         // refs that are looked at now
	Reason   string `json:"reason,omitempty"` // why none
}

// refusal is what all others read.
type refusal struct {
	status int
	reason string
	wait   time.Duration // for 429
	quiet  bool          // strangers must not fill the log
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := recognize(r)
	reply, no := h.take(w, r, f)
	if no == nil {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(reply.status)
		_ = json.NewEncoder(w).Encode(reply)
		return
	}
	if !no.quiet {
		h.log.Warn("webhook refused", "forge", f.name, "from", origin(r), "status", no.status, "reason", no.reason)
	}
	if no.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(no.wait.Seconds()))))
	}
	http.Error(w, no.reason, no.status)
}

// take is the way of every request: switched on, from whom, signed, a push, new, not too many, told.
func (h *handler) take(w http.ResponseWriter, r *http.Request, f *forge) (answer, *refusal) {
	if len(h.secrets) == 0 {
		return answer{}, &refusal{status: http.StatusNotFound, quiet: true,
			reason: "the webhook is off: start the controller with --webhook-secret-file"}
	}
	if f == nil && r.PathValue("registry") != "" {
		return answer{}, &refusal{status: http.StatusNotFound, quiet: true,
			reason: "not the address of a registry that is understood here: " + registryNames()}
	}
	if f == nil {
		return answer{}, &refusal{status: http.StatusBadRequest, quiet: true,
			reason: "not the headers of a forge that is understood here: " + understood()}
	}
	if f.test != nil && f.test(r.Header) {
		return answer{status: http.StatusOK, Reason: "test received; it is not signed, so the secret could not be checked"}, nil
	}
	d, no := h.authenticate(w, r, f)
	if no != nil {
		return answer{}, h.charge(origin(r), no)
	}
	e, err := f.read(d)
	switch {
	case err != nil:
		return answer{}, &refusal{status: http.StatusBadRequest, reason: err.Error()}
	case e.ping:
		return answer{status: http.StatusOK, Reason: "ping received, the secret is right"}, nil
	case e.ignored:
		return answer{status: http.StatusAccepted, Reason: "ignored: of " + f.name + " only these are acted on: " + f.events}, nil
	}
	known, wait := h.admit(e)
	switch {
	case known:
		return answer{status: http.StatusOK, Reason: "already known"}, nil
	case wait > 0:
		return answer{}, &refusal{status: http.StatusTooManyRequests, wait: wait,
			reason: "too many pushes; each is found at the application's next interval"}
	}
	if len(e.images) > 0 {
		return h.tellImages(f, e), nil
	}
	e.push.Forge = f.name
	followed := h.pushed(e.push)
	h.log.Info("push", "forge", f.name, "ref", e.push.Ref, "commit", e.push.Commit,
		"delivery", e.push.Delivery, "followed", followed)
	return answer{status: http.StatusOK, Followed: followed}, nil
}

func (h *handler) tellImages(f *forge, e event) answer {
	if h.images == nil {
		return answer{status: http.StatusOK, Reason: "nothing here follows images"}
	}
	all := 0
	for _, i := range e.images {
		followed := h.images(i.repository, i.tag)
		h.log.Info("image", "registry", f.name, "image", i.repository, "tag", i.tag, "delivery", e.delivery, "followed", followed)
		all += followed
	}
	return answer{status: http.StatusOK, Followed: all}
}

// authenticate reads the body and checks who sent it, without a look at what it says.
func (h *handler) authenticate(w http.ResponseWriter, r *http.Request, f *forge) (*delivery, *refusal) {
	d := &delivery{header: r.Header, proof: first(r.Header, f.proof...)}
	if len(f.proof) == 0 {
		d.proof = r.PathValue("secret")
	}
	if d.proof == "" {
		return nil, &refusal{status: http.StatusUnauthorized, reason: f.name + ": not signed: " + f.sign}
	}
	limit := f.limit
	if h.spent(origin(r)) {
		limit = smallBody
	}
	body, no := h.receive(w, r, limit)
	if no != nil {
		return nil, no
	}
	d.body = body
	err := f.verify(d, h.secrets, h.now())
	switch {
	case errors.Is(err, errWrong):
		return nil, &refusal{status: http.StatusUnauthorized, reason: f.name + ": " + err.Error() + ": " + f.sign}
	case err != nil:
		return nil, &refusal{status: http.StatusUnauthorized, reason: f.name + ": " + err.Error()}
	}
	return d, nil
}

// charge lets an address be wrong a few times a minute; beyond that it is told no more, and neither is the log. A
// right signature passes all the same: behind a proxy the forge and a stranger have one address.
func (h *handler) charge(from netip.Prefix, no *refusal) *refusal {
	if no.status == http.StatusTooManyRequests {
		return no
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if wait := h.strangers.take(from, h.now()); wait > 0 {
		return &refusal{status: http.StatusTooManyRequests, wait: wait, quiet: true,
			reason: "too many requests without a right signature from this address"}
	}
	return no
}

func (h *handler) spent(from netip.Prefix) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.strangers.spent(from, h.now())
}

// admit is one step for all three questions, so that of two copies that come at once one is delivered, and a push
// that has to wait is not yet known.
func (h *handler) admit(e event) (known bool, wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	once, identified := e.fingerprint()
	if identified && h.known.has(once, now) {
		return true, 0
	}
	if wait := h.pushes.take(pushRate, now); wait > 0 {
		return false, wait
	}
	if identified {
		h.known.add(once, now)
	}
	return false, 0
}
