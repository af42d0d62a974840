package reference

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Host is a host that a text names, or may name.
type Host struct {
	Name   string // in lower case, without a last dot
	Port   int    // 0 if none is written
	Scheme string // of the URL that it stands in, in lower case; "" if it stands in none
	Path   string // of the URL, without what is asked there: "/orders"
	By     Sign
}

// Sign is what says that a word is a host.
type Sign int

// The signs, weakest first.
const (
	NoSign   Sign = iota // it looks like one, as many words do
	WithPort             // a port stands behind it: "cart:7070"
	Named                // the setting is called so: CART_ADDR, "host="
	InURL                // it stands where a URL has its host
)

// longest text that is looked at: what is longer is data, not a setting.
const longest = 1 << 16

// Hosts iterates over the hosts in the value of a setting: of URLs if there are any in it, else over all words that look like
// one. No secret is among them: of a URL, what stands before the @ is passed over.
func Hosts(name, text string) iter.Seq[Host] {
	return func(yield func(Host) bool) {
		switch {
		case len(text) > longest || strings.Contains(text, "{{"):
		case strings.Contains(text, "://"):
			inURLs(text, yield)
		default:
			inWords(name, text, yield)
		}
	}
}

// inURLs yields all members of the URLs' authorities: "mongodb://a:27017,b:27017/orders" has two.
func inURLs(text string, yield func(Host) bool) {
	for rest := text; ; {
		before, after, isURL := strings.Cut(rest, "://")
		if !isURL {
			return
		}
		scheme := strings.ToLower(before[strings.LastIndexFunc(before, func(r rune) bool { return !isWord(r) })+1:])
		if isResolver(scheme) {
			after = strings.TrimPrefix(after, "/") // dns:///cart:7070
		}
		end := until(after, "/?#\"' \t\n\\;>")
		authority := after[:end]
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			authority = authority[at+1:]
		}
		authority = authority[:until(authority, "`\r<)]}|&")] // only now: passwords may hold them
		path := ""
		switch rest = after[end:]; {
		case strings.HasPrefix(rest, "//"): // "http://a,http://b": the scheme was taken for a member
			rest = after[strings.LastIndexByte(after[:end], ',')+1:]
		case strings.HasPrefix(rest, "/") && !strings.Contains(rest[:until(rest, "\"'` \t\r\n")], "@"): // else it may be a part of a password
			path = rest[:until(rest, "?#\"'` \t\r\n\\;,<>)]}|&$")]
		}
		for member := range strings.SplitSeq(authority, ",") {
			if h, ok := hostOf(member); ok {
				h.Scheme, h.Path, h.By = scheme, path, InURL
				if !yield(h) {
					return
				}
			}
		}
	}
}

func until(text, ends string) int {
	if end := strings.IndexAny(text, ends); end >= 0 {
		return end
	}
	return len(text)
}

// inWords yields the words that look like hosts.
func inWords(name, text string, yield func(Host) bool) {
	isNamed := HoldsHost(name)
	for field := range strings.FieldsFuncSeq(text, func(r rune) bool { return r < 128 && strings.IndexByte(" \t\r\n\"'`;", byte(r)) >= 0 }) {
		if at := strings.LastIndexByte(field, '@'); at >= 0 {
			field = behindUser(field[at+1:])
		}
		if strings.Contains(field, "$") {
			continue // what a variable holds is that one's to say
		}
		for word := range strings.FieldsFuncSeq(field, func(r rune) bool { return r < 128 && strings.IndexByte(",()[]{}<>|&", byte(r)) >= 0 }) {
			isHost := isNamed
			if key, value, ok := strings.Cut(word, "="); ok && isHostKey(key) { // "host=db port=5432", "Server=tcp:db,1433"
				word, isHost = value, true
			}
			h, ok := hostOf(word)
			switch {
			case !ok:
				continue
			case isHost:
				h.By = Named
			case h.Port > 0:
				h.By = WithPort
			}
			if !yield(h) {
				return
			}
		}
	}
}

// behindUser is the host of what follows an @: of a connection string, since an address for mail is no host.
func behindUser(text string) string {
	if inner, ok := strings.CutPrefix(text, "tcp("); ok { // Go's MySQL: "user:password@tcp(db:3306)/orders"
		inner, _, _ = strings.Cut(inner, ")")
		return inner
	}
	text, isURL := strings.CutPrefix(text, "//") // jdbc:oracle:thin:@//db:1521/orders
	text, _, _ = strings.Cut(text, "/")
	if isURL || strings.Contains(text, ":") {
		return text
	}
	return ""
}

// isHostKey says whether a key of a connection string is that of its host; "Data Source" is one, too.
func isHostKey(key string) bool {
	return slices.Contains([]string{"host", "Host", "server", "Server", "Source"}, key)
}

// hostOf reads "Db.Shop.:5432", and what of it is certain where the port is a variable. What is no name is no host.
func hostOf(text string) (h Host, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, prefix := range []string{"tcp:", "ssl:", "tls:"} {
		text = strings.TrimPrefix(text, prefix)
	}
	name, port, hasPort := strings.Cut(text, ":")
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		h.Port = int(n)
	} else if hasPort && port == "" {
		return h, false // "http:" of a list of URLs
	}
	h.Name = strings.TrimSuffix(name, ".")
	return h, isHostName(h.Name)
}

// isHostName says whether a text has the looks of a host's name or of an IPv4 address.
func isHostName(name string) bool {
	for i := range len(name) {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case i == 0, i == len(name)-1, c != '-' && c != '.', c == '.' && name[i-1] == '.':
			return false
		}
	}
	return name != "" && len(name) <= 253
}

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '-'
}

// isResolver says whether a scheme says how a client finds the host, which stands in the path.
func isResolver(scheme string) bool {
	return slices.Contains([]string{"dns", "kubernetes", "xds", "passthrough", "discovery", "headless"}, scheme)
}

// IsData says whether a scheme is that of a database, a queue, a directory or mail.
func IsData(scheme string) bool {
	scheme, _, _ = strings.Cut(scheme, "+")
	switch scheme {
	case "postgres", "postgresql", "mysql", "mariadb", "sqlserver", "oracle", "mongodb", "redis", "rediss", "valkey", "memcached", "amqp", "amqps", "kafka", "nats",
		"mqtt", "mqtts", "stomp", "pulsar", "cassandra", "clickhouse", "neo4j", "bolt", "ldap", "ldaps", "smtp", "smtps", "sftp", "ftp", "tcp", "ssl", "db2", "cockroachdb":
		return true
	}
	return false
}

// IsWeb says whether a scheme is that of requests that are answered: HTTP, gRPC.
func IsWeb(scheme string) bool {
	switch scheme {
	case "http", "https", "grpc", "grpcs", "ws", "wss", "lb", "h2c":
		return true
	}
	return isResolver(scheme)
}

// Words are those of a setting's name, in lower case: of "DB_HOST", "spring.datasource.host", "bootstrapServers".
func Words(name string) []string {
	lower := strings.ToLower(name)
	if len(lower) != len(name) {
		name = lower // of another alphabet: its capitals begin no words
	}
	var words []string
	start := 0
	for i := range len(name) + 1 {
		isEnd := i == len(name) || !isWord(rune(name[i])) || name[i] == '-' || name[i] == '+'
		isCapital := !isEnd && i > start && name[i] >= 'A' && name[i] <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z'
		if (isEnd || isCapital) && i > start {
			words = append(words, lower[start:i])
		}
		switch {
		case isEnd:
			start = i + 1
		case isCapital:
			start = i
		}
	}
	return words
}

// HoldsHost says whether the name of a setting ends like one that holds what to connect to.
func HoldsHost(name string) bool {
	all := Words(name)
	if len(all) == 0 || slices.ContainsFunc(all, isTold) {
		return false
	}
	switch all[len(all)-1] {
	case "host", "hosts", "addr", "addrs", "address", "addresses", "server", "servers", "broker", "brokers", "endpoint", "endpoints", "seeds", "nodes", "url", "urls",
		"uri", "uris", "dsn", "pghost", "upstream", "upstreams":
		return true
	case "hostname": // alone it is one's own
		return len(all) > 1
	case "service", "services":
		return len(all) > 1 && !slices.ContainsFunc(all, isOwn)
	case "backend", "backends":
		return len(all) > 1 && !slices.ContainsFunc(all, isKept)
	}
	return false
}

// ToldToOthers says by its name that a setting holds what others are told, or from where they come: not what is connected to.
func ToldToOthers(name string) bool { return slices.ContainsFunc(Words(name), isTold) }

func isTold(word string) bool {
	switch word {
	case "allowed", "allow", "public", "external", "virtual", "cors", "origin", "origins", "trusted", "ingress", "domain", "callback", "redirect", "issuer", "no",
		"advertised", "docs", "from", "listen", "bind", "listener", "listeners":
		return true
	}
	return false
}

// isOwn says whether a word makes a service one's own, as in DD_SERVICE.
func isOwn(word string) bool {
	switch word {
	case "dd", "otel", "apm", "jaeger", "trace", "tracing", "own", "this", "self":
		return true
	}
	return false
}

// isKept says whether a word makes a backend a kind of store, as in CACHE_BACKEND.
func isKept(word string) bool {
	switch word {
	case "storage", "cache", "session", "sessions", "result", "results", "log", "logs", "secret", "secrets", "state", "metrics", "queue", "broker", "mail", "email", "search":
		return true
	}
	return false
}

// Settings iterates over the settings in a file, whose name stands for that of a text of one line: over its lines of NAME=VALUE
// and "name: value". Any other line has no name, and comments are passed over.
func Settings(file, text string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		if !strings.Contains(text, "\n") {
			yield(file, text)
			return
		}
		for line := range strings.SplitSeq(text, "\n") {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' || line[0] == ';' || strings.HasPrefix(line, "//") || len(line) > 500 {
				continue
			}
			if !yield(setting(line)) {
				return
			}
		}
	}
}

// setting takes a line apart.
func setting(line string) (name, value string) {
	line = strings.TrimPrefix(line, "- ")
	at := strings.IndexAny(line, "=:")
	if at <= 0 || strings.HasPrefix(line[at:], "://") || strings.ContainsAny(line[:at], " <>({") {
		return "", line
	}
	name = strings.Trim(strings.TrimLeft(line[:at], `"'- `), `"'`)
	return name, strings.Trim(strings.TrimSpace(line[at+1:]), `"', `)
}
