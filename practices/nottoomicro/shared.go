package nottoomicro

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// store is one database or queue, as settings say it.
type store struct {
	namespace string // that it is of, "" of what is outside
	what      string // "database orders on orders-db", "topic orders as group billing"
	isQueue   bool
}

// use is a workload that is told of a store.
type use struct {
	pod  *practice.Pod
	at   practice.Place
	user string // as which it is there; "" if that isn't known
}

// judgeShared reports databases and queues that services of different make share.
func judgeShared(p *practice.Pass) {
	uses := map[store][]use{}
	var order []store
	for pod := range p.Pods() {
		if !isService(pod) || isTool(pod) {
			continue
		}
		note := func(s store, as use) {
			if slices.ContainsFunc(uses[s], func(u use) bool { return u.pod == pod }) {
				return
			}
			if uses[s] == nil {
				order = append(order, s)
			}
			uses[s] = append(uses[s], as)
		}
		databases(p, pod, note)
		secretDatabases(pod, note)
		queues(p, pod, note)
	}
	for _, s := range order {
		report(p, s, uses[s])
	}
}

// report says of a store that services of different make use it, once, where the first of them is told.
func report(p *practice.Pass, s store, uses []use) {
	var distinct []use
	for _, u := range uses {
		if !slices.ContainsFunc(distinct, func(other use) bool { return isOne(u, other) }) {
			distinct = append(distinct, u)
		}
	}
	if len(distinct) < 2 {
		return
	}
	var names []string
	for _, u := range distinct {
		names = append(names, u.pod.Object.ID().Name)
	}
	last := len(names) - 1
	who := strings.Join(names[:last], ", ") + " and " + names[last]
	note := practice.Note{
		At:      distinct[0].at,
		Message: fmt.Sprintf("%s → %s ← %s: services of different images share it", strings.Join(names[:last], ", "), s.what, names[last]),
		Leads:   "none of them can change a table without the others: they are one component in several releases",
		Fix:     fmt.Sprintf("let one of %s own the data and the others ask it, or give each a schema of its own", who),
	}
	if s.isQueue {
		note.Message = fmt.Sprintf("%s ← %s → %s: services of different images consume it as one", strings.Join(names[:last], ", "), s.what, names[last])
		note.Leads = "each message reaches only one of them, whichever asks first: the others never see it"
		note.Fix = "give each service a consumer group or subscription of its own, or make them one"
	}
	p.Report(note)
}

// isOne says whether two workloads share nothing that should be one's own: they are parts of one service (of one image, of
// one name, or told apart only by their roles, as orders-api and orders-worker), or are there as different users.
func isOne(a, b use) bool {
	if shareImage(a.pod, b.pod) || a.user != "" && b.user != "" && a.user != b.user {
		return true
	}
	one, other := component(a.pod), component(b.pod)
	return one == other || isRole(one) || isRole(other) || shortest(one) == shortest(other)
}

func shortest(name string) string {
	first, _, _ := strings.Cut(name, "-")
	return first
}

// component is the name of the service that a workload is a part of, by its labels or its own name.
func component(pod *practice.Pod) string {
	for _, key := range []string{"app.kubernetes.io/name", "app"} {
		for _, set := range []map[string]string{pod.Meta.Labels, pod.Object.GetLabels()} {
			if set[key] != "" {
				return set[key]
			}
		}
	}
	return pod.Object.ID().Name
}

// isRole says whether a name says what a workload does for an application, not which part of it it is.
func isRole(name string) bool {
	switch name {
	case "api", "app", "web", "worker", "workers", "backend", "frontend", "server", "scheduler", "cron", "jobs", "consumer", "producer", "admin", "beat", "celery", "sidekiq", "queue",
		"websocket", "ws", "result", "results", "processor", "migrations", "main", "gateway", "bff", "service":
		return true
	}
	return false
}

// isTool says whether a workload only looks at databases or copies them: who owns the data is another.
func isTool(pod *practice.Pod) bool {
	for c := range pod.Mains() {
		image := path.Base(dockerfile.ParseImage(c.Image).Path)
		for _, part := range tools {
			if strings.Contains(image, part) || strings.Contains(pod.Object.ID().Name, part) {
				return true
			}
		}
	}
	return false
}

// tools are parts of the names and images of such workloads, and of the databases themselves.
var tools = []string{
	"exporter", "backup", "pgadmin", "adminer", "myadmin", "metabase", "superset", "redash", "debezium", "connect", "bouncer", "migrat", "hasura", "postgrest",
	"postgres", "mysql", "mariadb", "mongo", "kafka", "rabbitmq",
}

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

// queues finds what a pod consumes under a name that it shares: a topic as a consumer group, a queue or a subscription.
func queues(p *practice.Pass, pod *practice.Pod, note func(store, use)) {
	type told struct {
		name string
		at   practice.Place
	}
	namespace := pod.Object.ID().Namespace
	var groups, topics []told
	for s := range p.Settings(pod) {
		if s.Name == "" || s.Value == "" || practice.HasPlaceholder(s.Value) || strings.ContainsAny(s.Value, " {[@") {
			continue // what has an @ may have a password
		}
		words := reference.Words(s.Name)
		switch {
		case isGroup(words):
			groups = append(groups, told{s.Value, s.At()})
		case isTopic(words):
			for topic := range strings.SplitSeq(s.Value, ",") {
				topics = append(topics, told{topic, s.At()})
			}
		case isConsumed(words):
			note(store{namespace, fmt.Sprintf("%s %s", words[slices.IndexFunc(words, isQueue)], s.Value), true}, use{pod: pod, at: s.At()})
		}
	}
	for _, group := range groups {
		for _, topic := range topics {
			note(store{namespace, fmt.Sprintf("topic %s as group %s", topic.name, group.name), true}, use{pod: pod, at: group.at})
		}
	}
}

// isGroup says whether a setting is the name of a consumer group: KAFKA_GROUP_ID, group.id, CONSUMER_GROUP.
func isGroup(words []string) bool {
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	before := words[:len(words)-1]
	switch last {
	case "group":
		return slices.Contains(before, "consumer") || slices.Contains(before, "kafka")
	case "id", "name":
		return len(before) > 0 && before[len(before)-1] == "group" && !slices.Contains(before, "user") && !slices.Contains(before, "log")
	case "groupid":
		return true
	}
	return false
}

// isTopic says whether a setting is the name of a topic that may be consumed.
func isTopic(words []string) bool {
	if len(words) == 0 || slices.ContainsFunc(words, isSent) {
		return false
	}
	last := words[len(words)-1]
	return last == "topic" || last == "topics" || last == "name" && len(words) > 1 && words[len(words)-2] == "topic"
}

func isSent(word string) bool {
	switch word {
	case "out", "output", "produce", "producer", "produced", "publish", "publisher", "published", "sink", "target", "to", "dlq", "dlt", "dead", "letter", "retry", "reply", "response":
		return true
	}
	return false
}

func isQueue(word string) bool {
	return word == "queue" || word == "queues" || word == "subscription" || word == "subscriptions"
}

// isConsumed says whether a setting is the name of a queue that is taken from: a subscription always is.
func isConsumed(words []string) bool {
	i := slices.IndexFunc(words, isQueue)
	if i < 0 || slices.ContainsFunc(words, isSent) {
		return false
	}
	switch words[len(words)-1] {
	case "name", "url", "id", "queue", "subscription":
	default:
		return false
	}
	return words[i] == "subscription" && !slices.Contains(words, "azure") || slices.ContainsFunc(words, func(word string) bool {
		return slices.Contains([]string{"consume", "consumer", "input", "in", "listen", "listener", "subscribe", "source", "incoming", "inbound"}, word)
	})
}
