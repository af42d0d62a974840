package door

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
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
)

// session is what the cookie holds. The token that somebody came with isn't in it: it isn't needed any more.
type session struct {
	ID      string    `json:"id"`
	Person  Person    `json:"person"`
	Expires time.Time `json:"expires"`
}

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
