package health

import (
	"fmt"
	"slices"
	"strings"
)

// verdictFields hold how the object is in one word. Kinds older than conditions, and many newer ones, have one of them.
var verdictFields = []string{
	"phase", "state", "status", "health", "currentState", "currentStatus", "overallState", "overallStatus", "printableStatus",
	"updateStatus", "lastOperationStatus", "compliant", "robustness",
}

// phases reads the fields that hold a state in one word.
func phases(o object) (Health, bool) {
	if word, ok := o.live.Object["status"].(string); ok {
		return judgeWord("status", word, o)
	}
	var verdicts []Health
	for _, field := range verdictFields {
		if word, ok := o.status[field].(string); ok {
			if h, ok := judgeWord(field, word, o); ok {
				verdicts = append(verdicts, h)
			}
		}
	}
	return worst(verdicts)
}

// judgeWord reads one word. A word nobody knows is Unknown, which gives way to every other verdict.
func judgeWord(field, word string, o object) (Health, bool) {
	if word == "" {
		return Health{State: Unknown, Reason: field + " is empty"}, true
	}
	state, _ := phrase(word)
	reason := field + " is " + plain(word)
	if detail := details(o.status); detail != "" && state != Healthy && detail != plain(word) {
		reason += ": " + detail
	}
	return Health{State: state, Reason: reason}, true
}

// details is where kinds without conditions say why.
func details(status fields) string {
	for _, field := range append([]string{"message", "phaseReason", "reason"}, errorFields...) {
		if text := plain(status.text(field)); text != "" {
			return text
		}
	}
	return ""
}

// parts reads sub-reports: status.jobStatus.state, status.ceph.health, status.domainStatus[].status. They count where the
// object as a whole says nothing, a part's health always.
func parts(o object) (Health, bool) {
	var verdicts []Health
	whole := hasSummary(o.conditions)
	for _, field := range sorted(o.status) {
		part := o.status.sub(field)
		if word := part.text("health"); word != "" {
			verdicts = appendKnown(verdicts, field+".health", word)
		}
		if whole || !isReport(field) {
			continue
		}
		verdicts = appendKnown(verdicts, field, o.status.text(field))
		verdicts = appendReports(verdicts, field, part)
		for _, element := range o.status.list(field) {
			verdicts = appendReports(verdicts, field, element)
		}
		for _, key := range sorted(part) {
			verdicts = appendReports(verdicts, field+"."+key, part.sub(key))
		}
	}
	if reconciledOnly(o.conditions) {
		verdicts = append(verdicts, troubledParts(o.status)...)
	}
	return worst(verdicts)
}

// reconciledOnly: what sums up the object speaks of the controller's work alone, not of what it manages.
func reconciledOnly(conditions []condition) bool {
	only := false
	for _, c := range conditions {
		if c.polarity() == summary {
			if !strings.HasPrefix(strings.ToLower(c.reason), "reconcil") {
				return false
			}
			only = true
		}
	}
	return only
}

// troubledParts are elements of lists, such as environments, shards and members, in a phase that is not well. What tells of
// the past is passed over.
func troubledParts(status fields) []Health {
	var verdicts []Health
	for _, field := range sorted(status) {
		if slices.ContainsFunc(split(field), func(w string) bool { return pastWords[w] }) {
			continue
		}
		for _, part := range status.list(field) {
			word := part.text("phase")
			if state, ok := phrase(word); ok && (state == Degraded || state == Progressing) {
				verdicts = append(verdicts, Health{State: state, Reason: fmt.Sprintf("%s of %s: phase is %s", partName(part), field, plain(word))})
			}
		}
	}
	return verdicts
}

var pastWords = wordSet(`attempts backups completed conditions events history jobs last log logs old past previous runs snapshots
	timestamps transitions`)

func appendReports(verdicts []Health, path string, report fields) []Health {
	for _, key := range []string{"state", "status", "phase", "health"} {
		verdicts = appendKnown(verdicts, path+"."+key, report.text(key))
	}
	if applied, found := report.flag("applied"); found && !applied {
		verdicts = append(verdicts, Health{State: Degraded, Reason: path + ".applied is false"})
	}
	return verdicts
}

func appendKnown(verdicts []Health, path, word string) []Health {
	if state, ok := phrase(word); ok {
		return append(verdicts, Health{State: state, Reason: path + " is " + plain(word)})
	}
	return verdicts
}

// isReport: the field is named for a state and speaks of now, not of what is wanted or was.
func isReport(field string) bool {
	words := split(field)
	if len(words) == 0 || slices.Contains(strings.Fields("desired target expected previous last old"), words[0]) {
		return false
	}
	return slices.Contains(strings.Fields("state states status statuses phase health"), words[len(words)-1])
}

func hasSummary(conditions []condition) bool {
	return slices.ContainsFunc(conditions, func(c condition) bool { return c.polarity() == summary })
}

func sorted(f fields) []string {
	keys := make([]string, 0, len(f))
	for key := range f {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
