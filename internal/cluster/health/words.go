package health

import (
	"slices"
	"strings"
	"unicode"
)

// Controllers spell the same few words in phases, states and reasons: "CrashLoopBackOff", "PENDING_RERUN", "Setting up
// primary", "ClusterRollingUpgrading". The vocabulary is read word by word, so a spelling nobody listed is understood too.

var bad = wordSet(`abnormal aborted backoff broken cancelled conflict conflicts corrupt crash crashed crashing critical dead
	degraded denied different duplicate err errored error errors evicted exceeded exception exhausted expired failed failing failover
	failure failures fatal fault faulted faulty forbidden illegal insufficient invalid killed lost misconfigured mismatch missing
	offline oomkilled red refused rejected rollback rolledback stalled stuck terminal throwable timeout unauthorized
	unexpected unexpectedly unhealthy unreachable unrecoverable unresolved unschedulable unsupported violation violated warn warning
	wrong`)

var busy = wordSet(`awaiting being launched locked pending progress progressing queued reconciling rerun requested retry
	retrying scheduled started submitted unavailable unready unspecified unsynced updating uninitialized wait waiting yellow yet`)

var paused = wordSet(`disabled hibernated hibernation paused stopped suspended`)

var good = wordSet(`accepted active admitted adopted allocated applied approved assigned attached available bound complete completed
	compliant configured connected consistent created current delivered deployed discovered done enabled enforced established exist
	exists finished green healthy imported initialized installed issued joined latest listening live loaded normal ok online open
	operational passed processed programmed provisioned published reachable ready reconciled registered released resolved running
	serving stable succeeded success successful successfully synced synchronized true up updated valid validated verified`)

// final are the words whose negation is a verdict ("not found", "not allowed"), not a stage on the way ("not ready", "does not
// exist", as cert-manager says of a certificate it is about to issue).
var final = wordSet(`accepted adopted allowed authorized compliant controlled found matching permitted set supported valid`)

// stative are words in -ing that name no stage on the way.
var stative = wordSet(`according during existing following nothing string something using binding`)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// phrase reads a phase or a reason. The worst word decides; false means that no word is known.
func phrase(text string) (State, bool) {
	words := split(text)
	switch {
	case slices.Equal(words, []string{"not", "found"}), slices.Equal(words, []string{"missing"}), slices.Equal(words, []string{"absent"}):
		return Missing, true
	}
	var found []State
	negated := false
	for i, w := range words {
		switch {
		case w == "no" || w == "not" || w == "non" || w == "none" || w == "never" || w == "without":
			negated = true
		case negated && final[w]:
			found, negated = append(found, Degraded), false
		case negated && good[w]:
			found, negated = append(found, Progressing), false
		case negated && bad[w]:
			found, negated = append(found, Healthy), false
		case w == "already" && i+1 < len(words) && words[i+1] == "exists":
			found = append(found, Degraded)
		case bad[w] || strings.HasSuffix(w, "exception"):
			found = append(found, Degraded)
		case paused[w]:
			found = append(found, Suspended)
		case good[w]:
			found = append(found, Healthy)
		case busy[w] || participle(w):
			found = append(found, Progressing)
		case w == "unknown":
			found = append(found, Unknown)
		}
	}
	for _, state := range []State{Degraded, Suspended, Progressing, Unknown, Healthy} {
		if slices.Contains(found, state) {
			return state, true
		}
	}
	return Unknown, false
}

func participle(w string) bool { return len(w) > 5 && strings.HasSuffix(w, "ing") && !stative[w] }

// message reads a sentence meant for people. It goes by fewer words than phrase, because sentences quote names and also say
// what is well.
func message(text string) (State, bool) {
	words := split(text)
	negated := false
	waits := false
	for i, w := range words {
		switch {
		case w == "cannot" || w == "unable":
			return Degraded, true
		case w == "no" || w == "not" || w == "never":
			negated = true
		case negated && final[w], !negated && trouble[w], strings.HasSuffix(w, "exception"):
			return Degraded, true
		case negated && good[w]: // "is not Ready because of an error": spent
			waits, negated = true, false
		case busy[w], i == 0 && participle(w):
			waits = true
		}
	}
	if waits {
		return Progressing, true
	}
	return Unknown, false
}

var trouble = wordSet(`aborted conflict crash denied error exceeded exhausted expired failed failure fatal forbidden invalid
	mismatch refused rejected terminated timeout unauthorized unexpectedly unreachable unsupported violation`)

// split cuts "DEPLOYED_NOT_READY", "NotReady", "EKSControlPlaneReady" and "not ready" into lower-case words.
func split(text string) []string {
	var words []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	runes := []rune(strings.NewReplacer("BackOff", "Backoff", "back-off", "backoff", "OOMKilled", "Oomkilled").Replace(text))
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && unicode.IsLower(runes[i-1]),
			unicode.IsUpper(r) && i > 0 && unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1]):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return words
}
