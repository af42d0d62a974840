package sink

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/notify"
)

// colorOf a message, in hex.
func colorOf(m notify.Message) string {
	if m.Resolved() {
		return "2e7d32"
	}
	return map[notify.Severity]string{notify.Error: "c62828", notify.Warning: "f9a825", notify.Info: "1565c0"}[m.Severity()]
}

func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(s, " \n\"")
}

func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}

// fit shows less of a message until what is made of it is small enough.
func fit[T any](m notify.Message, render func(notify.Message) T, isSmall func(T) bool) T {
	out := render(m)
	for !isSmall(out) {
		switch n := len(m.Incidents); {
		case n > 1:
			m.Incidents, m.More = m.Incidents[:n/2], m.More+n-n/2
		case n == 1 && len(m.Incidents[0].What) > 100:
			e := m.Incidents[0]
			e.What, e.Objects = clip(e.What, len(e.What)/2), nil
			m.Incidents = []notify.Event{e}
		default:
			return out
		}
		out = render(m)
	}
	return out
}

// secretsOf a web address that lets anybody post: all of its path and query, and each longer part of them.
func secretsOf(address string) []string {
	all := []string{address}
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return all
	}
	all = append(all, u.RequestURI())
	for _, part := range strings.FieldsFunc(u.RequestURI(), func(r rune) bool { return strings.ContainsRune("/?&=", r) }) {
		if len(part) >= 8 {
			all = append(all, part)
		}
	}
	return all
}

// secretsIn a header Authorization: all of it, and the parts that a server may repeat.
func secretsIn(header string) []string {
	all := append(strings.Fields(header), header)
	if _, login, ok := strings.Cut(strings.TrimSpace(header), "Basic "); ok {
		if plain, err := base64.StdEncoding.DecodeString(login); err == nil {
			_, password, _ := strings.Cut(string(plain), ":")
			all = append(all, string(plain), password)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "Bearer" || s == "Basic" })
}

// uuid is the same for the same message: 32 hex digits, the last of which count.
func uuid(id string, number int) string {
	id = fmt.Sprintf("%.28s%04x", id+strings.Repeat("0", 28), number&0xffff)
	return id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-8" + id[17:20] + "-" + id[20:]
}

func more(m notify.Message) string { return fmt.Sprintf("and %d more", m.More) }
