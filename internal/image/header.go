package image

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// retryAfter is how long a server wants to be left alone, 0 if it doesn't say: in seconds or until a date (RFC 9110,
// 10.2.3), which is compared with the server's own clock if it tells what that shows.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return max(until.Sub(now), 0)
}

// parseQuota reads how many pulls there are in a window of time, as Docker Hub writes it: "100;w=21600", in seconds.
func parseQuota(text string) (n int64, window time.Duration, ok bool) {
	number, parameter, _ := strings.Cut(text, ";")
	count, err := strconv.ParseUint(strings.TrimSpace(number), 10, 31)
	if err != nil {
		return 0, 0, false
	}
	width, isWindow := strings.CutPrefix(strings.TrimSpace(parameter), "w=")
	seconds, err := strconv.ParseUint(width, 10, 31)
	return int64(count), time.Duration(seconds) * time.Second, isWindow && err == nil
}

// nextLink finds where the next page is in the values of a Link header (RFC 8288), "" if there is none.
func nextLink(values []string) string {
	for _, rest := range values {
		for {
			_, after, ok := strings.Cut(rest, "<")
			target, parameters, closed := strings.Cut(after, ">")
			if !ok || !closed {
				break
			}
			if parameters, rest = cutUnquoted(parameters, ','); isNext(parameters) {
				return target
			}
		}
	}
	return ""
}

// cutUnquoted splits a text at the first separator that isn't in quotes.
func cutUnquoted(text string, separator byte) (before, after string) {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == separator && !quoted:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// isNext looks for rel=next. Some registries leave it out, as they have no other links.
func isNext(parameters string) bool {
	for rest := parameters; rest != ""; {
		parameters, rest = cutUnquoted(rest, ';')
		name, value, _ := strings.Cut(parameters, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			return strings.EqualFold(strings.Trim(value, ` "`), "next")
		}
	}
	return true
}

// resolve makes a link of a page at an address one that may be followed: to the same server, or back to the registry. ok is
// false of any other. Proxies in front of registries make some of them write http where they are asked by https.
func resolve(link string, from *url.URL, home string) (address string, ok bool) {
	to, err := from.Parse(link)
	if err != nil || to.Host != from.Host && to.Host != home || to.Scheme != "https" && to.Scheme != "http" {
		return "", false
	}
	if to.User, to.Fragment = nil, ""; to.Host == from.Host {
		to.Scheme = from.Scheme
	}
	return to.String(), true
}
