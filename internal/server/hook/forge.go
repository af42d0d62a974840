package hook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// forge is how one kind of sender, a registry too, announces, signs and words a push.
type forge struct {
	name   string
	marks  []string // headers it is known by
	at     string   // of a registry: its address below /hooks/, instead of marks
	proof  []string // headers with its signature; the first that is there is the one that counts; none: the address ends with it
	sign   string   // what to do if there is none, or a wrong one
	events string   // what is acted on
	limit  int64    // bytes of a body

	is     func(http.Header) bool // beside marks; may be nil
	test   func(http.Header) bool // a test that it sends unsigned: answered, never acted on; may be nil
	verify func(*delivery, secrets, time.Time) error
	read   func(*delivery) (event, error)
}

// forges in the order of recognition: Gitea's relatives send GitHub's headers beside their own, and a login alone says
// the least.
var forges = []*forge{generic(), gitea(), gitHub(), gitLab(), bitbucket(), azureDevOps()}

func recognize(r *http.Request) *forge {
	h := r.Header
	if at := r.PathValue("registry"); at != "" {
		for _, f := range registries {
			if f.at == at {
				return f
			}
		}
		return nil
	}
	for _, f := range forges {
		if slices.ContainsFunc(f.marks, func(name string) bool { return len(h.Values(name)) > 0 }) || f.is != nil && f.is(h) {
			return f
		}
	}
	return nil
}

func understood() string {
	var names []string
	for _, f := range forges {
		names = append(names, f.name+" ("+f.marks[0]+")")
	}
	return strings.Join(names, ", ") + "; registries have addresses of their own: " + registryNames()
}

// delivery is a request as it came.
type delivery struct {
	header http.Header
	body   []byte
	proof  string // value of the first of forge.proof that is there
}

// event is what a signed delivery says.
type event struct {
	push     Push
	images   []image // instead of a push
	delivery string  // of images, as that of a Push
	ping     bool
	ignored  bool
	// once tells this delivery from every other, out of what the signature covers. (A header with an id mostly is not:
	// whoever repeats a captured request can change it.) Empty: nothing does.
	once [][]byte
}

func (e event) fingerprint() (sum [sha256.Size]byte, identified bool) {
	if len(e.once) == 0 {
		return sum, false
	}
	hash := sha256.New()
	for _, part := range e.once {
		hash.Write(part)
		hash.Write([]byte{0}) // neither headers nor JSON have one
	}
	return [sha256.Size]byte(hash.Sum(nil)), true
}

var (
	errNotJSON   = errors.New("signature is right, but the body is not the JSON of a push")
	errNoAddress = errors.New("signature is right, but the body names no address of a repository")
)

// decode says nothing of what it found: an error of encoding/json quotes the body.
func decode(body []byte, into any) error {
	if json.Unmarshal(body, into) != nil {
		return errNotJSON
	}
	return nil
}

// pushEvent is the last step of every reader.
func pushEvent(repositories []string, moved []change, id string, once ...[]byte) (event, error) {
	var addresses []string
	for _, r := range repositories {
		if r != "" && !slices.Contains(addresses, r) {
			addresses = append(addresses, r)
		}
	}
	if len(addresses) == 0 {
		return event{}, errNoAddress
	}
	p := Push{Repositories: addresses, Delivery: printable(id, 128)}
	if len(moved) == 1 {
		p.Ref, p.Commit = printable(moved[0].ref, 1024), commit(moved[0].commit)
	}
	return event{push: p, once: once}, nil
}

// change is one ref that was moved, and where to; "" or zeros: deleted.
type change struct{ ref, commit string }

func commit(id string) string {
	if _, err := hex.DecodeString(id); err != nil || len(id) != 40 && len(id) != 64 || strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

// printable keeps what goes into the log short and on its line.
func printable(s string, most int) string {
	if len(s) > most || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	return s
}

// first returns the first of the headers that is there and not empty.
func first(h http.Header, names ...string) string {
	for _, name := range names {
		if v := h.Get(name); v != "" {
			return v
		}
	}
	return ""
}
