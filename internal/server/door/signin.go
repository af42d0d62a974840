package door

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// Require lets in who has signed in: next finds them with From, and its context ends with their session (ErrOut).
func (d *Door) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := d.session(r)
		if err != nil {
			if errors.Is(err, errForged) { // not told apart: it helps nobody who is honest
				err = ErrOut
			}
			reply.Fail(w, reply.With(http.StatusUnauthorized, err))
			return
		}
		ctx, done := d.within(r.Context(), s)
		defer done()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Me answers who is signed in, until when.
func (d *Door) Me(w http.ResponseWriter, r *http.Request) {
	s, err := d.session(r)
	if err != nil {
		reply.Fail(w, reply.With(http.StatusUnauthorized, err))
		return
	}
	reply.JSON(w, http.StatusOK, struct {
		Name    string   `json:"name"`
		Groups  []string `json:"groups"`
		Via     string   `json:"via"`
		Expires int64    `json:"expires"`
	}{s.Person.Name, append([]string{}, s.Person.Groups...), s.Person.Via, s.Expires.Unix()})
}

// Ways answers how one can sign in here, and why the browser that asks was refused just now.
func (d *Door) Ways(w http.ResponseWriter, r *http.Request) {
	ways := []string{}
	if d.options.Local == nil {
		ways = append(ways, ByToken)
	}
	if d.oidc != nil {
		ways = append(ways, ByOIDC)
	}
	if len(d.options.Links) > 0 {
		ways = append(ways, ByLink)
	}
	reply.JSON(w, http.StatusOK, struct {
		Ways    []string    `json:"ways"`
		Refused *reply.Told `json:"refused,omitempty"`
	}{ways, d.whyRefused(w, r)})
}

// SignOut ends the session, and what runs in it.
func (d *Door) SignOut(w http.ResponseWriter, r *http.Request) {
	if s, err := d.session(r); err == nil {
		d.ended.end(s, d.now())
		d.audit(r, "sign out", s.Person, nil)
	}
	d.setPieces(w, r, "", time.Time{})
	w.Header().Set("Clear-Site-Data", `"cache"`) // what the page has read is not for whoever sits here next
	w.WriteHeader(http.StatusNoContent)
}

// signInWithin bounds how long the API server or a provider may take.
const signInWithin = 20 * time.Second

// try is the one way in: it bounds failures by address, and writes down who came and who didn't.
func (d *Door) try(w http.ResponseWriter, r *http.Request, via string, who func(context.Context) (Person, time.Time, error)) error {
	from := origin(r)
	if wait := d.limit.wait(from, d.now()); wait > 0 {
		seconds := int(wait/time.Second) + 1
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		return reply.With(http.StatusTooManyRequests, hint.With(errors.New("too many have been refused from your address"), fmt.Sprintf("try again in %d s", seconds)))
	}
	ctx, cancel := context.WithTimeout(r.Context(), signInWithin)
	defer cancel()
	select {
	case d.limit.busy <- struct{}{}:
		defer func() { <-d.limit.busy }()
	case <-ctx.Done():
		return reply.With(http.StatusServiceUnavailable, hint.With(errors.New("too many are signing in at the same time"), "try again in a moment"))
	}
	p, expires, err := who(ctx)
	if err == nil {
		if p.Via == "" {
			p.Via = via
		}
		err = d.begin(w, r, p, expires)
	}
	if err != nil && refusesPerson(err) {
		d.limit.failed(from, d.now())
	}
	d.audit(r, "sign in", Person{Name: p.Name, Via: via}, err)
	return err
}

// refusesPerson tells a refusal from what is nobody's fault, such as a provider that doesn't answer.
func refusesPerson(err error) bool { return reply.Status(err) < http.StatusInternalServerError }

// audit is one line for each sign-in and sign-out. Tokens, links and cookies are never in it.
func (d *Door) audit(r *http.Request, what string, p Person, err error) {
	outcome := "done"
	if err != nil {
		outcome = err.Error()
	}
	d.options.Log.Info("audit", "what", what, "who", p.Name, "via", p.Via, "from", addressOf(r), "outcome", outcome)
}

func addressOf(r *http.Request) string {
	if port, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return port.Addr().String()
	}
	return ""
}

// SignInByToken is POST {token}.
func (d *Door) SignInByToken(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); !tooLong {
			err = reply.With(http.StatusBadRequest, errors.New(`the body isn't {"token": "…"}`)) // never quoting it
		}
		reply.Fail(w, err)
		return
	}
	err := d.try(w, r, ByToken, func(ctx context.Context) (Person, time.Time, error) {
		if d.options.Local != nil {
			return Person{}, time.Time{}, reply.With(http.StatusNotFound, hint.With(errors.New("this page is one person's own"), "open the link that fairlead page printed"))
		}
		return d.review(ctx, strings.TrimSpace(body.Token))
	})
	if err != nil {
		reply.Fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
