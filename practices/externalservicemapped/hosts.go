package externalservicemapped

import (
	"net"
	"slices"
	"strings"
)

// hostsIn finds the external hosts that a setting has workloads connect to: in URLs of databases, queues and the like
// wherever they are, else where the setting's name says that it holds a host. No secret is among them: of a URL, what
// stands before the @ is passed over.
func hostsIn(name, text string) []string {
	if !strings.Contains(text, ".") || len(text) > 1<<16 || strings.ContainsAny(text, "\n") && !strings.Contains(text, "://") || strings.Contains(text, "{{") {
		return nil
	}
	var found []string
	add := func(host string) {
		if host = clean(host); isExternal(host) && !slices.Contains(found, host) {
			found = append(found, host)
		}
	}
	namesHost := saysHost(name)
	for rest := text; ; {
		before, after, isURL := strings.Cut(rest, "://")
		if !isURL {
			break
		}
		scheme := before[strings.LastIndexFunc(before, func(r rune) bool { return !isWord(r) })+1:]
		end := strings.IndexAny(after, "/?#\"' \t\n\\;>")
		if end < 0 {
			end = len(after)
		}
		authority := after[:end]
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			authority = authority[at+1:]
		}
		if isData(scheme) || isWeb(scheme) {
			for _, host := range strings.Split(authority, ",") {
				if isData(scheme) || isManaged(clean(host)) || namesHost && isAPI(name) {
					add(host)
				}
			}
		}
		rest = after[end:]
	}
	if !strings.Contains(text, "://") {
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
			if key, value, ok := strings.Cut(part, "="); ok && (key == "host" || key == "server" || key == "Server" || key == "Data Source" || key == "Host") {
				part = value // "host=db.example.com port=5432"
			}
			if at := strings.LastIndexByte(part, '@'); at >= 0 && strings.HasPrefix(part[at:], "@tcp(") {
				part = strings.TrimSuffix(strings.SplitN(part[at+len("@tcp("):], ")", 2)[0], ")") // Go's MySQL
			}
			if host := clean(part); isManaged(host) || namesHost {
				add(host)
			}
		}
	}
	return found
}

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '-'
}

// clean takes the port, a last dot and a prefix like "tcp:" off a host.
func clean(host string) string {
	host = strings.ToLower(strings.TrimSpace(host))
	for _, prefix := range []string{"tcp:", "ssl:", "tls:"} {
		host = strings.TrimPrefix(host, prefix)
	}
	if colon := strings.IndexByte(host, ':'); colon >= 0 {
		host = host[:colon]
	}
	if comma := strings.IndexByte(host, ','); comma >= 0 {
		host = host[:comma]
	}
	return strings.TrimSuffix(host, ".")
}

// isData says whether a scheme is that of a database, a queue, a directory or mail.
func isData(scheme string) bool {
	scheme, _, _ = strings.Cut(strings.ToLower(scheme), "+")
	switch scheme {
	case "postgres", "postgresql", "mysql", "mariadb", "sqlserver", "oracle", "mongodb", "redis", "rediss", "valkey", "memcached", "amqp", "amqps", "kafka", "nats",
		"mqtt", "mqtts", "stomp", "pulsar", "cassandra", "clickhouse", "neo4j", "bolt", "ldap", "ldaps", "smtp", "smtps", "sftp", "ftp", "tcp", "ssl", "db2", "cockroachdb":
		return true
	}
	return false
}

func isWeb(scheme string) bool {
	scheme = strings.ToLower(scheme)
	return scheme == "http" || scheme == "https" || scheme == "grpc" || scheme == "grpcs" || scheme == "ws" || scheme == "wss"
}

// managed are the ends of the host names of managed databases, caches, queues and search engines.
var managed = []string{
	".rds.amazonaws.com", ".cache.amazonaws.com", ".docdb.amazonaws.com", ".neptune.amazonaws.com", ".es.amazonaws.com", ".aoss.amazonaws.com",
	".mq.amazonaws.com", ".kafka.amazonaws.com", ".redshift.amazonaws.com", ".memorydb.amazonaws.com", ".on.aws", ".database.windows.net", ".documents.azure.com",
	".redis.cache.windows.net", ".redisenterprise.cache.azure.net", ".servicebus.windows.net", ".postgres.database.azure.com", ".mysql.database.azure.com",
	".search.windows.net", ".mongodb.net", ".mongo.cosmos.azure.com", ".aivencloud.com", ".confluent.cloud", ".cloudamqp.com", ".elastic-cloud.com", ".found.io",
	".redislabs.com", ".redns.redis-cloud.com", ".psdb.cloud", ".supabase.co", ".neon.tech", ".upstash.io", ".db.ondigitalocean.com", ".cockroachlabs.cloud",
	".clickhouse.cloud", ".ravendb.cloud", ".hivemq.cloud", ".emqx.cloud", ".timescaledb.io", ".tsdb.cloud.timescale.com", ".datastax.com", ".rds.aliyuncs.com",
}

// isManaged says whether a host is one of a managed service; ".rds.amazonaws.com.cn" is one, too.
func isManaged(host string) bool {
	host = strings.TrimSuffix(host, ".cn")
	return slices.ContainsFunc(managed, func(end string) bool { return strings.HasSuffix(host, end) })
}

// words of a setting's name: "DB_HOST", "spring.datasource.host", "bootstrapServers", "redis-address".
func words(name string) []string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return !isWord(r) || r == '-' || r == '+' })
}

// saysHost says whether the name of a setting ends like one that holds what to connect to.
func saysHost(name string) bool {
	all := words(name)
	if len(all) == 0 {
		return false
	}
	for _, word := range all { // what is told to others, not connected to
		switch word {
		case "allowed", "public", "external", "virtual", "cors", "origin", "trusted", "ingress", "hostname", "domain", "callback", "redirect", "issuer", "no", "advertised", "docs", "from":
			return false
		}
	}
	switch all[len(all)-1] {
	case "host", "hosts", "addr", "addrs", "address", "addresses", "server", "servers", "broker", "brokers", "endpoint", "endpoints", "seeds", "nodes", "url", "uri", "dsn", "pghost", "upstream":
		return true
	}
	return false
}

// isAPI says whether the name of a setting is that of another service's API: not of a page that people are sent to.
func isAPI(name string) bool {
	return slices.ContainsFunc(words(name), func(word string) bool {
		switch word {
		case "api", "endpoint", "endpoints", "service", "backend", "upstream", "gateway", "server", "addr", "host", "rpc", "elasticsearch", "opensearch", "influxdb", "clickhouse":
			return true
		}
		return false
	})
}

// top are the last parts of host names outside, in use for services: those of companies and of private networks.
var top = map[string]bool{
	"com": true, "net": true, "org": true, "io": true, "cloud": true, "tech": true, "co": true, "dev": true, "app": true, "de": true, "uk": true, "fr": true, "eu": true,
	"us": true, "nl": true, "ch": true, "at": true, "it": true, "es": true, "se": true, "pl": true, "in": true, "jp": true, "cn": true, "br": true, "au": true, "ca": true,
	"ai": true, "internal": true, "corp": true, "lan": true, "intra": true, "intranet": true, "private": true, "aws": true, "consul": true,
}

// isExternal says whether a host is outside of the cluster: an address, or a name with a known end.
func isExternal(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.To4() != nil && !ip.IsLoopback() && !ip.IsUnspecified() && !ip.IsLinkLocalUnicast() && !ip.IsMulticast() && host != "255.255.255.255"
	}
	labels := strings.Split(host, ".")
	if strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || slices.Contains(labels, "") || slices.Contains(labels, "svc") {
		return false
	}
	end := labels[len(labels)-1]
	switch {
	case end == "local" || end == "localhost" || !top[end] || strings.HasSuffix(host, ".docker.internal"):
		return false
	case len(labels) == 2:
		return end == "com" || end == "net" || end == "org" || end == "io" // others may be SERVICE.NAMESPACE
	}
	return len(labels) > 2
}

// settings takes the value of a ConfigMap's key apart, if it is a file of settings: lines of KEY=VALUE or "key: value".
// The names are taken from the lines; of any other text, only its URLs say something.
func settings(key, text string) map[string]string {
	if !strings.Contains(text, "\n") {
		return map[string]string{key: text}
	}
	all := map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		if strings.IndexByte(line, '.') < 0 {
			continue // no host outside is without
		}
		line = strings.TrimSpace(line)
		if line[0] == '#' || line[0] == ';' || strings.HasPrefix(line, "//") || len(line) > 500 {
			continue
		}
		at := strings.IndexAny(line, "=:")
		if at <= 0 || strings.HasPrefix(line[at:], "://") || strings.ContainsAny(line[:at], " <>({") {
			continue
		}
		name, value := strings.TrimLeft(strings.TrimSpace(line[:at]), `"'- `), strings.Trim(strings.TrimSpace(line[at+1:]), `"', `)
		name = strings.Trim(name, `"'`)
		if all[name] != "" {
			value = all[name] + "," + value
		}
		all[name] = value
	}
	return all
}
