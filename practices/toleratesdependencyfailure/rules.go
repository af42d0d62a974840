package toleratesdependencyfailure

import (
	"fmt"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/practice"
)

// judgeRules finds rules of a mesh or a gateway that contradict themselves.
func judgeRules(p *practice.Pass) {
	for o := range p.Of("networking.istio.io", "VirtualService") {
		for i, rule := range entries(o, "spec", "http") {
			r := patience{object: o, who: fmt.Sprintf("rule %d of VirtualService %s", i+1, o.ID().Name), isStream: streams(rule.fields)}
			r.total = r.read(rule, "timeout")
			r.each = r.read(rule, "retries", "perTryTimeout")
			r.tries = r.count(rule, "retries", "attempts")
			r.judge(p)
		}
	}
	for o := range p.Of("networking.istio.io", "DestinationRule") {
		judgeEjection(p, o, "spec", "trafficPolicy")
		for _, subset := range entries(o, "spec", "subsets") {
			judgeEjection(p, o, subset.at("trafficPolicy")...)
		}
	}
	for o := range p.Of("gateway.networking.k8s.io", "HTTPRoute") {
		for i, rule := range entries(o, "spec", "rules") {
			r := patience{object: o, who: fmt.Sprintf("rule %d of HTTPRoute %s", i+1, o.ID().Name), isStream: streams(rule.fields)}
			r.total = r.read(rule, "timeouts", "request")
			r.each = r.read(rule, "timeouts", "backendRequest")
			r.tries = r.count(rule, "retry", "attempts")
			r.judge(p)
		}
	}
}

// patience is how long a rule waits, in all and for each attempt, and how often it tries again.
type patience struct {
	object      *practice.Object
	who         string
	isStream    bool
	total, each span
	tries       times
}

type span struct {
	time.Duration
	isWritten bool
	path      []string
}

type times struct {
	n    int64
	path []string
}

func (patience) read(rule entry, path ...string) span {
	s := span{path: rule.at(path...)}
	text, _ := field(rule.fields, path).(string)
	d, err := time.ParseDuration(text)
	s.Duration, s.isWritten = d, err == nil
	return s
}

func (patience) count(rule entry, path ...string) times {
	n, _ := field(rule.fields, path).(int64)
	return times{n, rule.at(path...)}
}

func field(fields map[string]any, path []string) any {
	for _, step := range path[:len(path)-1] {
		fields, _ = fields[step].(map[string]any)
	}
	return fields[path[len(path)-1]]
}

func (r patience) judge(p *practice.Pass) {
	note := practice.Note{Severity: practice.Warning}
	switch {
	case r.total.isWritten && r.total.Duration == 0 && r.each.Duration == 0 && !r.isStream:
		note.At = r.object.At(r.total.path...)
		note.Message = r.who + " has a timeout of 0s: it waits for ever"
		note.Leads = "when the far side hangs, every caller hangs with it, holding a connection each, until they too stop answering"
		note.Fix = "set the time after which nobody waits for the answer any more; leave 0s to rules for streams"
	case r.total.Duration > 0 && r.tries.n > 0 && r.each.Duration > 0 && time.Duration(min(r.tries.n, 1000))*r.each.Duration > r.total.Duration:
		note.At = r.object.At(r.each.path...)
		note.Message = fmt.Sprintf("%s tries again %d times for %s each, and ends after %s in all", r.who, r.tries.n, r.each.Duration, r.total.Duration)
		note.Leads = "when the far side is slow the last attempts are never made: who reads the rule expects more of it than it does"
		note.Fix = fmt.Sprintf("give all of it %s or more, or each attempt %s or less", time.Duration(min(r.tries.n, 1000))*r.each.Duration, r.total.Duration/time.Duration(r.tries.n))
	case r.total.Duration > 0 && r.each.Duration > r.total.Duration:
		note.At = r.object.At(r.each.path...)
		note.Message = fmt.Sprintf("%s waits %s for an attempt and %s in all", r.who, r.each.Duration, r.total.Duration)
		note.Leads = "the longer one never comes into force; the Gateway API refuses it"
		note.Fix = fmt.Sprintf("set it to %s or less", r.total.Duration)
	case r.tries.n > 0 && !r.total.isWritten && !r.each.isWritten:
		note.At = r.object.At(r.tries.path...)
		note.Message = fmt.Sprintf("%s tries again %d times, and has no timeout", r.who, r.tries.n)
		note.Leads = "an attempt that hangs is never given up, so it is never tried again: the retries help against errors alone"
		note.Fix = "set a timeout for each attempt and one in all"
	default:
		return
	}
	p.Report(note)
}

// streams says whether a rule is for answers that have no end, by what it matches: of those 0s is right.
func streams(rule map[string]any) bool {
	var isStream func(value any) bool
	isStream = func(value any) bool {
		switch v := value.(type) {
		case string:
			for word := range strings.FieldsFuncSeq(strings.ToLower(v), func(r rune) bool { return r < 'a' || r > 'z' }) {
				switch word {
				case "ws", "wss", "websocket", "websockets", "socket", "sockets", "stream", "streams", "streaming", "events", "sse", "watch", "live", "tail", "subscribe",
					"subscriptions", "upgrade", "upload", "uploads", "download", "downloads", "logs", "hub", "signalr", "notifications", "push", "longpoll", "poll", "terminal", "exec":
					return true
				}
			}
		case []any:
			for _, item := range v {
				if isStream(item) {
					return true
				}
			}
		case map[string]any:
			for key, inner := range v {
				if isStream(key) || isStream(inner) {
					return true
				}
			}
		}
		return false
	}
	return isStream(rule["match"]) || isStream(rule["matches"]) || isStream(rule["name"])
}

// judgeEjection finds a breaker that may leave nobody to answer. With failover to another locality there are others, and
// of hosts outside it is what breaks.
func judgeEjection(p *practice.Pass, o *practice.Object, path ...string) {
	policy, _ := o.Get(path...).(map[string]any)
	detection, _ := policy["outlierDetection"].(map[string]any)
	most, _ := detection["maxEjectionPercent"].(int64)
	least, _ := detection["minHealthPercent"].(int64)
	host := o.Text("spec", "host")
	isOutside := strings.Contains(host, ".") && !strings.HasSuffix(host, ".local") && p.ServiceNamed(o.ID().Namespace, host) == nil
	if most < 100 || least > 0 || isOutside || field(policy, []string{"loadBalancer", "localityLbSetting"}) != nil {
		return
	}
	at := append(append([]string{}, path...), "outlierDetection", "maxEjectionPercent")
	p.Report(practice.Note{
		At: o.At(at...), Severity: practice.Warning,
		Message: fmt.Sprintf("DestinationRule %s may eject all pods of %s at once: maxEjectionPercent is 100, and no minHealthPercent holds it back", o.ID().Name, host),
		Leads:   "an error that all pods answer, such as one from their database, takes the whole service away for the ejection time, and longer each time",
		Fix:     "set maxEjectionPercent: 50 or less, or minHealthPercent beside it",
	})
}
