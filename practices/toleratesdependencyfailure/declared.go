package toleratesdependencyfailure

import (
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/practice"
)

// declared takes away the calls of a pod for which its settings say a timeout, retries or a breaker. A setting that names
// some of the calls (CART_TIMEOUT) is for those, any other (HTTP_CLIENT_RETRIES) is for all.
func declared(p *practice.Pass, pod *practice.Pod, calls []practice.Call) (left []practice.Call) {
	isFor := make([]bool, len(calls))
	for s := range p.Settings(pod) {
		if !bears(s) {
			continue
		}
		isNamed := false
		for i, call := range calls {
			if names(s.Name, call) {
				isFor[i], isNamed = true, true
			}
		}
		if !isNamed {
			return nil
		}
	}
	for i, call := range calls {
		if !isFor[i] {
			left = append(left, call)
		}
	}
	return left
}

// libraries are parts of the names of what is made for this.
var libraries = []string{"resilience4j", "hystrix", "polly", "circuitbreaker", "circuit-breaker", "circuit_breaker", "failsafe"}

// signs are parts of the names of settings for it.
var signs = []string{"timeout", "retry", "retries", "deadline", "backoff", "breaker"}

// bears says whether a setting is one of a timeout, of retries or of a breaker for calls to others.
func bears(s practice.Setting) bool {
	name := strings.ToLower(s.Name)
	isLibrary := func(text string) bool {
		return slices.ContainsFunc(libraries, func(l string) bool { return strings.Contains(text, l) })
	}
	switch {
	case isLibrary(name) || len(s.Value) > 20 && isLibrary(s.Value): // -Dresilience4j.retry.instances.cart.maxAttempts=3
		return !isOff(s.Value)
	case !slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(name, sign) }) || isOff(s.Value):
		return false
	case name == "timeout" && s.Container != nil && startsGunicorn(s.Container): // of its own workers
		return false
	}
	return !slices.ContainsFunc(reference.Words(s.Name), isOther)
}

func startsGunicorn(c *practice.Container) bool {
	return slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(word string) bool { return strings.Contains(word, "gunicorn") })
}

// isOff says whether a value switches something off.
func isOff(value string) bool {
	switch strings.ToLower(value) {
	case "0", "0s", "0ms", "false", "off", "none", "no", "disabled", "-1":
		return true
	}
	return false
}

// isOther says whether a word makes a timeout one of something else than a call to another service.
func isOther(word string) bool {
	switch word {
	case "session", "sessions", "shutdown", "graceful", "gracefully", "grace", "drain", "termination", "terminate", "idle", "keepalive", "keep", "lock", "locks", "lease", "leader",
		"election", "db", "database", "datasource", "hikari", "sql", "mysql", "postgres", "postgresql", "pg", "mongo", "mongodb", "redis", "cache", "cookie", "token", "jwt", "login",
		"startup", "start", "query", "statement", "transaction", "pool", "job", "jobs", "task", "worker", "workers", "gunicorn", "uvicorn", "probe", "health", "healthcheck",
		"kafka", "amqp", "rabbitmq", "rabbit", "queue", "smtp", "mail", "server", "listen", "visibility", "test", "build", "scrape", "stop",
		"otel", "otlp", "exporter", "metrics", "trace", "traces", "tracing", "log", "logs", "elasticsearch", "etcd", "zookeeper", "consul", "vault", "ldap":
		return true
	}
	return false
}

// names says whether a setting's name has a word of a call's own: CART_TIMEOUT of CART_SERVICE_ADDR or of Service cart.
func names(setting string, call practice.Call) bool {
	words := reference.Words(setting)
	has := func(word string) bool { return len(word) > 2 && !isGeneral(word) && slices.Contains(words, word) }
	return slices.ContainsFunc(reference.Words(call.By.Name), has) || slices.ContainsFunc(reference.Words(call.To.ID().Name), has) ||
		slices.Contains(words, strings.ReplaceAll(call.To.ID().Name, "-", ""))
}

// isGeneral says whether a word is in the names of any service's settings.
func isGeneral(word string) bool {
	switch word {
	case "service", "services", "svc", "addr", "address", "host", "url", "uri", "endpoint", "api", "base", "port", "http", "https", "grpc", "rest", "rpc", "client", "server", "backend",
		"upstream", "app", "web", "internal", "remote", "default", "request", "connect", "read", "timeout", "retry", "retries", "target":
		return true
	}
	return false
}
