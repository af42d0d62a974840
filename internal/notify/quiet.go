package notify

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // containers have no time zones
)

// Quiet is a time of day at which nothing is told.
type Quiet struct {
	from, to time.Duration // since midnight
	days     []time.Weekday
	zone     *time.Location
	except   Severity // "" for none
}

// NewQuiet reads quiet hours: times as 22:00 (the same twice is a whole day), days they begin on (all for none), a zone as Europe/Berlin, and the mildest severity
// that is told all the same ("" for none).
func NewQuiet(from, to string, days []time.Weekday, zone string, except Severity) (Quiet, error) {
	q := Quiet{days: days, except: except}
	for _, side := range []struct {
		text string
		at   *time.Duration
	}{{from, &q.from}, {to, &q.to}} {
		t, err := time.Parse("15:04", side.text)
		if err != nil {
			return q, fmt.Errorf("%q is not a time of day", side.text)
		}
		*side.at = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	var err error
	if q.zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		return q, fmt.Errorf("there is no time zone %q", zone)
	}
	return q, nil
}

// until is when the quiet hours that now is in end; zero if it is in none.
func (q Quiet) until(now time.Time) time.Time {
	now = now.In(q.zone)
	for _, back := range []int{0, 1} { // those that begin today, and those that began yesterday
		year, month, day := now.AddDate(0, 0, -back).Date()
		if begins := time.Date(year, month, day, 0, 0, 0, 0, q.zone); len(q.days) > 0 && !slices.Contains(q.days, begins.Weekday()) {
			continue
		}
		past := 0
		if q.to <= q.from {
			past = 1
		}
		// by the clock on the wall: a day with a change of summer time has 23 or 25 hours
		from := time.Date(year, month, day, 0, int(q.from.Minutes()), 0, 0, q.zone)
		to := time.Date(year, month, day+past, 0, int(q.to.Minutes()), 0, 0, q.zone)
		if !now.Before(from) && now.Before(to) {
			return to
		}
	}
	return time.Time{}
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
			if end := q.until(at); end.After(next) {
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
