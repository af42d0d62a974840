// Package sink speaks to the places where messages go. In goes a notify.Message, out goes a request; what a sink answers becomes an
// error that says what to do about it and holds no token, key or address that lets anybody post.
package sink

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// Reach is the way to all sinks. Addresses come from whoever may write a Notifier, so they lead nowhere but to the public
// internet, unless Private says that those people may reach what Fairlead can.
type Reach struct {
	// Private allows loopback, private and link-local addresses, and http.
	Private bool

	shared http.RoundTripper
}

const (
	callTime   = 15 * time.Second
	mostAnswer = 4 << 20
)

// NewReach makes a way; connections are shared by all that use it.
func NewReach(private bool) *Reach {
	r := &Reach{Private: private}
	r.shared = r.transport(nil)
	return r
}

// transport with the authorities in PEM in place of the machine's, unless that is nil.
func (r *Reach) transport(authorities *x509.CertPool) http.RoundTripper {
	direct := &http.Transport{
		DialContext: r.Dial, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2,
		IdleConnTimeout: time.Minute, TLSClientConfig: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12},
		DisableKeepAlives: authorities != nil, // such a transport is for one message
	}
	proxied := direct.Clone()
	// A proxy may be anywhere: who runs Fairlead has set it. It resolves the names, so only what is written out can be refused.
	proxied.DialContext, proxied.Proxy = nil, http.ProxyFromEnvironment
	return roundTripper(func(q *http.Request) (*http.Response, error) {
		proxy, err := http.ProxyFromEnvironment(q)
		if err != nil || proxy == nil {
			return direct.RoundTrip(q)
		}
		if ip, err := netip.ParseAddr(q.URL.Hostname()); err == nil && !r.Private && !isPublic(ip) {
			return nil, errPrivate
		}
		return proxied.RoundTrip(q)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

var errPrivate = errors.New("its address is not on the public internet")

// Dial connects, if the address may be connected to. It is judged after names are resolved: what a name stands for changes.
func (r *Reach) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !r.Private {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !isPublic(to.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// special are ranges that netip doesn't tell from public ones.
// Source: https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
var special = func() (all []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "fec0::/10", // the IPv6 ones may hold any IPv4 address
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}()

func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate()
}

// client for one sink.
type client struct {
	reach   *Reach
	through http.RoundTripper
	name    string   // of the sink, in errors
	secrets []string // never to be seen
}

// client takes what must not be seen in errors, and optionally authorities in PEM.
func (r *Reach) client(name string, authorities []byte, secrets ...string) (*client, error) {
	c := &client{reach: r, through: r.shared, name: name, secrets: secrets}
	if len(authorities) > 0 {
		trusted, err := pool(authorities)
		if err != nil {
			return nil, err
		}
		c.through = r.transport(trusted)
	}
	return c, nil
}

// pool reads authorities in PEM; nil stands for the machine's.
func pool(authorities []byte) (*x509.CertPool, error) {
	if len(authorities) == 0 {
		return nil, nil
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(authorities) {
		return nil, hint.With(fmt.Errorf("%w: ca.crt holds no certificate in PEM", notify.ErrRefused), "put the authority's certificate into the Secret")
	}
	return p, nil
}

// request is a call to a sink.
type request struct {
	method string // POST when empty
	url    string
	header map[string]string
	body   any // []byte is sent as it is, nil is nothing, anything else as JSON
}

// answer is what a sink said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call sends a request. Anything but a 2xx is an error, with the answer beside it.
func (c *client) call(ctx context.Context, q request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	at, err := c.address(q.url)
	if err != nil {
		return answer{}, err
	}
	body, isRaw := q.body.([]byte)
	if q.body != nil && !isRaw {
		if body, err = json.Marshal(q.body); err != nil {
			return answer{}, fmt.Errorf("%w: write the message: %w", notify.ErrRefused, err)
		}
	}
	asked := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { asked = true }})
	method := q.method
	if method == "" {
		method = http.MethodPost
	}
	out, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("%w: the address of %s can't be used", notify.ErrRefused, c.name)
	}
	out.Header.Set("User-Agent", "fairlead")
	if q.body != nil {
		out.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	for name, value := range q.header {
		if value = strings.TrimSpace(value); strings.ContainsAny(value, "\r\n") {
			return answer{}, hint.With(fmt.Errorf("%w: the Secret's value for the header %s is more than one line", notify.ErrRefused, name), "put one line into the Secret")
		}
		out.Header.Set(name, value)
	}
	// Redirects are not followed: they would turn a write into a read, and take a token to wherever they point.
	in, err := c.through.RoundTrip(out)
	if err != nil {
		return answer{}, c.unreached(err, at.Host, asked)
	}
	defer in.Body.Close()
	a := answer{status: in.StatusCode, header: in.Header}
	if a.body, err = io.ReadAll(io.LimitReader(in.Body, mostAnswer)); err != nil && in.StatusCode < 300 {
		return a, fmt.Errorf("%w of %s: %w", notify.ErrUnanswered, c.name, err)
	}
	return a, c.refusal(a, in)
}

func (c *client) address(text string) (*url.URL, error) {
	at, err := url.Parse(strings.TrimSpace(text))
	if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" { // the error would quote it
		return nil, hint.With(fmt.Errorf("%w: the address of %s is not an https:// address", notify.ErrRefused, c.name), "see what the Secret or the Notifier has for it")
	}
	if at.Scheme == "http" && !c.reach.Private {
		return nil, hint.With(fmt.Errorf("%w: the address of %s is an http:// address", notify.ErrRefused, c.name),
			"use https, or allow what is private: fairlead controller --notify-private")
	}
	return at, nil
}

func (c *client) unreached(err error, host string, asked bool) error {
	switch {
	case errors.Is(err, errPrivate):
		return hint.With(fmt.Errorf("%w: reach %s: %w", notify.ErrRefused, host, errPrivate), "if that is meant, allow it: fairlead controller --notify-private")
	case asked:
		return hint.With(fmt.Errorf("%w of %s within %s", notify.ErrUnanswered, host, callTime), "see whether it is in trouble")
	}
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		text = "it takes too long"
	}
	return hint.With(fmt.Errorf("reach %s: %s", host, c.scrub(text)), "check the address, and that Fairlead may reach it")
}

// refusal words an answer that isn't a yes.
func (c *client) refusal(a answer, in *http.Response) error {
	said := c.said(a.body)
	switch {
	case a.status < 300:
		return nil
	case a.status < 400:
		to := ""
		if u, err := in.Location(); err == nil {
			to = " to " + u.Host
		}
		return hint.With(fmt.Errorf("%w: %s redirects%s", notify.ErrRefused, c.name, to), "use the address it has now: redirects are not followed")
	case a.status == http.StatusTooManyRequests, a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "":
		return &notify.LaterError{After: retryAfter(a), Err: fmt.Errorf("%s lets nobody call so often", c.name)}
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return hint.With(fmt.Errorf("%w: %s refuses the login%s", notify.ErrRefused, c.name, said), "see that what the Secret has is still good")
	case a.status == http.StatusNotFound, a.status == http.StatusGone:
		return hint.With(fmt.Errorf("%w: %s has nothing at this address%s", notify.ErrRefused, c.name, said), "see that the address is complete, and was not withdrawn")
	case a.status >= 500:
		return hint.With(fmt.Errorf("%s answers %d %s%s", c.name, a.status, http.StatusText(a.status), said), "see whether it is in trouble; it is tried again")
	}
	return fmt.Errorf("%w: %s answers %d %s%s", notify.ErrRefused, c.name, a.status, http.StatusText(a.status), said)
}

// said is what a sink says of an error, bounded, on one line and without what must not be seen.
func (c *client) said(body []byte) string {
	text := strings.Join(strings.Fields(string(body)), " ")
	if text == "" || strings.HasPrefix(text, "<") { // a page
		return ""
	}
	const most = 200
	if text = c.scrub(text); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return ": " + text
}

func (c *client) scrub(text string) string {
	for _, s := range c.secrets {
		if s = strings.TrimSpace(s); len(s) > 3 {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return strings.ToValidUTF8(text, "�")
}

// retryAfter is what a sink asks for: seconds, a date, or as Discord tells it in the body.
func retryAfter(a answer) time.Duration {
	text := a.header.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Duration(min(max(seconds, 0), 3600) * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return time.Until(at)
	}
	var body struct {
		RetryAfter float64 `json:"retry_after"`
	}
	if json.Unmarshal(a.body, &body) == nil && body.RetryAfter > 0 {
		return time.Duration(min(body.RetryAfter, 3600) * float64(time.Second))
	}
	return 30 * time.Second
}
