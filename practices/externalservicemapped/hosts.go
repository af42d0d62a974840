package externalservicemapped

import (
	"net"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
)

// hostsIn finds the external hosts that a setting has workloads connect to: in URLs of databases, queues and the like
// wherever they are, else where the setting's name says that it holds a host. No secret is among them: of a URL, what
// stands before the @ is passed over.
func hostsIn(name, text string) []string {
	if !strings.Contains(text, ".") {
		return nil
	}
	var found []string
	for h := range reference.Hosts(name, text) {
		var isMeant bool
		switch {
		case reference.IsData(h.Scheme):
			isMeant = true
		case h.By == reference.InURL:
			isMeant = reference.IsWeb(h.Scheme) && (isManaged(h.Name) || saysHost(name) && isAPI(name))
		case h.By == reference.Named:
			isMeant = isManaged(h.Name) || saysHost(name)
		default:
			isMeant = isManaged(h.Name)
		}
		if isMeant && isExternal(h.Name) && !slices.Contains(found, h.Name) {
			found = append(found, h.Name)
		}
	}
	return found
}

// hostsInFile finds those in the value of a ConfigMap's key, each once: the file is one place.
func hostsInFile(key, text string) []string {
	var found []string
	for name, value := range reference.Settings(key, text) {
		if name == "" {
			continue // text that mentions a host, perhaps
		}
		for _, host := range hostsIn(name, value) {
			if !slices.Contains(found, host) {
				found = append(found, host)
			}
		}
	}
	return found
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

// saysHost says whether the name of a setting is that of one host outside to connect to: that of a service or backend may
// be of any kind, and a host name is often the one that others know oneself by.
func saysHost(name string) bool {
	all := reference.Words(name)
	return reference.HoldsHost(name) && !slices.Contains(all, "hostname") && !strings.HasPrefix(all[len(all)-1], "service") && !strings.HasPrefix(all[len(all)-1], "backend")
}

// isAPI says whether the name of a setting is that of another service's API: not of a page that people are sent to.
func isAPI(name string) bool {
	return slices.ContainsFunc(reference.Words(name), func(word string) bool {
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
