package nottoomicro

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/practice"
)

// databases finds those that a pod's settings say: in a URL, or by a host and a name that belong together (DB_HOST and
// DB_NAME). Who has a schema of its own in it shares nothing.
func databases(p *practice.Pass, pod *practice.Pod, note func(store, use)) {
	var found connections
	for s := range p.Settings(pod) {
		if s.Name == "" && !strings.Contains(s.Value, "://") {
			continue
		}
		words := reference.Words(s.Name)
		if slices.Contains(words, "schema") && !slices.Contains(words, "registry") || strings.Contains(s.Value, "chema=") || strings.Contains(s.Value, "search_path") {
			return
		}
		if slices.ContainsFunc(words, isReading) {
			continue
		}
		for h := range reference.Hosts(s.Name, s.Value) {
			if h.By != reference.Named && h.By != reference.InURL {
				continue
			}
			service := p.ServiceNamed(pod.Object.ID().Namespace, h.Name)
			switch name := strings.Trim(h.Path, "/"); {
			case service != nil && slices.Contains(p.ServicesOf(pod), service): // it is the database itself
			case h.By == reference.InURL && isSQL(h.Scheme) && name != "":
				if !strings.Contains(name, "/") {
					found.urls = append(found.urls, connection{serverOf(service, pod.Object.ID().Namespace, h.Name), name, userOf(s.Value), s.At()})
				}
			case len(words) > 0 && (h.By == reference.Named || isSQL(h.Scheme)):
				if c := found.with(prefixOf(words)); c.name == "" {
					c.server, c.user = serverOf(service, pod.Object.ID().Namespace, h.Name), cmp.Or(c.user, userOf(s.Value))
				}
			}
		}
		isPlain := s.Value != "" && !strings.ContainsAny(s.Value, "/:. $") && !practice.HasPlaceholder(s.Value)
		switch {
		case !isPlain || len(words) == 0:
		case isDatabaseName(words) && strings.Trim(s.Value, "0123456789") != "":
			if c := found.with(prefixOf(words)); c.database == "" {
				c.database, c.at = s.Value, s.At()
			}
		case isUser(words[len(words)-1]):
			found.with(prefixOf(words)).user = s.Value
		}
	}
	for _, c := range append(found.urls, found.parts()...) {
		note(store{namespace: c.namespace, what: fmt.Sprintf("database %s on %s", c.database, c.name)}, use{pod: pod, at: c.at, user: c.user})
	}
}

// connection is where a database is, and who asks.
type connection struct {
	server
	database, user string
	at             practice.Place
}

// server is a Service, or a host outside.
type server struct{ namespace, name string }

// serverOf is what a host means to a pod of a namespace: a short one is of that, though its Service is elsewhere.
func serverOf(service *practice.Object, namespace, host string) server {
	switch {
	case service != nil:
		return server{service.ID().Namespace, service.ID().Name}
	case strings.Contains(host, "."):
		return server{name: host}
	}
	return server{namespace, host}
}

// connections are those of a pod: in URLs, and in several settings whose names begin alike.
type connections struct {
	urls   []connection
	ofName map[string]*connection
}

func (all *connections) with(prefix string) *connection {
	if all.ofName == nil {
		all.ofName = map[string]*connection{}
	}
	if all.ofName[prefix] == nil {
		all.ofName[prefix] = &connection{}
	}
	return all.ofName[prefix]
}

// parts are those that are told in several settings with a name in common. In caches the databases have numbers, and names
// mean nothing.
func (all *connections) parts() []connection {
	var out []connection
	for _, prefix := range slices.Sorted(maps.Keys(all.ofName)) {
		c := all.ofName[prefix]
		isCache := strings.Contains(prefix, "redis") || strings.Contains(prefix, "cache") || strings.Contains(prefix, "valkey")
		if prefix != "" && c.name != "" && c.database != "" && !isCache {
			out = append(out, *c)
		}
	}
	return out
}

// userOf is the user in a URL, "" if it says none or a variable does.
func userOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	user, _, hasUser := strings.Cut(rest, "@")
	user, _, _ = strings.Cut(user, ":")
	if !hasUser || strings.ContainsAny(user, "$/{<") {
		return ""
	}
	return user
}

func isUser(word string) bool { return word == "user" || word == "username" || word == "pguser" }

func isSQL(scheme string) bool {
	scheme, _, _ = strings.Cut(scheme, "+")
	switch scheme {
	case "postgres", "postgresql", "mysql", "mariadb", "sqlserver", "oracle", "mongodb", "cockroachdb", "clickhouse":
		return true
	}
	return false
}

// isReading says whether a word makes a connection one for reading only.
func isReading(word string) bool {
	switch word {
	case "read", "reader", "readonly", "replica", "ro", "replicas":
		return true
	}
	return false
}

// isDatabaseName says whether a setting is the name of a database: DB_NAME, POSTGRES_DB, MYSQL_DATABASE, PGDATABASE.
func isDatabaseName(words []string) bool {
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "name":
		return len(words) > 1 && (words[len(words)-2] == "db" || words[len(words)-2] == "database")
	case "db", "database", "dbname", "pgdatabase":
		return true
	}
	return false
}

// prefixOf is what a setting's name has in common with those beside it: "db" of DB_HOST and DATABASE_NAME, "orders db" of
// ORDERS_DB_HOST and ORDERS_DB_NAME, "postgres" of POSTGRES_HOST and POSTGRES_DB, "pg" of PGHOST and PGDATABASE.
func prefixOf(words []string) string {
	switch last := words[len(words)-1]; last {
	case "pghost", "pgdatabase", "pguser":
		return "pg"
	}
	return strings.ReplaceAll(strings.Join(words[:len(words)-1], " "), "database", "db")
}

// secretDatabases finds what a pod is told by a Secret: whatever it says, the same key of the same Secret is the same
// connection.
func secretDatabases(pod *practice.Pod, note func(store, use)) {
	for c := range pod.Mains() {
		for i, env := range c.Env {
			if env.ValueFrom == nil || env.ValueFrom.SecretKeyRef == nil || env.ValueFrom.SecretKeyRef.Name == "" {
				continue
			}
			words := reference.Words(env.Name)
			isDatabase := slices.ContainsFunc(words, func(w string) bool {
				return slices.Contains([]string{"database", "db", "postgres", "postgresql", "mysql", "mariadb", "mongo", "mongodb", "sql", "datasource", "jdbc", "dsn"}, w)
			})
			if !isDatabase || !slices.Contains([]string{"url", "uri", "dsn"}, words[len(words)-1]) || slices.ContainsFunc(words, isReading) {
				continue
			}
			ref := env.ValueFrom.SecretKeyRef
			note(store{namespace: pod.Object.ID().Namespace, what: fmt.Sprintf("the database of Secret %s, key %s", ref.Name, ref.Key)}, use{pod: pod, at: c.At("env", strconv.Itoa(i), "valueFrom", "secretKeyRef")})
		}
	}
}
