package health

import (
	"regexp"
	"strings"
)

// A reason is kept as long as the state: what changes by itself is taken out of the sentences that controllers write.
var (
	timestamp = regexp.MustCompile(`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))*`)
	duration  = regexp.MustCompile(`\b(\d+(\.\d+)?(h|ms|m|s|µs|ns))+\b`)
)

const longestReason = 300 // runes: some controllers put a whole stack trace into a message

// plain is a message on one line, without times, durations and the last period.
func plain(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = timestamp.ReplaceAllString(text, "…")
	text = duration.ReplaceAllString(text, "…")
	text = strings.TrimSuffix(text, ".")
	if runes := []rune(text); len(runes) > longestReason {
		text = strings.TrimSpace(string(runes[:longestReason])) + "…"
	}
	return text
}
