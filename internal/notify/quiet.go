package notify

import (
	"time"

	"github.com/fairlead-dev/fairlead/internal/hours"
)

// Quiet is a time of day at which nothing is told.
type Quiet struct {
	hours.Hours
	except Severity // "" for none
}

// NewQuiet reads quiet hours, as hours.New does, and the mildest severity that is told all the same ("" for none).
func NewQuiet(from, to string, days []time.Weekday, zone string, except Severity) (Quiet, error) {
	h, err := hours.New(from, to, days, zone)
	return Quiet{h, except}, err
}

// quietUntil is when the last of the quiet hours that hold back a severity ends; now if none does.
func quietUntil(all []Quiet, severity Severity, now time.Time) time.Time {
	at := now
	for range 14 { // the end of one may lie in another; who is quiet all the week is asked again in two
		next := at
		for _, q := range all {
			if q.except != "" && severity.atLeast(q.except) {
				continue
			}
			if end := q.Until(at); end.After(next) {
				next = end
			}
		}
		if next.Equal(at) {
			break
		}
		at = next
	}
	return at
}
