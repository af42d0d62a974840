package nottoomicro

import (
	"fmt"
	"path"
	"slices"
	"strings"

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
