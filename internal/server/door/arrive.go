package door

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// toPage ends a sign-in that a browser came to by itself, by a link or from a provider: at the path asked for, or at the
// page, which asks why it failed (whyRefused). The reason isn't in the address: whoever writes a link could have it say anything.
func (d *Door) toPage(w http.ResponseWriter, r *http.Request, target string, err error) {
	if err != nil {
		target = "/"
		d.keep(w, r, refusedPurpose, reply.Told{Message: err.Error(), Next: hint.Of(err)}, http.SameSiteStrictMode)
	}
	http.Redirect(w, r, sameSite(target), http.StatusSeeOther)
}

func (d *Door) whyRefused(w http.ResponseWriter, r *http.Request) *reply.Told {
	var why reply.Told
	if d.take(w, r, refusedPurpose, &why) != nil {
		return nil
	}
	return &why
}

// arrivesWithin bounds how long somebody may take at a provider.
const arrivesWithin = 15 * time.Minute

type kept[T any] struct {
	Value T         `json:"value"`
	Until time.Time `json:"until"`
}

// keep has the browser remember v until take.
func (d *Door) keep(w http.ResponseWriter, r *http.Request, purpose string, v any, site http.SameSite) {
	text, err := d.seal(purpose, kept[any]{v, d.now().Add(arrivesWithin)})
	if err != nil {
		return // take finds nothing, then
	}
	c := d.cookie(r, purpose, site)
	c.Value, c.MaxAge = text, int(arrivesWithin/time.Second)
	http.SetCookie(w, c)
}

// take what keep had the browser remember; it is gone then.
func (d *Door) take(w http.ResponseWriter, r *http.Request, purpose string, v any) error {
	c := d.cookie(r, purpose, http.SameSiteStrictMode)
	sent, err := r.Cookie(c.Name)
	if err != nil {
		return err
	}
	c.MaxAge = -1
	http.SetCookie(w, c)
	held := kept[any]{Value: v} // JSON fills what v points to
	if err := d.open(purpose, sent.Value, &held); err != nil {
		return err
	}
	if !held.Until.After(d.now()) {
		return ErrOut
	}
	return nil
}

// sameSite is where to go after signing in: a path of this page, whatever was asked for.
func sameSite(target string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsRune(target, '\\') || !printable(target) || len(target) > 2000 {
		return "/"
	}
	return target
}

// same compares secrets in the same time, however much of them is alike.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
