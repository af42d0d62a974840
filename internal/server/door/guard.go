package door

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
)

// mostBody is the most that a request may bring.
const mostBody = 64 << 10

// policy lets the page load what came with it and nothing else. Sources: https://www.w3.org/TR/CSP3/
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Guard is before everything of the page, signed in or not: it refuses names that aren't ours (so that a name which
// was turned to our address can't speak for us), other sites' requests and large bodies, and sets the headers.
func (d *Door) Guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.setHeaders(w.Header())
		if err := d.refused(origins, r); err != nil {
			reply.Fail(w, err)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		next.ServeHTTP(w, r)
	})
}

func (d *Door) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer") // a one-time link is nobody else's business
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	if len(d.options.Addresses) > 0 && all(d.options.Addresses, func(a string) bool { return strings.HasPrefix(a, "https:") }) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (d *Door) refused(origins *http.CrossOriginProtection, r *http.Request) error {
	if !d.knows(r.Host) {
		return reply.With(http.StatusMisdirectedRequest, hint.With(fmt.Errorf("this page isn't at %q", clip(r.Host)), "open it at its own address, or name this one: --page-address"))
	}
	if r.ContentLength > mostBody {
		return reply.With(http.StatusRequestEntityTooLarge, errors.New("the request is larger than 64 KiB"))
	}
	another := reply.With(http.StatusForbidden, hint.With(errors.New("the request comes from another site"), "open the page itself"))
	if origins.Check(r) != nil {
		return another
	}
	// Cookies don't tell ports of a host apart, so that SameSite alone would let http://localhost:9999 read from here.
	site := r.Header.Get("Sec-Fetch-Site")
	if isAPI := strings.HasPrefix(r.URL.Path, "/api/"); isAPI && !comesBack(r) && site != "" && site != "same-origin" && site != "none" {
		return another
	}
	return nil
}

// comesBack is what a provider's page sends people to.
func comesBack(r *http.Request) bool { return r.URL.Path == CallbackPath }

// hostsOf are the names at which the page is at home, in lower case and with the port if there is one.
func hostsOf(addresses []string) (map[string]bool, error) {
	hosts := map[string]bool{}
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			return nil, hint.With(fmt.Errorf("%q is no address of a page", a), "write it as https://fairlead.example.com; a path below a host won't do")
		}
		hosts[strings.ToLower(u.Host)] = u.Scheme == "https"
	}
	return hosts, nil
}

// knows says whether a Host header names this page: at an address that was given, or on this machine, such as at the end
// of kubectl port-forward.
func (d *Door) knows(host string) bool {
	if _, given := d.hosts[strings.ToLower(host)]; given {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// Elsewhere hides from browsers what isn't for them: at the addresses that people open it isn't there.
func (d *Door) Elsewhere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, isPage := d.hosts[strings.ToLower(r.Host)]; isPage {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isHTTPS says whether the browser speaks https, be it with a proxy before us.
func (d *Door) isHTTPS(r *http.Request) bool {
	return r.TLS != nil || d.hosts[strings.ToLower(r.Host)]
}

// clip keeps what a stranger sent from filling a message.
func clip(s string) string { return s[:min(len(s), 100)] }
