package probesset

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// judgeLiveness finds a liveness probe that restarts what a restart doesn't help.
func judgeLiveness(p *practice.Pass, c *practice.Container) {
	live := probe{c.LivenessProbe, c, "liveness"}
	if other, at := dependency(c); other != "" {
		p.Report(practice.Note{
			At:      live.at(at...),
			Message: fmt.Sprintf("%s %q: the liveness probe %s", c.Role, c.Name, other),
			Leads:   "when what it depends on is down, all its pods are restarted over and over, and come back slower than it does",
			Fix:     "let liveness ask only the process itself (/livez), and let readiness ask what it needs",
		})
		return
	}
	if r := c.ReadinessProbe; r != nil && live.ProbeHandler != (corev1.ProbeHandler{}) && reflect.DeepEqual(r.ProbeHandler, live.ProbeHandler) && patience(live.Probe) <= patience(r) {
		p.Report(practice.Note{
			At: live.at(),
			Message: fmt.Sprintf("%s %q: liveness and readiness are the same probe, and liveness gives up as soon (after %d s)",
				c.Role, c.Name, patience(live.Probe)),
			Leads: "a pod that is too busy to answer is restarted when it only needed to be left alone, which makes the others busier",
			Fix:   "let liveness ask for less than readiness, or wait longer (failureThreshold: 6)",
		})
	}
	if c.StartupProbe == nil && int(live.InitialDelaySeconds) > practice.Value[int](p, longestDelay, live.at()) {
		p.Report(practice.Note{
			At: live.at("initialDelaySeconds"), Severity: practice.Info,
			Message: fmt.Sprintf("%s %q: the liveness probe begins after %d s, and there is no startup probe", c.Role, c.Name, live.InitialDelaySeconds),
			Leads:   "a start that takes longer is killed, and a hang in the time before is not noticed",
			Fix: fmt.Sprintf("give the same probe as startupProbe with failureThreshold: %d and periodSeconds: 10, and remove initialDelaySeconds",
				live.InitialDelaySeconds/10*2),
		})
	}
}

// patience is how long a probe may fail before it counts, in seconds.
func patience(p *corev1.Probe) int32 {
	return cmp.Or(p.FailureThreshold, defaultFailures) * cmp.Or(p.PeriodSeconds, defaultPeriod)
}

// dependency says how a liveness probe asks for more than the process itself, and the field that shows it.
func dependency(c *practice.Container) (asks string, field []string) {
	probe := c.LivenessProbe
	switch {
	case probe.HTTPGet != nil:
		get := probe.HTTPGet
		if isElsewhere(get.Host, c) {
			return fmt.Sprintf("asks another host, %q", get.Host), []string{"httpGet", "host"}
		}
		if why := pathAsks(get.Path); why != "" {
			return fmt.Sprintf("asks %q, %s", get.Path, why), []string{"httpGet", "path"}
		}
	case probe.TCPSocket != nil:
		if isElsewhere(probe.TCPSocket.Host, c) {
			return fmt.Sprintf("asks another host, %q", probe.TCPSocket.Host), []string{"tcpSocket", "host"}
		}
	case probe.Exec != nil:
		if host := commandAsks(probe.Exec.Command, c); host != "" {
			return fmt.Sprintf("runs a command that asks another host, %q", host), []string{"exec", "command"}
		}
	}
	return "", nil
}

// dependencies are what an application needs and isn't, as people name them in paths and hosts.
var dependencies = set("db database redis mysql postgres postgresql mariadb mongo mongodb kafka rabbitmq rabbit amqp elasticsearch memcached cassandra " +
	"dependencies dependency deps downstream upstream ldap")

// ready are paths that say whether requests can be served, what it takes included.
var ready = set("ready readyz readiness isready is-ready is_ready")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// pathAsks says what a health path includes beyond the process.
func pathAsks(path string) string {
	path, _, _ = strings.Cut(strings.ToLower(path), "?")
	steps := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	for i, step := range steps {
		switch {
		case i > 0 && dependencies[step]: // the first may be where the application itself is mounted
			return "which is about something that it depends on"
		case ready[step]:
			return "which says whether it can serve, not whether it lives"
		}
	}
	if strings.HasSuffix(path, "/actuator/health") {
		return "which sums up all that the application depends on (Spring Boot's own for it is /actuator/health/liveness)"
	}
	return ""
}

// clients ask a server given by -h or --host; by name, without a directory.
var clients = set("pg_isready psql mysqladmin mysql mariadb mariadb-admin redis-cli mongo mongosh rabbitmqctl cqlsh valkey-cli")

// commandAsks finds the host that a command of a probe asks, if it is another one.
func commandAsks(command []string, c *practice.Container) string {
	words := strings.FieldsFunc(strings.Join(command, " "), func(r rune) bool { return strings.ContainsRune(" \t\n'\"`;|&", r) })
	program, plain := "", 0
	for i, word := range words {
		base := word[strings.LastIndexByte(word, '/')+1:]
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		host := ""
		switch {
		case clients[base], base == "nc", base == "ncat":
			program, plain = base, 0
		case strings.HasPrefix(word, "http://"), strings.HasPrefix(word, "https://"):
			host = hostOfURL(word)
		case strings.HasPrefix(word, "/dev/tcp/"):
			host, _, _ = strings.Cut(word[len("/dev/tcp/"):], "/")
		case strings.HasPrefix(word, "-addr="), strings.HasPrefix(word, "--addr="):
			_, addr, _ := strings.Cut(word, "=")
			host, _, _ = net.SplitHostPort(addr)
		case clients[program] && (word == "-h" || word == "--host"):
			host = next
		case clients[program] && strings.HasPrefix(word, "--host="):
			host = word[len("--host="):]
		case strings.HasPrefix(program, "nc") && !strings.HasPrefix(word, "-"):
			if plain++; plain == 1 && next != "" {
				host = word
			}
		}
		if isElsewhere(host, c) {
			return host
		}
	}
	return ""
}

func hostOfURL(text string) string {
	if practice.HasPlaceholder(text) {
		host, _, _ := strings.Cut(strings.SplitN(text, "/", 4)[2], ":")
		return host
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// isElsewhere says that a host is surely not the pod itself. Of a variable only the name tells.
func isElsewhere(host string, c *practice.Container) bool {
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "" || host == "localhost" || strings.HasPrefix(host, "localhost.") || host == strings.ToLower(c.Name) {
		return false
	}
	if practice.HasPlaceholder(host) {
		name, isHost := strings.CutSuffix(strings.Trim(host, "${}()"), "_host")
		return isHost && dependencies[name] && !strings.Contains(c.Image, name)
	}
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsLoopback() && !ip.IsUnspecified()
	}
	if strings.Contains(c.Image, host) { // a server that asks itself by its own name, as in postgres's own image
		return false
	}
	return strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}
