package door

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

const (
	// longest is how long a session lasts if what it began with doesn't end sooner.
	longest = 12 * time.Hour
	// Browsers keep 4096 bytes of a cookie, its name and attributes included; persons in hundreds of groups need more.
	pieceSize  = 3800
	mostPieces = 4
	mostPlain  = 64 << 10 // of a session, uncompressed
)

// session is what the cookie holds. The token that somebody came with isn't in it: it isn't needed any more.
type session struct {
	ID      string    `json:"id"`
	Person  Person    `json:"person"`
	Expires time.Time `json:"expires"`
}

// sealersOf makes what seals and opens cookies. Keys may have any length from 32 bytes on.
func sealersOf(keys [][]byte) (sealers []cipher.AEAD, err error) {
	if len(keys) == 0 {
		keys = [][]byte{[]byte(rand.Text() + rand.Text())}
	}
	for _, key := range keys {
		if len(key) < 32 {
			return nil, hint.With(errors.New("a session key is shorter than 32 bytes"), "make one: openssl rand -hex 32")
		}
		sum := sha256.Sum256(key)
		block, err := aes.NewCipher(sum[:])
		if err != nil {
			return nil, err
		}
		sealer, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		sealers = append(sealers, sealer)
	}
	return sealers, nil
}

// seal makes text of v that only open can read, and only for the same purpose.
func (d *Door) seal(purpose string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	if len(plain) > mostPlain {
		return "", errTooLarge
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(d.sealers[0].Seal(nil, nil, packed.Bytes(), []byte(purpose))), nil
}

var (
	errTooLarge = reply.With(http.StatusForbidden, hint.With(errors.New("there are more groups than a session can hold"), "have the provider send only groups that have rights here"))
	errForged   = errors.New("not sealed by this server, or by a key that it no longer has")
)

func (d *Door) open(purpose, text string, v any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errForged
	}
	for _, sealer := range d.sealers {
		packed, err := sealer.Open(nil, nil, sealed, []byte(purpose))
		if err != nil {
			continue
		}
		plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostPlain))
		if err != nil {
			return errForged
		}
		return json.Unmarshal(plain, v)
	}
	return errForged
}

const (
	sessionPurpose  = "session"
	providerPurpose = "provider" // a sign-in that is under way at a provider
	refusedPurpose  = "refused"  // why one failed
)

// cookieName: __Host- keeps other hosts of the domain from setting it. Without https there is no such thing, and cookies
// are shared by all ports of a host, so that the port is in the name.
func cookieName(r *http.Request, purpose string, https bool) string {
	if https {
		return "__Host-fairlead-" + purpose
	}
	_, port, _ := strings.Cut(r.Host[strings.LastIndexByte(r.Host, ']')+1:], ":")
	return "fairlead-" + purpose + "-" + port
}

// begin signs p in: until the end given, or what is longest.
func (d *Door) begin(w http.ResponseWriter, r *http.Request, p Person, expires time.Time) error {
	if err := p.valid(); err != nil {
		return err
	}
	if last := d.now().Add(longest); expires.IsZero() || expires.After(last) {
		expires = last
	}
	if !expires.After(d.now()) {
		return reply.With(http.StatusUnauthorized, hint.With(errors.New("what you sign in with has expired"), "get a new one"))
	}
	text, err := d.seal(sessionPurpose, session{ID: rand.Text(), Person: p, Expires: expires.Truncate(time.Second)})
	if err != nil {
		return err
	}
	if len(text) > pieceSize*mostPieces {
		return errTooLarge
	}
	d.setPieces(w, r, text, expires)
	return nil
}

// setPieces cuts what one cookie can't hold. What an earlier session left of more pieces goes.
func (d *Door) setPieces(w http.ResponseWriter, r *http.Request, text string, expires time.Time) {
	for i := range mostPieces {
		piece := text[:min(pieceSize, len(text))]
		text = text[len(piece):]
		c := d.cookie(r, sessionPurpose, http.SameSiteStrictMode)
		if c.Name = pieceName(c.Name, i); piece == "" {
			if _, err := r.Cookie(c.Name); err != nil {
				continue
			}
			c.MaxAge = -1
		} else {
			c.Value, c.Expires = piece, expires
		}
		http.SetCookie(w, c)
	}
}

func pieceName(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, i)
}

func (d *Door) cookie(r *http.Request, purpose string, site http.SameSite) *http.Cookie {
	https := d.isHTTPS(r)
	return &http.Cookie{Name: cookieName(r, purpose, https), Path: "/", Secure: https, HttpOnly: true, SameSite: site}
}

// session of a request; an error for one that is forged, of another key, cut, over, or of nobody.
func (d *Door) session(r *http.Request) (s session, err error) {
	name := cookieName(r, sessionPurpose, d.isHTTPS(r))
	var text strings.Builder
	for i := range mostPieces {
		c, err := r.Cookie(pieceName(name, i))
		if err != nil {
			break
		}
		text.WriteString(c.Value)
	}
	if text.Len() == 0 {
		return s, ErrNobody
	}
	if err := d.open(sessionPurpose, text.String(), &s); err != nil {
		return s, err
	}
	switch {
	case !s.Expires.After(d.now()), d.ended.has(s.ID):
		return s, ErrOut
	case d.options.Local != nil && s.Person.key() != d.options.Local.key():
		return s, errForged // the key was kept, the kubeconfig wasn't
	}
	return s, s.Person.valid()
}

// ErrOut is the cause with which a request's context ends when its session does.
var ErrOut = reply.With(http.StatusUnauthorized, hint.With(errors.New("the session has ended"), "sign in again"))

// within is ctx of s: it ends with the session, by time or by signing out, with the cause ErrOut.
func (d *Door) within(ctx context.Context, s session) (context.Context, context.CancelFunc) {
	ctx, out := context.WithCancelCause(With(ctx, s.Person))
	forget := d.ended.onEnd(s.ID, func() { out(ErrOut) })
	ctx, cancel := context.WithDeadlineCause(ctx, s.Expires, ErrOut)
	return ctx, func() { forget(); cancel(); out(nil) }
}
